"""`clrscope bench replay`: what recording costs, and how fast one is at the guilty store."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qemu_scripts import paths
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.private_folder import private_folder
from qemu_scripts.run import RunOptions
from qemu_scripts.timetravel import record, replay

#: Faults with what to ask for at their end: clr-last-write's arguments.
CASES = (
    ("local-slot-8", ""),
    ("shadow-space-missing", "-follow pair"),
    ("vt-field-offset", "-in VtFieldOffset::Run address.Bus"),
    ("array-mt-element", "-in ArrayMtElement::Run *next"),
    ("array-stride-unaligned", "-in ArrayStrideUnaligned::Run *next"),
    ("local0-over-save-area", "$rsp-24"),
)
_TIMED = re.compile(r"^@@seconds ([\d.]+)$", re.M)


@dataclass(frozen=True)
class Case:
    """One fault; times in seconds. last_write: the command alone, the least of some tries."""

    fault: str
    instructions: int
    snapshots: int
    mebibytes: float
    record: float
    index: float
    replay: float
    last_write: float


@dataclass(frozen=True)
class Report:
    """All of them."""

    cases: tuple[Case, ...]

    def to_json(self) -> list[dict[str, Any]]:
        """JSON-ready."""
        return [asdict(case) for case in self.cases]

    def to_text(self) -> str:
        """A table."""
        from tabulate import tabulate

        rows = [
            (c.fault, f"{c.instructions / 1e6:.1f} M", c.snapshots, f"{c.mebibytes:.0f} MiB",
             f"{c.record:.2f}", f"{c.index:.2f}", f"{c.replay:.2f}", f"{c.last_write:.2f}")
            for c in self.cases
        ]  # fmt: skip
        out = io.StringIO()
        head = ("fault", "instructions", "snapshots", "size", "record s", "verify and snapshots s",
                "replay s", "clr-last-write s")  # fmt: skip
        print(tabulate(rows, head, disable_numparse=True), file=out)
        return out.getvalue().rstrip()


def _last_write(folder: Path, arguments: str) -> float:
    """Seconds that clr-last-write took in a fresh gdb at the end of a recording."""
    commands = [
        "python import time; started = time.monotonic()",
        f"clr-last-write {arguments}",
        'python print("@@seconds %.3f" % (time.monotonic() - started))',
    ]
    argv = [sys.executable, "-m", "qemu_scripts.cli", "debug", "--batch"]
    argv += [word for c in commands for word in ("--ex", c)]
    done = subprocess.run(
        [*argv, "--replay", str(folder)], cwd=paths.ROOT, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = _TIMED.search(done.stdout)
    if found is None or "was last written by" not in done.stdout:
        raise EnvironmentFault(f"clr-last-write {arguments} found nothing: {done.stderr.strip()}")
    return float(found[1])


def measure(note: Callable[[str], None], tries: int) -> Report:
    """Record each fault, replay it, ask for the store."""
    cases = []
    for fault, arguments in CASES:
        note(f"recording {fault}")
        with private_folder() as private:
            folder = private / "rec"
            made = record.record(RunOptions(fault=(fault,)), folder)
            manifest = made.recording.manifest
            end = manifest.end.instructions
            started = time.monotonic()
            with replay.replaying(made.recording) as live:
                replay.advance(live, end, end)
            replayed = time.monotonic() - started
            least = min(_last_write(folder, arguments) for _ in range(tries))
            size = sum(path.stat().st_size for path in folder.iterdir()) / (1 << 20)
        cases.append(Case(
            fault, end, len(manifest.snapshots), size, made.seconds, made.index_seconds, replayed,
            least,
        ))  # fmt: skip
    return Report(tuple(cases))
