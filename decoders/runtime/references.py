"""Who refers to whom: references inside objects, statics, handles and stacks.

Stacks are read conservatively here (every aligned word that is an object's address; no interior
pointers); what the JIT recorded of homes, locals and evaluation stacks is the frames' business.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from decoders.errors import DecodeError, TargetError
from decoders.memory import read_pointer
from decoders.runtime.heap import Heap
from decoders.runtime.model import ADDRESS, MtFlags, MtKind, TypeInfo, ValueKind
from decoders.runtime.runtime import Runtime
from decoders.runtime.values import Values

MAX_NESTING = 16
MAX_OBJECTS = 4_000_000
MAX_HANDLE_BLOCKS = 1 << 16
PAGE = 0x1000


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that holds a reference. `place` is its name: a field, an element, a static."""

    place: str
    address: int = field(metadata=ADDRESS)
    target: int = field(metadata=ADDRESS)


@dataclass(frozen=True, slots=True)
class Root:
    """What keeps an object alive from outside the heap."""

    kind: str
    name: str
    address: int = field(metadata=ADDRESS)
    target: int = field(metadata=ADDRESS)


@dataclass(frozen=True, slots=True)
class PathStep:
    """One object on the way from a root, and the place in it that leads on."""

    object: int = field(metadata=ADDRESS)
    type: str
    place: str


@dataclass(frozen=True, slots=True)
class RootPath:
    """A chain of references from a root to the object asked for."""

    root: Root
    steps: tuple[PathStep, ...]


@dataclass(frozen=True, slots=True)
class StackObject:
    """An object whose address lies on a stack (or in a register)."""

    where: str
    object: int = field(metadata=ADDRESS)
    type: str


