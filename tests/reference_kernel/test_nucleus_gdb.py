"""Real gdb over QEMU's gdbstub on a unix socket."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from qemu_scripts import paths

from .conftest import qemu_argv

pytestmark = pytest.mark.guest

SCRIPT = Path(__file__).parent / "unwind_entry.py"


def test_backtrace_through_every_instruction_of_the_entry(
    nucleus: Path, tmp_path: Path, socket_folder: Path
) -> None:
    path = socket_folder / "gdb"
    argv = qemu_argv(nucleus, tmp_path, "test=null")
    guest = subprocess.Popen([*argv, "-S", "-gdb", f"unix:{path},server=on,wait=off"])
    try:
        while not path.exists():
            assert guest.poll() is None
        done = subprocess.run(
            ["gdb", "-nx", "-batch", "-x", str(SCRIPT), str(nucleus)],
            env={**os.environ, "CLR_SOCKET": str(path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=paths.ROOT,
        )
    finally:
        guest.kill()
        guest.wait()
    assert "UNWOUND" in done.stdout, done.stdout + done.stderr
    log = (tmp_path / "log").read_text()
    assert log.count('"event":"fault"') == 1
    assert log.count('"event":"fault-in-fault"') == 1
