"""The kernel's published records (contracts Kernel*, version k1) as named tuples.

A record's fields are the contract's, in snake case; offsets and widths come from the contract.
`REQUIRED` lists every name that is asked for, so that a test can hold it against a kernel.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from operator import add, itemgetter
from typing import Any, NamedTuple, TypeVar

from decoders.contract import Contract, TypeLayout
from decoders.errors import ContractError, TargetError
from decoders.memory import Memory

MAX_RECORDS = 1 << 20
MAX_RECORD_BYTES = 64 << 20


class MethodTableRecord(NamedTuple):
    """A MethodTable's fixed part."""

    address: int
    component_size: int
    mt_flags: int
    base_size: int
    related_type: int
    num_vtable_slots: int
    num_interfaces: int
    hash_code: int


class TypeDescRecord(NamedTuple):
    """A type descriptor."""

    address: int
    method_table: int
    assembly: int
    next: int
    parent: int
    element: int
    instantiation: int
    token: int
    element_type: int
    rank: int
    state: int
    cctor_state: int
    flags: int
    instance_size: int
    align: int
    field_count: int
    fields: int
    method_count: int
    methods: int
    statics: int
    statics_size: int
    interface_count: int
    interfaces: int
    name: int
    namespace: int


class FieldDescRecord(NamedTuple):
    """A field descriptor."""

    address: int
    owner: int
    type: int
    token: int
    offset: int
    size: int
    flags: int
    value_kind: int
    name: int


class MethodDescRecord(NamedTuple):
    """A method descriptor."""

    address: int
    entry: int
    owner: int
    assembly: int
    token: int
    flags: int
    instantiation: int
    code: int
    thunk: int
    slot: int
    compile_count: int
    name: int
    failure: int


class AssemblyRecord(NamedTuple):
    """A loaded assembly."""

    address: int
    next: int
    name: int
    file: int
    image_base: int
    image_size: int


class CodeEntryRecord(NamedTuple):
    """A range of executable memory."""

    address: int
    start: int
    size: int
    kind: int
    record: int


class CodeChunkRecord(NamedTuple):
    """A block of code entries."""

    address: int
    next: int
    used: int
    capacity: int


class JitCodeRecord(NamedTuple):
    """A compiled method."""

    address: int
    code_start: int
    code_size: int
    frame_size: int
    prologue_size: int
    flags: int
    method: int
    il_size: int
    saved_registers: int
    locals_low: int
    locals_high: int
    arg_count: int
    local_count: int
    temp_count: int
    map_count: int
    stack_entry_count: int
    call_site_count: int
    store_site_count: int
    clause_count: int
    epilogue_count: int
    compile_ticks: int
    args: int
    locals: int
    temps: int
    map: int
    stack_entries: int
    call_sites: int
    store_sites: int
    clauses: int
    epilogues: int


class JitSlotRecord(NamedTuple):
    """An argument's home, a local or a temporary; `offset` is from RBP."""

    address: int
    offset: int
    size: int
    type: int
    number: int
    slot_kind: int
    value_kind: int
    flags: int
    live_from: int
    live_to: int


class JitStackEntryRecord(NamedTuple):
    """An evaluation-stack entry's claimed type and size."""

    address: int
    type: int
    size: int
    value_kind: int


class JitMapEntryRecord(NamedTuple):
    """State at the first native instruction of an IL instruction."""

    address: int
    native: int
    il: int
    stack_bytes: int
    entries_index: int
    depth: int
    flags: int


class JitCallSiteRecord(NamedTuple):
    """A call instruction."""

    address: int
    native: int
    native_return: int
    il: int
    token: int
    target: int
    stack_bytes: int
    helper: int
    kind: int


class JitStoreSiteRecord(NamedTuple):
    """A field store's machine instruction."""

    address: int
    native: int
    native_end: int
    il: int
    token: int
    field: int
    displacement: int
    size: int
    base_register: int
    value_register: int
    is_static: int


class JitClauseRecord(NamedTuple):
    """An exception clause with native ranges."""

    address: int
    flags: int
    try_start: int
    try_end: int
    handler_start: int
    handler_end: int
    class_token_or_filter: int


class JitRangeRecord(NamedTuple):
    """A range of native offsets."""

    address: int
    start: int
    end: int


class HeapSegmentRecord(NamedTuple):
    """A heap segment: blocks lie from `start` to `allocated`."""

    address: int
    next: int
    start: int
    allocated: int
    committed: int
    reserved: int


