"""`clrscope demo`: gdb catches the page fault in the guest and shows the frame."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from qemu_scripts import paths

pytestmark = pytest.mark.guest


def test_the_demo_shows_the_page_fault(build: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "qemu_scripts.cli", "demo"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
        cwd=paths.ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "null PciDeviceInfo, field ProgIf at +19" in done.stdout
    assert re.search(r"this +Ddk\.PciDeviceInfo +null\b", done.stdout), done.stdout
    assert "VirtioBlkEntry" in done.stdout
