"""What a program leaves in memory, read through the contract alone: the heap block by block, the
code registry, types and methods."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from decoders.contract import reader
from decoders.contract.model import Contract
from tests.runtime.test_contract import Descriptor

SOURCE = """
using System;
struct Pair { public byte A; public long B; }
class Node { public Node Next; public int Value; public string Name; }
static class Program {
    static Node s_list;
    static int Main(string[] args) {
        for (int i = 0; i < 20; i++) s_list = new Node { Next = s_list, Value = i, Name = "n" + i };
        object[] things = { 1, 2.5, new Pair[i(3)], new byte[5], new int[2, 3], "text",
                            new string[4] };
        return things.Length + args.Length;
    }
    static int i(int x) { return x; }
}
"""


class Memory:
    """The process's own memory by the contract's names."""

    def __init__(self, contract: Contract, pointers: list[int]) -> None:
        self.contract = contract
        self.pointers = pointers

    def number(self, address: int, size: int) -> int:
        return int.from_bytes(ctypes.string_at(address, size), "little")

    def text(self, address: int) -> str:
        return ctypes.string_at(address).decode() if address else ""

    def field(self, address: int, type_name: str, name: str) -> int:
        field = self.contract.types[type_name].fields[name]
        size = {"uint8": 1, "uint16": 2, "uint32": 4, "int32": 4}.get(field.type or "", 8)
        return self.number(address + field.offset, size)

    def root(self, name: str) -> int:
        """The pointer that a global's address holds."""
        return self.number(self.contract.number(name), 8)

    def chain(self, first: int, type_name: str) -> Iterator[int]:
        while first:
            yield first
            first = self.field(first, type_name, "Next")


@pytest.fixture(scope="module")
def memory(
    library: ctypes.CDLL, build: Path, mcs_compile: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Memory]:  # fmt: skip
    source = tmp_path_factory.mktemp("heap") / "Heap.cs"
    source.write_text(SOURCE, encoding="ascii")
    program = mcs_compile(source)
    for file in (build / "managed" / "korlib.dll", program):
        assert library.clrhost_add_file(str(file).encode()) == 0, library.clrhost_error()
    assert library.clrhost_create() == 0, library.clrhost_error()
    status = ctypes.c_int(-1)
    arguments = (ctypes.c_char_p * 2)(b"a", "\u20ac".encode())
    assert library.clrhost_run(b"Heap.exe", 2, arguments, ctypes.byref(status)) == 0
    assert (status.value, library.clrhost_error()) == (9, b"")
    header = Descriptor.in_dll(library, "DotNetRuntimeContractDescriptor")
    pointers = [header.pointers[i] or 0 for i in range(header.count)]
    text = ctypes.string_at(header.json or 0, header.size).decode("ascii")
    yield Memory(reader.parse_contract(text, pointers), pointers)
    library.clrhost_destroy()


def blocks(memory: Memory) -> Iterator[tuple[int, int, int]]:
    """(object, MethodTable, size without header) of every block, checked to end at `allocated`."""
    segment = memory.root("HeapSegments")
    at = memory.field(segment, "HeapSegment", "Start")
    end = memory.field(segment, "HeapSegment", "Allocated")
    while at < end:
        address = at + memory.contract.number("ObjectHeaderSize")
        mt = memory.number(address, 8)
        size = memory.field(mt, "MethodTable", "BaseSize")
        flags = memory.field(mt, "MethodTable", "MTFlags")
        if flags & memory.contract.number("MTFlagHasComponentSize"):
            length = memory.number(address + 8, 4)
            size += length * memory.field(mt, "MethodTable", "ComponentSize")
        assert size >= memory.contract.number("MinObjectSize")
        size = (size + 7) & ~7
        yield address, mt, size
        at = address + size
    assert at == end


def type_of(memory: Memory, mt: int) -> int:
    slots = memory.field(mt, "MethodTable", "NumVtableSlots")
    interfaces = memory.field(mt, "MethodTable", "NumInterfaces")
    return memory.number(mt + 24 + 8 * (slots + interfaces), 8)


def names(memory: Memory) -> dict[int, str]:
    return {
        t: memory.text(memory.field(t, "TypeDesc", "Name"))
        for t in memory.chain(memory.root("TypeList"), "TypeDesc")
    }


