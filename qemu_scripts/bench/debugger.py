"""`clrscope bench gdb`: what a person at gdb's prompt waits for.

Each figure comes from gdb processes of their own. Those of commands are taken at a fault, and are
the command's alone, unwinding included: as the first command of a gdb, and once more at that stop.
The decoders are loaded when a machine comes, so `target remote` has a figure too.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from qemu_scripts import paths
from qemu_scripts.bench import generate
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.processes import wait_until

SYMBOLS = 10_000
INIT = paths.ROOT / "gdbext" / "init.py"
_KERNEL = (
    "set confirm off", "set pagination off", "set architecture i386:x86-64", f"file {paths.KERNEL}",
)
_PROGRAM = Path(__file__).parent / "programs" / "deep.cs"
# Runs inside gdb. The stub's packets are counted by gdb's own log of them.
_MEASURE = """
import gdb, json, os, re, sys, time
def packets(path):
    if path is None:
        return 0
    with open(path, errors='replace') as log:
        return len(re.findall(r'^w \\+?\\$m[0-9a-f]+,', log.read(), re.M))
def reads():
    target = sys.modules.get('gdbext.target')
    return (target.memory.reads, target.ram.pages) if target else (0, 0)
def measure(socket, command, log):
    start = time.perf_counter()
    gdb.execute('target remote ' + socket, to_string=True)
    connecting = time.perf_counter() - start
    gdb.execute('maintenance flush register-cache', to_string=True)
    before, sent = reads(), packets(log)
    start = time.perf_counter()
    text = gdb.execute(command, to_string=True)
    seconds = time.perf_counter() - start
    after, all_sent = reads(), packets(log)
    start = time.perf_counter()
    gdb.execute(command, to_string=True)
    again = time.perf_counter() - start
    gdb.execute('disconnect', to_string=True)
    print('@@bench ' + json.dumps({
        'connecting': connecting, 'seconds': seconds, 'again': again, 'reads': after[0] - before[0],
        'packets': all_sent - sent, 'mapped': after[1] - before[1],
        'lines': len(text.splitlines())}))
