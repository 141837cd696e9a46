"""Executed field stores, named: store records matched with the store sites of compiled methods.

A site (contract type JitStoreSite) is the code of one stfld or stsfld. A scalar is one record; a
struct is copied in pieces, which are put together here. What memory says of objects is read after
the run: objects do not move.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from decoders.errors import DecodeError
from decoders.metadata import ET
from decoders.runtime import (
    Block,
    CodeRegistry,
    Heap,
    MethodCode,
    Runtime,
    Thread,
    ValueKind,
    threads,
)
from decoders.runtime.records import FieldDescRecord, JitStoreSiteRecord
from decoders.source import SourceReader, open_source
from qemu_scripts.traces import records

_SIGNED = {ValueKind.I1, ValueKind.I2, ValueKind.I4, ValueKind.I8, ValueKind.NINT}
_REFERENCES = {ValueKind.REF, ValueKind.BYREF}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field lies.

    kind: "heap" (an object, or `offset` bytes into one), "stack", "static" or "unknown". address:
    of the object, or of the value whose field it is. type: of the heap object, or of the value.
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


@dataclass(frozen=True, slots=True)
class Site:
    """A store site with everything about it that does not depend on a record.

    start, end: its code. pieces: records that one execution makes. line: 0 when not known.
    """

    record: JitStoreSiteRecord
    start: int
    end: int
    assembly: str
    method: str
    file: str
    line: int
    owner: str
    field: str
    kind: ValueKind | None
    element: ET | None
    prefix: str
    suffix: str

    @property
    def pieces(self) -> int:
        """A scalar is stored at once; a struct by 16 bytes (two records), then 8, 4, 2 and 1."""
        size = self.record.size
        return size // 8 + (size % 8).bit_count() if self.kind is ValueKind.STRUCT else 1


class FieldStore:
    """One executed stfld or stsfld. Names and texts are made when they are asked for.

    sequence: counts executed field stores from 1, whatever is filtered out afterwards. address: of
    the first byte written. size: bytes. raw: the bytes that memory held right after, None where
    they are not known. whole: False when a fault cut a struct's copy short. pc: of the first store.
    """

    __slots__ = ("_places", "address", "meta", "pc", "place", "raw", "sequence", "site", "size")

    def __init__(
        self, sequence: int, site: Site, place: Place, places: Places, address: int, size: int,
        raw: bytes | None, pc: int, meta: int,
    ) -> None:  # fmt: skip
        self.sequence = sequence
        self.site = site
        self.place = place
        self.address = address
        self.size = size
        self.raw = raw
        self.pc = pc
        self.meta = meta
        self._places = places

    @property
    def whole(self) -> bool:
        """Whether all of it was stored."""
        return self.size == self.site.record.size

    @property
    def vcpu(self) -> int:
        """Index of the vCPU that stored."""
        return self.meta >> 8 & 0xFF

    @property
    def instructions(self) -> int:
        """Executed by that vCPU before this store; 0 when they were not counted."""
        return self.meta >> 24

    @property
    def value(self) -> str:
        """What was stored, as text."""
        return self._places.value_text(self.site, self.raw, self.whole)

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready dict; addresses are numbers."""
        site, place = self.site, self.place
        return {
            "sequence": self.sequence, "assembly": site.assembly, "method": site.method,
            "il": site.record.il, "file": site.file, "line": site.line,
            "object": {
                "kind": place.kind, "address": place.address, "type": place.type,
                "offset": place.offset,
            },
            "owner": site.owner, "field": site.field, "displacement": site.record.displacement,
            "address": self.address, "size": self.size,
            "raw": None if self.raw is None else self.raw.hex(), "value": self.value,
            "whole": self.whole, "pc": self.pc, "vcpu": self.vcpu,
            "instructions": self.instructions,
        }  # fmt: skip

    def to_text(self) -> str:
        """One line."""
        cut = "" if self.whole else " (cut short)"
        site = self.site
        return (
            f"{self.sequence:>6} {site.prefix}  {self.place.text}  {site.suffix} = "
            f"{self.value}{cut}"
        )


@dataclass(slots=True)
class _Copy:
    """A struct's copy under way: address to bytes (None: not known), size so far."""

    site: Site
    pieces: dict[int, bytes | None] = field(default_factory=dict)
    size: int = 0
    pc: int = 0
    meta: int = 0


