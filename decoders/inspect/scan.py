"""The heap as numpy arrays: a walk of millions of blocks in a fraction of a second.

Blocks lie one behind another, so where one begins is known only from the one before. To walk with
whole arrays all the same, a segment is cut into lanes. Where a lane's first block begins is guessed
(a word that is a known MethodTable, a header in front of it), all lanes advance at once by a block
each, and afterwards each lane must have ended exactly where the next one began. The first lane's
start is certain, so by induction every start that its predecessor arrives at is. A wrong guess
costs a plain walk until the two fall into step, never a wrong result.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from decoders.errors import DecodeError, TargetError
from decoders.runtime import Heap, Runtime
from decoders.runtime.records import HeapSegmentRecord

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
PIECE = 64 << 20
MAX_SEGMENT = 4 << 30
LANE_WORDS = 512
MAX_LANES = 8192
WINDOW = 64
SLACK = 4
# A table from every byte offset to a shape beats a binary search while it stays in a cache.
MAX_SPAN = 16 << 20


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment's memory. `words[i]` lies at `start + 8 * i`; SLACK more follow.

    Behind the last block there may be less than a block: its words are read all the same.
    """

    start: int
    end: int
    words: Words


@dataclass(frozen=True, slots=True)
class HeapIndex:
    """All blocks in address order: object address, index into `tables`, bytes without header.

    `problem` says where the walk had to stop; what lies before it is here.
    """

    addresses: Words
    kinds: Ints
    sizes: Ints
    tables: tuple[int, ...]
    segments: tuple[Segment, ...]
    header: int
    problem: str

    def __len__(self) -> int:
        return len(self.addresses)

    def statistics(self) -> dict[int, tuple[int, int]]:
        """MethodTable to (count, bytes with headers), as Heap.statistics."""
        counts = np.bincount(self.kinds, minlength=len(self.tables))
        totals = np.bincount(self.kinds, weights=self.sizes, minlength=len(self.tables))
        return {
            table: (int(count), int(total) + int(count) * self.header)
            for table, count, total in zip(self.tables, counts, totals, strict=True) if count
        }

    def at_or_before(self, address: int) -> int | None:
        """Index of the block that holds an address (its header counts), None between blocks."""
        if not 0 <= address < (1 << 64) - self.header:
            return None
        at = int(np.searchsorted(self.addresses, np.uint64(address + self.header), "right")) - 1
        if at < 0 or address >= int(self.addresses[at]) + int(self.sizes[at]):
            return None
        return at


class _Shapes:
    """Sizes by MethodTable. The last entry stands for words that are no MethodTable."""

    def __init__(self, runtime: Runtime, heap: Heap) -> None:
        self.tables: list[int] = []
        base, component = [], []
        in_base = heap.header if runtime.contract.number("ObjectHeaderInBaseSize") else 0
        for table in sorted(_known_tables(runtime)):
            found = runtime.method_table(table)
            if found.record.base_size <= in_base:
                continue  # an interface has no instances, and a walk must move on
            self.tables.append(table)
            base.append(found.record.base_size - in_base)
            component.append(found.record.component_size if found.has_component_size else 0)
        if not self.tables:
            raise TargetError("the kernel has loaded no types yet: there is no heap to walk")
        self.index = {table: i for i, table in enumerate(self.tables)}
        self.plain = list(zip(base, component, strict=True))
        self.base = np.array([*base, 0], np.int64)
        self.component = np.array([*component, 0], np.int64)
        self.unknown = len(self.tables)
        self.low = np.uint64(self.tables[0])
        self.span = np.uint64(self.tables[-1] - self.tables[0] + 1)
        self.sorted = np.array(self.tables, np.uint64)
        self.direct: npt.NDArray[np.int32] | None = None
        if int(self.span) <= MAX_SPAN:
            self.direct = np.full(int(self.span) + 1, self.unknown, np.int32)
            self.direct[(self.sorted - self.low).astype(np.int64)] = np.arange(len(self.tables))

    def of(self, words: Words) -> Ints:
        """Index of each word's MethodTable, `unknown` for other words."""
        if self.direct is not None:
            offset = np.minimum(words - self.low, self.span)  # below `low` it wraps around
            found: Ints = self.direct[offset.view(np.int64)].astype(np.int64)
            return found
        at = np.minimum(np.searchsorted(self.sorted, words), self.unknown - 1)
        return np.where(self.sorted[at] == words, at, self.unknown).astype(np.int64)


def _known_tables(runtime: Runtime) -> set[int]:
    found: set[int] = set()
    try:
        for info in runtime.types():
            if info.record.method_table:
                runtime.type_of_table(info.record.method_table)
                found.add(info.record.method_table)
    except DecodeError:
        if not found:
            raise
        # A broken list of types: blocks of those not reached are where the walk will stop.
    return found


