"""docs/adopting.md: the example compiles and is read, the levels are those of a real guest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from decoders.runtime import REQUIRED, REQUIRED_CONTRACTS, REQUIRED_GLOBALS
from qemu_scripts import paths
from tests.docs import adopting
from tests.docs.adopting import DOCUMENT, LEVELS

_MARK = "levels: "


def test_table_and_output_are_those_of_now() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == adopting.filled(text), (
        "run `python -m tests.docs.adopting` and look at what it changes")


def test_the_example_publishes_what_it_says() -> None:
    found = adopting.published(adopting.example(DOCUMENT.read_text(encoding="utf-8")))
    assert [t.name for t in found.types] == ["Array", "MethodTable", "Object", "pointer"]
    assert found.contracts == (("KernelObjects", "k1"), ("KernelTypes", "k1"))
    assert found.ignored == ()
    assert "type Array" not in found.missing and "type MethodTable.VTable" in found.missing
    tables = {g.name: g.value for g in found.globals}
    assert tables["ObjectHeaderSize"] == 8
    # The two variables lie somewhere in the program, 8 bytes each.
    assert abs(int(tables["AssemblyList"]) - int(tables["Generation"])) == 8


def test_the_levels_have_each_name_once() -> None:
    types = [name for level in LEVELS for name in level.types]
    assert sorted(types) == sorted(REQUIRED)
    names = [name for level in LEVELS for name in level.globals]
    assert sorted(names) == sorted(REQUIRED_GLOBALS)
    text = DOCUMENT.read_text(encoding="utf-8")
    assert all(f"{name}" in text for name in REQUIRED_CONTRACTS)


@pytest.mark.guest
def test_each_level_brings_its_commands_and_not_those_of_the_next(build: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "qemu_scripts.cli", "debug", "--batch", "--fault",
         "this-not-homed", "--ex", f"source {Path(__file__).with_name('levels.py')}"],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, check=False,
        cwd=paths.ROOT)
    lines = [line for line in done.stdout.splitlines() if line.startswith(_MARK)]
    assert lines, done.stdout + done.stderr
    answers = json.loads(lines[0].removeprefix(_MARK))
    assert len(answers) == len(LEVELS)
    for level, said in enumerate(answers):
        for command in LEVELS[level].commands:
            assert said[command] == "", (level, command)
        for command in LEVELS[level + 1].commands if level + 1 < len(LEVELS) else ():
            if command == "clr-doctor":
                continue  # it may go on and tell in its report what it could not look at
            assert "the contract has no" in said[command], (level, command)
