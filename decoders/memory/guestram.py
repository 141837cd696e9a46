"""Guest RAM mapped from QEMU's memory-backend file: bulk reads without the gdbstub."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path

from decoders.errors import ReadError
from decoders.memory.pagewalk import Translation, is_canonical, small_pages, walk
from decoders.memory.protocol import check_range

FOUR_GIB = 1 << 32
# From here on page tables are read as a whole, and pages that lie behind each other together.
BULK = 64 << 10


def q35_below_4g(ram_size: int) -> int:
    """Bytes of RAM that QEMU's q35 puts below 4 GiB; the rest begins at 4 GiB.

    QEMU hw/i386/pc_q35.c: 2.75 GiB of low RAM unless the machine has more, then 2 GiB.
    """
    return min(ram_size, 0x8000_0000 if ram_size >= 0xB000_0000 else 0xB000_0000)


class GuestRam:
    """Physical memory over a buffer holding all RAM, with the low/high split of the machine."""

    def __init__(self, data: bytes | mmap.mmap, below_4g: int | None = None) -> None:
        self._data = data
        self._size = len(data)
        self._below = q35_below_4g(self._size) if below_4g is None else below_4g

    @classmethod
    def open(cls, path: str | Path, below_4g: int | None = None) -> GuestRam:
        """Map the backing file of `-object memory-backend-file,share=on,mem-path=PATH`."""
        try:
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size == 0:
                    raise ReadError(
                        0, 0, f"guest RAM file {path}", "the file is empty",
                        "start QEMU with memory-backend-file,share=on first",
                    )
                return cls(mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ), below_4g)
        except OSError as error:
            raise ReadError(
                0, 0, f"guest RAM file {path}", error.strerror or str(error),
                "check the mem-path QEMU was started with",
            ) from error

    @property
    def size(self) -> int:
        """Bytes of RAM."""
        return self._size

    def contains(self, address: int, size: int) -> bool:
        """Whether physical memory from `address` on is RAM, all of it."""
        if address + size <= self._below:
            return True
        return address >= FOUR_GIB and address - FOUR_GIB + self._below + size <= self._size

    def banks(self) -> list[tuple[int, int]]:
        """(physical address, size) of each stretch of RAM."""
        low = min(self._size, self._below)
        high = [(FOUR_GIB, self._size - low)] if self._size > low else []
        return [(0, low), *high]

    def offset_of(self, address: int) -> int:
        """Where a physical address that is RAM lies in the file."""
        return address if address < self._below else address - FOUR_GIB + self._below

    def raw(self, offset: int, size: int) -> bytes:
        """Bytes of the file, as they lie there."""
        return self._data[offset : offset + size]

    def read_physical(self, address: int, size: int, purpose: str) -> bytes:
        """See PhysicalMemory.read_physical; device memory is not in the file."""
        check_range(address, size, purpose)
        if not self.contains(address, size):
            raise ReadError(
                address, size, purpose, "the physical address is not RAM",
                "read device memory through the gdbstub",
            )
        return self.raw(self.offset_of(address), size)


class TranslatedRam:
    """Virtual memory: guest RAM read through the page tables that `cr3` points to.

    Translations are kept until `drop`, or until another CR3 is set.
    """

    def __init__(self, ram: GuestRam, cr3: int) -> None:
        self._ram = ram
        self._cr3 = cr3
        self._leaves: dict[int, Translation] = {}

    @property
    def cr3(self) -> int:
        """The page-table root in use; setting it drops all translations."""
        return self._cr3

    @cr3.setter
    def cr3(self, value: int) -> None:
        self._cr3 = value
        self.drop()

    def drop(self) -> None:
        """Forget translations: the target ran."""
        self._leaves.clear()

    def translate(self, address: int, purpose: str) -> Translation:
        """Translate one virtual address, with rights and page size."""
        page = address & ~0xFFF
        leaf = self._leaves.get(page)
        if leaf is None:
            leaf = walk(self._ram, self._cr3, page, purpose)
            self._leaves[page] = leaf
        return Translation(
            address, leaf.physical + (address & 0xFFF), leaf.page_size,
            leaf.writable, leaf.user, leaf.executable,
        )

    def read(self, address: int, size: int, purpose: str) -> bytes:
        """See Memory.read."""
        check_range(address, size, purpose)
        if size >= BULK:
            return self._bulk(address, size, purpose)
        result = bytearray()
        position = address
        while len(result) < size:
            where = self.translate(position, purpose)
            count = min(where.remaining, size - len(result))
            result += self._ram.read_physical(where.physical, count, purpose)
            position += count
        return bytes(result)

    def _bulk(self, address: int, size: int, purpose: str) -> bytes:
        """A large read as few copies: what is contiguous in RAM is copied at once."""
        parts: list[bytes] = []
        start = stop = 0
        position, end = address, address + size
        while position < end:
            for physical, count in self._pieces(position, end, purpose):
                if physical != stop:
                    if stop > start:
                        parts.append(self._ram.read_physical(start, stop - start, purpose))
                    start = physical
                stop = physical + count
                position += count
        parts.append(self._ram.read_physical(start, stop - start, purpose))
        return b"".join(parts)

    def _pieces(self, position: int, end: int, purpose: str) -> Iterator[tuple[int, int]]:
        """(physical address, bytes) of what one page table maps from `position` on."""
        pages: list[int] | None = None
        if is_canonical(position):
            count = (end - 1 >> 12) - (position >> 12) + 1
            pages = small_pages(self._ram, self._cr3, position, count, purpose)
        if not pages:
            where = self.translate(position, purpose)
            yield where.physical, min(where.remaining, end - position)
            return
        for page in pages:
            offset = position & 0xFFF
            count = min(0x1000 - offset, end - position)
            yield page + offset, count
            position += count
