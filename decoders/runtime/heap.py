"""The heap as iterators: a trusting one for speed, a validating one for corrupt memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from decoders.errors import DecodeError, TargetError
from decoders.runtime.model import ADDRESS, MtKind
from decoders.runtime.records import HeapSegmentRecord
from decoders.runtime.runtime import Runtime

MAX_SEGMENTS = 1 << 16
CHUNK = 1 << 20
BULK = 16 << 20
MAX_RESYNC = 1 << 20


@dataclass(frozen=True, slots=True)
class Block:
    """A heap block: the object's address (behind the header), MethodTable, size without header."""

    address: int = field(metadata=ADDRESS)
    method_table: int = field(metadata=ADDRESS)
    size: int
    length: int | None
    free: bool


@dataclass(frozen=True, slots=True)
class HeapProblem:
    """Where the heap does not add up, and why; `skipped` bytes were passed over to go on."""

    address: int = field(metadata=ADDRESS)
    message: str
    previous: int = field(metadata=ADDRESS)
    skipped: int


@dataclass(frozen=True, slots=True)
class _Shape:
    base: int
    component: int
    length_offset: int
    free: bool


class Heap:
    """Walks heap segments (contract KernelHeap k1)."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        contract = runtime.contract
        self.header = contract.number("ObjectHeaderSize")
        self.alignment = contract.number("ObjectAlignment")
        self.minimum = contract.number("MinObjectSize")
        if self.alignment <= 0 or self.header < 0:
            raise TargetError("the contract's ObjectAlignment or ObjectHeaderSize is corrupt")
        self._in_base = self.header if contract.number("ObjectHeaderInBaseSize") else 0
        self._array = contract.type("Array").field("m_NumComponents").offset
        self._string = contract.type("String").field("m_StringLength").offset
        self._shapes: dict[int, _Shape] = {}

    def segments(self) -> list[HeapSegmentRecord]:
        """All segments."""
        result: list[HeapSegmentRecord] = []
        seen: set[int] = set()
        address = self.runtime.global_pointer("HeapSegments")
        while address:
            if address in seen or len(seen) >= MAX_SEGMENTS:
                raise TargetError(f"the list of heap segments is cyclic at {address:#x}")
            seen.add(address)
            record = self.runtime.records.one(HeapSegmentRecord, address)
            result.append(record)
            address = record.next
        return result

    def _shape(self, table: int) -> _Shape:
        shape = self._shapes.get(table)
        if shape is None:
            self.runtime.type_of_table(table)  # both must point at each other
            found = self.runtime.method_table(table)
            component = found.record.component_size if found.has_component_size else 0
            offset = self._string if found.kind is MtKind.STRING else self._array
            shape = _Shape(
                found.record.base_size - self._in_base, component,
                offset if found.has_component_size else 0, self.runtime.is_free(found),
            )
            self._shapes[table] = shape
        return shape

    def blocks(self) -> Iterator[Block]:
        """Every block, free ones too, trusting the heap: DecodeError where it makes no sense."""
        for segment in self.segments():
            yield from self._walk(segment)

    def _walk(self, segment: HeapSegmentRecord) -> Iterator[Block]:
        memory, header, mask = self.runtime.memory, self.header, self.alignment - 1
        position, end = segment.start, segment.allocated
        base, data = 0, b""
        shapes, from_bytes = self._shapes, int.from_bytes
        while position + header < end:
            address = position + header
            at = address - base
            if at < 0 or at + 16 > len(data):
                base = address
                data = memory.read(address, min(CHUNK, max(16, end - address)), "heap blocks")
                at = 0
            table = from_bytes(data[at : at + 8], "little")
            shape = shapes.get(table) or self._shape(table)
            length = None
            size = shape.base
            if shape.length_offset:
                offset = at + shape.length_offset
                length = from_bytes(data[offset : offset + 4], "little")
                size += shape.component * length
            size = size + mask & ~mask
            if size <= 0 or address + size > end:
                raise TargetError(
                    f"the block at {address:#x} has size {size}, which cannot be: the heap is "
                    "corrupt; validate it to see where"
                )
            yield Block(address, table, size, length, shape.free)
            position = address + size

    def validate(self) -> Iterator[Block | HeapProblem]:
        """Every block, checked, with a HeapProblem wherever the heap does not add up.

        Behind a bad block the walk goes on at the next place where two plausible blocks follow each
        other, at most 1 MiB further; else with the next segment.
        """
        for segment in self.segments():
            if not self.runtime_range(segment):
                yield HeapProblem(
                    segment.address, "the segment's bounds are out of order", 0, 0)
                continue
            position, previous = segment.start, 0
            while position + self.header < segment.allocated:
                block, message = self._check(position, segment.allocated)
                if block is not None and not message:
                    yield block
                    previous, position = block.address, block.address + block.size
                    continue
                resume = self._resync(position + self.alignment, segment.allocated)
                yield HeapProblem(
                    position + self.header, message, previous,
                    (resume or segment.allocated) - position,
                )
                if resume is None:
                    break
                position = resume

    def runtime_range(self, segment: HeapSegmentRecord) -> bool:
        """Whether a segment's bounds are in order."""
        return (
            0 < segment.start <= segment.allocated <= segment.committed <= segment.reserved
            and segment.start % self.alignment == 0
        )

    def _check(self, position: int, end: int) -> tuple[Block | None, str]:
        address = position + self.header
        try:
            raw = self.runtime.memory.read(address, 16, "a heap block")
            table = int.from_bytes(raw[:8], "little")
            shape = self._shape(table)
        except DecodeError as error:
            return None, str(error)
        length = None
        size = shape.base
        if shape.length_offset:
            field_at = shape.length_offset
            if field_at + 4 > 16:
                return None, "the contract places lengths beyond the first 16 bytes"
            length = int.from_bytes(raw[field_at : field_at + 4], "little")
            size += shape.component * length
        size = -(-size // self.alignment) * self.alignment
        if size < self.minimum:
            return None, f"the block is {size} bytes, less than the minimum of {self.minimum}"
        if address + size > end:
            what = f" (length {length})" if length is not None else ""
            return None, (
                f"the block of {size} bytes{what} ends {address + size - end} bytes behind the heap"
            )
        return Block(address, table, size, length, shape.free), ""

    def _resync(self, position: int, end: int) -> int | None:
        limit = min(end, position + MAX_RESYNC)
        while position + self.header < limit:
            block, _ = self._check(position, end)
            if block is not None:
                following = block.address + block.size
                if following + self.header >= end or self._check(following, end)[0] is not None:
                    return position
            position += self.alignment
        return None

    def statistics(self) -> dict[int, tuple[int, int]]:
        """MethodTable to (count, total bytes with headers), free blocks included.

        Trusts the heap as `blocks` does, and makes no object per block: it walks millions.
        """
        if self.alignment != 8 or self.header % 8:
            return self._slow_statistics()
        rows: dict[int, list[int]] = {}  # [count, words of a fixed-size block, bytes of others]
        for segment in self.segments():
            self._count(segment, rows)
        result = {}
        for table, (count, words, total) in rows.items():
            result[table] = (count, total if not words else 8 * words * count)
        return result

    def _count(self, segment: HeapSegmentRecord, rows: dict[int, list[int]]) -> None:
        position, end, header = segment.start, segment.allocated, self.header // 8
        while position + self.header < end:
            size = min(BULK, end - position)
            data = self.runtime.memory.read(position, size & ~7, "heap blocks")
            words = memoryview(data).cast("Q")
            last = len(words) - header - 1  # a block's second word must be there too
            index = 0
            while index < last:
                table = words[index + header]
                row = rows.get(table)
                if row is None:
                    row = self._row(table)
                    rows[table] = row
                row[0] += 1
                if row[1]:
                    index += row[1]
                    continue
                shape = self._shapes[table]
                length = words[index + header + 1] & 0xFFFFFFFF
                step = header + (shape.base + shape.component * length + 7 >> 3)
                row[2] += 8 * step
                index += step
            advanced = 8 * index
            if not advanced:
                break
            position += advanced
            if position > end:
                raise TargetError(
                    f"a block ends {position - end} bytes behind the heap: it is corrupt; "
                    "validate it to see where"
                )

    def _row(self, table: int) -> list[int]:
        shape = self._shape(table)
        if shape.length_offset not in (0, 8):
            raise TargetError("the contract places lengths where this walk cannot read them")
        if shape.base <= 0:
            raise TargetError(f"the MethodTable at {table:#x} has BaseSize {shape.base}")
        fixed = 0 if shape.length_offset else (self.header + shape.base + 7) >> 3
        return [0, fixed, 0]

    def _slow_statistics(self) -> dict[int, tuple[int, int]]:
        result: dict[int, tuple[int, int]] = {}
        for block in self.blocks():
            count, total = result.get(block.method_table, (0, 0))
            result[block.method_table] = (count + 1, total + block.size + self.header)
        return result

    def find(self, address: int) -> Block | None:
        """The block that holds an address (interior addresses too)."""
        for segment in self.segments():
            if segment.start <= address < segment.allocated:
                for block in self._walk(segment):
                    if block.address - self.header <= address < block.address + block.size:
                        return block
        return None


