"""`clrscope trace calls`, `alloc` and `newarr`, and the finer points of `stfld`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.traces.conftest import Clrscope, one_sentence

PROGRAM = """\
using System;

struct Pair { public int A, B; public void Set(int a) { A = a; } }
struct Wide { public long W, X, Y; }
abstract class Shape { public int Seen; public abstract int Area(int n); }
sealed class Square : Shape
{
    public override int Area(int n) { Seen = n; return n * n; }
}
sealed class Line : Shape { public override int Area(int n) { return 0; } }
interface INamed { int Name(); }
sealed class Thing : INamed { public long Id; public int Name() { return 7; } }

static class Program
{
    static int Down(int n)
    {
        Pair kept = new Pair();
        kept.A = n;
        if (n > 0) Down(n - 1);
        kept.B = n;
        return kept.A + kept.B;
    }

    static void Through(ref Pair pair, int n) { pair.Set(n); }

    static long ByValue(Wide wide) { wide.X = 9; return wide.X; }

    static int Main(string[] args)
    {
        Shape[] shapes = new Shape[2];
        shapes[0] = new Square();
        shapes[1] = new Line();
        int sum = 0;
        for (int i = 0; i < 6; i++) sum += shapes[i & 1].Area(i);
        INamed named = new Thing();
        sum += named.Name();
        Down(3);
        Pair mine = new Pair();
        Through(ref mine, 40);
        Through(ref mine, 41);
        Wide wide = new Wide();
        ByValue(wide);
        byte[] bytes = new byte[100];
        object boxed = sum;
        Thing thing = (Thing)named;
        for (int i = 0; i < 4; i++) thing.Id = i * 10;
        while (args.Length > 0) thing.Id = 77;
        return bytes.Length + (boxed == null ? 1 : 0) == 100 ? 0 : 1;
    }
}
"""


@pytest.fixture
def program(mcs_compile: Callable[..., Path], tmp_path: Path) -> Path:
    source = tmp_path / "events.cs"
    source.write_text(PROGRAM)
    return mcs_compile(source)


@pytest.fixture
def events(clrscope: Clrscope, tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """events("calls", ...): what `clrscope trace WHAT` found, as JSON."""

    def run(*words: str | Path, status: int = 0) -> list[dict[str, Any]]:
        file = tmp_path / "events.jsonl"
        done = clrscope("trace", words[0], "--json-lines", file, *words[1:])
        assert done.returncode == status, done.stderr
        assert done.stdout == ""
        assert "LOST" not in done.stderr
        return [json.loads(line) for line in file.read_text().splitlines()]

    return run


Events = Callable[..., list[dict[str, Any]]]


def test_calls_say_what_ran(events: Events, program: Path) -> None:
    found = events("calls", program)
    assert [c["sequence"] for c in found] == list(range(1, len(found) + 1))
    main = [c for c in found if c["method"] == "Program::Main"]
    areas = [c["callee"] for c in main if c["declared"].endswith("::Area")]
    assert areas == ["Square::Area", "Line::Area"] * 3
    assert {c["kind"] for c in main if c["declared"].endswith("::Area")} == {"virtual"}
    (name,) = [c for c in main if c["kind"] == "interface"]
    assert name["callee"] == "Thing::Name"
    # Recursion: one deeper each time, and back.
    down = [c["depth"] for c in found if c["callee"] == "Program::Down"]
    assert down == list(range(down[0], down[0] + 4))
    through = [c["depth"] for c in found if c["callee"] == "Program::Through"]
    assert through == [down[0]] * 2
    assert Counter(c["callee"] for c in found)["Pair::Set"] == 2
    lines = {c["callee"]: c["line"] for c in main}
    assert lines["Program::Down"] == 1 + PROGRAM.splitlines().index("        Down(3);")


def test_calls_filtered(events: Events, clrscope: Clrscope, program: Path) -> None:
    found = events("calls", "--method", "Down", program)
    assert [c["method"] for c in found] == ["Program::Main"] + ["Program::Down"] * 3
    helpers = events("calls", "--helpers", "--method", "Program::Main", program)
    assert {"[new]", "[newarr]", "[box]"} <= {c["callee"] for c in helpers}
    text = clrscope("trace", "calls", "--method", "Down", "--last", "1", program).stdout
    assert re.fullmatch(
        r" +\d+ +Program::Down IL_[0-9a-f]{4} events.cs:20 -> Program::Down\n", text
    )


def test_objects_and_who_made_them(events: Events, program: Path) -> None:
    found = events("alloc", "--method", "Program::Main", program)
    exact = [(o["type"], o["length"], o["size"]) for o in found if o["exact"]]
    assert exact == [
        ("Shape[]", 2, 32), ("Square", None, 16), ("Line", None, 16), ("Thing", None, 16),
        ("byte[]", 100, 120), ("int", None, 16),
    ]  # fmt: skip
    addresses = [o["address"] for o in found]
    assert addresses == sorted(addresses)


def test_every_object_of_the_heap_is_told(events: Events, clrscope: Clrscope) -> None:
    found = events("alloc")
    done = clrscope("profile", "--alloc", "--top", "1")
    total = re.search(r"of ([\d,]+) objects", done.stdout)
    assert total
    assert len(found) == int(total[1].replace(",", ""))
    assert all(o["type"][0] != "(" for o in found)


def test_arrays_are_as_large_as_their_element_type_needs(events: Events) -> None:
    found = events("newarr")
    assert len(found) > 50
    assert [o for o in found if o["component_size"] != o["expected_component_size"]] == []
    (bars,) = [o for o in found if o["method"] == "Ddk.PciDeviceInfo::.ctor"]
    assert (bars["type"], bars["length"], bars["size"]) == ("Ddk.PciBar[]", 6, 208)


@pytest.mark.parametrize(
    ("fault", "size", "component"),
    [("array-mt-element", 40, 0), ("array-stride-unaligned", 112, 16)],
)
def test_arrays_that_are_too_small_are_pointed_out(
    clrscope: Clrscope, fault: str, size: int, component: int
) -> None:
    done = clrscope("trace", "newarr", "--fault", fault)
    assert done.returncode == 121
    wrong = [line for line in done.stdout.splitlines() if " BUT " in line]
    assert wrong
    assert all(f"ComponentSize {component} BUT " in line for line in wrong)
    assert any("Bar[] needs 32" in line for line in wrong)
    assert any(f" of 6, {size} bytes" in line for line in wrong)


def test_stack_addresses_have_their_local(events: Events, program: Path) -> None:
    found = events("stfld", "--method", "Down", program)
    assert len(found) == 8
    assert {s["object"]["where"] for s in found} == {"local kept of Program::Down"}
    # Four frames, the innermost finishing first.
    addresses = [s["object"]["address"] for s in found]
    assert addresses[4:] == list(reversed(addresses[:4]))
    through = events("stfld", "--method", "Pair::Set", program)
    assert [s["object"]["where"] for s in through] == ["local mine of Program::Main"] * 2
    (wide,) = events("stfld", "--method", "ByValue", program)
    assert wide["object"]["kind"] == "stack"


def test_what_a_field_held_before(events: Events, program: Path) -> None:
    found = events("stfld", "--old", "--field", "Thing.Id", program)
    # What no store wrote is not known: the heap's pages come zeroed by other addresses.
    assert [(s.get("before"), s["value"]) for s in found] == [
        (None, "0"), ("0", "10 (0xa)"), ("10 (0xa)", "20 (0x14)"), ("20 (0x14)", "30 (0x1e)"),
    ]  # fmt: skip
    assert all("before" not in s for s in events("stfld", "--field", "Thing.Id", program))


EMBEDDED = """\
struct Pair { public int A, B; }
class Holder { public int X; public Pair In; }
static class Program
{
    static int Main()
    {
        Holder one = new Holder(), two = new Holder();
        one.In.A = 9;
        two.X = 1;
        two.In.A = 5;
        two.In.B = 6;
        one.In.B = 7;
        two.In = one.In;
        return 0;
    }
}
"""


def test_the_guests_own_trace_knows_what_nothing_wrote_over(
    events: Events, mcs_compile: Callable[..., Path], tmp_path: Path
) -> None:
    source = tmp_path / "embedded.cs"
    source.write_text(EMBEDDED)
    program = mcs_compile(source)
    found = events("stfld", "--source", "kernel", "--type", "Holder", program)
    assert [(s["field"], s["value"]) for s in found] == [
        ("A", "9"), ("X", "1"), ("A", "?"), ("B", "?"), ("B", "7"), ("In", "0900000007000000"),
    ]  # fmt: skip
    assert {s["value_is"] for s in found if s["value"] != "?"} == {"what memory holds now"}
    by_plugin = events("stfld", "--type", "Holder", program)
    assert [s["value"] for s in by_plugin] == ["9", "1", "5", "6", "7", "0900000007000000"]
    for key in ("method", "il", "line", "object", "field", "address"):
        assert [s[key] for s in found] == [s[key] for s in by_plugin]


def test_stopping_at_a_field(clrscope: Clrscope, program: Path) -> None:
    done = clrscope("trace", "stfld", "--stop-when", "Thing.Id=20", "--last", "2", program)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.rpartition(" = ")[2] for line in lines] == ["10 (0xa)", "20 (0x14)"]
    assert re.search(r"; stopped at store \d+$", done.stderr.splitlines()[-1])


def test_a_guest_that_would_not_end_is_ended(clrscope: Clrscope, program: Path) -> None:
    # With an argument the program stores 77 for ever.
    done = clrscope(
        *("trace", "stfld", "--stop-when", "Id=77", "--last", "1", "--timeout", "60"),
        *(program, "on and on"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("Thing.Id@8 = 77 (0x4d)\n")
    assert "stopped at store" in done.stderr


def test_a_field_that_is_never_written(clrscope: Clrscope, program: Path) -> None:
    done = clrscope("trace", "stfld", "--stop-when", "Nothing.Here", "--last", "1", program)
    assert done.returncode == 0
    assert "the program exited with status 0" in done.stderr


def test_bad_words(clrscope: Clrscope) -> None:
    for text in ("Type.", "=5", "Field="):
        assert "is no store to stop at" in one_sentence(
            clrscope("trace", "stfld", "--stop-when", text), 124
        )
    assert "is not a number" in one_sentence(clrscope("trace", "stfld", "--stop-when", "A=x"), 124)
    assert "at least 1" in one_sentence(clrscope("trace", "calls", "--depth", "0"), 124)
    assert "at least 1" in one_sentence(clrscope("trace", "alloc", "--last", "0"), 124)
    said = one_sentence(clrscope("trace", "stfld", "--source", "kernel", "--old"), 124)
    assert said.startswith("--source kernel has neither values nor records")
