"""Private folders for sockets and images, short enough for a socket's name (unix(7): 107 bytes).

A folder goes when its `with` ends. A clrscope that was killed by SIGKILL leaves it; the owner's
identity is in it, and the next clrscope removes what belongs to nobody any more.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.processes import ProcessId

PREFIX = "clr-"
OWNER = "owner.json"


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder of this process's own (mode 0700) in the temporary folder.

    Raises EnvironmentFault when it cannot be made.
    """
    sweep()
    try:
        folder = tempfile.TemporaryDirectory(prefix=PREFIX)
    except OSError as error:
        raise EnvironmentFault(
            f"cannot make a folder in {tempfile.gettempdir()}: {error.strerror}") from error
    with folder as name:
        owner = ProcessId.of(os.getpid())
        assert owner is not None, "a running process has an entry in /proc"
        said = {**asdict(owner), "namespace": _namespace()}
        try:
            (Path(name) / OWNER).write_text(json.dumps(said), encoding="utf-8")
        except OSError as error:
            raise EnvironmentFault(f"cannot write to {name}: {error.strerror}") from error
        yield Path(name)


def _namespace() -> str:
    """Where this process's pids mean something: containers may share a temporary folder."""
    return str(Path("/proc/self/ns/pid").readlink())


def sweep() -> list[Path]:
    """Remove private folders whose process is gone; those that were removed.

    Only folders of this user and of mode 0700 whose file says who made them: an owner that runs,
    or that is of another pid namespace, keeps its folder, and so does one that cannot be read.
    """
    removed = []
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or (
                found.st_mode & 0o077
            ):
                continue
            owner = json.loads((folder / OWNER).read_text("utf-8"))
            namespace = owner.pop("namespace")
            identity = ProcessId(**owner)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # none of ours, being made, or gone by now
        current = ProcessId.of(os.getpid())
        same_boot = current is not None and current.boot == identity.boot
        if same_boot and (namespace != _namespace() or identity.alive()):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        removed.append(folder)
    return removed
