"""References between objects as arrays: integrity of all, and shortest ways from roots to one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from decoders.errors import DecodeError, TargetError
from decoders.inspect.scan import SLACK, HeapIndex, Ints, Words
from decoders.runtime import MtFlags, MtKind, PathStep, References, Root, RootPath, Runtime

MAX_LEVELS = 20_000


@dataclass(frozen=True, slots=True)
class Edges:
    """Every non-null reference in the heap.

    `sources` are indices into the index, `places` the addresses that hold the references,
    `targets` what they hold, `found` the target's index or -1 where no object begins.
    """

    index: HeapIndex
    sources: Ints
    places: Words
    targets: Words
    found: Ints
    problems: tuple[str, ...]

    def dangling(self) -> list[int]:
        """Positions of references that lead to no object."""
        return [int(i) for i in np.flatnonzero(self.found < 0)]

    def describe(self, runtime: Runtime, at: int) -> str:
        """A sentence about one reference that leads nowhere."""
        source = int(self.sources[at])
        owner, place = int(self.index.addresses[source]), int(self.places[at])
        name = _type_name(runtime, self.index.tables[int(self.index.kinds[source])])
        label = f"+{place - owner}"
        try:
            for item in References(runtime).of(owner):
                if item.address == place:
                    label = item.place or label
                    break
        except DecodeError:
            pass  # the offset says it too
        target = int(self.targets[at])
        inside = self.index.at_or_before(target)
        what = "lies outside the heap"
        if inside is not None:
            holder = int(self.index.addresses[inside])
            kind = _type_name(runtime, self.index.tables[int(self.index.kinds[inside])])
            what = f"is inside {kind}@{holder:#x}, at {target - holder:+d}"
        return f"{name}@{owner:#x}, {label}: refers to {target:#x}, which {what}"


def _type_name(runtime: Runtime, table: int) -> str:
    try:
        return runtime.type_name(runtime.type_of_table(table).address)
    except DecodeError:
        return f"<MethodTable {table:#x}>"


def edges(runtime: Runtime, index: HeapIndex) -> Edges:
    """All references of all objects. Types whose fields cannot be had are named in `problems`."""
    finder = References(runtime)
    sources: list[Ints] = [np.empty(0, np.int64)]
    places: list[Words] = [np.empty(0, np.uint64)]
    problems: list[str] = []
    present = np.flatnonzero(np.bincount(index.kinds, minlength=len(index.tables)))
    for kind in present:
        table = runtime.method_table(index.tables[kind])
        if not table.record.mt_flags & MtFlags.HAS_POINTERS or table.kind is MtKind.FREE:
            continue
        members = np.flatnonzero(index.kinds == kind)
        try:
            for found, place in _places(runtime, finder, index, table.address, members):
                sources.append(found)
                places.append(place)
        except DecodeError as error:
            problems.append(
                f"references of {_type_name(runtime, table.address)} cannot be followed: {error}")
    source, place = np.concatenate(sources), np.concatenate(places)
    values = _read(index, place)
    keep = values != 0
    source, place, values = source[keep], place[keep], values[keep]
    return Edges(index, source, place, values, _lookup(runtime, index, values), tuple(problems))


def _lookup(runtime: Runtime, index: HeapIndex, targets: Words) -> Ints:
    """Index of the object that begins at each target, -1 where none does (or a free block)."""
    if not len(index.addresses):
        return np.full(len(targets), -1, np.int64)
    free = np.array([runtime.method_table(t).kind is MtKind.FREE for t in index.tables], bool)
    at = np.minimum(np.searchsorted(index.addresses, targets), len(index.addresses) - 1)
    good = (index.addresses[at] == targets) & ~free[index.kinds[at]]
    return np.where(good, at, -1).astype(np.int64)


def _read(index: HeapIndex, places: Words) -> Words:
    """The words at addresses within the segments; 0 for a place behind a segment's end."""
    result = np.zeros(len(places), np.uint64)
    for segment in index.segments:
        offset = (places - np.uint64(segment.start)) >> np.uint64(3)
        inside = (places >= np.uint64(segment.start)) & (
            offset < np.uint64(len(segment.words) - SLACK)) & (places & np.uint64(7) == 0)
        result[inside] = segment.words[offset[inside].astype(np.int64)]
    return result


