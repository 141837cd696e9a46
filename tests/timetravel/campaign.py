"""Replays one recording of the driver scenario N times: `python -m tests.timetravel.campaign 10`.

Every replay must end with the recorded registers, memory and output. Exit status 0, or 1.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from qemu_scripts.run import RunOptions
from qemu_scripts.timetravel import record, replay


def main(count: int, faults: tuple[str, ...]) -> int:
    """Record, then replay `count` times; the exit status."""
    with tempfile.TemporaryDirectory(prefix="clr-") as name:
        made = record.record(RunOptions(fault=faults), Path(name) / "rec")
        end = made.recording.manifest.end
        print(f"recorded {end.instructions:,} instructions, memory {end.memory[:16]}")
        good = 0
        for number in range(1, count + 1):
            started = time.monotonic()
            try:
                with replay.replaying(made.recording) as live:
                    replay.advance(live, end.instructions, end.instructions)
                    replay.verify(live, made.recording)
                good += 1
                said = "the same"
            except replay.Diverged as error:
                said = str(error)
            print(f"{number}: {said} ({time.monotonic() - started:.1f} s)", flush=True)
    print(f"{good} of {count} replays ended with the recorded registers, memory and output")
    return 0 if good == count else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10, tuple(sys.argv[2:])))
