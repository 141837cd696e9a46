"""`clrscope demo`: the page fault, its post-mortem, and what gdb shows of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from qemu_scripts import paths

pytestmark = pytest.mark.guest


def demo(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `clrscope demo WORDS`."""
    return subprocess.run(
        [sys.executable, "-m", "qemu_scripts.cli", "demo", *map(str, words)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
        cwd=paths.ROOT,
    )


def test_the_demo_names_the_cause(build: Path, tmp_path: Path) -> None:
    done = demo("--out", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WRONG: argument-home: in Ddk.PciDeviceInfo::ReadProgIf" in done.stdout
    assert f"report: {tmp_path}/report.html" in done.stdout
    assert (tmp_path / "report.html").is_file() and (tmp_path / "guest.core").is_file()


def test_gdb_shows_the_page_fault(build: Path) -> None:
    done = demo("--gdb")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "null PciDeviceInfo, field ProgIf at +19" in done.stdout
    assert re.search(r"this +Ddk\.PciDeviceInfo +null\b", done.stdout), done.stdout
    assert "VirtioBlkEntry" in done.stdout
