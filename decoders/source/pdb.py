"""Portable PDBs, standalone or embedded (System.Reflection.Metadata "Portable PDB v1.0").

A standalone file is a bare metadata root (ECMA-335 II.24.2.1) with a #Pdb stream; an embedded one
is that file, deflated, in a debug directory entry of type 17.
"""

from __future__ import annotations

import struct
import zlib
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from uuid import UUID

from decoders.errors import MetadataError, SourceError
from decoders.metadata.image import compressed_int, compressed_uint
from decoders.source.model import LocalName, MethodSource, SequencePoint

SIGNATURE = 0x424A5342
DOCUMENT, METHOD_DEBUG, LOCAL_SCOPE, LOCAL_VARIABLE, LOCAL_CONSTANT, IMPORT_SCOPE = range(
    0x30, 0x36
)
HIDDEN_LINE = 0xFEEFEE
MAX_PDB = 256 << 20
MAX_POINTS = 1 << 20
DEBUG_EMBEDDED = 17
_DEBUG_DIRECTORY = struct.Struct("<IIHHIIII")


class PortablePdb:
    """A portable PDB; methods are decoded when asked for."""

    def __init__(self, data: bytes, name: str = "portable PDB") -> None:
        self._name = name
        self._methods: dict[int, MethodSource | None] = {}
        try:
            self._streams = self._read_streams(data)
            self._read_tables()
        except (struct.error, IndexError) as error:
            raise SourceError(f"{name} is truncated or damaged ({error})") from error

    @property
    def module_id(self) -> UUID | None:
        """The PDB's own id; portable PDBs do not record the module's MVID."""
        return None

    @property
    def pdb_id(self) -> bytes:
        """20 bytes: GUID and stamp, also in the image's CodeView debug entry."""
        return self._streams["#Pdb"][:20]

    def _read_streams(self, data: bytes) -> dict[str, bytes]:
        signature, _, _, _, length = struct.unpack_from("<IHHII", data)
        if signature != SIGNATURE:
            raise SourceError(f"{self._name} is no portable PDB (signature {signature:#x})")
        offset = 16 + length
        _, count = struct.unpack_from("<HH", data, offset)
        offset += 4
        streams: dict[str, bytes] = {}
        for _ in range(count):
            start, size = struct.unpack_from("<II", data, offset)
            end = data.index(b"\0", offset + 8) if b"\0" in data[offset + 8 :] else len(data)
            name = data[offset + 8 : end].decode("ascii", "replace")
            streams[name] = data[start : start + size]
            if len(streams[name]) != size:
                raise SourceError(f"{self._name}: stream {name} leaves the file")
            offset += 8 + (len(name) + 4 & ~3)
        if "#Pdb" not in streams or "#~" not in streams:
            raise SourceError(f"{self._name} has no #Pdb or no #~ stream")
        return streams

    def _read_tables(self) -> None:
        pdb = self._streams["#Pdb"]
        (referenced,) = struct.unpack_from("<Q", pdb, 24)
        counts: dict[int, int] = {}
        offset = 32
        for table in range(64):
            if referenced >> table & 1:
                (counts[table],) = struct.unpack_from("<I", pdb, offset)
                offset += 4
        tables = self._streams["#~"]
        sizes = tables[6]
        (valid,) = struct.unpack_from("<Q", tables, 8)
        offset = 24
        for table in range(64):
            if valid >> table & 1:
                if table < DOCUMENT:
                    raise SourceError(
                        f"{self._name} holds type-system table {table:#x}: it is not a debug file"
                    )
                (counts[table],) = struct.unpack_from("<I", tables, offset)
                offset += 4
        string, guid, blob = ("I" if sizes & bit else "H" for bit in (1, 2, 4))

        def index(table: int) -> str:
            return "I" if counts.get(table, 0) > 0xFFFF else "H"

        formats = {
            DOCUMENT: blob + guid + blob + guid,
            METHOD_DEBUG: index(DOCUMENT) + blob,
            LOCAL_SCOPE: index(6) + index(IMPORT_SCOPE) + index(LOCAL_VARIABLE)
            + index(LOCAL_CONSTANT) + "II",
            LOCAL_VARIABLE: "HH" + string,
        }
        self._rows: dict[int, list[tuple[int, ...]]] = {}
        for table, columns in formats.items():
            row = struct.Struct("<" + columns)
            size = row.size * counts.get(table, 0)
            data = tables[offset : offset + size]
            if len(data) != size:
                raise SourceError(f"{self._name}: table {table:#x} leaves the #~ stream")
            self._rows[table] = list(row.iter_unpack(data))
            offset += size

    def _string(self, offset: int) -> str:
        heap = self._streams.get("#Strings", b"")
        end = heap.find(b"\0", offset)
        if end < 0:
            raise SourceError(f"{self._name}: no string at {offset:#x}")
        return heap[offset:end].decode("utf-8", "replace")

    def _blob(self, offset: int) -> bytes:
        heap = self._streams.get("#Blob", b"")
        try:
            size, start = compressed_uint(heap, offset)
        except MetadataError as error:
            raise SourceError(f"{self._name}: no blob at {offset:#x}") from error
        if start + size > len(heap):
            raise SourceError(f"{self._name}: the blob at {offset:#x} leaves the heap")
        return heap[start : start + size]

    @cached_property
    def files(self) -> list[str]:
        """See SourceReader.files."""
        return [self._document(i + 1) for i in range(len(self._rows[DOCUMENT]))]

    def _document(self, rid: int) -> str:
        """A document's name: a separator and parts, each a blob (format: "Document table")."""
        if not 1 <= rid <= len(self._rows[DOCUMENT]):
            raise SourceError(f"{self._name}: there is no document {rid}")
        blob = self._blob(self._rows[DOCUMENT][rid - 1][0])
        if not blob:
            return "?"
        separator, at = blob[:1].strip(b"\0").decode("ascii", "replace"), 1
        parts = []
        while at < len(blob):
            offset, at = self._compressed(blob, at)
            parts.append(self._blob(offset).decode("utf-8", "replace") if offset else "")
        return separator.join(parts)

    def _compressed(self, blob: bytes, at: int, signed: bool = False) -> tuple[int, int]:
        try:
            return compressed_int(blob, at) if signed else compressed_uint(blob, at)
        except MetadataError as error:
            raise SourceError(f"{self._name}: a blob is cut off") from error

    def methods(self) -> Iterator[MethodSource]:
        """See SourceReader.methods."""
        for rid in range(1, len(self._rows[METHOD_DEBUG]) + 1):
            found = self.method(0x06000000 | rid)
            if found is not None:
                yield found

    def method(self, token: int) -> MethodSource | None:
        """See SourceReader.method."""
        rid = token & 0xFFFFFF
        rows = self._rows[METHOD_DEBUG]
        if token >> 24 != 6 or not 1 <= rid <= len(rows):
            return None
        if token not in self._methods:
            self._methods[token] = self._read_method(token, rid)
        return self._methods[token]

    def _read_method(self, token: int, rid: int) -> MethodSource | None:
        document, blob = self._rows[METHOD_DEBUG][rid - 1]
        points = self._points(self._blob(blob), document) if blob else ()
        names = tuple(self._locals(rid))
        return MethodSource(token, points, names) if points or names else None

    def _points(self, blob: bytes, document: int) -> tuple[SequencePoint, ...]:
        """The sequence-points blob (format: "Sequence Points Blob")."""
        _, at = self._compressed(blob, 0)  # the locals' signature
        if not document:
            document, at = self._compressed(blob, at)
        file = self._document(document)
        result: list[SequencePoint] = []
        il = 0
        line = column = -1
        while at < len(blob):
            if len(result) > MAX_POINTS:
                raise SourceError(f"{self._name}: a method has too many sequence points")
            step, at = self._compressed(blob, at)
            if step == 0 and result:
                document, at = self._compressed(blob, at)
                file = self._document(document)
                continue
            il += step
            lines, at = self._compressed(blob, at)
            columns, at = self._compressed(blob, at, signed=lines != 0)
            if lines == 0 and columns == 0:
                result.append(SequencePoint(il, file, 0, 0, 0, 0, True))
                continue
            first = line < 0
            more_line, at = self._compressed(blob, at, signed=not first)
            more_column, at = self._compressed(blob, at, signed=not first)
            line = more_line if first else line + more_line
            column = more_column if first else column + more_column
            result.append(
                SequencePoint(il, file, line, column, line + lines, column + columns, False)
            )
        return tuple(result)

    @cached_property
    def _scope_methods(self) -> list[int]:
        return [row[0] for row in self._rows[LOCAL_SCOPE]]

    def _locals(self, rid: int) -> Iterator[LocalName]:
        scopes, variables = self._rows[LOCAL_SCOPE], self._rows[LOCAL_VARIABLE]
        index = bisect_left(self._scope_methods, rid)  # the table is sorted by method
        while index < len(scopes) and scopes[index][0] == rid:
            _, _, first, _, start, length = scopes[index]
            end = scopes[index + 1][2] if index + 1 < len(scopes) else len(variables) + 1
            for variable in range(first, min(end, len(variables) + 1)):
                if not variable:
                    raise SourceError(f"{self._name}: a local scope begins at local variable 0")
                _, slot, name = variables[variable - 1]
                yield LocalName(slot, self._string(name), start, start + length)
            index += 1


def embedded_pdb(image: bytes, directory: bytes) -> bytes | None:
    """The portable PDB embedded in a PE image, given its debug directory's bytes."""
    for at in range(0, len(directory) - _DEBUG_DIRECTORY.size + 1, _DEBUG_DIRECTORY.size):
        _, _, _, _, kind, size, _, pointer = _DEBUG_DIRECTORY.unpack_from(directory, at)
        if kind != DEBUG_EMBEDDED:
            continue
        raw = image[pointer : pointer + size]
        if raw[:4] != b"MPDB" or len(raw) < 8:
            raise SourceError("the embedded portable PDB has no MPDB signature")
        (plain,) = struct.unpack_from("<I", raw, 4)
        if plain > MAX_PDB:
            raise SourceError(f"the embedded portable PDB claims {plain} bytes")
        try:
            data = zlib.decompressobj(-15).decompress(raw[8:], plain)
        except zlib.error as error:
            raise SourceError(f"the embedded portable PDB is damaged ({error})") from error
        if len(data) != plain:
            raise SourceError("the embedded portable PDB is shorter than it says")
        return data
    return None
