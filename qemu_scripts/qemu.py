"""Finding a QEMU that is new enough."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from qemu_scripts.errors import EnvironmentFault

PROGRAM = "qemu-system-x86_64"
OLDEST = (7, 2)


@dataclass(frozen=True)
class Qemu:
    """An installed QEMU: its path and version."""

    path: str
    version: tuple[int, int]


def parse_version(text: str) -> tuple[int, int] | None:
    """(major, minor) out of `qemu-system-x86_64 --version`'s first line, or None."""
    found = re.search(r"QEMU emulator version (\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def find() -> Qemu:
    """The QEMU to use: $CLRSCOPE_QEMU if set, else the one on PATH.

    Raises EnvironmentFault when there is none or it is older than 7.2.
    """
    name = os.environ.get("CLRSCOPE_QEMU") or PROGRAM
    path = shutil.which(name)
    if path is None:
        raise EnvironmentFault(
            f"{name} is not installed or not on PATH; install it with "
            "`apt-get install qemu-system-x86` or run ./install.sh"
        )
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EnvironmentFault(f"{path} --version does not answer: {error}") from error
    version = parse_version(answer.stdout)
    if version is None:
        raise EnvironmentFault(f"{path} --version does not say which QEMU it is")
    if version < OLDEST:
        raise EnvironmentFault(
            f"{path} is QEMU {version[0]}.{version[1]}, too old; "
            f"clrscope needs {OLDEST[0]}.{OLDEST[1]} or newer"
        )
    return Qemu(path, version)
