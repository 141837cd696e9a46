"""x86-64 4-level page-table walk (Intel SDM volume 3, section 4.5, tables 4-15 to 4-20)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Protocol

from decoders.errors import ReadError

PRESENT = 1 << 0
WRITABLE = 1 << 1
USER = 1 << 2
LARGE = 1 << 7
NO_EXECUTE = 1 << 63
ADDRESS_MASK = 0x000F_FFFF_FFFF_F000

_LEVELS = (("PML4", 39), ("PDPT", 30), ("PD", 21), ("PT", 12))


class PhysicalMemory(Protocol):
    """Physical memory of a machine. `read_physical` returns exactly `size` bytes."""

    def read_physical(self, address: int, size: int, purpose: str) -> bytes:
        """Read physical memory or raise ReadError."""
        ...


@dataclass(frozen=True, slots=True)
class Translation:
    """Where a virtual address lies: its page's size in bytes and the effective rights.

    `writable`, `user` and `executable` are the AND over all levels (SDM 4.6).
    """

    virtual: int
    physical: int
    page_size: int
    writable: bool
    user: bool
    executable: bool

    @property
    def remaining(self) -> int:
        """Bytes from `virtual` to the end of its page."""
        return self.page_size - (self.virtual & (self.page_size - 1))


def is_canonical(address: int) -> bool:
    """True when bits 63:47 are all equal (SDM volume 1, section 3.3.7.1)."""
    top = address >> 47
    return top in (0, 0x1FFFF)


def small_pages(
    memory: PhysicalMemory, cr3: int, address: int, count: int, purpose: str
) -> list[int] | None:
    """Physical addresses of 4 KiB pages from `address` on: up to `count`, and all from one table.

    Stops before a page that is not present. None where a large page is mapped, or no table is.
    For reading much at once: a walk for each page would cost more than the bytes.
    """
    table = cr3 & ADDRESS_MASK
    for _, shift in _LEVELS[:-1]:
        index = (address >> shift) & 0x1FF
        entry = int.from_bytes(memory.read_physical(table + index * 8, 8, purpose), "little")
        if not entry & PRESENT or entry & LARGE:
            return None
        table = entry & ADDRESS_MASK
    index = (address >> 12) & 0x1FF
    count = min(count, 512 - index)
    raw = memory.read_physical(table + index * 8, 8 * count, purpose)
    result = []
    for entry in struct.unpack(f"<{count}Q", raw):
        if not entry & PRESENT:
            break
        result.append(entry & ADDRESS_MASK)
    return result


def walk(memory: PhysicalMemory, cr3: int, address: int, purpose: str) -> Translation:
    """Translate virtual `address` under `cr3`, or raise ReadError naming the level that fails."""
    if not is_canonical(address):
        raise ReadError(
            address, 1, purpose, "the address is not canonical", "check the pointer's upper bits"
        )
    table = cr3 & ADDRESS_MASK
    writable = user = executable = True
    for name, shift in _LEVELS:
        index = (address >> shift) & 0x1FF
        raw = memory.read_physical(table + index * 8, 8, f"{name} entry of {address:#x}")
        entry = int.from_bytes(raw, "little")
        if not entry & PRESENT:
            raise ReadError(
                address, 1, purpose, f"not mapped ({name}[{index}] is not present)",
                "check the pointer, or whether CR3 belongs to this address space",
            )
        writable &= bool(entry & WRITABLE)
        user &= bool(entry & USER)
        executable &= not entry & NO_EXECUTE
        if shift == 12 or (entry & LARGE and shift in (21, 30)):
            size = 1 << shift
            # Bit 12 of a large page's entry is PAT, and up to `shift` the rest is reserved.
            base = entry & ADDRESS_MASK & ~(size - 1)
            physical = base | (address & (size - 1))
            return Translation(address, physical, size, writable, user, executable)
        if entry & LARGE and shift == 39:
            raise ReadError(
                address, 1, purpose, f"PML4[{index}] has the reserved page-size bit set",
                "the page tables are corrupt or CR3 is wrong",
            )
        table = entry & ADDRESS_MASK
    raise AssertionError("the PT level always returns")