class ThreadRecord(NamedTuple):
    """A thread and its stack."""

    address: int
    next: int
    id: int
    stack_low: int
    stack_high: int
    name: int


class LastFaultRecord(NamedTuple):
    """The last fault."""

    address: int
    sequence: int
    vector: int
    error_code: int
    cr2: int
    trap_frame: int
    message: int


class TrapFrameRecord(NamedTuple):
    """The registers that a fault interrupted."""

    address: int
    rax: int
    rbx: int
    rcx: int
    rdx: int
    rsi: int
    rdi: int
    rbp: int
    rsp: int
    r8: int
    r9: int
    r10: int
    r11: int
    r12: int
    r13: int
    r14: int
    r15: int
    rip: int
    rflags: int
    cs: int
    ss: int
    vector: int
    error_code: int
    cr2: int
    cr3: int


class CheckRecord(NamedTuple):
    """A failed check: three managed strings."""

    address: int
    expected: int
    actual: int
    what: int


R = TypeVar("R", bound=NamedTuple)

_TYPES: dict[type[Any], str] = {
    MethodTableRecord: "MethodTable", TypeDescRecord: "TypeDesc", FieldDescRecord: "FieldDesc",
    MethodDescRecord: "MethodDesc", AssemblyRecord: "Assembly", CodeEntryRecord: "CodeEntry",
    CodeChunkRecord: "CodeChunk", JitCodeRecord: "JitCode", JitSlotRecord: "JitSlot",
    JitStackEntryRecord: "JitStackEntry", JitMapEntryRecord: "JitMapEntry",
    JitCallSiteRecord: "JitCallSite", JitStoreSiteRecord: "JitStoreSite",
    JitClauseRecord: "JitClause", JitRangeRecord: "JitRange", HeapSegmentRecord: "HeapSegment",
    ThreadRecord: "Thread", LastFaultRecord: "LastFault", TrapFrameRecord: "TrapFrame",
    CheckRecord: "CheckRecord",
}
# Newer than k1's first contracts: what they tell is marked as unknown where they are absent.
_OPTIONAL = (CheckRecord,)
_SPELLING = {"il": "IL", "il_size": "ILSize", "cr2": "CR2", "cr3": "CR3", "mt_flags": "MTFlags",
             "used": "Count", "number": "Index"}  # tuple has methods count and index
_FORMATS = {"int8": "b", "uint8": "B", "int16": "h", "uint16": "H", "int32": "i", "uint32": "I",
            "int64": "q", "uint64": "Q", "pointer": "Q", "nuint": "Q", "nint": "q", "bool": "B"}


def public_name(name: str) -> str:
    """`code_start` to the contract's `CodeStart`."""
    return _SPELLING.get(name) or "".join(part.title() for part in name.split("_"))


REQUIRED: dict[str, list[str]] = {
    type_name: [public_name(f) for f in record._fields if f != "address"]
    for record, type_name in _TYPES.items() if record not in _OPTIONAL
}
REQUIRED["MethodTable"].append("VTable")
REQUIRED["Assembly"].append("Mvid")
REQUIRED["CodeChunk"].append("Entries")
REQUIRED["Object"] = ["m_pMethTab"]
REQUIRED["Array"] = ["m_NumComponents", "FirstElement"]
REQUIRED["String"] = ["m_StringLength", "m_FirstChar"]
REQUIRED["ObjectHeader"] = ["GCBits", "HashLock"]
OPTIONAL: dict[str, list[str]] = {
    "LastFault": ["Check"],
    "CheckRecord": [public_name(f) for f in CheckRecord._fields if f != "address"],
}
REQUIRED_GLOBALS = (
    "ObjectHeaderSize", "ObjectHeaderInBaseSize", "ObjectAlignment", "MinObjectSize",
    "MethodThunkSize", "UnboxThunkSize", "AssemblyList", "TypeList", "CodeRegistry",
    "HeapSegments", "Threads",
    "LastFaultRecord", "Generation", "BuildId", "FreeObjectMethodTable", "ObjectType",
    "StringType", "LayoutPolicy",
)
REQUIRED_CONTRACTS = dict.fromkeys(
    ("KernelTypes", "KernelObjects", "KernelMethods", "KernelHeap", "KernelThreads",
     "KernelFaults", "KernelLayout"), "k1")


