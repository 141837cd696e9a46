"""Real QEMUs stopped at a known place, and fresh gdb processes that look at them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qemu_scripts import paths
from qemu_scripts.processes import wait_until

INIT = paths.ROOT / "gdbext" / "init.py"
FATAL = ("hbreak clr_fatal_hook", "continue", "delete")


@dataclass(frozen=True)
class GdbResult:
    """What one gdb process printed."""

    out: str
    err: str
    status: int

    @property
    def text(self) -> str:
        """Both streams, for messages."""
        return f"--- stdout\n{self.out}\n--- stderr\n{self.err}\n--- status {self.status}"

    @property
    def json(self) -> Any:
        """The JSON that the last command printed."""
        start = min(i for i in (self.out.find("\n{"), self.out.find("\n[")) if i >= 0)
        value, _ = json.JSONDecoder().raw_decode(self.out[start + 1 :])
        return value


def run_gdb(*arguments: str, timeout: float = 60) -> GdbResult:
    """Run `gdb -nx -batch ARGUMENTS...` from a folder that has nothing to do with the checkout."""
    done = subprocess.run(
        ["gdb", "-nx", "-batch", *arguments],
        capture_output=True, stdin=subprocess.DEVNULL, text=True, errors="replace",
        timeout=timeout, check=False, cwd="/",
    )
    return GdbResult(done.stdout, done.stderr, done.returncode)


def words(commands: Sequence[str]) -> list[str]:
    """Commands as -ex arguments."""
    return [word for command in commands for word in ("-ex", command)]


@dataclass
class Guest:
    """A QEMU with its gdbstub on `socket`, stopped. gdb processes come and go; it stays.

    QEMU resumes the guest when gdb detaches and keeps it stopped when the connection just ends.
    """

    socket: Path
    process: subprocess.Popen[bytes]
    log: Path
    ram: Path | None

    def gdb(
        self, *commands: str, before: Sequence[str] = (), source: bool = True, symbols: bool = True,
        timeout: float = 60,
    ) -> GdbResult:
        """Attach a fresh gdb, run commands, leave the guest as it then is.

        before: commands between `source init.py` and attaching.
        """
        arguments = ["set confirm off", "set pagination off", "set architecture i386:x86-64"]
        if symbols:
            arguments.append(f"file {paths.KERNEL}")
        if source:
            arguments.append(f"source {INIT}")
        arguments += [*before, f"target remote {self.socket}", *commands, "disconnect"]
        return run_gdb(*words(arguments), timeout=timeout)


StartGuest = Callable[..., Guest]


class Guests:
    """Starts guests and ends them all."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._shared: dict[tuple[Any, ...], Guest] = {}

    def start(
        self, *options: str | Path, fault: str | None = None, at: Sequence[str] = FATAL,
        ram: bool = False,
    ) -> Guest:
        """Boot `clrscope run OPTIONS... --gdb SOCKET` and bring it to a place by gdb commands.

        Without `at` it stays at reset. ram: back guest RAM with a file that can be mapped.
        """
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="clr-")))
        socket, log = folder / "gdb", folder / "log"
        ram_file = folder / "ram" if ram else None
        argv = [sys.executable, "-m", "qemu_scripts.cli", "run", "--gdb", str(socket), "--paused"]
        argv += ["--timeout", "600", "--kernel-log", str(log)]
        if fault:
            argv += ["--fault", fault]
        if ram_file:
            argv += ["--memory-file", str(ram_file)]
        output = self._stack.enter_context((folder / "output").open("wb"))
        process = subprocess.Popen(
            [*argv, *map(str, options)], cwd=paths.ROOT,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )
        self._stack.callback(_end, process)
        there = wait_until(lambda: socket.exists() or process.poll() is not None, 30)
        assert there and process.poll() is None, (folder / "output").read_text(errors="replace")
        guest = Guest(socket, process, log, ram_file)
        if at:
            moved = guest.gdb(*at, source=False)
            assert "\nContinuing." not in moved.out or "exited" not in moved.out, moved.text
        return guest

    def shared(
        self, *options: str, fault: str | None = None, at: Sequence[str] = FATAL, ram: bool = False
    ) -> Guest:
        """Like start, but tests that only look at the guest share one."""
        key = (options, fault, tuple(at), ram)
        if key not in self._shared:
            self._shared[key] = self.start(*options, fault=fault, at=at, ram=ram)
        return self._shared[key]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(timeout=30)


@contextmanager
def traced_guest(*words: str) -> Iterator[Guest]:
    """A machine of `clrscope trace WORDS... --gdb`, at reset."""
    with tempfile.TemporaryDirectory(prefix="clr-") as name, ExitStack() as stack:
        folder = Path(name)
        output = stack.enter_context((folder / "output").open("wb"))
        argv = [sys.executable, "-m", "qemu_scripts.cli", "trace", *words, "--paused"]
        argv += ["--gdb", str(folder / "gdb"), "--timeout", "600"]
        process = subprocess.Popen(
            argv, cwd=paths.ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        stack.callback(_end, process)
        there = wait_until(lambda: (folder / "gdb").exists() or process.poll() is not None, 30)
        assert there and process.poll() is None, (folder / "output").read_text()
        yield Guest(folder / "gdb", process, folder / "output", None)


@pytest.fixture(scope="session")
def guests(build: Path) -> Iterator[Guests]:
    """Starter of guests; those it keeps for sharing end with the test process."""
    with ExitStack() as stack:
        yield Guests(stack)


@pytest.fixture
def start_guest(build: Path) -> Iterator[StartGuest]:
    """Boot a guest of the test's own: start_guest(*run options, fault=, at=, ram=)."""
    with ExitStack() as stack:
        yield Guests(stack).start


@pytest.fixture
def faulted(guests: Guests) -> Guest:
    """At the fatal hook after the page fault of this-not-homed. To be looked at, not moved."""
    return guests.shared(fault="this-not-homed")


@pytest.fixture
def faulted_ram(guests: Guests) -> Guest:
    """The same with guest RAM in a file."""
    return guests.shared(fault="this-not-homed", ram=True)


@pytest.fixture
def at_reset(guests: Guests) -> Guest:
    """A guest that has not executed anything yet. To be looked at, not moved."""
    return guests.shared(at=())
