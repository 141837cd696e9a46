"""clr-step, clr-next and clr-finish through a program, compared with its source."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from .conftest import GdbResult, StartGuest

pytestmark = pytest.mark.guest

SOURCE = Path(__file__).parent / "programs" / "Steps.cs"
LINES = SOURCE.read_text().splitlines()


@pytest.fixture
def program(mcs_compile: Any) -> Path:
    """The program that is stepped through."""
    compiled: Path = mcs_compile(SOURCE)
    return compiled


def results(done: GdbResult) -> list[Any]:
    """Every JSON object that the commands printed."""
    found = []
    decoder = json.JSONDecoder()
    at = done.out.find("\n{\n")
    while at >= 0:
        value, end = decoder.raw_decode(done.out, at + 1)
        found.append(value)
        at = done.out.find("\n{\n", end - 1)
    return found


def line_of(text: str, after: str = "") -> int:
    """Number of the one line with a text, of those behind the line `after`."""
    start = next(n for n, line in enumerate(LINES) if after in line)
    return next(n for n, line in enumerate(LINES[start:], start + 1) if text in line)


def test_lines(start_guest: StartGuest, program: Path) -> None:
    guest = start_guest(program, at=())
    done = guest.gdb("clr-break Program.Main", "continue", "clr-step", "clr-finish",
                     "clr-next --json", *["clr-step --json"] * 25)
    assert "void Square..ctor()" in done.out and "Square::.ctor returned" in done.out
    steps = results(done)
    assert all(step["source"] == LINES[step["line"] - 1] for step in steps), done.text
    assert all(step["why"] in ("step", "entered", "returned") for step in steps)
    loop, call = line_of("for (int i"), line_of("sum += Twice(i)")
    twice = line_of("int y = x + x")
    sides, area = line_of("return 4"), line_of("return Sides() * scale")
    virtual, interface = line_of("sum += square.Sides()"), line_of("shape.Area(3)")
    braces = [n for n, line in enumerate(LINES, 1) if line.strip() in "{}"]
    seen = [step["line"] for step in steps if step["line"] not in braces]
    assert seen == [
        line_of("int sum = 0"), loop, *[call, twice, twice + 1, call, loop] * 2,
        virtual, sides, virtual, line_of("IShape shape"), interface, area, sides, area, interface,
        *seen[21:],
    ], done.text
    entered = [step["method"] for step in steps if step["why"] == "entered"]
    assert entered[:4] == [
        "static int Program.Twice(int x)", "static int Program.Twice(int x)", "int Square.Sides()",
        "int Shape.Area(int scale)"]


def test_over_calls_and_by_il(start_guest: StartGuest, program: Path) -> None:
    guest = start_guest(program, at=())
    done = guest.gdb(
        "clr-break Program.Twice", "continue", "delete", *["clr-next -il --json"] * 12,
        "clr-next 4 --json", "clr-step -timeout 0", "clr-step nine", "frame 1", "clr-finish")
    *by_il, line = results(done)
    texts = [s["il"] for s in by_il if s["method"].startswith("static int Program.Twice")]
    offsets = [s["il_offset"] for s in by_il if s["method"].startswith("static int Program.Twice")]
    assert offsets == sorted(set(offsets)) and len(offsets) >= 5, done.text
    assert any("add" in text for text in texts) and "ret" in texts[-1]
    assert line["source"] == LINES[line["line"] - 1] and line["method"].startswith(
        "static int Program.Main")
    assert "-timeout '0' is no number of seconds" in done.err
    assert "'nine' is no number of steps" in done.err


VALUES = {
    "Int": "int 42", "Long": "long 8589934592", "Byte": "byte 255", "SByte": "sbyte -3",
    "Bool": "bool true", "Char": "char 'A' (65)", "Float": "float 1.5", "Double": "double 2.5",
    "Enum": "Color Blue (2)", "Text": 'string "hello"', "Null": "object null",
    "Object": r"Square Square@0x\w+", "Array": r"int\[\] int\[3\]@0x\w+",
    "Small": "Small {X=7, Y=-1}", "Large": 'Large {A=1, B=9, Name="big"}', "Nothing": r"\(void\)",
}


def test_return_values(start_guest: StartGuest, program: Path) -> None:
    guest = start_guest(program, at=())
    done = guest.gdb(
        "clr-break Returns.*", "continue", "clr-finish",
        *["continue", "clr-finish"] * (len(VALUES) - 1), timeout=120)
    for name, value in VALUES.items():
        pattern = value if "\\" in value else re.escape(value)
        assert re.search(rf"Returns::{name} returned\n.* at \S+Steps\.cs:\d+\n.*\n"
                         rf"Value: {pattern}\n", done.out), (name, done.text)


def test_a_step_into_a_fault_ends_there(start_guest: StartGuest) -> None:
    guest = start_guest(fault="this-not-homed", at=())
    done = guest.gdb("clr-break PciDeviceInfo.cs:59", "continue", "clr-next", "clr-frame",
                     "clr-next -timeout 1", "clr-finish -timeout 1", "frame 5",
                     "clr-finish -timeout 1", "clr-frame 4")
    assert "the machine stands in its fatal hook; `clr-frame` tells why" in done.out, done.text
    # Nothing that would lose the crash is done: it is still there.
    assert done.out.count("=> null PciDeviceInfo, field ProgIf at +19\n") == 2, done.text
    assert done.err.count(
        "the machine stands in clr_fatal_hook and never returns from there; `clr-frame` tells why"
    ) == 3, done.text


def test_a_step_that_never_ends_is_interrupted(start_guest: StartGuest, mcs_compile: Any) -> None:
    program = mcs_compile(SOURCE.with_name("Spin.cs"))
    guest = start_guest(program, at=())
    done = guest.gdb("clr-break Spin.Main", "continue", "delete", "clr-next",
                     "clr-finish -timeout 1", "clr-next -timeout 1 --json", "bt 1")
    assert "did not return\nstill running after the time allowed; interrupted" in done.out, (
        done.text)
    (step,) = results(done)
    assert step["why"] == "time" and step["method"] == "static int Spin.Main()"
    assert "#0 " in done.out.rpartition("}")[2]
