"""What a program may use up ends in good order: heap, stack, code, the JIT's own records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qemu_scripts.bench.generate import source

pytestmark = pytest.mark.guest

Run = Callable[..., Any]
PROGRAM = Path(__file__).parent / "programs" / "exhausts.cs"
GUARD = range(0xFFFFB00000000000, 0xFFFFB00000001000)
OUT_OF_MEMORY = "Insufficient memory to continue the execution of the program."


@pytest.fixture(scope="module")
def exhausts(mcs_compile: Run) -> Path:
    return Path(mcs_compile(PROGRAM))


@pytest.mark.parametrize("how", [
    ("heap", "0"), ("heap", "5000"), ("heap", "3000000"), ("heap", "2147483647"), ("string",)])
def test_a_full_heap_is_an_exception(exhausts: Path, run_guest: Run, how: tuple[str, ...]) -> None:
    run = run_guest("--memory", "16M", exhausts, *how, check=120)
    assert run.out == b"before\n"
    assert run.json["event"] == {
        "event": "unhandled", "type": "System.OutOfMemoryException", "message": OUT_OF_MEMORY}
    assert f"System.OutOfMemoryException: {OUT_OF_MEMORY}" in run.err.decode()


def test_a_stack_without_end_meets_its_guard_page(exhausts: Path, run_guest: Run) -> None:
    run = run_guest("--memory", "24M", exhausts, "deep", check=120)
    assert run.json["event"]["vector"] == 14
    assert int(run.json["event"]["cr2"], 16) in GUARD


def test_a_stack_that_memory_is_too_small_for_says_so(exhausts: Path, run_guest: Run) -> None:
    run = run_guest("--memory", "24M", exhausts, "full", "18", check=120)
    assert run.out == b"before\nfull\n"
    assert "no memory left for the stack" in run.json["message"]
    assert "give the machine more memory" in run.json["message"]


def test_more_methods_than_memory_are_refused(
    mcs_compile: Run, run_guest: Run, tmp_path: Path
) -> None:
    text = tmp_path / "methods.cs"
    text.write_text(source(4000), encoding="utf-8")
    program = mcs_compile(text, options=["-warn:0"])
    run = run_guest("--memory", "16M", program, "run", check=122)
    event = run.json["event"]
    assert event["event"] == "compile-failed" and event["assembly"] == "methods"
    assert event["message"].startswith("out of memory for ")
    assert f"{event['method']} at IL_{event['il']:04x} {event['opcode']}: " in run.json["message"]
