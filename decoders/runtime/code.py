"""The code registry and what the JIT recorded of each method (contract KernelMethods k1)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from functools import cached_property

from decoders.errors import TargetError
from decoders.memory import read_cstring
from decoders.runtime.model import HelperKind as HelperKind
from decoders.runtime.model import MethodInfo
from decoders.runtime.records import (
    CodeChunkRecord,
    CodeEntryRecord,
    JitCallSiteRecord,
    JitClauseRecord,
    JitCodeRecord,
    JitMapEntryRecord,
    JitRangeRecord,
    JitSlotRecord,
    JitStackEntryRecord,
    JitStoreSiteRecord,
)
from decoders.runtime.runtime import Runtime

MAX_CHUNKS = 1 << 16


class CodeKind(IntEnum):
    """CodeEntry.Kind."""

    METHOD = 1
    THUNKS = 2
    STUB = 3
    UNBOX_THUNKS = 4


class SlotKind(IntEnum):
    """JitSlot.SlotKind."""

    ARG = 0
    THIS = 1
    RETBUF = 2
    GENERIC_CONTEXT = 3
    LOCAL = 4
    TEMP = 5


class SlotFlags(IntFlag):
    """JitSlot.Flags."""

    INDIRECT = 1
    PINNED = 2


class MapFlags(IntFlag):
    """JitMapEntry.Flags."""

    TOS_IN_RAX = 1
    STACK_EMPTY = 2
    CALL_SITE = 4


class CallKind(IntEnum):
    """JitCallSite.Kind."""

    DIRECT = 0
    VIRTUAL = 1
    INTERFACE = 2
    INDIRECT = 3
    HELPER = 4


@dataclass(frozen=True, slots=True)
class CodePlace:
    """What an address in executable memory belongs to.

    `method` is set for methods and thunks, `code` for methods, `name` for stubs.
    """

    address: int
    kind: CodeKind
    start: int
    size: int
    method: MethodInfo | None
    code: MethodCode | None
    name: str


class MethodCode:
    """A compiled method: its JitCode record and, on demand, everything that hangs off it."""

    def __init__(self, runtime: Runtime, record: JitCodeRecord) -> None:
        self.runtime = runtime
        self.record = record

    def __repr__(self) -> str:
        return f"<MethodCode {self.record.code_start:#x}+{self.record.code_size:#x}>"

    @property
    def start(self) -> int:
        """Address of the first instruction."""
        return self.record.code_start

    @property
    def end(self) -> int:
        """Address behind the last one."""
        return self.record.code_start + self.record.code_size

    @cached_property
    def method(self) -> MethodInfo:
        """The method that it is code of."""
        return self.runtime.method(self.record.method)

    @cached_property
    def bytes(self) -> bytes:
        """The machine code."""
        if self.record.code_size > 16 << 20:
            raise TargetError(f"code at {self.start:#x} claims {self.record.code_size} bytes")
        return self.runtime.memory.read(self.start, self.record.code_size, "machine code")

    @cached_property
    def args(self) -> list[JitSlotRecord]:
        """Homes of all arguments, hidden ones included, in order of arrival."""
        record = self.record
        return self.runtime.records.many(
            JitSlotRecord, record.args, record.arg_count, "JitCode.Args")

    @cached_property
    def locals(self) -> list[JitSlotRecord]:
        """Slots of the locals."""
        record = self.record
        return self.runtime.records.many(
            JitSlotRecord, record.locals, record.local_count, "JitCode.Locals")

    @cached_property
    def temps(self) -> list[JitSlotRecord]:
        """Temporaries with the native range in which each is alive."""
        record = self.record
        return self.runtime.records.many(
            JitSlotRecord, record.temps, record.temp_count, "JitCode.Temps")

    @cached_property
    def map(self) -> list[JitMapEntryRecord]:
        """IL-to-native map, sorted by native offset."""
        record = self.record
        return self.runtime.records.many(
            JitMapEntryRecord, record.map, record.map_count, "JitCode.Map")

    def boundaries(self) -> list[tuple[int, ...]]:
        """(native offset, IL offset) of each map entry: where nothing else of them is needed."""
        record = self.record
        return self.runtime.records.columns(
            JitMapEntryRecord, ("native", "il"), record.map, record.map_count, "JitCode.Map")

    @cached_property
    def stack_entries(self) -> list[JitStackEntryRecord]:
        """The pool of evaluation-stack entries that the map refers to."""
        record = self.record
        return self.runtime.records.many(
            JitStackEntryRecord, record.stack_entries, record.stack_entry_count,
            "JitCode.StackEntries")

    @cached_property
    def call_sites(self) -> list[JitCallSiteRecord]:
        """Call instructions."""
        record = self.record
        return self.runtime.records.many(
            JitCallSiteRecord, record.call_sites, record.call_site_count, "JitCode.CallSites")

    @cached_property
    def store_sites(self) -> list[JitStoreSiteRecord]:
        """Field stores."""
        record = self.record
        return self.runtime.records.many(
            JitStoreSiteRecord, record.store_sites, record.store_site_count, "JitCode.StoreSites")

    @cached_property
    def clauses(self) -> list[JitClauseRecord]:
        """Exception clauses."""
        record = self.record
        return self.runtime.records.many(
            JitClauseRecord, record.clauses, record.clause_count, "JitCode.Clauses")

    @cached_property
    def epilogues(self) -> list[JitRangeRecord]:
        """Native ranges that tear the frame down."""
        record = self.record
        return self.runtime.records.many(
            JitRangeRecord, record.epilogues, record.epilogue_count, "JitCode.Epilogues")

    def in_prologue(self, offset: int) -> bool:
        """Whether a native offset lies in the prologue."""
        return offset < self.record.prologue_size

    def in_epilogue(self, offset: int) -> bool:
        """Whether a native offset lies in an epilogue."""
        return any(r.start <= offset < r.end for r in self.epilogues)

    def is_out_of_line(self, entry: JitMapEntryRecord) -> bool:
        """Whether a map entry is of a block that throws, behind the epilogue.

        Its evaluation stack is that of a failed check within an instruction, not of its beginning.
        """
        return bool(self.epilogues) and entry.native >= self.epilogues[-1].end

    @cached_property
    def _natives(self) -> list[int]:
        return [m.native for m in self.map]

    def map_at(self, offset: int) -> JitMapEntryRecord | None:
        """The IL instruction whose code covers a native offset, None in the prologue.

        Of several that begin at one native offset (they made no code) the last one counts.
        """
        index = bisect_right(self._natives, offset) - 1
        return self.map[index] if index >= 0 and not self.in_prologue(offset) else None

    def native_of(self, il: int) -> int | None:
        """Native offset where an IL instruction's code begins."""
        return next((m.native for m in self.map if m.il == il), None)

    def stack_at(self, entry: JitMapEntryRecord) -> list[JitStackEntryRecord]:
        """Claimed evaluation stack at a map entry, deepest first."""
        end = entry.entries_index + entry.depth
        if end > len(self.stack_entries):
            raise TargetError(
                f"a map entry of {self.method.name} refers to stack entries up to {end}, "
                f"of {len(self.stack_entries)}"
            )
        return self.stack_entries[entry.entries_index : end]

    def call_returning_to(self, offset: int) -> JitCallSiteRecord | None:
        """The call site whose return address is at a native offset."""
        return next((c for c in self.call_sites if c.native_return == offset), None)