def _places(
    runtime: Runtime, finder: References, index: HeapIndex, table_address: int, members: Ints
) -> Iterable[tuple[Ints, Words]]:
    """(sources, addresses of references) of all objects of a type."""
    table = runtime.method_table(table_address)
    info = runtime.type_of_table(table_address)
    addresses = index.addresses[members]
    if table.kind not in (MtKind.SZARRAY, MtKind.MDARRAY):
        base = 8 if info.is_value_type else 0
        for _, offset in finder.type_places(info):
            yield members, addresses + np.uint64(base + offset)
        return
    if not info.record.element or not table.record.component_size:
        raise TargetError("it has no element type or no ComponentSize")
    element = runtime.type(info.record.element)
    inner = [o for _, o in finder.type_places(element)] if element.is_value_type else [0]
    length = (_read(index, addresses + np.uint64(8)) & np.uint64(0xFFFFFFFF)).astype(np.int64)
    owner = np.repeat(members, length)
    first = np.repeat(np.cumsum(length) - length, length)
    number = np.arange(len(owner), dtype=np.int64) - first
    data = finder.values.data_address(table, 0)
    start = index.addresses[owner] + np.uint64(data)
    start += (number * table.record.component_size).astype(np.uint64)
    for offset in inner:
        yield owner, start + np.uint64(offset)


def paths(
    runtime: Runtime, found: Edges, target: int, roots: Iterable[Root], limit: int
) -> tuple[list[RootPath], int]:
    """Shortest chains from roots to an object, and how many there are in all.

    One for each root that holds the object itself, then one for each object that refers to it
    and can be reached (by the shortest way there that does not lead through the target).
    """
    index = found.index
    at = index.at_or_before(target)
    if at is None or int(index.addresses[at]) != target:
        inside = "" if at is None else f": it lies in the object at {int(index.addresses[at]):#x}"
        raise TargetError(f"no object begins at {target:#x}{inside}")
    direct: list[Root] = []
    start: dict[int, Root] = {}
    for root in roots:
        holder = index.at_or_before(root.target)
        if holder == at:
            direct.append(root)
        elif holder is not None:
            start.setdefault(holder, root)
    came, level = _reach(found, np.array(sorted(start), np.int64), at)
    referrers = np.unique(found.sources[found.found == at])
    referrers = referrers[(level[referrers] >= 0) & (referrers != at)]
    referrers = referrers[np.argsort(level[referrers], kind="stable")]
    result = [RootPath(root, (_step(runtime, index, at, ""),)) for root in direct[:limit]]
    for referrer in referrers[: max(0, limit - len(result))]:
        chain = [at, int(referrer)]
        while chain[-1] not in start:
            chain.append(int(came[chain[-1]]))
        chain.reverse()
        steps = [
            _step(runtime, index, here, _place(runtime, index, here, after))
            for here, after in zip(chain, chain[1:], strict=False)]
        result.append(RootPath(start[chain[0]], (*steps, _step(runtime, index, at, ""))))
    return result, len(direct) + len(referrers)


def _reach(found: Edges, first: Ints, avoid: int) -> tuple[Ints, Ints]:
    """Breadth first: for each object the one before it and its level (-1: not reached)."""
    size = len(found.index)
    came, level = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    good = found.found >= 0
    source, target = found.sources[good], found.found[good]
    order = np.argsort(source, kind="stable")
    source, target = source[order], target[order]
    begins = np.searchsorted(source, np.arange(size + 1))
    level[first] = 0
    level[avoid] = 0  # never entered
    frontier = first
    for depth in range(1, MAX_LEVELS):
        count = begins[frontier + 1] - begins[frontier]
        owner = np.repeat(frontier, count)
        if not len(owner):
            break
        offset = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        reached = target[np.repeat(begins[frontier], count) + offset]
        new = level[reached] < 0
        reached, owner = reached[new], owner[new]
        frontier, where = np.unique(reached, return_index=True)
        if not len(frontier):
            break
        level[frontier] = depth
        came[frontier] = owner[where]
    level[avoid] = -1
    return came, level


def _step(runtime: Runtime, index: HeapIndex, at: int, place: str) -> PathStep:
    name = _type_name(runtime, index.tables[int(index.kinds[at])])
    return PathStep(int(index.addresses[at]), name, place)


def _place(runtime: Runtime, index: HeapIndex, at: int, after: int) -> str:
    """The field or element of an object that refers to the next one."""
    target = int(index.addresses[after])
    for item in References(runtime).of(int(index.addresses[at])):
        if item.target == target:
            return item.place
    return "?"
