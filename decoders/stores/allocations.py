"""Allocations, in order: which object, how large, made by which instruction.

An allocation is the allocator's store of a MethodTable into the heap; the last call that the
innermost live frame of compiled code made says who asked. Which frames live, their returns tell and
the allocator's own pushes. An array's or string's length is stored right after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from decoders import store_records as records
from decoders.errors import DecodeError
from decoders.il import disassemble
from decoders.runtime import MtKind, Runtime
from decoders.runtime.code import HelperKind
from decoders.stores import Filters
from decoders.stores.calls import CallSite, CallSites
from decoders.stores.filters import method_matches
from decoders.stores.frames import Stacks

Range = tuple[int, int]
#: Symbols of the kernel: where objects are, the function that makes them, and those that store the
#: length of what they made.
HEAP_REGION = "clr_heap_region"
ALLOCATOR = "rt_alloc"
SIZERS = ("rt_new_array", "rt_new_mdarray", "rt_new_string")
#: Helpers that make one object at each call.
MAKERS = frozenset(
    {HelperKind.NEW, HelperKind.NEWARR, HelperKind.NEW_MDARRAY, HelperKind.BOX}
)  # fmt: skip
_ARRAYS = frozenset({HelperKind.NEWARR, HelperKind.NEW_MDARRAY})


@dataclass(frozen=True, slots=True)
class Allocation:
    """One object that was made.

    size: of its block in bytes, None when the heap says nothing of it any more. length: of an array
    or string as it was made. site: the instruction that asked; None when the runtime did by itself.
    exact: False when the runtime asked on behalf of the call at `site`.
    """

    sequence: int
    address: int
    table: int
    type: str
    component: int
    length: int | None
    size: int | None
    site: CallSite | None
    exact: bool
    asked: str = ""
    expected: int | None = None

    @property
    def by(self) -> str:
        """Who asked."""
        if self.site is None:
            return "(the runtime)"
        return self.site.place if self.exact else f"(the runtime, called by {self.site.place})"

    @property
    def is_array(self) -> bool:
        """Whether newarr made it."""
        return self.site is not None and self.exact and self.site.record.helper in _ARRAYS

    @property
    def is_wrong(self) -> bool:
        """Whether an array's elements have another size than the type that newarr names needs."""
        return self.expected is not None and self.expected != self.component

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready dict."""
        site = self.site
        return {
            "sequence": self.sequence, "address": self.address, "method_table": self.table,
            "type": self.type, "length": self.length, "size": self.size,
            "component_size": self.component, "asked": self.asked or None,
            "expected_component_size": self.expected,
            "method": site.method if site else None, "il": site.record.il if site else None,
            "file": site.file if site else None, "line": site.line if site else None,
            "exact": self.exact,
        }  # fmt: skip

    def to_text(self) -> str:
        """One line."""
        length = "" if self.length is None else f" of {self.length}"
        size = "size unknown" if self.size is None else f"{self.size} bytes"
        text = f"{self.sequence:>6} {self.address:#018x} {self.type}{length}, {size}"
        if self.is_array:
            text += f", ComponentSize {self.component}"
        if self.is_wrong:
            text += f" BUT {self.asked} needs {self.expected}"
        return f"{text}  {self.by}"


@dataclass(frozen=True)
class AllocationFilters:
    """None: all. type: of the object, method: that asked for it (globs). arrays: only newarr's."""

    type: str | None = None
    method: str | None = None
    arrays: bool = False
    last: int | None = None

    def matches(self, one: Allocation) -> bool:
        """Whether an object passes, `last` aside."""
        return (
            (not self.arrays or one.is_array)
            and Filters(type=self.type).type_matches(one.type)
            and (
                self.method is None
                or (one.site is not None and method_matches(self.method, one.site.method))
            )
        )


class _OpenCall:
    """A call that may be under way. slot: where its return address lies."""

    __slots__ = ("site", "slot", "used")

    def __init__(self, site: CallSite, slot: int) -> None:
        self.site, self.slot, self.used = site, slot, False


class _OpenCalls:
    """The calls under way on each stack: those whose return address is not below what is in use."""

    def __init__(self, runtime: Runtime) -> None:
        self._index = Stacks(runtime).index
        self._stacks: dict[int, list[_OpenCall]] = {}

    def has_stack(self, address: int) -> bool:
        """Whether it lies on a stack that is known."""
        return self._index(address) >= 0

    def at(self, address: int) -> list[_OpenCall]:
        """Those of the stack of an address that is in use, outermost first."""
        calls = self._stacks.setdefault(self._index(address), [])
        while calls and calls[-1].slot <= address:
            calls.pop()
        return calls


def _asked_by(calls: list[_OpenCall]) -> tuple[CallSite | None, bool]:
    """(the innermost call, whether it is a helper's that makes this very object)."""
    if not calls:
        return None, False
    call = calls[-1]
    exact = not call.used and call.site.is_helper and call.site.record.helper in MAKERS
    call.used = True
    return call.site, exact


