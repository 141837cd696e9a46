"""Frames at every machine instruction of a method: prologue, every IL boundary, epilogue."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from .conftest import StartGuest

pytestmark = pytest.mark.guest

HERE = Path(__file__).parent
REST = ["rt_run_main", "rt_main", "run", "call_on_stack"]


@pytest.fixture
def program(mcs_compile: Any) -> Path:
    """The program whose methods are stepped through."""
    compiled: Path = mcs_compile(HERE / "programs" / "Frames.cs")
    return compiled


def steps(start_guest: StartGuest, program: Path, method: str) -> list[dict[str, Any]]:
    """What the decoders said at each instruction of one call of a method."""
    guest = start_guest(program, at=())
    os.environ["CLR_METHOD"] = method
    done = guest.gdb(f"source {HERE / 'step_frames.py'}", timeout=120)
    assert "@@done" in done.out, done.text
    found = [json.loads(line[7:]) for line in done.out.splitlines() if line.startswith("@@step ")]
    assert found[0]["offset"] == 0 and found[0]["stage"] == "prologue"
    assert found[-1]["stage"] == "epilogue"
    return found


def check(found: list[dict[str, Any]], arguments: dict[str, str], names: list[str]) -> None:
    """Arguments, callers and the registers of the caller are the same at every instruction."""
    for step in found:
        where = (step["offset"], step["stage"], step["il"])
        assert step["problems"] == [], (where, step)
        assert step["names"] == [*names, *REST], where
        assert step["caller"] == found[0]["caller"], where
        for name, value in arguments.items():
            assert step["values"][name].startswith(value), (where, name, step["values"])


def test_arguments_of_every_kind(start_guest: StartGuest, program: Path) -> None:
    found = steps(start_guest, program, "Frames::Mix")
    check(found, {
        "a": "-5", "b": '"seen"', "c": "1.5", "d": "{First=1, Second=-2}", "e": "{X=7, Y=8}",
        "f": "4000000000", "g": "Green (1)", "h": "Box@0xffff8",
    }, ["Frames::Mix", "Frames::Main"])
    last = [s for s in found if s["stage"] == "body"][-1]["values"]
    expected = {
        "large": "true", "copy": "{First=1, Second=-2}", "letter": "'q' (113)", "numbers": "null",
        "sum": "10", "other": "Green (1)", "wide": "9223372036854775809",
    }
    assert {name: last[name] for name in expected} == expected


def test_this_and_a_float(start_guest: StartGuest, program: Path) -> None:
    found = steps(start_guest, program, "Box::Add")
    check(found, {"this": "Box@0xffff8", "x": "2", "scale": "3.0"}, ["Box::Add", "Frames::Main"])
    assert [s for s in found if s["stage"] == "body"][-1]["values"]["y"] == "42"


def test_a_hidden_return_buffer(start_guest: StartGuest, program: Path) -> None:
    found = steps(start_guest, program, "Box::Make")
    check(found, {"this": "Box@0xffff8", "low": "-7", "<return buffer>": "0xffff"},
          ["Box::Make", "Frames::Main"])
    last = [s for s in found if s["stage"] == "body"][-1]["values"]
    assert last["made"] == "{First=40, Second=-7}"


def test_the_guest_prints_the_same(run_guest: Any, program: Path) -> None:
    assert run_guest(program, check=0).out.decode().split("\n") == [
        "4000000010", "126", "40 -7", ""]


def test_finish_returns_to_managed_code(
    start_guest: StartGuest, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = start_guest(program, at=())
    monkeypatch.setenv("CLR_METHOD", "Box::Add")
    monkeypatch.setenv("CLR_FINISH", "1")
    done = guest.gdb(f"source {HERE / 'step_frames.py'}")
    assert "static int Frames.Main(string[] args)" in done.out, done.text
    assert "IL_" in done.out.rpartition("static int Frames.Main")[2]