@dataclass(frozen=True, slots=True)
class HeapCounts:
    """Counts alone: MethodTable to (count, bytes with headers), as Heap.statistics gives them.

    `problem` says where the walk had to stop.
    """

    tables: dict[int, tuple[int, int]]
    problem: str


def count(runtime: Runtime, heap: Heap | None = None) -> HeapCounts:
    """Count the blocks of each type, without an array of all of them in order."""
    heap = heap or Heap(runtime)
    shapes, walks, problem = _walks(runtime, heap)
    tables: dict[int, tuple[int, int]] = {}
    for walk in walks:
        _, kinds, words = walk.run()
        counts = np.bincount(kinds, minlength=len(shapes.tables))
        totals = np.bincount(kinds, weights=words, minlength=len(shapes.tables))
        for table, found, total in zip(shapes.tables, counts, totals, strict=True):
            if found:
                known = tables.get(table, (0, 0))
                tables[table] = (known[0] + int(found), known[1] + 8 * int(total))
        if walk.problem:
            return HeapCounts(tables, walk.problem)
    return HeapCounts(tables, problem)


def scan(runtime: Runtime, heap: Heap | None = None) -> HeapIndex:
    """Walk the whole heap. DecodeError only when not even its segments can be had."""
    heap = heap or Heap(runtime)
    shapes, walks, problem = _walks(runtime, heap)
    parts: list[tuple[Words, Ints, Ints]] = [
        (np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.int64))]
    segments: list[Segment] = []
    for walk in walks:
        position, kinds, words = walk.run()
        addresses = (position + walk.header).astype(np.uint64) * np.uint64(8)
        addresses += np.uint64(walk.segment.start)
        order = np.argsort(addresses, kind="stable")
        parts.append((addresses[order], kinds[order], (words[order] - walk.header) * 8))
        segments.append(walk.segment)
        if walk.problem:
            problem = walk.problem
            break
    addresses, kinds, sizes = (np.concatenate(column) for column in zip(*parts, strict=True))
    if len(segments) > 1:
        order = np.argsort(addresses, kind="stable")
        addresses, kinds, sizes = addresses[order], kinds[order], sizes[order]
    return HeapIndex(addresses, kinds, sizes, tuple(shapes.tables), tuple(segments), heap.header,
                     problem)


def _walks(runtime: Runtime, heap: Heap) -> tuple[_Shapes, list[_Walk], str]:
    """A walk for each segment, up to one that cannot be read; why it cannot."""
    if heap.alignment != 8 or heap.header % 8 or heap.header == 0:
        raise TargetError("this walk needs blocks aligned to 8 bytes with a header in front")
    for name, member in (("Array", "m_NumComponents"), ("String", "m_StringLength")):
        if runtime.contract.type(name).field(member).offset != 8:
            raise TargetError("this walk needs lengths right behind the MethodTable pointer")
    shapes = _Shapes(runtime, heap)
    walks: list[_Walk] = []
    for record in heap.segments():
        if not heap.runtime_range(record):
            return shapes, walks, (
                f"the bounds of the heap segment at {record.address:#x} are out of order")
        try:
            walks.append(_Walk(_load(runtime, record), shapes, heap.header))
        except DecodeError as error:
            return shapes, walks, str(error)
    return shapes, walks, ""


