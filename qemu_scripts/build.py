"""`clrscope build`: GNU make in reference_kernel/, one build at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from qemu_scripts import paths
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.processes import Run
from qemu_scripts.progress import Progress

#: What `clrscope build` makes when no target is named.
DEFAULT_TARGETS = ("kernel", "managed", "host", "host-asan", "plugins")
TARGETS = (*DEFAULT_TARGETS, "clean")


@contextmanager
def build_lock(build: Path = paths.BUILD) -> Iterator[None]:
    """Hold the build folder's lock; waits for another build, saying so on a terminal."""
    import time

    build.mkdir(parents=True, exist_ok=True)
    with (build / ".lock").open("w", encoding="ascii") as lock:
        progress = Progress("waiting for another build to finish")
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                progress.tick()
                time.sleep(0.1)
        progress.clear()
        yield


def build(targets: Sequence[str] = DEFAULT_TARGETS, jobs: int | None = None) -> int:
    """Run make; its output goes to stderr. Returns make's exit status.

    jobs: make's -j, by default the processors that this process may use.
    Raises EnvironmentFault when make is missing.
    """
    make = shutil.which("make")
    if make is None:
        raise EnvironmentFault("make is not installed; run ./install.sh")
    count = jobs or len(os.sched_getaffinity(0))
    argv = [make, "-s", "-C", str(paths.KERNEL_SOURCES), f"-j{count}", *targets]
    with build_lock(), Run([*sys.argv]) as run:
        return run.start(argv, stdin=0, stdout=2).wait()
