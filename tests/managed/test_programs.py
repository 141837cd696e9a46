"""Programs compiled against mono's class library do in the guest what they do under mono."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.cs"))


@pytest.mark.parametrize("source", PROGRAMS, ids=lambda path: path.stem)
def test_program_prints_what_it_prints_under_mono(
    source: Path,
    mcs_compile: Callable[..., Path],
    mono_run: Callable[..., tuple[int, bytes, bytes]],
    run_guest: Callable[..., Any],
) -> None:
    program = mcs_compile(source, options=("-unsafe",))
    status, out, err = mono_run(program, "one", "zwei drei")
    guest = run_guest(program, "one", "zwei drei", check=status)
    assert guest.out.decode() == out.decode()
    assert guest.err.decode() == err.decode()
