"""What lies at the addresses that field stores write to, and what they store, as text."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from decoders.errors import DecodeError
from decoders.metadata import ET
from decoders.runtime import Block, Heap, Runtime, Thread, ValueKind, threads
from decoders.stores.sites import Site
from decoders.stores.values import SIGNED, integer_text, signed

_REFERENCES = {ValueKind.REF, ValueKind.BYREF}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field lies.

    kind: "heap" (an object, or `offset` bytes into one), "stack", "static", "null" or "unknown".
    address: of the object, or of the value whose field it is. type: of the heap object, or of the
    value.
    """

    kind: str
    address: int
    type: str
    offset: int = 0
    text: str = ""

    @classmethod
    def of(cls, kind: str, address: int, type_name: str, offset: int = 0) -> Place:
        """One with its text."""
        inside = f"+{offset:#x}" if offset else ""
        where = "" if kind == "static" else f" {address:#018x}{inside}"
        return cls(kind, address, type_name, offset, f"{kind} {type_name}{where}")


class Places:
    """Tells heap, stack and the rest apart, by what the guest's memory says after the run."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        heap = Heap(runtime)
        self._low = min((s.start for s in heap.segments()), default=0)
        self._high = max((s.allocated for s in heap.segments()), default=0)
        try:
            blocks = list(heap.blocks())
        except DecodeError:
            # The heap is corrupt, which may be what somebody is looking for: take what makes sense.
            blocks = [b for b in heap.validate() if isinstance(b, Block)]
        self._blocks = blocks
        self._starts = [block.address for block in blocks]
        self._threads: list[Thread] = list(threads(runtime))
        self._names: dict[int, str] = {}
        self._places: dict[tuple[int, str], Place] = {}

    @property
    def stacks(self) -> list[tuple[int, int]]:
        """[low, high) of the threads' stacks."""
        return [(thread.stack_low, thread.stack_high) for thread in self._threads]

    def type_at(self, table: int) -> str:
        """Name of the type that a MethodTable belongs to."""
        if table not in self._names:
            try:
                info = self._runtime.type_of_table(table)
                self._names[table] = self._runtime.type_name(info.address)
            except DecodeError:
                self._names[table] = f"(no MethodTable: {table:#x})"
        return self._names[table]

    def block(self, address: int) -> Block | None:
        """The heap block around an address."""
        if not self._low <= address < self._high:
            return None
        index = bisect_right(self._starts, address) - 1
        if index < 0 or address >= self._starts[index] + self._blocks[index].size:
            return None
        return self._blocks[index]

    def place(self, address: int, static_type: str) -> Place:
        """What lies at an address that a field store took for an object or a value."""
        key = (address, static_type)
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = self._place(address, static_type)
        return found

    def of_store(self, site: Site, address: int) -> Place:
        """The object of a store whose first byte went to `address`."""
        record = site.record
        if record.is_static:
            return self._static(site.owner)
        base = address - record.displacement
        return self._places.get((base, site.owner)) or self.place(base, site.owner)

    def _static(self, owner: str) -> Place:
        key = (-1, owner)
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = Place.of("static", 0, owner)
        return found

    def _place(self, address: int, static_type: str) -> Place:
        if not address:
            return Place("null", 0, static_type, 0, f"null {static_type}")
        block = self.block(address)
        if block is not None:
            name = self.type_at(block.method_table)
            return Place.of("heap", block.address, name, address - block.address)
        if self._low <= address < self._high:
            return Place.of("heap", address, f"(no block; as {static_type})")
        if any(t.stack_low <= address < t.stack_high for t in self._threads):
            return Place.of("stack", address, static_type)
        return Place.of("unknown", address, static_type)

    def value_text(self, site: Site, raw: bytes | None, whole: bool) -> str:
        """What was stored, by the field's type."""
        if raw is None:
            return "?"
        if not whole or site.kind is None or site.kind is ValueKind.STRUCT:
            return raw.hex(" ", 8)
        return self.number_text(site.kind, site.element)(int.from_bytes(raw, "little"), len(raw))

    def number_text(self, kind: ValueKind, element: ET | None) -> Callable[[int, int], str]:
        """What an unsigned number of so many bytes is as a scalar of some type."""
        if kind is ValueKind.R4:
            return lambda number, _: repr(struct.unpack("<f", number.to_bytes(4, "little"))[0])
        if kind is ValueKind.R8:
            return lambda number, _: repr(struct.unpack("<d", number.to_bytes(8, "little"))[0])
        if kind in _REFERENCES:
            return lambda number, _: self._reference(number)
        if element is ET.BOOLEAN:
            return lambda number, _: _boolean(number)
        if element is ET.CHAR:
            return lambda number, _: f"{number} {chr(number)!r}"
        if kind in SIGNED:
            return lambda number, size: integer_text(signed(number, size))
        return lambda number, _: integer_text(number)

    def _reference(self, address: int) -> str:
        if not address:
            return "null"
        block = self.block(address)
        if block is None:
            return f"{address:#018x}"
        inside = f"+{address - block.address:#x}" if address != block.address else ""
        return f"{block.address:#018x}{inside} {self.type_at(block.method_table)}"


def _boolean(number: int) -> str:
    return ("false", "true")[number] if number < 2 else integer_text(number)