def test_every_block_of_the_heap_is_accounted_for(memory: Memory) -> None:
    known = names(memory)
    seen: dict[str, int] = {}
    for _, mt, _ in blocks(memory):
        name = known[type_of(memory, mt)]
        seen[name] = seen.get(name, 0) + 1
    assert seen["Node"] == 20
    assert seen["String"] > 20
    assert seen["Int32"] >= 1 and seen["Double"] >= 1


def test_method_tables_and_types_name_each_other(memory: Memory) -> None:
    loaded = memory.contract.number("TypeStateLoaded")
    count = 0
    for type_ in memory.chain(memory.root("TypeList"), "TypeDesc"):
        mt = memory.field(type_, "TypeDesc", "MethodTable")
        if memory.field(type_, "TypeDesc", "State") == loaded and mt:
            assert type_of(memory, mt) == type_
            count += 1
    assert count > 30


def test_the_code_registry_has_every_compiled_method(memory: Memory) -> None:
    kinds = {memory.contract.number(f"CodeKind{n}"): n
             for n in ("Method", "Thunks", "Stub", "UnboxThunks")}  # fmt: skip
    found: dict[str, list[str]] = {name: [] for name in kinds.values()}
    ranges = []
    size = memory.contract.types["CodeEntry"].size or 0
    for chunk in memory.chain(memory.root("CodeRegistry"), "CodeChunk"):
        entries = chunk + memory.contract.types["CodeChunk"].fields["Entries"].offset
        for i in range(memory.field(chunk, "CodeChunk", "Count")):
            entry = entries + i * size
            kind = kinds[memory.field(entry, "CodeEntry", "Kind")]
            start = memory.field(entry, "CodeEntry", "Start")
            length = memory.field(entry, "CodeEntry", "Size")
            record = memory.field(entry, "CodeEntry", "Record")
            ranges.append((start, start + length))
            if kind == "Method":
                method = memory.field(record, "JitCode", "Method")
                assert memory.field(method, "MethodDesc", "Code") == record
                assert memory.field(method, "MethodDesc", "Entry") == start
                assert memory.field(record, "JitCode", "CodeStart") == start
                found[kind].append(memory.text(memory.field(method, "MethodDesc", "Name")))
            else:
                found[kind].append(memory.text(record) if kind == "Stub" else "")
    assert {"Main", "i", "Concat"} <= set(found["Method"])
    assert sorted(found["Stub"]) == [
        "failed method", "interface dispatch", "prestub", "stfld trace",
    ]  # fmt: skip
    assert found["Thunks"] and found["UnboxThunks"]
    ranges.sort()
    assert all(end <= start for (_, end), (start, _) in zip(ranges, ranges[1:], strict=False))


def test_literals_are_kept_by_handles(memory: Memory) -> None:
    string_type = memory.root("StringType")
    texts = set()
    for block in memory.chain(memory.root("HandleRoots"), "HandleBlock"):
        cells = block + memory.contract.types["HandleBlock"].fields["Cells"].offset
        for i in range(memory.field(block, "HandleBlock", "Count")):
            address = memory.number(cells + 8 * i, 8)
            if type_of(memory, memory.number(address, 8)) == string_type:
                length = memory.number(address + 8, 4)
                texts.add(ctypes.string_at(address + 12, 2 * length).decode("utf-16-le"))
    assert {"n", "text"} <= texts


def test_a_runtime_can_be_made_again(library: ctypes.CDLL, memory: Memory, build: Path) -> None:
    """Last in this module: it ends the runtime that the others look at."""
    statistics: Any = (ctypes.c_uint64 * 7)()
    counts = []
    for _ in range(3):
        library.clrhost_destroy()
        file = build / "managed" / "korlib.dll"
        assert library.clrhost_add_file(str(file).encode()) == 0
        assert library.clrhost_create() == 0, library.clrhost_error()
        assert library.clrhost_compile_all(b"korlib.dll", ctypes.byref(statistics)) == 0
        counts.append(list(statistics)[:6])
    assert counts[0] == counts[1] == counts[2] and counts[0][2] > 1000
