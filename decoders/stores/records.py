"""What a store record says. 32 bytes each, little-endian: pc, address, value, meta (u64)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

HAS_VALUE, IS_IO, UPPER_HALF = 1, 2, 4
_RECORD = struct.Struct("<4Q")


@dataclass(frozen=True, slots=True)
class StoreRecord:
    """One store of the guest.

    pc, address: virtual. size: bytes. value: what memory held right after the store, None where it
    is not known. vcpu: index. instructions: executed by that vCPU before this one, 0 when they were
    not counted. upper_half: the second record of a 16-byte store.
    """

    pc: int
    address: int
    size: int
    value: int | None
    vcpu: int
    instructions: int
    is_io: bool = False
    upper_half: bool = False


def raw(data: bytes | memoryview) -> Iterator[tuple[int, int, int, int]]:
    """The records as (pc, address, value, meta), for loops that need speed."""
    return _RECORD.iter_unpack(data)


def decode(data: bytes | memoryview) -> Iterator[StoreRecord]:
    """The records of a piece of the ring or of a trace file."""
    for pc, address, value, meta in _RECORD.iter_unpack(data):
        flags = meta >> 16 & 0xFF
        yield StoreRecord(
            pc, address, meta & 0xFF, value if flags & HAS_VALUE else None, meta >> 8 & 0xFF,
            meta >> 24, bool(flags & IS_IO), bool(flags & UPPER_HALF),
        )  # fmt: skip