class _Columns:
    """Some fields of a structure, resolved against a contract once: bytes to tuples in one go."""

    def __init__(self, layout: TypeLayout, names: Sequence[str]) -> None:
        fields = [layout.field(public_name(name)) for name in names]
        widths = []
        for field in fields:
            code = _FORMATS.get(field.type or "")
            if code is None:
                raise ContractError(
                    f"{layout.name}.{field.name} has type {field.type!r}, no integer of known width"
                )
            widths.append((field.offset, struct.calcsize("<" + code), code))
        self.span = max((offset + size for offset, size, _ in widths), default=0)
        # In the order of offsets one format reads them all, padding between them; fields that
        # overlap need another format each.
        self._formats: list[str] = []
        places: list[list[int]] = []
        ends: list[int] = []
        for index in sorted(range(len(widths)), key=lambda i: widths[i][0]):
            offset, size, code = widths[index]
            at = next((n for n, end in enumerate(ends) if end <= offset), len(ends))
            if at == len(ends):
                self._formats.append("<")
                places.append([])
                ends.append(0)
            self._formats[at] += f"{offset - ends[at]}x{code}"
            places[at].append(index)
            ends[at] = offset + size
        self._ends = ends
        order = [index for part in places for index in part]
        self._pick: Callable[[tuple[int, ...]], tuple[int, ...]] | None = None
        if order != list(range(len(order))):
            self._pick = itemgetter(*(order.index(n) for n in range(len(order))))
        self._readers: dict[int, list[struct.Struct]] = {}

    def rows(self, data: bytes, stride: int) -> Iterator[tuple[int, ...]]:
        """The fields' values of each structure in an array, in the order that was asked for.

        `data` has whole structures of `stride` bytes, which is at least `span`.
        """
        readers = self._readers.get(stride)
        if readers is None:
            readers = self._readers[stride] = [
                struct.Struct(f"{text}{stride - end}x")
                for text, end in zip(self._formats, self._ends, strict=True)]
        rows = readers[0].iter_unpack(data)
        for reader in readers[1:]:
            rows = map(add, rows, reader.iter_unpack(data))
        return map(self._pick, rows) if self._pick is not None else rows


class Records:
    """Reads records from target memory by contract."""

    def __init__(self, memory: Memory, contract: Contract) -> None:
        self.memory = memory
        self.contract = contract
        self._resolved: dict[tuple[type[Any], tuple[str, ...]], tuple[TypeLayout, _Columns]] = {}

    def _columns(
        self, record: type[Any], names: tuple[str, ...] = ()
    ) -> tuple[TypeLayout, _Columns]:
        """Some of a record's fields, all of them without names."""
        found = self._resolved.get((record, names))
        if found is None:
            layout = self.contract.type(_TYPES[record])
            found = layout, _Columns(layout, names or record._fields[1:])
            self._resolved[record, names] = found
        return found

    def one(self, record: type[R], address: int, purpose: str = "") -> R:
        """The record at an address."""
        layout, columns = self._columns(record)
        data = self.memory.read(address, columns.span, purpose or layout.name)
        return record._make((address, *next(columns.rows(data, columns.span))))

    def many(self, record: type[R], address: int, count: int, purpose: str = "") -> list[R]:
        """An array of records, read at once."""
        if not count:
            return []
        layout, columns = self._columns(record)
        size = self._size(layout, columns)
        rows = columns.rows(self._array(layout, address, count, purpose), size)
        places = range(address, address + count * size, size)
        return [record._make((at, *row)) for at, row in zip(places, rows, strict=True)]

    def columns(
        self, record: type[Any], names: tuple[str, ...], address: int, count: int,
        purpose: str = "",
    ) -> list[tuple[int, ...]]:
        """Only these fields of an array of records: where there are very many, much quicker."""
        if not count:
            return []
        layout, columns = self._columns(record, names)
        size = self._size(layout, columns)
        return list(columns.rows(self._array(layout, address, count, purpose), size))

    @staticmethod
    def _size(layout: TypeLayout, columns: _Columns) -> int:
        if layout.known_size < columns.span:
            raise ContractError(f"type {layout.name} is smaller than its own fields")
        return layout.known_size

    def _array(self, layout: TypeLayout, address: int, count: int, purpose: str) -> bytes:
        size = layout.known_size
        what = purpose or f"{layout.name} array"
        if not 0 <= count <= MAX_RECORDS or count * size > MAX_RECORD_BYTES:
            raise TargetError(
                f"{what} at {address:#x} claims {count} elements: the count is corrupt"
            )
        return self.memory.read(address, count * size, what)
