"""Field stores as lines of text by the million: what FieldStore.to_text says, without the objects.

A line is its number, a head that depends on site and address alone, and a value's text that depends
on type and number alone. Both are made once and found again by a number of 64 bits; the lines are
then joined all at once. What does not fit (a struct's copy, a store on a stack, whose slot depends
on the frames of the moment, a number of more than 48 bits) is made one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from decoders import store_records as records
from decoders.metadata import ET
from decoders.runtime import ValueKind
from decoders.stores.columns import I64, U64, ColumnDecoder, Columns
from decoders.stores.filters import Filters
from decoders.stores.frames import FrameTracker
from decoders.stores.places import Places
from decoders.stores.sites import SiteTable
from decoders.stores.values import SIGNED, SMALL, integer_lines, is_integer

Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
#: Texts that are kept, as powers of two. New values come all the time: theirs should stay in the
#: processor's cache. A head costs so much that it is worth a place in memory.
_HEADS, _VALUES = 16, 13
#: Fibonacci hashing: 2**64 divided by the golden ratio.
_GOLDEN = 0x9E3779B97F4A7C15
#: A key's low bits are an address or value; sites and formats have the rest.
_BITS = 48
_LOW = (1 << _BITS) - 1
_ALL = (1 << 64) - 1
_MAX_SITES = 1 << 64 - _BITS
_THOUSAND = np.array([f"{number:03} " for number in range(1000)], object)


@dataclass(frozen=True, slots=True)
class _Format:
    """How the fields of some sites are shown: a scalar's type and size in bytes."""

    kind: ValueKind
    element: ET | None
    size: int
    text: Callable[[int, int], str]

    def line_end(self, key: int) -> str:
        """The text of a value's key, and a line feed."""
        return f"{self.text(_word(key) & (1 << 8 * self.size) - 1, self.size)}\n"

    def numbers(self, keys: U64) -> I64:
        """The integers of keys; those of 2**63 and more come out negative."""
        low: I64 = (keys & np.uint64(_LOW)).view(np.int64)
        if self.size == 8:
            return low << np.int64(64 - _BITS) >> np.int64(64 - _BITS)
        bits = np.int64(8 * self.size)
        return low - (low >> bits - np.int64(1) << bits) if self.kind in SIGNED else low


class _Texts:
    """Texts by key, made once: a table that a key has one place in, so that arrays are looked up.

    bits: of the table's size. make: the texts of keys that are not in it.
    """

    def __init__(self, bits: int, make: Callable[[U64], Objects]) -> None:
        self._make = make
        self._shift = np.uint64(64 - bits)
        self._keys = np.full(1 << bits, _ALL, np.uint64)
        self._texts = np.empty(1 << bits, object)

    def of(self, keys: U64) -> Objects:
        """The texts of many keys."""
        place = keys * np.uint64(_GOLDEN) >> self._shift
        known = self._keys[place] == keys
        if known.all():
            hits: Objects = self._texts[place]
            return hits
        found = np.empty(len(keys), object)
        found[known] = self._texts[place[known]]
        missing = np.flatnonzero(~known)
        if len(missing):
            new, place = keys[missing], place[missing]
            found[missing] = texts = self._make(new)
            # Of two keys with one place the last one writes both, key and text.
            self._keys[place], self._texts[place] = new, texts
        return found


def _each_once(keys: U64, make: Callable[[int], str]) -> Objects:
    """The texts of keys, where making one costs more than to look for equal keys."""
    new, at = np.unique(keys, return_inverse=True)
    texts = np.empty(len(new), object)
    texts[:] = [make(key) for key in new.tolist()]
    found: Objects = texts[at]
    return found


def _fits(words: U64) -> Bools:
    """Which words are their low 48 bits, sign-extended, as canonical addresses are."""
    signed = words.view(np.int64)
    shift = np.int64(64 - _BITS)
    same: Bools = (signed << shift) >> shift == signed
    return same


def _word(key: int) -> int:
    """The word of a key, as an unsigned number of 64 bits."""
    low = key & _LOW
    return low | (-1 << _BITS) & _ALL if low >> _BITS - 1 else low


