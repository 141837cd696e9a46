"""The frame commands on machines whose registers, stack and records are broken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .conftest import StartGuest

pytestmark = pytest.mark.guest

SCRIPT = Path(__file__).with_name("corrupt.py")
COUNT = 40


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_but_one_line_errors(start_guest: StartGuest, seed: int) -> None:
    guest = start_guest(fault="this-not-homed")
    os.environ["CLR_SEED"], os.environ["CLR_COUNT"] = str(seed), str(COUNT)
    done = guest.gdb(f"source {SCRIPT}", timeout=200)
    assert f"@@survived {COUNT}" in done.out, done.text
    assert "Traceback" not in done.text and "Python Exception" not in done.text, done.text
