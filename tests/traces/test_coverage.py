"""`clrscope coverage` against what a program counts itself, and the three files it writes."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from qemu_scripts import paths, run
from qemu_scripts.coverage.collect import counts_by_method
from qemu_scripts.traces import table
from qemu_scripts.traces.kernel_image import KernelImage, open_runtime
from qemu_scripts.traces.plugin import Count, Mode, PluginOptions
from qemu_scripts.traces.session import CODE_REGION, traced_run
from tests.traces.conftest import Clrscope, one_sentence

#: Every line with a mark `// #N` adds to counts[N] itself, and the program prints all counts.
PROGRAM = """\
using System;

interface IShape { int Area(); }
class Square : IShape
{
    readonly int side;
    public Square(int s) { Program.Hit(0); side = s; }      // #0
    public int Area() { return Program.Hit(1) + side * side; }      // #1
}

static class Program
{
    static int[] counts = new int[16];

    public static int Hit(int which) { counts[which]++; return 0; }

    static int Pick(int n)
    {
        switch (n % 4)
        {
            case 0: Hit(2); return 1;       // #2
            case 1: Hit(3); return 2;       // #3
            case 2: Hit(4); return 3;       // #4
            default: Hit(5); return 4;      // #5
        }
    }

    static bool Both(int a, int b)
    {
        Hit(6);     // #6
        return a > 3 && b < 5;
    }

    static int Never(int n)
    {
        Hit(7);     // #7
        if (n > 2) return 3;
        return 4;
    }

    static double Real(double x)
    {
        if (x < 1.5)
            Hit(8);     // #8
        else
            Hit(9);     // #9
        return x;
    }

