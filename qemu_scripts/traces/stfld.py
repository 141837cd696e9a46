"""Executed field stores, named: store records matched with the store sites of compiled methods.

A site (contract type JitStoreSite) is the code of one stfld or stsfld. A scalar is one record; a
struct is copied in pieces, which are put together here. What memory says of objects is read after
the run: objects do not move.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from decoders.runtime import LoadedAssembly, Runtime
from decoders.source import SourceReader, open_source
from decoders.stores import FieldStore, Place, Places, Site
from decoders.stores import SiteTable as _SiteTable
from qemu_scripts.traces import records

__all__ = ["Decoder", "FieldStore", "Place", "Places", "Site", "SiteTable"]


@dataclass(slots=True)
class _Copy:
    """A struct's copy under way: address to bytes (None: not known), size so far."""

    site: Site
    pieces: dict[int, bytes | None] = field(default_factory=dict)
    size: int = 0
    pc: int = 0
    meta: int = 0


class SiteTable(_SiteTable):
    """The store sites of all compiled methods, with lines from files on the host.

    files: an assembly's file by the name under which the guest loaded it.
    """

    def __init__(self, runtime: Runtime, files: Mapping[str, Path]) -> None:
        known: dict[int, SourceReader | None] = {}

        def source(loaded: LoadedAssembly) -> SourceReader | None:
            if loaded.address not in known:
                path = files.get(loaded.file)
                known[loaded.address] = (
                    open_source(runtime.image(loaded), path) if path is not None else None
                )
            return known[loaded.address]

        super().__init__(runtime, source)


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
