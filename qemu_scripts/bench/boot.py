"""`clrscope bench boot`: from starting QEMU to the end of the driver scenario."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from qemu_scripts import paths
from qemu_scripts.errors import EnvironmentFault


@dataclass(frozen=True)
class BootTimes:
    """Seconds of each run: QEMU's start, the firmware, the kernel, every driver and scenario."""

    seconds: tuple[float, ...]

    def to_text(self) -> str:
        """One line."""
        return (
            "boot to the end of the driver scenario (aim: 0.5 s): "
            f"least {min(self.seconds):.3f} s, "
            f"median {statistics.median(self.seconds):.3f} s of {len(self.seconds)} runs"
        )


def measure(runs: int) -> BootTimes:
    """Boot that many times; raises EnvironmentFault when a run does not end well."""
    seconds = []
    with tempfile.TemporaryDirectory(prefix="clr-bench-") as folder:
        status = Path(folder) / "status.json"
        for _ in range(runs):
            done = subprocess.run(
                [sys.executable, "-m", "qemu_scripts.cli", "run", "--json-status", str(status)],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                check=False,
                cwd=paths.ROOT,
            )
            if done.returncode != 0:
                last = done.stdout.decode(errors="replace").strip().splitlines()[-1:]
                raise EnvironmentFault(
                    f"the driver scenario ended with status {done.returncode}: {' '.join(last)}"
                )
            seconds.append(float(json.loads(status.read_text())["elapsed_seconds"]))
    return BootTimes(tuple(seconds))