    static int Main(string[] args)
    {
        int sum = 0;
        for (int i = 0; i < 23; i++)
        {
            Hit(10);        // #10
            sum += Pick(i);
            if (Both(i, i / 3))
            {
                Hit(11);        // #11
                continue;
            }
            Real(i * 0.25);
            try
            {
                if (i == 1) goto done;
                Hit(12);        // #12
            }
            finally
            {
                Hit(13);        // #13
            }
            done: Hit(14);        // #14
            while (sum > 40)
            {
                sum -= Hit(15) + 7;        // #15
            }
        }
        IShape shape = new Square(3);
        sum += shape.Area() + shape.Area();
        if (sum < -100000) sum = Never(sum);
        for (int i = 0; i < counts.Length; i++) Console.WriteLine(i + " " + counts[i]);
        return 0;
    }
}
"""


@pytest.fixture
def program(mcs_compile: Callable[..., Path], tmp_path: Path) -> Path:
    source = tmp_path / "counted.cs"
    source.write_text(PROGRAM)
    made = mcs_compile(source)
    # mcs records the path that it was given, and the cache may have the program of an earlier one.
    (made.parent / "counted.cs").write_text(PROGRAM)
    return made


def own_counts(said: str) -> dict[int, int]:
    """What the program printed."""
    found = re.findall(r"^(\d+) (\d+)\r?$", said, re.M)
    assert len(found) == 16
    return {int(which): int(count) for which, count in found}


def marked_lines() -> dict[int, int]:
    """Line by mark."""
    marks = ((re.search(r"// #(\d+)", text), n) for n, text in enumerate(PROGRAM.splitlines(), 1))
    return {int(mark[1]): n for mark, n in marks if mark}


def test_lines_agree_with_the_programs_own_counts(
    clrscope: Clrscope, program: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.info"
    done = clrscope("coverage", "--lcov", out, program)
    assert done.returncode == 0, done.stderr
    own = own_counts(done.stderr)
    text = out.read_text()
    seen = {int(line): int(n) for line, n in re.findall(r"^DA:(\d+),(\d+)$", text, re.M)}
    for mark, line in marked_lines().items():
        assert seen[line] == own[mark], f"line {line}: {PROGRAM.splitlines()[line - 1].strip()}"
    assert own[7] == 0
    assert own[10] == 23
    assert text.count("SF:") == text.count("end_of_record") == 1
    # The totals are those of the records.
    assert f"LF:{len(seen)}\nLH:{sum(n > 0 for n in seen.values())}\n" in text
    ways = re.findall(r"^BRDA:(\d+),(\d+),(\d+),(-|\d+)$", text, re.M)
    assert f"BRF:{len(ways)}\n" in text
    assert f"BRH:{sum(n not in '-0' for *_, n in ways)}\n" in text


def test_branches_agree_with_the_programs_own_counts(
    clrscope: Clrscope, program: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.info"
    done = clrscope("coverage", "--lcov", out, program)
    own = own_counts(done.stderr)
    lines = PROGRAM.splitlines()

    def ways(part: str, below: int = 0) -> list[str]:
        line = 1 + below + next(i for i, text in enumerate(lines) if part in text)
        found = re.findall(rf"^BRDA:{line},0,\d+,(-|\d+)$", out.read_text(), re.M)
        return list(map(str, found))

    # mcs marks a switch at its brace.
    assert ways("switch (n % 4)", below=1) == [str(own[n]) for n in (5, 2, 3, 4)]
    assert ways("if (x < 1.5)") == [str(own[8]), str(own[9])]
    assert ways("if (Both(i, i / 3))") == [str(own[11]), str(own[10] - own[11])]
    assert ways("if (i == 1)") == ["1", str(own[12])]
    assert ways("if (n > 2)") == ["-", "-"]
    assert sorted(map(int, ways("for (int i = 0; i < 23"))) == [1, 23]
    assert sum(map(int, ways("return a > 3 && b < 5"))) == own[6]


def test_cobertura(clrscope: Clrscope, program: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.xml"
    done = clrscope("coverage", "--cobertura", out, program)
    own = own_counts(done.stderr)
    root = Xml.parse(out).getroot()
    assert root.tag == "coverage"
    types = {c.get("name") for c in root.iter("class")}
    assert {"Program", "Square"} <= types
    hits = {
        int(line.get("number", "")): int(line.get("hits", ""))
        for line in root.findall(".//class/lines/line")
    }
    for mark, line in marked_lines().items():
        assert hits[line] == own[mark]
    never = root.find(".//method[@name='Never']")
    assert never is not None
    assert never.get("line-rate") == "0.0000"
    covered = sum(count > 0 for count in hits.values())
    assert (root.get("lines-covered"), root.get("lines-valid")) == (str(covered), str(len(hits)))
    conditions = [line.get("condition-coverage") for line in root.iter("line")]
    assert "0% (0/2)" in conditions


class _Page(HTMLParser):
    """Counts tags and collects what the page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.rows: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.loads += [v or "" for k, v in attributes if k == "src" or (k, tag) == ("href", "link")]
        if tag == "tr":
            self.rows.append(dict(attributes).get("class") or "")
        if tag not in {"meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else(
    clrscope: Clrscope, program: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "pages"
    done = clrscope("coverage", "--html", folder, program)
    assert done.returncode == 0, done.stderr
    text = (folder / "index.html").read_text()
    page = _Page()
    page.feed(text)
    assert page.open == []
    assert page.loads == []
    assert "url(" not in text and "<script" not in text
    assert {"y", "x", "p"} <= set(page.rows)
    assert "static int Never(int n)" in text
    assert "a &gt; 3 &amp;&amp; b &lt; 5" in text


def test_ways_add_up_to_executions(build: Path) -> None:
    """Of every conditional branch of every method, whatever the JIT made of it."""
    image = KernelImage(paths.KERNEL)
    wanted = PluginOptions(Mode.COVERAGE, scopes=[image.span(CODE_REGION)], count=Count.OFF)
    with traced_run(run.RunOptions(output=2, show_log=False), wanted) as over:
        assert over.outcome.status == 0
        counts = counts_by_method(open_runtime(image, over.ram), table.coverage(over.shared))
    branches = [(c.instructions[il], ways) for c in counts.values() for il, ways in c.ways.items()]
    assert len(branches) > 200
    assert [b for b in branches if b[0] != sum(b[1].values())] == []


def test_a_run_that_faults_is_covered_too(clrscope: Clrscope, tmp_path: Path) -> None:
    out = tmp_path / "out.info"
    done = clrscope("coverage", "--fault", "this-not-homed", "--assembly", "ddk", "--lcov", out)
    assert done.returncode == 120
    assert "Ddk.PciDeviceInfo" in out.read_text()
    assert "scenarios/All.cs" not in done.stdout


def test_bad_words(clrscope: Clrscope, tmp_path: Path, mcs_compile: Callable[..., Path]) -> None:
    said = one_sentence(clrscope("coverage", "--assembly", "nothing"), 124)
    assert said == (
        "no assembly of this run is named nothing; "
        "it has korlib, ddk, virtioblk, init, scenarios"
    )
    for option in ("--lcov", "--cobertura", "--html"):
        said = one_sentence(clrscope("coverage", option, tmp_path / "no" / "x.y"), 124)
        assert "does not exist" in said
    assert "is a folder" in one_sentence(clrscope("coverage", "--lcov", tmp_path), 124)
    source = tmp_path / "bare.cs"
    source.write_text("static class P { static int Main() { return 0; } }")
    bare = tmp_path / "bare.exe"
    subprocess.run(["mcs", "-nologo", f"-out:{bare}", source], check=True)
    done = clrscope("coverage", bare)
    assert done.returncode == 124
    assert "has no line information; compile with -debug" in done.stderr