class CodeRegistry:
    """What lies where in executable memory. `refresh` reads what was added since."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._codes: dict[int, MethodCode] = {}
        self._entries: list[CodeEntryRecord] = []
        self._starts: list[int] = []
        self._done: dict[int, int] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read entries that were added since the last time; entries never move."""
        runtime = self.runtime
        offset = runtime.contract.type("CodeChunk").field("Entries").offset
        size = runtime.contract.type("CodeEntry").known_size
        address = runtime.global_pointer("CodeRegistry")
        seen: set[int] = set()
        added: list[CodeEntryRecord] = []
        while address:
            if address in seen or len(seen) >= MAX_CHUNKS:
                raise TargetError(f"the code registry is cyclic at {address:#x}")
            seen.add(address)
            chunk = runtime.records.one(CodeChunkRecord, address)
            if chunk.used > chunk.capacity:
                raise TargetError(
                    f"the code chunk at {address:#x} has {chunk.used} entries of {chunk.capacity}"
                )
            known = self._done.get(address, 0)
            added += runtime.records.many(
                CodeEntryRecord, address + offset + known * size, max(0, chunk.used - known),
                "code registry",
            )
            self._done[address] = max(known, chunk.used)
            address = chunk.next
        if added:
            self._entries = sorted([*self._entries, *added], key=lambda e: e.start)
            self._starts = [e.start for e in self._entries]

    @property
    def entries(self) -> list[CodeEntryRecord]:
        """All ranges, by address."""
        return self._entries

    def methods(self) -> list[MethodCode]:
        """Every compiled method, by address."""
        return [self.code(e.record) for e in self._entries if e.kind == CodeKind.METHOD]

    def code(self, address: int) -> MethodCode:
        """The compiled method whose JitCode lies at an address."""
        found = self._codes.get(address)
        if found is None:
            found = MethodCode(self.runtime, self.runtime.records.one(JitCodeRecord, address))
            self._codes[address] = found
        return found

    def code_of(self, method: MethodInfo) -> MethodCode | None:
        """A method's code, None before its first call."""
        return self.code(method.record.code) if method.record.code else None

    def find(self, address: int) -> CodePlace | None:
        """What an address belongs to, None outside managed code and stubs."""
        index = bisect_right(self._starts, address) - 1
        if index < 0:
            return None
        entry = self._entries[index]
        if address >= entry.start + entry.size:
            return None
        try:
            kind = CodeKind(entry.kind)
        except ValueError as error:
            raise TargetError(
                f"the code entry at {entry.address:#x} has the unknown kind {entry.kind}"
            ) from error
        method: MethodInfo | None = None
        code: MethodCode | None = None
        name = ""
        if kind is CodeKind.METHOD:
            code = self.code(entry.record)
            method = code.method
        elif kind is CodeKind.STUB:
            name = read_cstring(self.runtime.memory, entry.record, "a stub's name", 256)
        else:
            size_name = "MethodThunkSize" if kind is CodeKind.THUNKS else "UnboxThunkSize"
            method = self._thunk_method(address, entry.start, size_name)
        return CodePlace(address, kind, entry.start, entry.size, method, code, name)

    def _thunk_method(self, address: int, start: int, size_name: str) -> MethodInfo | None:
        """A thunk loads its MethodDesc: mov r10, imm64 (docs/contract.md, Code).

        An unbox thunk steps from the box to its fields first: add rcx, imm8.
        """
        size = self.runtime.contract.number(size_name)
        if size < 16:
            raise TargetError(f"the contract's {size_name} is {size}: too small to be a thunk's")
        thunk = start + (address - start) // size * size
        raw = self.runtime.memory.read(thunk, 16, "method thunk")
        at = 4 if raw[:3] == b"\x48\x83\xc1" else 0
        if raw[at : at + 2] != b"\x49\xba":
            return None
        return self.runtime.method(int.from_bytes(raw[at + 2 : at + 10], "little"))

    def method_at(self, address: int) -> MethodInfo | None:
        """The method that an address (in its code or its thunk) belongs to."""
        place = self.find(address)
        return place.method if place else None