class References:
    """Finds references. The heap is walked once; `forget` when the target ran."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.values = Values(runtime)
        self.forget()

    def forget(self) -> None:
        """Drop what was learnt of the heap."""
        self._places: dict[int, tuple[tuple[str, int], ...]] = {}
        self._known: dict[int, int] | None = None

    def objects(self) -> dict[int, int]:
        """Address of every live block to its MethodTable."""
        if self._known is None:
            known: dict[int, int] = {}
            for block in Heap(self.runtime).blocks():
                if len(known) >= MAX_OBJECTS:
                    raise TargetError(f"more than {MAX_OBJECTS} objects: truncated")
                if not block.free:
                    known[block.address] = block.method_table
            self._known = known
        return self._known

    def type_places(self, info: TypeInfo, depth: int = 0) -> tuple[tuple[str, int], ...]:
        """(name, offset) of each reference in an object or value of a type."""
        found = self._places.get(info.address)
        if found is None:
            if depth > MAX_NESTING:
                raise TargetError(f"{self.runtime.type_name(info.address)} is nested too deeply")
            places: list[tuple[str, int]] = []
            for _, item in self.runtime.all_fields(info):
                if item.record.value_kind == ValueKind.REF:
                    places.append((item.name, item.record.offset))
                elif item.record.value_kind == ValueKind.STRUCT and item.record.type:
                    inner = self.runtime.type(item.record.type)
                    places += [
                        (f"{item.name}.{name}", item.record.offset + offset)
                        for name, offset in self.type_places(inner, depth + 1)]
            found = tuple(places)
            self._places[info.address] = found
        return found

    def of(self, address: int) -> Iterator[Reference]:
        """The non-null references that the object at `address` holds."""
        pointer = read_pointer(self.runtime.memory, address, "an object's MethodTable pointer")
        info = self.runtime.type_of_table(pointer)
        table = self.runtime.method_table(pointer)
        if not table.record.mt_flags & MtFlags.HAS_POINTERS:
            return
        if table.kind in (MtKind.SZARRAY, MtKind.MDARRAY):
            yield from self._elements(address, info)
            return
        base = address + (8 if info.is_value_type else 0)
        for name, offset in self.type_places(info):
            yield from self._slot(name, base + offset)

    def _slot(self, name: str, address: int) -> Iterator[Reference]:
        target = read_pointer(self.runtime.memory, address, f"reference {name}")
        if target:
            yield Reference(name, address, target)

    def _elements(self, address: int, info: TypeInfo) -> Iterator[Reference]:
        table = self.runtime.method_table(info.record.method_table)
        length = self.values.length(table, address) or 0
        data, stride = self.values.data_address(table, address), table.record.component_size
        if not info.record.element or not stride:
            raise TargetError(f"the array at {address:#x} has no element type or no stride")
        element = self.runtime.type(info.record.element)
        inner = self.type_places(element) if element.is_value_type else (("", 0),)
        raw = self.runtime.memory.read(data, length * stride, "an array's elements")
        for index in range(length):
            for name, offset in inner:
                at = index * stride + offset
                target = int.from_bytes(raw[at : at + 8], "little")
                if target:
                    label = f"[{index}]" + (f".{name}" if name else "")
                    yield Reference(label, data + at, target)

    # Roots.

    def static_roots(self) -> Iterator[Root]:
        """Static fields that hold references."""
        for info in self.runtime.types():
            if not info.record.statics or not info.record.field_count:
                continue
            name = self.runtime.type_name(info.address)
            for item in self.runtime.fields(info):
                if not item.is_static or item.is_literal:
                    continue
                at = info.record.statics + item.record.offset
                places: Iterable[tuple[str, int]] = ()
                if item.record.value_kind == ValueKind.REF:
                    places = ((item.name, 0),)
                elif item.record.value_kind == ValueKind.STRUCT and item.record.type:
                    inner = self.type_places(self.runtime.type(item.record.type))
                    places = [(f"{item.name}.{n}", o) for n, o in inner]
                for label, offset in places:
                    for found in self._slot(label, at + offset):
                        yield Root("static", f"{name}.{label}", found.address, found.target)

    def handle_roots(self) -> Iterator[Root]:
        """Cells that the runtime keeps: interned strings and its own objects."""
        layout = self.runtime.contract.types.get("HandleBlock")
        if layout is None:
            return  # a contract without handle blocks publishes no handles
        address = self.runtime.global_pointer("HandleRoots")
        seen: set[int] = set()
        while address:
            if address in seen or len(seen) >= MAX_HANDLE_BLOCKS:
                raise TargetError(f"the list of handle blocks is cyclic at {address:#x}")
            seen.add(address)
            view = self.runtime.contract.view("HandleBlock", self.runtime.memory, address)
            count, capacity = view.get("Count", "uint32"), view.get("Capacity", "uint32")
            if count > capacity or capacity > 1 << 16:
                raise TargetError(f"the handle block at {address:#x} claims {count} cells")
            cells = view.at("Cells")
            raw = self.runtime.memory.read(cells, 8 * count, "handles") if count else b""
            for index in range(count):
                target = int.from_bytes(raw[8 * index : 8 * index + 8], "little")
                if target:
                    yield Root("handle", f"handle {index}", cells + 8 * index, target)
            address = view.pointer("Next")

    def stack_objects(
        self, low: int, high: int, registers: dict[str, int] | None = None
    ) -> list[StackObject]:
        """Objects whose addresses lie in [low, high) or in registers, by position."""
        known = self.objects()
        result = [
            StackObject(name, value, self._type(known[value]))
            for name, value in (registers or {}).items() if value in known]
        position = low & ~7
        while position < high:
            count = min(high - position, PAGE - (position & PAGE - 1)) & ~7
            if not count:
                break
            try:
                data = self.runtime.memory.read(position, count, "the stack")
            except DecodeError:
                position += count  # a page that was never touched
                continue
            for index, word in enumerate(struct.unpack(f"<{count // 8}Q", data)):
                table = known.get(word)
                if table is not None:
                    result.append(
                        StackObject(f"{position + 8 * index:#x}", word, self._type(table)))
            position += count
        return result

    def _type(self, table: int) -> str:
        return self.runtime.type_name(self.runtime.type_of_table(table).address)

    def stack_roots(self, low: int, high: int) -> Iterator[Root]:
        """`stack_objects` as roots."""
        for found in self.stack_objects(low, high):
            yield Root("stack", found.where, int(found.where, 16), found.object)

    def paths(self, target: int, roots: Iterable[Root], limit: int = 8) -> list[RootPath]:
        """Shortest chains from roots to `target`, at most one a root and `limit` in all.

        Breadth first from all roots at once: each object that refers to the target gives one.
        """
        known = self.objects()
        if target not in known:
            raise TargetError(f"no object begins at {target:#x}")
        result: list[RootPath] = []
        came: dict[int, tuple[int, str]] = {}
        start: dict[int, Root] = {}
        queue: list[int] = []
        for root in roots:
            if root.target == target:
                result.append(RootPath(root, (PathStep(target, self._type(known[target]), ""),)))
                if len(result) >= limit:
                    return result
            elif root.target in known and root.target not in start:
                start[root.target] = root
                queue.append(root.target)
        position = 0
        while position < len(queue) and len(result) < limit:
            current = queue[position]
            position += 1
            try:
                references = list(self.of(current))
            except DecodeError:
                continue  # a broken object leads nowhere
            for reference in references:
                if reference.target == target:
                    result.append(self._path(current, reference.place, target, came, start))
                    break
                if reference.target in known and reference.target not in came and (
                        reference.target not in start):
                    came[reference.target] = (current, reference.place)
                    queue.append(reference.target)
        return result[:limit]

    def _path(
        self, last: int, place: str, target: int, came: dict[int, tuple[int, str]],
        start: dict[int, Root],
    ) -> RootPath:
        known = self.objects()
        steps = [PathStep(target, self._type(known[target]), ""),
                 PathStep(last, self._type(known[last]), place)]
        current = last
        while current not in start:
            current, where = came[current]
            steps.append(PathStep(current, self._type(known[current]), where))
        return RootPath(start[current], tuple(reversed(steps)))