def _load(runtime: Runtime, record: HeapSegmentRecord) -> Segment:
    size = record.allocated - record.start & ~7
    if size > MAX_SEGMENT:
        raise TargetError(f"the heap segment at {record.start:#x} claims {size} bytes")
    whole = size + 8 * SLACK
    if size <= PIECE and record.start + whole <= record.committed:
        # What follows is mapped too: no copy is needed to have something behind the last block.
        data = runtime.memory.read(record.start, whole, "heap blocks")
        return Segment(record.start, record.allocated, np.frombuffer(data, np.uint64))
    words = np.empty(size // 8 + SLACK, np.uint64)
    words[size // 8 :] = 0
    for at in range(0, size, PIECE):
        piece = runtime.memory.read(record.start + at, min(PIECE, size - at), "heap blocks")
        words[at // 8 : (at + len(piece)) // 8] = np.frombuffer(piece, np.uint64)
    return Segment(record.start, record.allocated, words)


class _Walk:
    """The walk over one segment. Positions are word indices of block headers."""

    def __init__(self, segment: Segment, shapes: _Shapes, header: int) -> None:
        self.segment = segment
        self.shapes = shapes
        self.header = header // 8
        self.words = segment.words
        self.size = len(segment.words) - SLACK
        self.problem = ""

    def run(self) -> tuple[Ints, Ints, Ints]:
        """(positions, kinds, words with header) of the blocks, in no order."""
        starts = self._starts()
        final, steps = self._advance(starts, np.append(starts[1:], self.size))
        if not steps:
            steps.append((np.empty(0, np.int64),) * 3)
        position, kind, size = (np.concatenate(c) for c in zip(*steps, strict=True))
        sure = np.full(len(starts), self.size, np.int64)
        walked = list(self._join(starts, final, position, sure))
        if (sure > starts).any():
            keep = position >= sure[np.searchsorted(starts, position, "right") - 1]
            position, kind, size = position[keep], kind[keep], size[keep]
        if walked:
            extra = np.array(walked, np.int64)
            position = np.concatenate((position, extra[:, 0]))
            kind = np.concatenate((kind, extra[:, 1]))
            size = np.concatenate((size, extra[:, 2]))
        if self.problem:
            whole = position + size <= self.size
            position, kind, size = position[whole], kind[whole], size[whole]
        return position, kind, size

    def _starts(self) -> Ints:
        """A guessed first block for each lane; the first lane's is certain."""
        lanes = min(MAX_LANES, self.size // LANE_WORDS)
        first = np.zeros(1, np.int64)
        if lanes < 2:
            return first
        nominal = np.linspace(0, self.size, lanes, endpoint=False).astype(np.int64)[1:]
        window = nominal[:, None] + np.arange(min(WINDOW, LANE_WORDS // 2))
        window = window[window[:, -1] + self.header < self.size]
        known = self.shapes.of(self.words[window + self.header]) != self.shapes.unknown
        found = known.any(axis=1)
        return np.concatenate((first, window[found, known[found].argmax(axis=1)]))

    def _advance(self, starts: Ints, ends: Ints) -> tuple[Ints, list[tuple[Ints, ...]]]:
        """All lanes, a block each a step. Where each came to, and (position, kind, size)."""
        final = starts.copy()
        lane = np.arange(len(starts))
        position, end = starts.copy(), ends
        steps: list[tuple[Ints, ...]] = []
        limit = self.size - self.header
        while len(lane):
            going = (position < end) & (position < limit)
            if not going.all():
                final[lane[~going]] = position[~going]
                lane, position, end = lane[going], position[going], end[going]
                continue
            kind = self.shapes.of(self.words[position + self.header])
            known = kind != self.shapes.unknown
            if not known.all():
                final[lane[~known]] = position[~known]
                lane, position, end, kind = lane[known], position[known], end[known], kind[known]
            size = self._sizes(position, kind)
            steps.append((position, kind, size))
            position = position + size
        return final, steps

    def _sizes(self, position: Ints, kind: Ints) -> Ints:
        """Words of blocks with their headers."""
        length = (self.words[position + (self.header + 1)] & np.uint64(0xFFFFFFFF)).view(np.int64)
        size = self.shapes.base[kind] + self.shapes.component[kind] * length
        return (size + 7 >> 3) + self.header

    def _join(
        self, starts: Ints, final: Ints, visited: Ints, sure: Ints
    ) -> Iterator[tuple[int, int, int]]:
        """Set from which position on each lane is right; yield the blocks walked plainly.

        Where a lane began in vain its walk soon falls into step with the true one: from the first
        position that both come to on, it is right.
        """
        seen = np.zeros(self.size + 1, bool)
        seen[visited] = True
        begins, ends = starts.tolist(), final.tolist()
        position, limit = 0, self.size - self.header
        while position < limit:
            if seen[position]:
                lane = bisect_right(begins, position) - 1
                sure[lane] = position
                position = ends[lane]
                continue
            table = int(self.words[position + self.header])
            kind = self.shapes.index.get(table)
            if kind is None:
                self._stop(
                    position, f"begins with {table:#x}, which is no MethodTable of a type with "
                    "instances")
                return
            length = int(self.words[position + self.header + 1]) & 0xFFFFFFFF
            base, component = self.shapes.plain[kind]
            size = (base + component * length + 7 >> 3) + self.header
            yield position, kind, size
            position += size
        if position * 8 > self.segment.end - self.segment.start:
            over = position * 8 - (self.segment.end - self.segment.start)
            self._stop(None, f"the last block ends {over} bytes behind the heap")

    def _stop(self, position: int | None, why: str) -> None:
        if position is None:
            self.problem = f"the heap segment at {self.segment.start:#x} is corrupt: {why}"
            return
        address = self.segment.start + 8 * (position + self.header)
        self.problem = f"the heap is corrupt: the block at {address:#x} {why}"