class SiteTable:
    """The store sites of all compiled methods, by address."""

    def __init__(self, runtime: Runtime, files: Mapping[str, Path]) -> None:
        self._runtime = runtime
        self._files = files
        self._sources: dict[int, SourceReader | None] = {}
        found = [
            self._site(code, site)
            for code in CodeRegistry(runtime).methods()
            for site in code.store_sites
        ]
        self._sites = sorted(found, key=lambda site: site.start)
        self._starts = [site.start for site in self._sites]
        #: By the address of a storing instruction; None for one that belongs to no site.
        self._known: dict[int, Site | None] = {}

    def __len__(self) -> int:
        return len(self._sites)

    @property
    def sites(self) -> list[Site]:
        """All sites, by address."""
        return self._sites

    def _site(self, code: MethodCode, site: JitStoreSiteRecord) -> Site:
        runtime = self._runtime
        method = code.method
        loaded = runtime.assembly_at(method.record.assembly)
        point = None
        source = self._source(loaded.address)
        if source is not None:
            debug = source.method(method.record.token)
            point = debug.at(site.il) if debug else None
        owner, name, kind, element = self._field(site)
        method_name = runtime.method_name(method)
        where = f"{point.file.rpartition('/')[2]}:{point.line}" if point else "?"
        offset = "" if site.is_static else f"@{site.displacement}"
        return Site(
            site, code.start + site.native, code.start + site.native_end, loaded.name,
            method_name, point.file if point else "", point.line if point else 0,
            owner, name, kind, element, f"{method_name} IL_{site.il:04x} {where}",
            f"{owner.rpartition('.')[2]}.{name}{offset}",
        )  # fmt: skip

    def _source(self, assembly: int) -> SourceReader | None:
        """Line tables of an assembly whose file is on the host and is the one that was loaded."""
        if assembly not in self._sources:
            loaded = self._runtime.assembly_at(assembly)
            path = self._files.get(loaded.file)
            self._sources[assembly] = (
                open_source(self._runtime.image(loaded), path) if path is not None else None
            )
        return self._sources[assembly]

    def _field(self, site: JitStoreSiteRecord) -> tuple[str, str, ValueKind | None, ET | None]:
        """(owner, name, kind, metadata's element type)."""
        runtime = self._runtime
        record = runtime.records.one(FieldDescRecord, site.field)
        owner = runtime.type(record.owner)
        info = next((f for f in runtime.fields(owner) if f.record.address == site.field), None)
        if info is None:
            return runtime.type_name(owner.address), "?", None, None
        kind = ValueKind(record.value_kind) if record.value_kind <= max(ValueKind) else None
        try:
            element = runtime.metadata_field(info).type.et
        except DecodeError:
            element = None  # a name and a number are still right without metadata
        return runtime.type_name(owner.address), info.name, kind, element

    def find(self, pc: int) -> Site | None:
        """The site that an instruction belongs to."""
        if pc in self._known:
            return self._known[pc]
        index = bisect_right(self._starts, pc) - 1
        site = self._sites[index] if index >= 0 and pc < self._sites[index].end else None
        self._known[pc] = site
        return site


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
        base = 0 if record.is_static else address - record.displacement
        return self._places.get((base, site.owner)) or self.place(base, site.owner)

    def _place(self, address: int, static_type: str) -> Place:
        if not address:
            return Place.of("static", 0, static_type)
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
        if site.kind is ValueKind.R4:
            return repr(struct.unpack("<f", raw)[0])
        if site.kind is ValueKind.R8:
            return repr(struct.unpack("<d", raw)[0])
        number = int.from_bytes(raw, "little", signed=site.kind in _SIGNED)
        if site.kind in _REFERENCES:
            return self._reference(number)
        if site.element is ET.BOOLEAN and number in (0, 1):
            return "true" if number else "false"
        if site.element is ET.CHAR:
            return f"{number} {chr(number)!r}"
        return f"{number} ({number:#x})" if number > 9 else str(number)

    def _reference(self, address: int) -> str:
        if not address:
            return "null"
        block = self.block(address)
        if block is None:
            return f"{address:#018x}"
        inside = f"+{address - block.address:#x}" if address != block.address else ""
        return f"{block.address:#018x}{inside} {self.type_at(block.method_table)}"


class Decoder:
    """Turns store records into field stores, in order; any number of vCPUs, a record at a time."""

    def __init__(self, sites: SiteTable, places: Places) -> None:
        self._sites = sites
        self._places = places
        self._sequence = 0
        self._copies: dict[int, _Copy] = {}

    @property
    def count(self) -> int:
        """Field stores so far."""
        return self._sequence

    def decode(self, pieces: Iterable[bytes | memoryview]) -> Iterator[FieldStore]:
        """The field stores among the records of a trace."""
        find = self._sites.find
        for piece in pieces:
            for pc, address, value, meta in records.raw(piece):
                site = find(pc)
                if site is None:
                    continue
                vcpu = meta >> 8 & 0xFF
                copy = self._copies.get(vcpu)
                if copy is not None and (copy.site is not site or address in copy.pieces):
                    yield self._finish(self._copies.pop(vcpu))
                    copy = None
                if copy is None:
                    copy = self._copies[vcpu] = _Copy(site, pc=pc, meta=meta)
                size = min(meta & 0xFF, 8)
                known = meta >> 16 & records.HAS_VALUE
                copy.pieces[address] = value.to_bytes(8, "little")[:size] if known else None
                copy.size += size
                if copy.size >= site.record.size:
                    del self._copies[vcpu]
                    yield self._finish(copy)
        for vcpu in list(self._copies):
            yield self._finish(self._copies.pop(vcpu))

    def _finish(self, copy: _Copy) -> FieldStore:
        self._sequence += 1
        address = min(copy.pieces)
        raw: bytes | None = b""
        for at in sorted(copy.pieces):
            data = copy.pieces[at]
            raw = raw + data if raw is not None and data is not None else None
        return FieldStore(
            self._sequence, copy.site, self._places.of_store(copy.site, address), self._places,
            address, copy.size, raw, copy.pc, copy.meta,
        )  # fmt: skip
