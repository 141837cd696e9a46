"""Field stores by the million: the same decoding as decoder.Decoder, a column at a time.

Only what passes the filters becomes a FieldStore. Traces of several vCPUs, whose records
interleave, go through decoder.Decoder instead.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from decoders import store_records as records
from decoders.stores.filters import Filters
from decoders.stores.frames import FrameTracker
from decoders.stores.places import Places
from decoders.stores.sites import SiteTable
from decoders.stores.store import FieldStore

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
Pushes = list[tuple[int, int, int]]
_WORDS = 4
#: Records decoded at once: 32 MiB, so that columns stay in the processor's cache to some degree.
_BATCH = 1 << 18


@dataclass(frozen=True)
class Columns:
    """Executed field stores, one row each.

    site: index into SiteTable.sites. address: of the first byte. first, count: the row's records in
    `raw`, an array of (records, 4) words. order: of a row's first record, to compare with that of
    `pushes`, the (order, pc, address) of RBP pushes and (with pc 0) of returns.
    """

    raw: U64
    site: I64
    address: U64
    first: I64
    count: I64
    order: I64
    pushes: Pushes


class ColumnDecoder:
    """Decodes a trace of one vCPU. frames: names stack slots."""

    def __init__(
        self, sites: SiteTable, places: Places, frames: FrameTracker | None = None
    ) -> None:
        self._sites = sites
        self._places = places
        self._frames = frames
        self._entries = np.array(sorted(frames.entries.by_start) if frames else [], np.uint64)
        self._starts = np.array([s.start for s in sites.sites], np.uint64)
        self._ends = np.array([s.end for s in sites.sites], np.uint64)
        self._pieces = np.array([s.pieces for s in sites.sites], np.int64)
        self._count = 0

    @property
    def count(self) -> int:
        """Field stores so far."""
        return self._count

    def describe(self, pc: int) -> str | None:
        """The field store that an instruction belongs to, for one that did not come to its end."""
        site = self._sites.find(pc)
        return None if site is None else f"{site.prefix}, {site.suffix}"

    def columns(self, pieces: Iterable[bytes | memoryview]) -> Iterator[Columns]:
        """The field stores of a trace in batches; a struct's copy is never split."""
        held = np.empty((0, _WORDS), np.uint64)
        for batch in _batches(pieces):
            data = np.concatenate([held, batch]) if len(held) else batch
            held = yield from self._batch(data, last=False)
        if len(held):
            yield from self._batch(held, last=True)

    def _batch(self, data: U64, last: bool) -> Generator[Columns, None, U64]:
        """Yields what is whole in `data`; returns the records of a copy that is not."""
        empty = data[:0]
        if not len(self._starts):
            return empty
        pc = data[:, 0]
        index = np.searchsorted(self._starts, pc, side="right").astype(np.int64) - 1
        inside = (index >= 0) & (pc < self._ends[np.maximum(index, 0)])
        chosen = np.flatnonzero(inside)
        pushes = self._pushes(data, inside) if len(chosen) < len(data) else []
        if not len(chosen):
            if pushes:
                none = np.empty(0, np.int64)
                yield Columns(empty, none, np.empty(0, np.uint64), none, none, none, pushes)
            return empty
        data, site = data[chosen], index[chosen]
        # Executions of one site that follow each other make one run; it is cut into whole copies.
        new_run = np.concatenate([[True], site[1:] != site[:-1]])
        run_start = np.maximum.accumulate(np.where(new_run, np.arange(len(site)), 0))
        first = np.flatnonzero((np.arange(len(site)) - run_start) % self._pieces[site] == 0)
        count = np.diff(np.append(first, len(site)))
        rest = empty
        if not last and count[-1] < self._pieces[site[first[-1]]]:
            rest = data[first[-1] :].copy()
            first, count = first[:-1], count[:-1]
            if not len(first):
                yield Columns(data, first, np.empty(0, np.uint64), first, count[:-1], first, pushes)
                return rest
        end = int(first[-1] + count[-1])
        address = np.minimum.reduceat(data[:end, 1], first)
        self._count += len(first)
        yield Columns(data, site[first], address, first, count, chosen[first], pushes)
        return rest

    def _pushes(self, data: U64, inside: npt.NDArray[np.bool_]) -> Pushes:
        """RBP pushes at the start of compiled methods, and their returns (pc 0), in order."""
        if not len(self._entries):
            return []
        others = np.flatnonzero(~inside)
        pc = data[others, 0]
        index = np.minimum(np.searchsorted(self._entries, pc), len(self._entries) - 1)
        returns = data[others, 3] & np.uint64(records.IS_RETURN << 16) != 0
        rows = (self._entries[index] == pc) | returns
        chosen = others[rows]
        methods = np.where(returns[rows], np.uint64(0), data[chosen, 0])
        return list(
            zip(chosen.tolist(), methods.tolist(), data[chosen, 1].tolist(), strict=True)
        )

    def decode(
        self, pieces: Iterable[bytes | memoryview], filters: Filters | None = None
    ) -> Iterator[FieldStore]:
        """The field stores that pass the filters, `last` aside, in order."""
        wanted = filters or Filters()
        everything = wanted.is_open
        by_site = np.array([wanted.site_may_match(s) for s in self._sites.sites], bool)
        for columns in self.columns(pieces):
            before = self._count - len(columns.site)
            mask = by_site[columns.site]
            if wanted.value is not None:
                mask &= self.has_value(columns, wanted.value)
            for store in self.rows(columns, np.flatnonzero(mask), before):
                if everything or wanted.matches(store):
                    yield store

    def skip(self, columns: Columns) -> None:
        """Follow the frames through a batch none of whose rows is looked at."""
        if self._frames is not None:
            for _, pc, address in columns.pushes:
                self._follow(pc, address)

    def _follow(self, pc: int, address: int) -> None:
        """A method began, or (without a pc) one returned."""
        assert self._frames is not None
        if pc:
            self._frames.push(pc, address)
        else:
            self._frames.returned(address)

    def has_value(self, columns: Columns, value: int) -> npt.NDArray[np.bool_]:
        """Rows whose first record may have stored this number; a struct's always may."""
        word = columns.raw[columns.first, 2]
        bits = 8 * np.minimum(columns.raw[columns.first, 3] & np.uint64(0xFF), np.uint64(8))
        ones = np.uint64((1 << 64) - 1) >> (np.uint64(64) - bits)
        wanted = np.uint64(value & (1 << 64) - 1)
        same: npt.NDArray[np.bool_] = (word ^ wanted) & ones == 0
        return same | (columns.count > 1)

    def rows(self, columns: Columns, rows: I64, before: int) -> Iterator[FieldStore]:
        """Some rows of a batch as objects; `before`: field stores before the batch.

        Numbers are taken out of the arrays all at once, which is faster.
        """
        sites, places, frames = self._sites.sites, self._places, self._frames
        pushes = iter(columns.pushes)
        push = next(pushes, None)
        taken = zip(
            rows.tolist(),
            columns.site[rows].tolist(),
            columns.address[rows].tolist(),
            columns.raw[columns.first[rows]].tolist(),
            columns.count[rows].tolist(),
            columns.order[rows].tolist(),
            strict=True,
        )
        for row, index, address, (pc, _, value, meta), count, order in taken:
            site = sites[index]
            place = places.of_store(site, address)
            where = ""
            if frames is not None and place.kind == "stack":
                while push is not None and push[0] < order:
                    self._follow(push[1], push[2])
                    push = next(pushes, None)
                where = frames.where(pc, address)
            if count == 1:
                size = min(meta & 0xFF, 8)
                known = meta >> 16 & records.HAS_VALUE
                raw = value.to_bytes(8, "little")[:size] if known else None
            else:
                first = int(columns.first[row])
                size, raw = _copy(columns.raw[first : first + count].tolist())
            yield FieldStore(
                before + row + 1, site, place, places, address, size, raw, pc, meta, None, where
            )
        while frames is not None and push is not None:
            self._follow(push[1], push[2])
            push = next(pushes, None)


def _copy(words: list[list[int]]) -> tuple[int, bytes | None]:
    """(size, bytes) of a struct's copy out of its records."""
    size, parts = 0, {}
    for _, at, value, meta in words:
        length = min(meta & 0xFF, 8)
        size += length
        if meta >> 16 & records.HAS_VALUE:
            parts[at] = value.to_bytes(8, "little")[:length]
    return size, b"".join(parts[k] for k in sorted(parts)) if len(parts) == len(words) else None


def _batches(pieces: Iterable[bytes | memoryview]) -> Iterator[U64]:
    for piece in pieces:
        words: U64 = np.frombuffer(piece, np.uint64).reshape(-1, _WORDS)
        for at in range(0, len(words), _BATCH):
            yield words[at : at + _BATCH]
