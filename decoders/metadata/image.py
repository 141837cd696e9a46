"""A managed PE image as raw tables and heaps (ECMA-335 II.24 and II.25).

`dnfile` finds the streams and knows every table's row format; rows are unpacked here on demand,
since its own row objects resolve all tables at once, which takes seconds on a large assembly.
"""

from __future__ import annotations

import logging
import struct
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import dnfile

from decoders.errors import MetadataError

DEBUG_DIRECTORY = 6
COM_DESCRIPTOR = 14
MAX_IMAGE = 256 << 20


class Section(NamedTuple):
    """A PE section: where its `raw_size` file bytes at `raw` appear."""

    rva: int
    virtual_size: int
    raw: int
    raw_size: int


@contextmanager
def _quiet() -> Iterator[None]:
    """dnfile logs what it dislikes, partly to the root logger, which would print on a debugger's
    terminal. What matters is raised."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _row_type(name: str, columns: list[str]) -> Any:
    # Columns are known at run time only, so no static type can say them.
    return namedtuple(name, columns)


class Table:
    """One metadata table: `count` rows, numbered from 1 as in tokens."""

    def __init__(self, name: str, count: int, data: bytes, columns: tuple[str, ...]) -> None:
        self.name = name
        self._struct = struct.Struct("<" + "".join(column.split(",")[0] for column in columns))
        self._row = _row_type(f"{name}Row", [column.split(",")[1] for column in columns])
        self.count = count if count * self._struct.size <= len(data) else 0
        self._data = data

    def row(self, rid: int) -> Any:
        """Row `rid` (1-based) as a named tuple of raw column values."""
        if not 1 <= rid <= self.count:
            raise MetadataError(
                f"row {rid} of metadata table {self.name} does not exist (it has {self.count})"
            )
        return self._row._make(self._struct.unpack_from(self._data, (rid - 1) * self._struct.size))

    def __iter__(self) -> Iterator[Any]:
        if not self.count:
            return iter(())
        end = self.count * self._struct.size
        return map(self._row._make, self._struct.iter_unpack(self._data[:end]))


_EMPTY = Table("absent", 0, b"", ())


class Image:
    """The bytes of a managed PE file (file layout, also when a guest keeps it in memory)."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        try:
            with _quiet():
                pe = dnfile.dnPE(data=data, fast_load=True, clr_lazy_load=True)
                pe.parse_data_directories(directories=[COM_DESCRIPTOR])
            net = pe.net
        except Exception as error:  # a third party's parser may fail in any way on damaged bytes
            raise MetadataError(f"{name} is not a readable PE image: {error}") from error
        if net is None or net.metadata is None:
            raise MetadataError(f"{name} has no CLR header, or its metadata root is damaged")
        self.sections = [
            Section(s.VirtualAddress, s.Misc_VirtualSize, s.PointerToRawData, s.SizeOfRawData)
            for s in pe.sections
        ]
        directory = pe.OPTIONAL_HEADER.DATA_DIRECTORY
        self._debug = (
            (directory[DEBUG_DIRECTORY].VirtualAddress, directory[DEBUG_DIRECTORY].Size)
            if len(directory) > DEBUG_DIRECTORY else (0, 0)
        )
        self.entry_point = int(net.struct.EntryPointTokenOrRva or 0)
        streams = net.metadata.streams
        self._strings = self._heap(streams, b"#Strings")
        self._blobs = self._heap(streams, b"#Blob")
        self._guids = self._heap(streams, b"#GUID")
        self._user = self._heap(streams, b"#US")
        self.version = bytes(net.metadata.struct.Version).rstrip(b"\0").decode("ascii", "replace")
        if net.mdtables is None:
            raise MetadataError(f"{name} has no #~ metadata stream")
        self._tables: dict[str, Table] = {}
        for table in net.mdtables.tables_list or ():
            try:
                columns = table.rows[0]._compute_format()[1] if table.num_rows else ()
            except Exception as error:  # as above: dnfile on damaged row counts
                raise MetadataError(f"{name}: table {table.name} is damaged: {error}") from error
            if columns:
                self._tables[table.name] = Table(
                    table.name, table.num_rows, bytes(table._table_data), tuple(columns)
                )

    @property
    def debug_directory(self) -> bytes:
        """The raw debug directory, empty when the image has none."""
        rva, size = self._debug
        return self.at_rva(rva, size) if rva and size else b""

    def _heap(self, streams: Any, name: bytes) -> bytes:
        stream = streams.get(name)
        return bytes(stream.__data__) if stream is not None and stream.__data__ else b""

    def table(self, name: str) -> Table:
        """A table by dnfile's name ("TypeDef", "FieldRva", ...); absent ones have no rows."""
        return self._tables.get(name, _EMPTY)

    @cached_property
    def _string_cache(self) -> dict[int, str]:
        return {}

    def string(self, offset: int) -> str:
        """The #Strings entry at `offset`."""
        cached = self._string_cache.get(offset)
        if cached is None:
            end = self._strings.find(b"\0", offset)
            if offset > len(self._strings) or end < 0:
                if offset == 0:
                    return ""
                raise MetadataError(f"{self.name}: no string at #Strings+{offset:#x}")
            cached = self._strings[offset:end].decode("utf-8", "replace")
            self._string_cache[offset] = cached
        return cached

    def blob(self, offset: int) -> bytes:
        """The #Blob entry at `offset` (length prefix removed)."""
        if offset == 0:
            return b""
        return self._counted(self._blobs, offset, "#Blob")

    def user_string(self, offset: int) -> str:
        """The #US string at `offset`: UTF-16, without the trailing flag byte (II.24.2.4)."""
        raw = self._counted(self._user, offset, "#US")
        return raw[: len(raw) & ~1].decode("utf-16-le", "replace")

    def guid(self, index: int) -> UUID:
        """The #GUID entry with 1-based `index`."""
        raw = self._guids[(index - 1) * 16 : index * 16] if index else b""
        if len(raw) != 16:
            raise MetadataError(f"{self.name}: no GUID {index}")
        return UUID(bytes_le=raw)

    def _counted(self, heap: bytes, offset: int, what: str) -> bytes:
        try:
            size, start = compressed_uint(heap, offset)
        except MetadataError as error:
            raise MetadataError(f"{self.name}: no entry at {what}+{offset:#x}") from error
        if start + size > len(heap):
            raise MetadataError(f"{self.name}: the entry at {what}+{offset:#x} leaves the heap")
        return heap[start : start + size]

    def offset_of(self, rva: int) -> int:
        """File offset of an RVA, through the section table."""
        for section in self.sections:
            if section.rva <= rva < section.rva + max(section.virtual_size, section.raw_size):
                offset = rva - section.rva
                if offset < section.raw_size:
                    return section.raw + offset
                break
        raise MetadataError(f"{self.name}: RVA {rva:#x} is in no section's file part")

    def at_rva(self, rva: int, size: int) -> bytes:
        """`size` bytes at an RVA."""
        offset = self.offset_of(rva)
        data = self.data[offset : offset + size]
        if len(data) != size:
            raise MetadataError(f"{self.name}: {size} bytes at RVA {rva:#x} leave the file")
        return data


def compressed_uint(data: bytes, offset: int) -> tuple[int, int]:
    """Decode a compressed unsigned integer (II.23.2): (value, offset after it)."""
    if not 0 <= offset < len(data):
        raise MetadataError("a compressed integer lies outside its blob")
    first = data[offset]
    if first < 0x80:
        return first, offset + 1
    size = 2 if first & 0xC0 == 0x80 else 4 if first & 0xE0 == 0xC0 else 0
    raw = data[offset : offset + size]
    if not size or len(raw) < size:
        raise MetadataError("a compressed integer is malformed or cut off")
    value = int.from_bytes(raw, "big") & (0x3FFF if size == 2 else 0x1FFF_FFFF)
    return value, offset + size


def compressed_int(data: bytes, offset: int) -> tuple[int, int]:
    """Decode a compressed signed integer (II.23.2): sign in bit 0, rotated."""
    start = offset
    value, offset = compressed_uint(data, offset)
    bits = {1: 6, 2: 13, 4: 28}[offset - start]
    return (value >> 1) - (1 << bits) if value & 1 else value >> 1, offset
