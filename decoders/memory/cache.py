"""A page cache over any memory.

A debugger reads many small things from few pages, and a read through a remote stub costs the same
for 8 bytes as for 64. The cache must be dropped whenever the target runs or its memory changes.
"""

from __future__ import annotations

from dataclasses import dataclass

from decoders.errors import ReadError
from decoders.memory.protocol import Memory, check_range

PAGE = 0x1000


@dataclass(slots=True)
class CacheStatistics:
    """Counts since the cache was made: page reads that reached the memory below, and hits."""

    misses: int = 0
    hits: int = 0
    drops: int = 0


class PageCache:
    """Memory that reads whole aligned pages from `inner` and keeps them until `drop`.

    Every read is split at page borders, since a stub fails a whole read for one unmapped page.
    A page that cannot be read as a whole (a device, a segment's ragged end) is not cached: the
    bytes asked for are then read directly.
    """

    def __init__(
        self, inner: Memory, max_pages: int = 65536, bulk: int = 1 << 20, page: int = PAGE
    ) -> None:
        """`max_pages` bounds memory use; a read of at least `bulk` bytes bypasses the cache.

        `page` is what is read at once: a power of two up to the machine's page. A stub whose
        packets carry less than a page takes two for each.
        """
        if page & (page - 1) or not 0 < page <= PAGE:
            raise ValueError(f"a cache of pages of {page} bytes: a power of two up to {PAGE}")
        self._page = page
        self._inner = inner
        self._pages: dict[int, bytes] = {}
        self._unreadable: dict[int, ReadError] = {}
        self._max_pages = max_pages
        self._bulk = bulk
        self.statistics = CacheStatistics()

    def drop(self) -> None:
        """Forget everything: the target ran, or its memory or mode changed."""
        self._pages.clear()
        self._unreadable.clear()
        self.statistics.drops += 1

    def read(self, address: int, size: int, purpose: str) -> bytes:
        """See Memory.read."""
        check_range(address, size, purpose)
        if size >= self._bulk:
            return self._inner.read(address, size, purpose)
        offset = address & (self._page - 1)
        if offset + size <= self._page:
            return self._piece(address - offset, offset, size, address, size, purpose)
        result = bytearray()
        position = address
        while len(result) < size:
            offset = position & (self._page - 1)
            count = min(self._page - offset, size - len(result))
            result += self._piece(position - offset, offset, count, address, size, purpose)
            position += count
        return bytes(result)

    def _piece(
        self, page: int, offset: int, count: int, address: int, size: int, purpose: str
    ) -> bytes:
        data = self._pages.get(page)
        if data is not None:
            self.statistics.hits += 1
            return data[offset : offset + count]
        if page not in self._unreadable:
            self.statistics.misses += 1
            try:
                data = self._inner.read(page, self._page, purpose)
            except ReadError as error:
                self._unreadable[page] = error
            else:
                if len(self._pages) >= self._max_pages:
                    self._pages.clear()
                self._pages[page] = data
                return data[offset : offset + count]
        try:
            return self._inner.read(page + offset, count, purpose)
        except ReadError as error:
            raise ReadError(address, size, purpose, error.reason, error.advice) from error
