"""`clrscope profile`: its table and its three files add up, and say what the program did."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from qemu_scripts.profile.files import to_collapsed, to_speedscope
from qemu_scripts.profile.flamegraph import to_svg
from qemu_scripts.profile.report import rows
from qemu_scripts.traces.managed import FrameName, Kind
from tests.traces.conftest import Clrscope, one_sentence

PROGRAM = """\
using System;
class Leaf { public int A; }
static class Program
{
    static int Work(int n)
    {
        int sum = 0;
        for (int i = 0; i < n; i++) sum += i & 3;
        return sum;
    }
    static int Little() { return Work(1000); }
    static int Much() { return Work(9000); }
    static Leaf Make() { return new Leaf(); }
    static int Main()
    {
        int sum = Little() + Much();
        for (int i = 0; i < 17; i++) Make();
        for (int i = 0; i < 5; i++) { int[] a = new int[i]; sum += a.Length; }
        Console.WriteLine(sum);
        return 0;
    }
}
"""


@pytest.fixture
def program(mcs_compile: Callable[..., Path], tmp_path: Path) -> Path:
    source = tmp_path / "profiled.cs"
    source.write_text(PROGRAM)
    return mcs_compile(source)


def total(said: str) -> int:
    """The plugin's own count of instructions."""
    found = re.search(r"^clrscope: ([\d,]+) instructions counted;", said, re.M)
    assert found
    return int(found[1].replace(",", ""))


def test_the_files_add_up_to_the_plugins_count(
    clrscope: Clrscope, program: Path, tmp_path: Path
) -> None:
    svg, scope, text = tmp_path / "p.svg", tmp_path / "p.json", tmp_path / "p.txt"
    done = clrscope(
        *("profile", "--flamegraph", svg, "--speedscope", scope, "--collapsed", text, program)
    )
    assert done.returncode == 0, done.stderr
    every = total(done.stderr)
    assert f"of {every:,} instructions" in done.stdout
    stacks = {
        line.rpartition(" ")[0]: int(line.rpartition(" ")[2])
        for line in text.read_text().splitlines()
    }
    assert sum(stacks.values()) == every
    profile = json.loads(scope.read_text())
    (one,) = profile["profiles"]
    assert sum(one["weights"]) == one["endValue"] == every
    names = [frame["name"] for frame in profile["shared"]["frames"]]
    again = {
        ";".join(names[i] for i in sample): weight
        for sample, weight in zip(one["samples"], one["weights"], strict=True)
    }
    assert again == stacks
    # The same method from two callers: nine times the work.
    little, much = (
        sum(n for key, n in stacks.items() if key.endswith(f"Program::{who};Program::Work"))
        for who in ("Little", "Much")
    )
    assert 8.9 < much / little < 9.1
    _check_svg(svg.read_text(), every)


def _check_svg(text: str, every: int) -> None:
    root = Xml.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    boxes = root.findall(f".//{space}g[@class='b']")
    assert len(boxes) > 50
    whole = boxes[0]
    assert whole.get("data-n") == "all"
    assert f": {every:,} instructions, 100.00%" in (whole.findtext(f"{space}title") or "")
    by_level: dict[str, list[tuple[float, float]]] = {}
    for box in boxes:
        span = (float(box.get("data-x", "")), float(box.get("data-w", "")))
        by_level.setdefault(box.get("data-l", ""), []).append(span)
    for spans in by_level.values():
        spans.sort()
        for (x, width), (right, _) in itertools.pairwise(spans):
            assert x + width <= right + 1e-6


def test_only_stacks_with_managed_code(clrscope: Clrscope, program: Path, tmp_path: Path) -> None:
    text = tmp_path / "p.txt"
    done = clrscope("profile", "--managed", "--collapsed", text, "--top", "3", program)
    assert done.returncode == 0, done.stderr
    assert all("::" in line for line in text.read_text().splitlines())
    assert "(firmware and boot)" not in text.read_text()
    assert len(done.stdout.splitlines()) == 5


def test_objects_by_type_and_stack(clrscope: Clrscope, program: Path, tmp_path: Path) -> None:
    text = tmp_path / "p.txt"
    done = clrscope("profile", "--alloc", "--collapsed", text, program)
    assert done.returncode == 0, done.stderr
    found = re.findall(r"^(\S+) (\d+)$", text.read_text().replace(" of ", "_of_"), re.M)
    leaves = [(key, int(n)) for key, n in found if key.endswith(";Leaf")]
    assert sum(n for _, n in leaves) == 17
    assert all("Program::Main;Program::Make;" in key for key, _ in leaves)
    arrays = [int(n) for key, n in found if "Program::Main;" in key and key.endswith(";int[]")]
    assert sum(arrays) >= 5


def test_writers_on_odd_names() -> None:
    a, b = FrameName("A<int>::x;y&\"z'", Kind.MANAGED), FrameName("b", Kind.NATIVE)
    stacks = {(a, b): 3, (a,): 2, (b, a, b): 5}
    assert to_collapsed(stacks).splitlines() == [
        "A<int>::x:y&\"z' 2", "A<int>::x:y&\"z';b 3", "b;A<int>::x:y&\"z';b 5",
    ]  # fmt: skip
    root = Xml.fromstring(to_svg(stacks, "<&>", "things"))
    names = {g.get("data-n") for g in root.iter("{http://www.w3.org/2000/svg}g")}
    assert names == {"all", a.name, b.name}
    assert json.loads(to_speedscope(stacks, "t", "things"))["profiles"][0]["endValue"] == 10
    # Recursion counts once.
    table = {row.frame: (row.own, row.total) for row in rows(stacks)}
    assert table == {b: (8, 8), a: (2, 10)}


def test_a_stack_of_a_thousand_frames() -> None:
    stack = tuple(FrameName(f"f{i}", Kind.MANAGED) for i in range(1000))
    assert to_svg({stack: 1}, "deep", "things").count('<g class="b"') == 1001


def test_bad_words(clrscope: Clrscope, tmp_path: Path) -> None:
    assert "at least 1" in one_sentence(clrscope("profile", "--top", "0"), 124)
    assert "does not exist" in one_sentence(
        clrscope("profile", "--flamegraph", tmp_path / "no" / "x"), 124
    )
    assert "unrecognized" in one_sentence(clrscope("profile", "--nothing"), 124)
