"""Arguments and locals as the frame commands show them, against what the guest itself printed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from .conftest import StartGuest

pytestmark = pytest.mark.guest

STOPS = 12


def test_against_the_guests_own_output(start_guest: StartGuest, mcs_compile: Any) -> None:
    program: Path = mcs_compile(Path(__file__).parent / "programs" / "Printed.cs")
    guest = start_guest(program, at=())
    look = ("clr-args 1 --json", "clr-locals 1 --json", "frame 1", "clr-bt -limit 2", "continue")
    done = guest.gdb("clr-break Printed.Show", "continue", *look * STOPS, timeout=180)
    output = (guest.log.parent / "output").read_text(errors="replace")
    printed = [line.partition("@")[2].strip() for line in output.splitlines() if "@" in line
               and "=" in line and "@@clr" not in line]
    assert len(printed) == STOPS, (output, done.text)
    parts = _objects(done.out)
    assert len(parts) == 2 * STOPS, done.text
    for text, arguments, locals_ in zip(printed, parts[::2], parts[1::2], strict=True):
        shown = {slot["name"]: slot["value"]["text"] for slot in
                 [*arguments["slots"], *locals_["slots"]] if slot["value"] is not None}
        for name, value in re.findall(r'(\w+)=("[^"]*"|\S+)', text):
            assert shown.get(name) == value, (text, name, shown)
    # A struct by reference, an array, and enums and characters have texts of their own.
    loop = [p for p in parts if "Printed.Loop" in p["method"]]
    first = {s["name"]: s["value"]["text"] for s in loop[0]["slots"]}
    assert first["items"].startswith("int[3]@0x") and first["pair"] == (
        "{Left=0, Right=1099511627773}")
    mixed = [p for p in parts if "Printed.Mixed" in p["method"] and p["title"] == "arguments"]
    texts = [{s["name"]: s["value"]["text"] for s in part["slots"]} for part in mixed]
    assert [t["level"] for t in texts] == ["Middle (300)", "High (65535)"]
    assert texts[0]["letter"] == "'x' (120)"
    assert re.search(r"#1 .*Printed::Recursive\(depth=0, path=\">321\"\)", done.out), done.text


def test_a_reference_means_its_variable(start_guest: StartGuest, mcs_compile: Any) -> None:
    program: Path = mcs_compile(Path(__file__).parent / "programs" / "Printed.cs")
    guest = start_guest(program, at=())
    done = guest.gdb("clr-break Printed.cs:59 if counter == 9 && i == 1", "continue", "clr-args",
                     'print $clr_var("counter") + 1', "kill")
    assert re.search(r"Breakpoint 1, Printed.Loop \(\) at \S+Printed.cs:59", done.out), done.text
    assert re.search(r"\[rbp\+32\]  counter  int& +0x[0-9a-f]+ -> 9\n", done.out), done.text
    assert "$1 = 10" in done.out, done.text


def _objects(text: str) -> list[Any]:
    found, decoder = [], json.JSONDecoder()
    at = text.find("\n{\n")
    while at >= 0:
        value, end = decoder.raw_decode(text, at + 1)
        found.append(value)
        at = text.find("\n{\n", end - 1)
    return found
