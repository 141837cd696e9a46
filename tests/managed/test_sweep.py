"""Every public member of korlib answers in the guest what mono's library answers, over many
arguments (tests/managed/sweep). reference_kernel/managed/KORLIB.md names what is left out, and why.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.compare import compare
from tests.managed.sweep.generate import build as build_sweep

#: Of korlib's members, what mono's library does not have as a public one, or refuses whatever the
#: arguments are.
NOTHING_TO_COMPARE = {
    *(f"System.{name}.System.IConvertible.To{to}(IFormatProvider)" for name, to in (
        ("Boolean", "Char"), ("Char", "Boolean"), ("Char", "Double"), ("Char", "Single"),
        ("Double", "Char"), ("Single", "Char"), ("String", "Boolean"))),
    *(f"System.Convert.{name}" for name in (
        "ToBoolean(Char)", "ToChar(Boolean)", "ToChar(Double)", "ToChar(Single)", "ToDouble(Char)",
        "ToSingle(Char)")),
}  # fmt: skip


@pytest.mark.guest
@pytest.mark.slow
def test_every_member_answers_as_under_mono(
    build: Path,
    tmp_path: Path,
    mono_run: Callable[..., tuple[int, bytes, bytes]],
    run_guest: Callable[..., Any],
) -> None:
    program, missing = build_sweep(tmp_path, build / "managed" / "korlib.dll")
    assert set(missing) == NOTHING_TO_COMPARE
    status, out, _ = mono_run(program)
    assert status == 0
    run = run_guest("--memory", "256M", program)
    result = compare(out.decode(), run.out.decode())
    assert len(result.agreed) > 1000 and result.same, (
        f"{result.report()}\n`Sweep.exe MEMBER` prints a member's results one by one\n{run.json}"
    )