class TextDecoder:
    """Decodes a trace of one vCPU to lines. frames: names stack slots."""

    def __init__(
        self, sites: SiteTable, places: Places, frames: FrameTracker | None = None
    ) -> None:
        self._sites = sites.sites
        self._places = places
        self._columns = ColumnDecoder(sites, places, frames)
        self._filters = Filters()
        self._formats: list[_Format] = []
        self._size = np.array([s.record.size for s in self._sites], np.uint64)
        self._ones = np.uint64(_ALL) >> (np.uint64(64) - np.uint64(8) * np.minimum(
            np.maximum(self._size, np.uint64(1)), np.uint64(8)))
        self._format = np.array(list(self._find_formats()), np.int64)
        if len(self._sites) >= _MAX_SITES:
            self._format[:] = -1
        self._heads = _Texts(_HEADS, lambda keys: _each_once(keys, self._head))
        self._values = _Texts(_VALUES, self._ends)

    @property
    def count(self) -> int:
        """Field stores so far."""
        return self._columns.count

    def _find_formats(self) -> Iterator[int]:
        """By site: an index into `_formats`; -1 where a store is more than one number."""
        known: dict[tuple[object, ...], int] = {}
        for site in self._sites:
            size, kind = site.record.size, site.kind
            if kind is None or kind is ValueKind.STRUCT or site.pieces != 1 or size > 8:
                yield -1
                continue
            key = (kind, site.element, size)
            if key not in known:
                known[key] = len(self._formats)
                text = self._places.number_text(kind, site.element)
                self._formats.append(_Format(kind, site.element, size, text))
            yield known[key]

    def _head(self, key: int) -> str:
        """The middle of a line; "" when the filters do not let its object pass."""
        site = self._sites[key >> _BITS]
        place = self._places.of_store(site, _word(key))
        wanted = self._filters
        if not (wanted.type_matches(place.type) or wanted.type_matches(site.owner)):
            return ""
        if wanted.object is not None and wanted.object != place.address:
            return ""
        return f"{site.prefix}  {place.text}  {site.suffix} = "

    def _ends(self, keys: U64) -> Objects:
        """The ends of lines: values and line feeds. What is new is mostly integers."""
        of_format = keys >> np.uint64(_BITS)
        texts = np.empty(len(keys), object)
        for index, form in enumerate(self._formats):
            rows = np.flatnonzero(of_format == np.uint64(index))
            if len(rows) and is_integer(form.kind, form.element):
                numbers = form.numbers(keys[rows])
                large = numbers >= SMALL
                texts[rows[large]] = integer_lines(np.repeat(numbers[large], 2).tolist())
                rows = rows[~large]
            if len(rows):
                texts[rows] = _each_once(keys[rows], form.line_end)
        return texts

    def blocks(
        self, pieces: Iterable[bytes | memoryview], filters: Filters | None = None
    ) -> Iterator[tuple[int, str]]:
        """(lines, text): the stores that pass, `last` aside, each line with its line feed."""
        self._filters = wanted = filters or Filters()
        self._heads = _Texts(_HEADS, lambda keys: _each_once(keys, self._head))
        by_site = np.array([wanted.site_may_match(s) for s in self._sites], bool)
        for columns in self._columns.columns(pieces):
            before = self._columns.count - len(columns.site)
            mask = by_site[columns.site]
            if wanted.value is not None:
                mask &= self._columns.has_value(columns, wanted.value)
            rows = np.flatnonzero(mask)
            fast = self._is_fast(columns, rows)
            numbers, parts = self._parts(columns, rows[fast], before)
            if fast.all():
                self._columns.skip(columns)
            else:
                slow, lines = self._one_by_one(columns, rows[~fast], before)
                parts = np.concatenate([parts, lines])[np.argsort(np.append(numbers, slow))]
            if len(parts):
                yield len(parts), "".join(parts.ravel().tolist())

    def _is_fast(self, columns: Columns, rows: I64) -> Bools:
        site, address, first = columns.site[rows], columns.address[rows], columns.first[rows]
        meta = columns.raw[first, 3]
        fast: Bools = (
            (self._format[site] >= 0)
            & (meta & np.uint64(0xFF) == self._size[site])
            & (meta & np.uint64(records.HAS_VALUE << 16) != 0)
            & _fits(address)
            & _fits(columns.raw[first, 2] & self._ones[site])
        )
        for low, high in self._places.stacks:
            fast &= (address < np.uint64(low)) | (address >= np.uint64(high))
        return fast

    def _parts(self, columns: Columns, rows: I64, before: int) -> tuple[I64, Objects]:
        """(numbers, four strings each) of the lines of rows that pass."""
        site = columns.site[rows]
        number = columns.raw[columns.first[rows], 2] & self._ones[site]
        low, shift = np.uint64(_LOW), np.uint64(_BITS)
        heads = self._heads.of(columns.address[rows] & low | site.view(np.uint64) << shift)
        values = self._values.of(number & low | self._format[site].view(np.uint64) << shift)
        if self._filters.type is not None or self._filters.object is not None:
            passed = heads.astype(bool)
            rows, heads, values = rows[passed], heads[passed], values[passed]
        numbers = rows + (before + 1)
        parts = np.empty((len(rows), 4), object)
        parts[:, 0], parts[:, 1] = _numbers(numbers)
        parts[:, 2], parts[:, 3] = heads, values
        return numbers, parts

    def _one_by_one(self, columns: Columns, rows: I64, before: int) -> tuple[I64, Objects]:
        """The same for rows that do not fit; the first string is all of the line."""
        passed = [s for s in self._columns.rows(columns, rows, before) if self._filters.matches(s)]
        parts = np.full((len(passed), 4), "", object)
        parts[:, 0] = [f"{store.to_text()}\n" for store in passed]
        return np.array([store.sequence for store in passed], np.int64), parts


def _numbers(numbers: I64) -> tuple[Objects, Objects]:
    """Line numbers of at least six characters and a space, in two parts."""
    thousands = numbers // 1000
    rest = _THOUSAND[numbers - thousands * 1000]
    new = np.flatnonzero(np.diff(thousands, prepend=-1))
    starts = thousands[new].tolist()
    texts = np.array([f"{start:>3}" if start else "" for start in starts], object)
    small = np.flatnonzero(thousands == 0)
    rest[small] = [f"{number:>6} " for number in numbers[small].tolist()]
    return np.repeat(texts, np.diff(np.append(new, len(numbers)))), rest
