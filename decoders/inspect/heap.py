"""The heap as commands show it: blocks, statistics, integrity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from decoders.errors import DecodeError
from decoders.inspect.types import matches
from decoders.runtime import Heap, HeapProblem, MtKind, Runtime
from decoders.runtime.model import ADDRESS

if TYPE_CHECKING:
    from decoders.inspect.scan import HeapIndex

MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A heap segment's bounds."""

    start: int = field(metadata=ADDRESS)
    allocated: int = field(metadata=ADDRESS)
    committed: int = field(metadata=ADDRESS)
    reserved: int = field(metadata=ADDRESS)


@dataclass(frozen=True, slots=True)
class HeapRow:
    """One block of a list. `size` counts the header."""

    address: int = field(metadata=ADDRESS)
    method_table: int = field(metadata=ADDRESS)
    size: int
    type: str


@dataclass(frozen=True, slots=True)
class StatRow:
    """One type's blocks; `bytes` with headers."""

    method_table: int = field(metadata=ADDRESS)
    count: int
    bytes: int
    type: str
    free: bool


@dataclass(frozen=True, slots=True)
class HeapView:
    """clr-heap: blocks (empty with -stat) and statistics of what matched, largest first.

    `count` and `bytes` are of all that matched; `problem` says where the heap cannot be followed.
    """

    segments: tuple[SegmentRow, ...]
    blocks: tuple[HeapRow, ...]
    statistics: tuple[StatRow, ...]
    count: int
    bytes: int
    truncated: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Verification:
    """clr-verify-heap: what was checked and what is wrong.

    `references` counts fields and elements that were followed; `bad` all problems, of which
    `problems` shows the first.
    """

    segments: int
    blocks: int
    bytes: int
    references: int
    bad: int
    problems: tuple[str, ...]


def segments(runtime: Runtime) -> tuple[SegmentRow, ...]:
    """Bounds of all segments."""
    return tuple(
        SegmentRow(s.start, s.allocated, s.committed, s.reserved)
        for s in Heap(runtime).segments())


def _names(runtime: Runtime, tables: Iterator[int]) -> dict[int, tuple[str, bool]]:
    result = {}
    for table in tables:
        try:
            free = runtime.method_table(table).kind is MtKind.FREE
            name = runtime.type_name(runtime.type_of_table(table).address)
        except DecodeError as error:
            free, name = False, f"<{error}>"
        result[table] = ("<free>" if free else name, free)
    return result


def heap_statistics(runtime: Runtime, glob: str | None, minimum: int = 0) -> HeapView:
    """Count and bytes by type, largest total first."""
    from decoders.inspect import scan

    if minimum:
        return heap_blocks(runtime, glob, minimum, 0)
    found = scan.count(runtime)
    names = _names(runtime, iter(found.tables))
    rows = [
        StatRow(table, count, total, *names[table])
        for table, (count, total) in found.tables.items()
        if glob is None or matches(names[table][0], glob)]
    return _view(runtime, (), rows, False, found.problem)


def _view(
    runtime: Runtime, blocks: tuple[HeapRow, ...], rows: list[StatRow], truncated: bool,
    problem: str,
) -> HeapView:
    rows.sort(key=lambda r: (-r.bytes, r.type))
    return HeapView(
        segments(runtime), blocks, tuple(rows), sum(r.count for r in rows),
        sum(r.bytes for r in rows), truncated, problem)


def heap_blocks(runtime: Runtime, glob: str | None, minimum: int, limit: int) -> HeapView:
    """The blocks that match, at most `limit`, and statistics of all that do."""
    import numpy as np

    from decoders.inspect import scan

    index = scan.scan(runtime)
    names = _names(runtime, iter(index.tables))
    wanted = np.array(
        [glob is None or matches(names[t][0], glob) for t in index.tables], bool)
    keep = wanted[index.kinds] & (index.sizes + index.header >= minimum)
    kinds, sizes = index.kinds[keep], index.sizes[keep] + index.header
    blocks = tuple(
        HeapRow(int(a), index.tables[k], int(s), names[index.tables[k]][0])
        for a, k, s in zip(index.addresses[keep][:limit], kinds[:limit], sizes[:limit],
                           strict=True))
    counts = np.bincount(kinds, minlength=len(index.tables))
    totals = np.bincount(kinds, weights=sizes, minlength=len(index.tables))
    rows = [
        StatRow(t, int(c), int(b), *names[t])
        for t, c, b in zip(index.tables, counts, totals, strict=True) if c]
    return _view(runtime, blocks, rows, 0 < limit < len(kinds), index.problem)


def verify(runtime: Runtime, limit: int = MAX_PROBLEMS) -> Verification:
    """Check every block and every reference in it."""
    from decoders.inspect import scan

    index = scan.scan(runtime)
    problems: list[str] = []
    bad = 0
    if index.problem:
        # The careful walk says what is wrong with each bad block, and goes on behind it.
        for item in Heap(runtime).validate():
            if isinstance(item, HeapProblem):
                bad += 1
                if len(problems) < limit:
                    problems.append(_broken(runtime, item))
    followed, wrong = _references(runtime, index, limit - len(problems))
    bad += wrong[0]
    total = int(index.sizes.sum()) + index.header * len(index)
    return Verification(
        len(Heap(runtime).segments()), len(index), total,
        followed, bad, (*problems, *wrong[1]))


def _broken(runtime: Runtime, found: HeapProblem) -> str:
    text = f"block at {found.address:#x}: {found.message}"
    if found.previous:
        try:
            table = int.from_bytes(runtime.memory.read(found.previous, 8, "a block"), "little")
            name = runtime.type_name(runtime.type_of_table(table).address)
            text += f"; the block before it is {name}@{found.previous:#x}"
        except DecodeError:
            text += f"; the block before it is at {found.previous:#x}"
    return text + f" ({found.skipped} bytes passed over)"


def _references(
    runtime: Runtime, index: HeapIndex, limit: int
) -> tuple[int, tuple[int, list[str]]]:
    from decoders.inspect import graph

    found = graph.edges(runtime, index)
    bad = found.dangling()
    texts = [found.describe(runtime, i) for i in bad[: max(0, limit)]]
    return len(found.targets), (len(bad) + len(found.problems), [*found.problems[:limit], *texts])
