"""Who runs a program in a benchmark: mono, .NET, the guest, the host library. Each gives seconds.

A measurement is the difference of two runs of one program, with many arguments and with none, so
that start-up (of mono, of QEMU, of the kernel) drops out; of several tries the least counts.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from qemu_scripts import paths
from qemu_scripts.bench import host
from qemu_scripts.errors import EnvironmentFault

TRIES = 3
MOST_TRIES = 12
"""Tries after which a difference that is not positive is given up."""
_SECONDS = 300.0


class Runner(ABC):
    """One way to run a compiled program."""

    name: str

    @abstractmethod
    def unavailable(self) -> str | None:
        """Why it cannot run here, or None."""

    @abstractmethod
    def command(self, program: Path, arguments: Sequence[str]) -> list[str]:
        """The command line of one run."""

    def output_and_seconds(self, program: Path, arguments: Sequence[str]) -> tuple[str, float]:
        """One run: what it printed and how long it took, process start included.

        Raises EnvironmentFault when the program does not end with status 0.
        """
        argv = self.command(program, arguments)
        start = time.perf_counter()
        done = subprocess.run(
            argv,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
            cwd=paths.ROOT,
        )
        seconds = time.perf_counter() - start
        if done.returncode != 0:
            complaint = done.stderr.decode(errors="replace").strip().splitlines()
            raise EnvironmentFault(
                f"{self.name} ended with status {done.returncode} on {program.name}"
                + (f": {complaint[-1]}" if complaint else "")
            )
        return done.stdout.decode(errors="replace"), seconds

    def seconds_for(self, program: Path, rounds: int) -> tuple[str, float]:
        """(output, seconds) of `rounds` arguments, less the time of a run with none.

        Raises EnvironmentFault when start-up varies more than that: the machine is too busy.
        """
        words = ["x"] * rounds
        empty, whole, output = float("inf"), float("inf"), ""
        for attempt in range(MOST_TRIES):
            empty = min(empty, self.output_and_seconds(program, [])[1])
            output, seconds = self.output_and_seconds(program, words)
            whole = min(whole, seconds)
            if attempt + 1 >= TRIES and whole > empty:
                return output, whole - empty
        raise EnvironmentFault(
            f"in {MOST_TRIES} tries its start took {empty * 1000:.0f} ms and start and work "
            f"{whole * 1000:.0f} ms; measure on a machine that has nothing else to do"
        )


class Mono(Runner):
    """mono's JIT; `-O=-all` switches its optimisations off."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self.name = " ".join(("mono", *options))

    def unavailable(self) -> str | None:
        return None if shutil.which("mono") else "mono is not installed"

    def command(self, program: Path, arguments: Sequence[str]) -> list[str]:
        return ["mono", *self._options, str(program), *arguments]


class Guest(Runner):
    """The reference kernel under TCG: JIT and code are emulated."""

    name = "guest (TCG)"

    def unavailable(self) -> str | None:
        return None if paths.KERNEL.is_file() else f"{paths.KERNEL} is not built"

    def command(self, program: Path, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "qemu_scripts.cli", "run", str(program), *arguments]


class Host(Runner):
    """The same runtime and JIT as a Linux library: the code runs on the processor itself."""

    name = "host library"

    def unavailable(self) -> str | None:
        return host.unavailable()

    def command(self, program: Path, arguments: Sequence[str]) -> list[str]:
        return host.command(program, arguments)


def minopts_environment() -> dict[str, str]:
    """What makes RyuJIT compile as plainly as Tier-0 does, in every method."""
    # .NET before 6 knows the older prefix only; no culture is needed, and so no libicu.
    runtime = {f"{prefix}_{name}": value for prefix in ("DOTNET", "COMPlus")
               for name, value in (("TieredCompilation", "0"), ("JITMinOpts", "1"))}
    return runtime | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}


#: Any .NET from 3.1 on runs what mcs compiled, if a file beside the program asks for it.
_RUNTIME_CONFIG = {"runtimeOptions": {
    "framework": {"name": "Microsoft.NETCore.App", "version": "3.1.0"}, "rollForward": "Major"}}


class DotNet(Runner):
    """RyuJIT with minopts, where a `dotnet` is installed; the program gets a runtimeconfig."""

    name = "RyuJIT minopts"

    def unavailable(self) -> str | None:
        return None if shutil.which("dotnet") else "dotnet is not installed (3.1 or newer)"

    def command(self, program: Path, arguments: Sequence[str]) -> list[str]:
        program.with_suffix(".runtimeconfig.json").write_text(json.dumps(_RUNTIME_CONFIG))
        settings = [f"{key}={value}" for key, value in minopts_environment().items()]
        return ["env", *settings, "dotnet", "exec", str(program), *arguments]
