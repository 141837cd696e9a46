"""Store records to field stores: matched with the store sites of compiled methods.

A site (contract type JitStoreSite) is the code of one stfld or stsfld. A scalar is one record; a
struct is copied in pieces, which are put together here. What memory says of objects is read when
the machine stands still: objects do not move.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from decoders import store_records as records
from decoders.stores.before import Memory
from decoders.stores.frames import FrameTracker
from decoders.stores.places import Places
from decoders.stores.sites import Site, SiteTable
from decoders.stores.store import FieldStore


@dataclass(slots=True)
class _Copy:
    """A struct's copy under way: address to bytes (None: not known), size so far."""

    site: Site
    pieces: dict[int, bytes | None] = field(default_factory=dict)
    before: dict[int, bytes | None] = field(default_factory=dict)
    size: int = 0
    pc: int = 0
    meta: int = 0


class Decoder:
    """Turns store records into field stores, in order; any number of vCPUs, a record at a time."""

    def __init__(
        self, sites: SiteTable, places: Places, frames: FrameTracker | None = None,
        memory: Memory | None = None,
    ) -> None:  # fmt: skip
        """frames: names stack slots. memory: knows what was there, if the trace has all stores."""
        self._sites = sites
        self._places = places
        self._frames = frames
        self._memory = memory
        self._sequence = 0
        self._copies: dict[int, _Copy] = {}

    @property
    def count(self) -> int:
        """Field stores so far."""
        return self._sequence

    def decode(self, pieces: Iterable[bytes | memoryview]) -> Iterator[FieldStore]:
        """The field stores among the records of a trace."""
        find = self._sites.find
        memory, frames = self._memory, self._frames
        for piece in pieces:
            for pc, address, value, meta in records.raw(piece):
                if meta >> 16 & records.IS_RETURN:
                    if frames is not None:
                        frames.returned(address)
                    continue
                site = find(pc)
                if site is None:
                    if frames is not None:
                        frames.push(pc, address)
                    if memory is not None:
                        memory.store(address, value, meta)
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
                if memory is not None:
                    copy.before[address] = memory.load(address, size)
                    memory.store(address, value, meta)
                copy.size += size
                if copy.size >= site.record.size:
                    del self._copies[vcpu]
                    yield self._finish(copy)
        for vcpu in list(self._copies):
            yield self._finish(self._copies.pop(vcpu))

    def _finish(self, copy: _Copy) -> FieldStore:
        self._sequence += 1
        address = min(copy.pieces)
        place = self._places.of_store(copy.site, address)
        where = ""
        if self._frames is not None and place.kind == "stack":
            where = self._frames.where(copy.pc, address)
        before = joined(copy.before) if copy.before else None
        return FieldStore(
            self._sequence, copy.site, place, self._places, address, copy.size,
            joined(copy.pieces), copy.pc, copy.meta, before, where,
        )  # fmt: skip


def joined(pieces: Mapping[int, bytes | None]) -> bytes | None:
    """Pieces by address, put together; None when one of them is not known."""
    result = b""
    for at in sorted(pieces):
        data = pieces[at]
        if data is None:
            return None
        result += data
    return result
