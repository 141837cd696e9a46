"""The object made of compiled methods, read by binutils and by gdb's own reader of DWARF."""

from __future__ import annotations

import lzma
import re
import subprocess
from pathlib import Path

import pytest

from decoders.memory import ElfCore, PageCache
from decoders.metadata import Method
from decoders.source import MethodSource, SequencePoint
from decoders.symbols import Collector, Line, SymbolObject, dwarf
from decoders.symbols.collect import frame_program
from tests.decoders.test_snapshot import FIXTURE, Snapshot, contract_address
from tests.work import calls_of


@pytest.fixture(scope="module")
def machine() -> Snapshot:
    core = ElfCore(lzma.decompress(FIXTURE.read_bytes()))
    return Snapshot(PageCache(core), contract_address(core))


def readelf(path: Path, *options: str) -> str:
    done = subprocess.run(
        ["readelf", "-W", *options, str(path)], capture_output=True, text=True, check=True)
    assert not done.stderr, done.stderr
    return done.stdout


def no_source(_: Method) -> MethodSource | None:
    return None


def some_source(method: Method) -> MethodSource:
    """A line for every fourth byte of IL."""
    points = tuple(
        SequencePoint(il, f"{method.assembly.name}.cs", 10 + il // 4, 1, 0, 0)
        for il in range(0, len(method.body.il), 4))
    return MethodSource(method.token, points, ())


def test_every_method_of_a_kernel(machine: Snapshot, tmp_path: Path) -> None:
    codes = machine.registry.methods()
    collector = Collector()
    assert collector.add(machine.runtime, codes, some_source) == len(codes) > 20
    assert collector.add(machine.runtime, codes, some_source) == 0 and not collector.problems
    path = tmp_path / "managed.elf"
    path.write_bytes(collector.object.write(folder="/src"))
    symbols = readelf(path, "-s")
    (code,) = [c for c in codes if c.method.name == "ReadProgIf"]
    assert re.search(rf"{code.start:x} +{code.end - code.start} FUNC +GLOBAL DEFAULT +1 "
                     r"Ddk\.PciDeviceInfo\.ReadProgIf", symbols), symbols
    assert symbols.count(" FUNC ") == len(codes)
    entries = readelf(path, "--debug-dump=info")
    assert entries.count("DW_TAG_subprogram") == len(codes)
    rows = readelf(path, "--debug-dump=decodedline")
    assert re.search(rf"ddk\.cs +10 +{code.start:#x}", rows)


def test_call_frames_say_what_the_unwinder_says(machine: Snapshot, tmp_path: Path) -> None:
    codes = machine.registry.methods()
    collector = Collector()
    collector.add(machine.runtime, codes, no_source)
    path = tmp_path / "managed.elf"
    path.write_bytes(collector.object.write())
    tables = readelf(path, "--debug-dump=frames-interp")
    (code,) = [c for c in codes if c.method.name == "Bind" and "VirtioBlk.VirtioBlkEntry" in
               machine.runtime.method_name(c.method)]
    (table,) = [part for part in tables.split("\n\n") if f"pc={code.start:016x}.." in part]
    rows = {int(line.split()[0], 16) - code.start: line.split()[1:]
            for line in table.splitlines() if re.match(r"[0-9a-f]{16} r", line)}
    heads = next(line for line in table.splitlines() if "CFA" in line).split()[1:]
    assert rows[0][0] == "rsp+8" and rows[1][0] == "rsp+16" and rows[4][0] == "rbp+16"
    body = dict(zip(heads, rows[max(o for o in rows if o < code.record.prologue_size)],
                    strict=True))
    assert body["rbx"] == "c-24" and body["rbp"] == "c-16" and body["ra"] == "c-8"
    for offset, row in rows.items():
        place = machine.registry.find(code.start + offset)
        assert place is not None
        rule = machine.unwinder._rule(place, offset, offset)
        assert row[0] == f"{rule.register}+{rule.offset}", offset


def test_lines_and_long_advances() -> None:
    made = SymbolObject()
    made.add("A.B", 0x1000, 5000, [Line(0, "x.cs", 1), Line(3000, "y.cs", 900), Line(3001, "x.cs",
                                                                                      2)], b"")
    assert made.files == ["x.cs", "y.cs"] and made.has(0x1000) and not made.has(0x1001)
    assert dwarf.uleb(300) == b"\xac\x02" and dwarf.sleb(-300) == b"\xd4\x7d"
    assert dwarf.advance(0) == b"" and dwarf.advance(1000)[0] == 4


def test_ten_thousand_functions(tmp_path: Path, machine: Snapshot) -> None:
    program = frame_program(machine.registry.methods()[0])
    made = SymbolObject()
    for n in range(10_000):
        lines = [Line(i * 12, f"f{n % 50}.cs", n + i) for i in range(10)]
        made.add(f"Ns.Type{n // 10}.Method{n}", 0x100000 + 256 * n, 200, lines, program)
    path = tmp_path / "big.elf"
    image, calls = calls_of(made.write)
    path.write_bytes(image)
    # What was encoded once is only put together: a dozen calls a function.
    assert calls < 150_000, calls
    done = subprocess.run(
        ["gdb", "-nx", "-batch", "-ex", f"add-symbol-file {path}", "-ex", "info line f7.cs:1012",
         "-ex", "info symbol 0x100105"],
        capture_output=True, text=True, check=False)
    assert "Ns.Type0.Method1 + 5" in done.stdout, done.stdout + done.stderr
    assert 'of "f7.cs" starts at address 0x' in done.stdout, done.stdout
