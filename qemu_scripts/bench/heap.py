"""`clrscope bench heap`: gdb's heap commands on a million objects.

A program fills the heap, then faults. Each figure is of a gdb process of its own, of the command
alone: the first time, with types, metadata, the heap and numpy itself read for the first time, and
again in the same gdb, where types are known (the figures to compare with are such ones).
"""

from __future__ import annotations

import json
import re
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qemu_scripts.bench import debugger, generate
from qemu_scripts.errors import EnvironmentFault

OBJECTS = 1_000_000
MEMORY = "512M"
_PROGRAM = Path(__file__).parent / "programs" / "objects.cs"
# By the maintainers' own figures: dotnet/diagnostics 5760 and 5763, microsoft/clrmd 567.
AIMS = {
    "clr-heap -stat": "3-4 million objects/s (ClrMD)",
    "clr-verify-heap": "0.6 million objects/s (SOS)",
}
_MEASURE = """
import gdb, json, time
def measure(command):
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        text = gdb.execute(command, to_string=True)
        seconds.append(time.perf_counter() - start)
    print('@@bench ' + json.dumps({'seconds': seconds, 'text': text[-4000:]}))
"""


@dataclass(frozen=True)
class HeapFigure:
    """One command over so many objects: seconds of the first time and of the times after."""

    command: str
    aim: str
    first: tuple[float, ...]
    again: tuple[float, ...]
    objects: int
    mapped: bool

    def to_text(self) -> str:
        """One line."""
        first, again = statistics.median(self.first), statistics.median(self.again)
        how = "RAM from a file" if self.mapped else "all by the stub"
        aim = f" (aim: {self.aim})" if self.aim else ""
        return (
            f"{self.command}, {self.objects} objects, {how}: at first {first * 1000:.0f} ms "
            f"({self._rate(first)}), again {again * 1000:.0f} ms ({self._rate(again)}), at best "
            f"{min(self.again) * 1000:.0f} ms ({self._rate(min(self.again))} million objects/s)"
            f"{aim}")

    def _rate(self, seconds: float) -> str:
        return f"{self.objects / seconds / 1e6:.1f}"


@dataclass(frozen=True)
class HeapReport:
    """All figures."""

    figures: tuple[HeapFigure, ...]

    def to_text(self) -> str:
        """A line each."""
        return "\n".join(figure.to_text() for figure in self.figures)

    def to_json(self) -> list[dict[str, object]]:
        """As plain values."""
        return [asdict(figure) for figure in self.figures]


def measure(note: Callable[[str], None], tries: int) -> HeapReport:
    """Take every figure `tries` times; raises EnvironmentFault when something does not run."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="clr-bench-") as name:
        folder = Path(name)
        program = generate.compile_with_mcs(_PROGRAM.read_text(), folder, "objects")
        for mapped, commands in ((True, ("clr-heap -stat", "clr-verify-heap")),
                                 (False, ("clr-heap -stat",))):
            note(f"filling the heap, {'RAM from a file' if mapped else 'all by the stub'}")
            options = ("--memory", MEMORY, str(program))
            with debugger.stopped_guest(folder / f"guest{mapped}", options, mapped) as (socket, _):
                for command in commands:
                    note(f"timing {command}")
                    figures.append(_figure(command, socket, tries, mapped))
    return HeapReport(tuple(figures))


def _figure(command: str, socket: Path, tries: int, mapped: bool) -> HeapFigure:
    first: list[float] = []
    again: list[float] = []
    objects = 0
    script = socket.with_name("measure.py")
    script.write_text(_MEASURE)
    for _ in range(tries):
        said = debugger.run_gdb([
            f"source {debugger.INIT}", *debugger.attach(socket), f"source {script}",
            f"python measure({command!r})", "disconnect"])
        found = re.search(r"^@@bench (.*)$", said, re.M)
        data: dict[str, Any] = json.loads(found[1]) if found else {"text": ""}
        counted = re.search(r"(\d+) blocks", data["text"])
        if counted is None or int(counted[1]) < OBJECTS:
            raise EnvironmentFault(f"{command} did not find the objects: {said.strip()[-600:]}")
        objects = int(counted[1])
        first.append(data["seconds"][0])
        again += data["seconds"][1:]
    return HeapFigure(command, AIMS[command], tuple(first), tuple(again), objects, mapped)
