"""What a store record says. 32 bytes each, little-endian: pc, address, value, meta (u64)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

RECORD_SIZE = 32
#: Of records without value and count.
COMPACT_SIZE = 16
HAS_VALUE, IS_IO, UPPER_HALF, IS_RETURN = 1, 2, 4, 8
_RECORD = struct.Struct("<4Q")


@dataclass(frozen=True, slots=True)
class StoreRecord:
    """One store of the guest.

    pc, address: virtual. size: bytes. value: what memory held right after the store, None where it
    is not known. vcpu: index. instructions: executed by that vCPU before this one, 0 when they were
    not counted. upper_half: the second record of a 16-byte store. is_return: no store, a return
    loaded its address from there.
    """

    pc: int
    address: int
    size: int
    value: int | None
    vcpu: int
    instructions: int
    is_io: bool = False
    upper_half: bool = False
    is_return: bool = False


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
            bool(flags & IS_RETURN),
        )  # fmt: skip


def expanded(data: bytes | memoryview) -> bytes:
    """Compact records (16 bytes, struct compact of shared.h) as records of 32 bytes."""
    # Only traces without values need it, and numpy takes a tenth of a second to import.
    import numpy as np

    words = np.frombuffer(data, np.uint64).reshape(-1, 2)
    place = words[:, 0]
    result = np.zeros((len(words), 4), np.uint64)
    pc = (place << np.uint64(16)).view(np.int64) >> np.int64(16)
    result[:, 0] = pc.view(np.uint64)
    result[:, 1] = words[:, 1]
    size = place >> np.uint64(48) & np.uint64(0x3F)
    flags = (place >> np.uint64(54) & np.uint64(1)) * np.uint64(IS_RETURN << 16)
    upper = (place >> np.uint64(55) & np.uint64(1)) * np.uint64(UPPER_HALF << 16)
    result[:, 3] = size | (place >> np.uint64(56)) << np.uint64(8) | upper | flags
    return result.tobytes()
