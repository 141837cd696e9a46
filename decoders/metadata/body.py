"""Method bodies: header, IL and exception clauses (ECMA-335 II.25.4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntFlag

from decoders.errors import MetadataError
from decoders.metadata.image import Image

MAX_IL = 16 << 20
_SMALL = struct.Struct("<HHBHBI")
_FAT = struct.Struct("<IIIIII")


class ClauseKind(IntFlag):
    """Exception clause flags (II.25.4.6)."""

    CATCH = 0
    FILTER = 1
    FINALLY = 2
    FAULT = 4


@dataclass(frozen=True, slots=True)
class Clause:
    """One protected region; offsets and lengths in IL bytes."""

    kind: ClauseKind
    try_offset: int
    try_length: int
    handler_offset: int
    handler_length: int
    class_token: int
    filter_offset: int

    @property
    def try_end(self) -> int:
        """First IL offset after the protected block."""
        return self.try_offset + self.try_length

    @property
    def handler_end(self) -> int:
        """First IL offset after the handler."""
        return self.handler_offset + self.handler_length


@dataclass(frozen=True, slots=True)
class MethodBody:
    """A method's IL with what its header says."""

    il: bytes
    max_stack: int
    init_locals: bool
    locals_token: int
    clauses: tuple[Clause, ...]


def read_body(image: Image, rva: int) -> MethodBody:
    """Read the body at `rva`; MetadataError when it is malformed."""
    start = image.offset_of(rva)
    data = image.data
    if start >= len(data):
        raise MetadataError(f"{image.name}: the method body at RVA {rva:#x} leaves the file")
    first = data[start]
    if first & 3 == 2:
        size = first >> 2
        return MethodBody(_take(image, start + 1, size), 8, False, 0, ())
    if first & 3 != 3 or start + 12 > len(data):
        raise MetadataError(f"{image.name}: bad method header {first:#04x} at RVA {rva:#x}")
    flags, max_stack, size, locals_token = struct.unpack_from("<HHII", data, start)
    il = start + 4 * (flags >> 12)
    code = _take(image, il, size)
    clauses = _clauses(image, il + size) if flags & 8 else ()
    return MethodBody(code, max_stack, bool(flags & 0x10), locals_token, clauses)


def _take(image: Image, offset: int, size: int) -> bytes:
    data = image.data[offset : offset + size]
    if size > MAX_IL or len(data) != size:
        raise MetadataError(f"{image.name}: a method body of {size} bytes leaves the file")
    return data


def _clauses(image: Image, offset: int) -> tuple[Clause, ...]:
    result: list[Clause] = []
    more = True
    while more:
        offset = offset + 3 & ~3
        header = _take(image, offset, 4)
        kind = header[0]
        more = bool(kind & 0x80)
        fat = bool(kind & 0x40)
        # A small section counts its size in one byte; some writers leave garbage above it.
        size = int.from_bytes(header[1:4], "little") if fat else header[1]
        entry = _FAT if fat else _SMALL
        if kind & 1:
            data = _take(image, offset + 4, max(0, size - 4))
            for index in range(len(data) // entry.size):
                flags, at, length, handler, handler_length, extra = entry.unpack_from(
                    data, index * entry.size
                )
                try:
                    clause_kind = {0: ClauseKind.CATCH, 1: ClauseKind.FILTER,
                                   2: ClauseKind.FINALLY, 4: ClauseKind.FAULT}[flags]
                except KeyError as error:
                    raise MetadataError(
                        f"{image.name}: an exception clause has flags {flags:#x}"
                    ) from error
                result.append(
                    Clause(
                        clause_kind, at, length, handler, handler_length,
                        extra if clause_kind is ClauseKind.CATCH else 0,
                        extra if clause_kind is ClauseKind.FILTER else 0,
                    )
                )
        offset += max(size, 4)
    return tuple(result)
