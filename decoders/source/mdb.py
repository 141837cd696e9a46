"""Mono's .mdb symbol files, version 50.0, as mcs -debug writes them.

Format: mono mcs/class/Mono.CompilerServices.SymbolWriter, MonoSymbolFile.cs and MonoSymbolTable.cs.
All integers little-endian; "leb" numbers are .NET's 7-bit encoded 32-bit integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from construct import Bytes, ConstructError, Int32sl, Int64ul, Struct

from decoders.errors import SourceError
from decoders.source.model import LocalName, MethodSource, SequencePoint

MAGIC = 0x45E82623FD7FA614
VERSION = (50, 0)
MAX_LINES = 1 << 20
MAX_COUNT = 1 << 16
_AMBIGUOUS_LOCALS, _HAS_COLUMNS, _HAS_ENDS = 1, 2, 4
_NO_END = 0xFFFFFF

Header = Struct(
    "magic" / Int64ul, "major" / Int32sl, "minor" / Int32sl, "guid" / Bytes(16),
    "total_size" / Int32sl, "data_offset" / Int32sl, "data_size" / Int32sl,
    "unit_count" / Int32sl, "unit_offset" / Int32sl, "unit_size" / Int32sl,
    "source_count" / Int32sl, "source_offset" / Int32sl, "source_size" / Int32sl,
    "method_count" / Int32sl, "method_offset" / Int32sl, "method_size" / Int32sl,
    "type_count" / Int32sl, "scope_count" / Int32sl, "scope_offset" / Int32sl,
    "scope_size" / Int32sl, "line_base" / Int32sl, "line_range" / Int32sl,
    "opcode_base" / Int32sl, "flags" / Int32sl,
)


class _Block(NamedTuple):
    start: int
    end: int


class _Cursor:
    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at

    def byte(self) -> int:
        if not 0 <= self.at < len(self.data):
            raise SourceError(f".mdb: offset {self.at:#x} lies outside the file; compile again")
        self.at += 1
        return self.data[self.at - 1]

    def i32(self) -> int:
        raw = self.take(4)
        return int.from_bytes(raw, "little", signed=True)

    def take(self, size: int) -> bytes:
        if not 0 <= self.at <= self.at + size <= len(self.data):
            raise SourceError(f".mdb: {size} bytes at {self.at:#x} leave the file; compile again")
        self.at += size
        return self.data[self.at - size : self.at]

    def leb(self) -> int:
        byte = self.byte()
        if byte < 0x80:
            return byte  # nearly all of them
        value, shift = byte & 0x7F, 7
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
            if shift >= 35:
                raise SourceError(f".mdb: malformed number at {self.at:#x}")
        value &= 0xFFFFFFFF
        return value - (1 << 32) if value & 0x80000000 else value

    def text(self) -> str:
        return self.take(self.leb()).decode("utf-8", "replace")

    def count(self) -> int:
        value = self.leb()
        if not 0 <= value <= MAX_COUNT:
            raise SourceError(f".mdb: a table claims {value} entries")
        return value


class MdbReader:
    """An .mdb file; methods are decoded when asked for."""

    def __init__(self, data: bytes, name: str = ".mdb file") -> None:
        self._data = data
        try:
            header = Header.parse(data)
        except ConstructError as error:
            raise SourceError(f"{name} is too short to be an .mdb file") from error
        if header.magic != MAGIC:
            raise SourceError(f"{name} is no .mdb file (magic {header.magic:#x})")
        if (header.major, header.minor) != VERSION:
            raise SourceError(
                f"{name} has version {header.major}.{header.minor}, only 50.0 is known; "
                "compile again with mcs 6"
            )
        if header.line_range <= 0 or not 0 < header.opcode_base < 256:
            raise SourceError(f"{name} has a malformed header")
        self._header = header
        self._max_step = (255 - header.opcode_base) // header.line_range
        # What each special opcode adds to IL offset and line.
        self._steps = [
            (step // header.line_range, header.line_base + step % header.line_range)
            for step in range(256 - header.opcode_base)]
        self.module_id: UUID | None = UUID(bytes_le=header.guid)
        self._sources = self._read_sources()
        self._units = self._read_units()
        self._index = self._read_index()
        self._methods: dict[int, MethodSource] = {}

    @property
    def files(self) -> list[str]:
        """See SourceReader.files."""
        return list(self._sources.values())

    def _read_sources(self) -> dict[int, str]:
        table = _Cursor(self._data, self._header.source_offset)
        result = {}
        for _ in range(self._bounded(self._header.source_count)):
            index, offset = table.i32(), table.i32()
            result[index] = _Cursor(self._data, offset).text()
        return result

    def _read_units(self) -> dict[int, int]:
        """Compile unit index to its source file's index."""
        table = _Cursor(self._data, self._header.unit_offset)
        result = {}
        for _ in range(self._bounded(self._header.unit_count)):
            index, offset = table.i32(), table.i32()
            result[index] = _Cursor(self._data, offset).leb()
        return result

    def _read_index(self) -> dict[int, tuple[int, int]]:
        """Method token to (data offset, line table offset)."""
        table = _Cursor(self._data, self._header.method_offset)
        result = {}
        for _ in range(self._bounded(self._header.method_count)):
            token, data, lines = table.i32(), table.i32(), table.i32()
            result[token] = (data, lines)
        return result

    def _bounded(self, count: int) -> int:
        if not 0 <= count <= len(self._data):
            raise SourceError(f".mdb: a table claims {count} entries")
        return count

    def methods(self) -> Iterator[MethodSource]:
        """See SourceReader.methods."""
        for token in sorted(self._index):
            found = self.method(token)
            if found is not None:
                yield found

    def method(self, token: int) -> MethodSource | None:
        """See SourceReader.method."""
        entry = self._index.get(token)
        if entry is None:
            return None
        if token not in self._methods:
            self._methods[token] = self._read_method(token, entry)
        return self._methods[token]

    def _read_method(self, token: int, entry: tuple[int, int]) -> MethodSource:
        data = _Cursor(self._data, entry[0])
        unit, locals_at = data.leb(), data.leb()
        data.leb()  # namespace
        blocks_at = data.leb()
        data.leb()  # scope variables
        data.leb()  # real name
        flags = data.leb()
        points = self._lines(entry[1], self._units.get(unit, 0), flags)
        blocks = self._blocks(blocks_at)
        return MethodSource(token, points, self._locals(locals_at, blocks, points))

    def _blocks(self, offset: int) -> list[_Block]:
        if not offset:
            return []
        cursor = _Cursor(self._data, offset)
        result = []
        for _ in range(cursor.count()):
            kind = cursor.leb()
            cursor.leb()  # parent
            result.append(_Block(cursor.leb(), cursor.leb()))
            if kind & 0x40:
                size = int.from_bytes(cursor.take(2), "little")
                cursor.take(size)
        return result

    def _locals(
        self, offset: int, blocks: list[_Block], points: tuple[SequencePoint, ...]
    ) -> tuple[LocalName, ...]:
        if not offset:
            return ()
        cursor = _Cursor(self._data, offset)
        result = []
        for _ in range(cursor.count()):
            index, name, block = cursor.leb(), cursor.text(), cursor.leb()
            # Block numbers count from 1; 0 is the method's own.
            start, end = blocks[block - 1] if 0 < block <= len(blocks) else (0, 1 << 31)
            result.append(LocalName(index, name, start, end))
        return tuple(result)

    def _lines(self, offset: int, default: int, flags: int) -> tuple[SequencePoint, ...]:
        """The line-number program: DWARF's idea with mono's own opcodes."""
        if not offset:
            return ()
        cursor = _Cursor(self._data, offset)
        next_byte, first, steps = cursor.byte, self._header.opcode_base, self._steps
        rows: list[tuple[int, int, int, int]] = []  # file, line, il, hidden
        file, line, il, hidden, pending = 1, 1, 0, 0, False
        while True:
            if len(rows) > MAX_LINES:
                raise SourceError(f".mdb: the line table at {offset:#x} does not end")
            opcode = next_byte()
            if opcode >= first:
                more_il, more_lines = steps[opcode - first]
                il += more_il
                line += more_lines
                rows.append((file, line, il, hidden))
                pending = False
            elif opcode == 0:
                size = cursor.byte()
                end = cursor.at + size
                extended = cursor.byte()
                if extended == 1:
                    if pending:
                        rows.append((file, line, il, hidden))
                    # The column tables, if any, follow the end mark directly.
                    break
                if extended == 0x40:
                    hidden ^= 1
                    pending = True
                elif not 0x40 <= extended <= 0x7F:
                    raise SourceError(f".mdb: unknown extended opcode {extended:#x}")
                cursor.at = end
            elif opcode == 1:
                rows.append((file, line, il, hidden))
                pending = False
            else:
                if opcode == 2:
                    il += cursor.leb()
                elif opcode == 3:
                    line += cursor.leb()
                elif opcode == 4:
                    file = cursor.leb()
                elif opcode == 8:
                    il += self._max_step
                else:
                    raise SourceError(f".mdb: unknown line opcode {opcode:#x}")
                pending = True
        return self._points(rows, cursor, default, flags)

    def _points(
        self, rows: list[tuple[int, int, int, int]], cursor: _Cursor, default: int, flags: int
    ) -> tuple[SequencePoint, ...]:
        columns = [cursor.leb() for _ in rows] if flags & _HAS_COLUMNS else [0] * len(rows)
        ends = []
        for _, line, _, _ in rows:
            more = cursor.leb() if flags & _HAS_ENDS else _NO_END
            ends.append((0, 0) if more == _NO_END else (line + more, cursor.leb()))
        result = []
        for (file, line, il, hidden), column, (end_line, end_column) in zip(
            rows, columns, ends, strict=True
        ):
            name = self._sources.get(file) or self._sources.get(default) or "?"
            result.append(
                SequencePoint(il, name, line, column, end_line, end_column, bool(hidden))
            )
        return tuple(sorted(result, key=lambda p: p.il))
