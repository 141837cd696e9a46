"""What holds objects from outside the heap: statics, handles, and the slots of stack frames."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from decoders.errors import DecodeError, ReadError
from decoders.frames.view import FrameSlot, FrameView, Role
from decoders.runtime import References, Root, RootPath, Runtime, Value
from decoders.runtime.model import ADDRESS

if TYPE_CHECKING:
    from decoders.inspect.scan import HeapIndex

PAGE = 0x1000
# A reference at a call site is in one of these; a saved register is not JIT code's own.
_HOLDERS = (Role.ARGUMENT, Role.LOCAL, Role.TEMPORARY, Role.EVALUATION_STACK, Role.TOP_OF_STACK)
MAX_STACK = 64 << 20


@dataclass(frozen=True, slots=True)
class StackRow:
    """An object whose address lies in a register or a stack word.

    `slot` says what that word is to the frame that it lies in, "" where nothing is known of it.
    `offset` is not 0 when the word points into the object.
    """

    where: str
    address: int = field(metadata=ADDRESS)
    object: int = field(metadata=ADDRESS)
    offset: int
    type: str
    slot: str


@dataclass(frozen=True, slots=True)
class StackRange:
    """A part of a stack, from its stack pointer (`low`) to its end (`high`, exclusive)."""

    low: int = field(metadata=ADDRESS)
    high: int = field(metadata=ADDRESS)


@dataclass(frozen=True, slots=True)
class StackObjects:
    """clr-dso: objects in registers and on the stacks, by address."""

    ranges: tuple[StackRange, ...]
    rows: tuple[StackRow, ...]
    total: int
    truncated: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RootsView:
    """clr-gcroot: shortest paths to an object; `total` counts also those that were left out."""

    object: int = field(metadata=ADDRESS)
    type: str
    paths: tuple[RootPath, ...]
    total: int
    roots: int
    truncated: bool
    problems: tuple[str, ...]


def slot_name(view: FrameView, slot: FrameSlot) -> str:
    """`#5 Ns.Type::Method, local pciDevice`."""
    method = view.method.partition("(")[0].rpartition(" ")[2]
    named = slot.role in (Role.TEMPORARY, Role.SAVED_REGISTER) or slot.name == slot.role.value
    what = slot.name if named else f"{slot.role.value} {slot.name}"
    if slot.role in (Role.EVALUATION_STACK, Role.TOP_OF_STACK):
        what = f"evaluation stack, {slot.name}"
    return f"#{view.level} {method}, {what}"


def references_of(value: Value, name: str = "") -> Iterator[tuple[str, int, int]]:
    """(name of the part, its address, target) of each non-null 8-byte word in a value."""
    if value.fields:
        for item in value.fields:
            yield from references_of(item.value, f"{name}.{item.name}")
    elif value.size == 8 and isinstance(value.scalar, int) and value.scalar > 0 and (
            not isinstance(value.scalar, bool)):
        yield name, value.address, value.scalar


def frame_roots(views: Iterable[FrameView]) -> Iterator[Root]:
    """What homes, locals, temporaries and evaluation stacks of managed frames hold."""
    for view in views:
        for slot in view.slots:
            if slot.value is None or slot.role not in _HOLDERS:
                continue
            for part, address, target in references_of(slot.value):
                yield Root("stack", slot_name(view, slot) + part, address, target)


def fixed_roots(runtime: Runtime, problems: list[str]) -> list[Root]:
    """Statics and handles; lists that break off are named in `problems`."""
    finder = References(runtime)
    result: list[Root] = []
    for source in (finder.static_roots(), finder.handle_roots()):
        try:
            result += source
        except DecodeError as error:
            problems.append(str(error))
    return result


def roots_view(
    runtime: Runtime, target: int, frames: Sequence[FrameView], limit: int, problems: Sequence[str]
) -> RootsView:
    """Who holds an object. Stack words that no frame's record names are not roots."""
    from decoders.inspect import graph, scan

    said = list(problems)
    index = scan.scan(runtime)
    if index.problem:
        said.append(index.problem)
    found = graph.edges(runtime, index)
    said += found.problems
    roots = [*frame_roots(frames), *fixed_roots(runtime, said)]
    paths, total = graph.paths(runtime, found, target, roots, limit)
    at = index.at_or_before(target)
    kind = ""
    if at is not None:
        kind = runtime.type_name(runtime.type_of_table(index.tables[int(index.kinds[at])]).address)
    return RootsView(
        target, kind, tuple(paths), total, len(roots), total > len(paths), tuple(said))


class _Slots:
    """What stack words are to the frames that they lie in."""

    def __init__(self, frames: Iterable[FrameView]) -> None:
        found = [
            (slot.address & ~7, slot.address + max(8, slot.size), slot.address,
             slot_name(view, slot))
            for view in frames for slot in view.slots if slot.address]
        self._slots = sorted(found)
        self._starts = [start for start, *_ in self._slots]

    def at(self, address: int) -> str:
        """The slot that a word belongs to, the innermost where they overlap; "" if none does."""
        index = bisect_right(self._starts, address)
        for start, end, slot, name in reversed(self._slots[max(0, index - 8) : index]):
            if start <= address < end:
                return name + (f" +{address - slot}" if address > slot else "")
        return ""


def stack_objects(
    runtime: Runtime, ranges: Sequence[StackRange], registers: dict[str, int],
    frames: Sequence[FrameView], limit: int, interior: bool, problems: Sequence[str],
) -> StackObjects:
    """Objects whose addresses (with `interior` also addresses inside them) lie on stacks."""
    from decoders.inspect import scan

    said = list(problems)
    index = scan.scan(runtime)
    if index.problem:
        said.append(index.problem)
    slots = _Slots(frames)
    rows: list[StackRow] = []
    total = 0

    def add(where: str, address: int, word: int) -> None:
        nonlocal total
        at = index.at_or_before(word)
        if at is None:
            return
        start = int(index.addresses[at])
        if word < start or (word != start and not interior):
            return
        total += 1
        if len(rows) < limit:
            kind = runtime.type_name(
                runtime.type_of_table(index.tables[int(index.kinds[at])]).address)
            rows.append(StackRow(where, address, start, word - start, kind,
                                 slots.at(address) if address else ""))

    for name, word in registers.items():
        add(name, 0, word)
    for part in ranges:
        for address, word in _words(runtime, part.low, part.high, index, said):
            add("", address, word)
    return StackObjects(tuple(ranges), tuple(rows), total, total > len(rows), tuple(said))


def _words(
    runtime: Runtime, low: int, high: int, index: HeapIndex, problems: list[str]
) -> Iterator[tuple[int, int]]:
    """(address, word) of stack words whose value lies in the heap at all."""
    import numpy as np

    if high - low > MAX_STACK:
        problems.append(f"the stack at {low:#x} claims {high - low} bytes; {MAX_STACK} are read")
        high = low + MAX_STACK
    position = low & ~7
    while position < high:
        count = min(high - position, PAGE - (position & PAGE - 1)) & ~7
        if not count:
            break
        try:
            data = runtime.memory.read(position, count, "the stack")
        except ReadError:
            position += count  # a page that was never touched
            continue
        words = np.frombuffer(data, np.uint64)
        keep = np.zeros(len(words), bool)
        for segment in index.segments:
            keep |= (words >= np.uint64(segment.start)) & (words < np.uint64(segment.end))
        for at in np.flatnonzero(keep):
            yield position + 8 * int(at), int(words[at])
        position += count