class AllocationDecoder:
    """Turns records of calls, and all stores of the allocator's code, into allocations."""

    def __init__(
        self, runtime: Runtime, sites: CallSites, allocator: Range, sizers: Sequence[Range],
        heap: Range,
    ) -> None:  # fmt: skip
        """allocator, sizers: code that stores MethodTables, and that stores lengths."""
        self._runtime = runtime
        self._sites = sites
        self._allocator = allocator
        self._sizers = sizers
        self._heap = heap
        self._array_length = runtime.contract.type("Array").field("m_NumComponents").offset
        self._string_length = runtime.contract.type("String").field("m_StringLength").offset
        self._tables: dict[int, tuple[str, int]] = {}
        self._asked: dict[int, tuple[str, int | None]] = {}
        self.count = 0

    def decode(self, pieces: Iterable[bytes | memoryview]) -> Iterator[Allocation]:
        """The allocations of a trace of one vCPU, in order."""
        opened = _OpenCalls(self._runtime)
        stack: list[_OpenCall] = []
        made: tuple[int, int, CallSite | None, bool] | None = None
        for piece in pieces:
            for pc, address, value, meta in records.raw(piece):
                in_heap = self._heap[0] <= address < self._heap[1]
                allocates = self._allocator[0] <= pc < self._allocator[1]
                if allocates or any(start <= pc < end for start, end in self._sizers):
                    size = meta & 0xFF
                    if made is not None and size == 4 and address - made[0] in (
                        self._array_length, self._string_length
                    ):
                        yield self._allocation(*made, value)
                        made = None
                    elif allocates and in_heap and size == 8 and value:
                        if made is not None:
                            yield self._allocation(*made, None)
                        made = (address, value, *_asked_by(stack))
                    elif allocates and not in_heap and opened.has_stack(address):
                        stack = opened.at(address)
                else:
                    found = self._sites.find(pc)
                    if meta >> 16 & records.IS_RETURN:
                        opened.at(address)
                    elif found is not None:
                        opened.at(address).append(_OpenCall(found, address))
        if made is not None:
            yield self._allocation(*made, None)

    def _allocation(
        self, address: int, table: int, site: CallSite | None, exact: bool, length: int | None
    ) -> Allocation:
        self.count += 1
        name, component = self._table(table)
        if length is None:
            length = self._length_now(address, table)
        size, asked, expected = self._size(table, length), "", None
        if exact and site is not None and site.record.helper in _ARRAYS:
            asked, expected = self._ask(site)
        return Allocation(
            self.count, address, table, name, component, length, size, site, exact, asked, expected
        )

    def _length_now(self, address: int, table: int) -> int | None:
        """Of an array or string whose length nobody was seen to store: it never changes."""
        try:
            found = self._runtime.method_table(table)
            if not found.has_component_size:
                return None
            is_string = found.kind is MtKind.STRING
            offset = self._string_length if is_string else self._array_length
            raw = self._runtime.memory.read(address + offset, 4, "the length of an object")
        except DecodeError:
            return None
        return int.from_bytes(raw, "little")

    def _table(self, table: int) -> tuple[str, int]:
        if table not in self._tables:
            try:
                info = self._runtime.type_of_table(table)
                record = self._runtime.method_table(table).record
                name = self._runtime.type_name(info.address)
                self._tables[table] = (name, record.component_size)
            except DecodeError:
                self._tables[table] = (f"(no MethodTable: {table:#x})", 0)
        return self._tables[table]

    def _size(self, table: int, length: int | None) -> int | None:
        """Bytes of the object as its MethodTable says, block header not included."""
        try:
            record = self._runtime.method_table(table).record
        except DecodeError:
            return None
        if length is None and self._runtime.method_table(table).has_component_size:
            return None
        size = record.base_size + record.component_size * (length or 0)
        return size + 7 & ~7

    def _ask(self, site: CallSite) -> tuple[str, int | None]:
        """The element type that a newarr's token names, and bytes of an element as expected."""
        key = site.code.start + site.record.native
        if key not in self._asked:
            try:
                self._asked[key] = self._element(site)
            except DecodeError:
                self._asked[key] = ("", None)  # a generic type, or metadata that lies
        return self._asked[key]

    def _element(self, site: CallSite) -> tuple[str, int | None]:
        runtime = self._runtime
        method = runtime.metadata_method(site.code.method)
        at = site.record.il
        found = [i for i in disassemble(method.body.il) if i.offset == at and i.name == "newarr"]
        if not found:
            return "", None
        element = runtime.universe.type_sig(method.assembly, found[0].number)
        model = runtime.layout.fields
        return f"{model.name(element)}[]", model.value_shape(element).size
