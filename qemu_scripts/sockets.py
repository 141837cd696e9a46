"""Checks on the unix sockets that a command line names."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

from qemu_scripts.errors import UsageError

#: sun_path of unix(7), less the final NUL.
LONGEST = 107


def prepare(path: Path, option: str) -> Path:
    """Make sure that QEMU can listen on `path`; a stale socket there is removed.

    Returns the absolute path. Raises UsageError when it is too long, is something else than a
    socket, or somebody listens there.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 (resolve() would follow links)
    if len(os.fsencode(path)) > LONGEST:
        raise UsageError(
            f"{option} {path} is longer than the {LONGEST} bytes of a unix socket's path; "
            "name a shorter one"
        )
    if not path.parent.is_dir():
        raise UsageError(f"{option} {path}: the folder {path.parent} does not exist")
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return path
    if not stat.S_ISSOCK(mode):
        raise UsageError(f"{option} {path} exists and is not a socket; name another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return path
        except FileNotFoundError:
            return path
    raise UsageError(
        f"{option} {path} is in use by another process; end it (clrscope kill) or name another path"
    )