"""


@dataclass(frozen=True)
class Figure:
    """One measurement: seconds of each try; reads and packets of the stub (the largest).

    aim: empty where there is none.
    """

    what: str
    aim: str
    seconds: tuple[float, ...]
    reads: int | None = None
    packets: int | None = None

    def to_text(self) -> str:
        """One line."""
        least, median = min(self.seconds), statistics.median(self.seconds)
        text = f"{self.what}: least {least * 1000:.0f} ms, median {median * 1000:.0f} ms"
        if self.reads is not None:
            text += f", {self.reads} reads ({self.packets} packets) over the gdbstub"
        return f"{text} (aim: {self.aim})" if self.aim else text


@dataclass(frozen=True)
class GdbReport:
    """All figures."""

    figures: tuple[Figure, ...]

    def to_text(self) -> str:
        """A line each."""
        return "\n".join(figure.to_text() for figure in self.figures)

    def to_json(self) -> list[dict[str, object]]:
        """As plain values."""
        return [asdict(figure) for figure in self.figures]


def measure(note: Callable[[str], None], tries: int) -> GdbReport:
    """Take every figure `tries` times; raises EnvironmentFault when something does not run."""
    if shutil.which("gdb") is None:
        raise EnvironmentFault("gdb is not installed; run ./install.sh")
    note("timing `source gdbext/init.py`")
    figures = _source(tries)
    with tempfile.TemporaryDirectory(prefix="clr-bench-") as name:
        folder = Path(name)
        note("timing clr-frame at the fault this-not-homed")
        fault = ("--fault", "this-not-homed")
        with stopped_guest(folder / "frame", fault) as (socket, _):
            what = "clr-frame at a fault, all by the stub"
            figures += _command("clr-frame", what, "100 ms, 60 reads", socket, tries, 20)
        with stopped_guest(folder / "mapped", fault, ram=True) as (socket, _):
            figures.append(_command("clr-frame", "clr-frame at a fault, RAM from a file",
                                    "100 ms, 60 reads", socket, tries, 20)[1])
        note("timing clr-bt of 1,000 managed frames")
        program = generate.compile_with_mcs(_PROGRAM.read_text(), folder, "deep")
        with stopped_guest(folder / "deep", (str(program),)) as (socket, _):
            figures.append(_command("clr-bt -limit 2000", "clr-bt of 1,000 managed frames", "1 s",
                                    socket, tries, 1000)[1])
        note(f"timing clr-symbols of {SYMBOLS:,} compiled methods")
        program = generate.compile_with_mcs(
            generate.source(SYMBOLS, throws=True), folder, "symbols")
        options = ("--memory", "256M", str(program), "all")
        with stopped_guest(folder / "symbols", options, ram=True) as (socket, _):
            what = f"clr-symbols of {SYMBOLS:,} compiled methods, RAM from a file"
            figures += _command("clr-symbols", what, "", socket, min(tries, 3), 1)[1:]
    return GdbReport(tuple(figures))


def run_gdb(commands: Sequence[str], extra: Sequence[str] = ()) -> str:
    argv = ["gdb", "-nx", "-batch", *extra]
    argv += [word for command in commands for word in ("-ex", command)]
    done = subprocess.run(
        argv, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL,
        timeout=120, check=False,
    )
    return done.stdout + done.stderr


def _source(tries: int) -> list[Figure]:
    """gdb with the kernel, the same with `source`, and the difference of each such pair."""
    alone, sourced = [], []
    for _ in range(tries):
        start = time.perf_counter()
        run_gdb((), [os.fspath(paths.KERNEL)])
        middle = time.perf_counter()
        said = run_gdb([f"source {INIT}"], [os.fspath(paths.KERNEL)])
        alone.append(middle - start)
        sourced.append(time.perf_counter() - middle)
        if not re.search(r"^clrscope: \d+ commands", said, re.M):
            raise EnvironmentFault(f"gdb did not load {INIT}: {said.strip()}")
    return [
        Figure("gdb kernel.elf, from start to end", "", tuple(alone)),
        Figure("the same with source init.py", "400 ms", tuple(sourced)),
        Figure("source init.py to prompt, the difference", "400 ms",
               tuple(b - a for a, b in zip(alone, sourced, strict=True))),
    ]


@contextmanager
def stopped_guest(
    folder: Path, options: Sequence[str], ram: bool = False
) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """A guest that has run into its fault and stands in the fatal hook."""
    folder.mkdir()
    socket = folder / "gdb"
    argv = [sys.executable, "-m", "qemu_scripts.cli", "run", "--gdb", str(socket), "--paused"]
    argv += ["--timeout", "300", *(["--memory-file", str(folder / "ram")] if ram else []), *options]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            argv, cwd=paths.ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            wait_until(lambda: socket.exists() or process.poll() is not None, 30)
            run_gdb([*attach(socket), "hbreak clr_fatal_hook", "continue", "delete", "disconnect"])
            if process.poll() is not None:
                raise EnvironmentFault(
                    "the guest ended instead of stopping at its fault: "
                    + (folder / "output").read_text(errors="replace").strip()[-300:]
                )
            yield socket, process
        finally:
            process.terminate()
            process.wait()


def attach(socket: Path) -> list[str]:
    return [*_KERNEL, f"target remote {socket}"]


def _command(
    command: str, what: str, aim: str, socket: Path, tries: int, lines: int
) -> list[Figure]:
    """[`target remote` before it, as the first command, once more]."""
    connecting, first, again, reads, packets = [], [], [], 0, 0
    # The log of packets costs more than the packets: one more run is for counting them.
    for number in range(tries + 1):
        counting = number == tries
        data = _measured(command, socket, counting)
        if data["lines"] < lines:
            raise EnvironmentFault(f"{command} printed {data['lines']:.0f} lines")
        if not counting:
            connecting.append(data["connecting"])
            first.append(data["seconds"])
            again.append(data["again"])
        reads = max(reads, int(data["reads"]))
        packets = max(packets, int(data["packets"]))
    return [
        Figure("target remote, which loads the decoders", "", tuple(connecting)),
        Figure(f"{what}, the first command", aim, tuple(first), reads, packets),
        Figure(f"{what}, again", "", tuple(again)),
    ]


def _measured(command: str, socket: Path, count: bool) -> dict[str, float]:
    """What _MEASURE says in a gdb of its own; packets are counted only if asked for."""
    script = socket.with_name("measure.py")
    script.write_text(_MEASURE)
    log = os.fspath(socket.with_name("packets.log")) if count else None
    said = run_gdb([
        f"source {INIT}", *([f"set remotelogfile {log}"] if log else []), *_KERNEL,
        f"source {script}", f"python measure({os.fspath(socket)!r}, {command!r}, {log!r})",
    ])
    found = re.search(r"^@@bench (.*)$", said, re.M)
    if found is None:
        raise EnvironmentFault(f"{command} did not run: {said.strip()}")
    return {name: float(value) for name, value in json.loads(found[1]).items()}
