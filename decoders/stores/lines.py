"""Field stores out of a guest's own `[stfld RT]` lines (kernel option jit.trace=stfld).

A line names object, offset and where the trace's helper returns to: the store site is the one
behind that. It is printed before the store and has no values; of a store over which no later one
went, memory tells what it holds now. Statics are not in it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from decoders.errors import DecodeError, TargetError
from decoders.memory import Memory
from decoders.stores.places import Place, Places
from decoders.stores.sites import Site, SiteTable
from decoders.stores.store import FieldStore

_LINE = re.compile(rb"^\[stfld RT\] obj=0x([0-9A-F]{16}) off=(\d+) at=0x([0-9A-F]{16})\r?$", re.M)
_MINE = b"[stfld RT]"


@dataclass(frozen=True, slots=True)
class KernelLine:
    """One line: the object or value, the field's offset, the return address of the trace's call."""

    object: int
    offset: int
    at: int


def parse(log: bytes) -> list[KernelLine]:
    """The lines of a kernel log. Raises TargetError for one that is no such line."""
    found = [
        KernelLine(int(match[1], 16), int(match[2]), int(match[3], 16))
        for match in _LINE.finditer(log)
    ]
    for line in log.splitlines():
        if line.startswith(_MINE) and not _LINE.match(line):
            raise TargetError(
                f"the kernel log has the line {line.decode('ascii', 'replace')!r}, which is no "
                "field store as it is known here; log and kernel must come from this build"
            )
    return found


class LineDecoder:
    """Names the lines' stores."""

    def __init__(self, sites: SiteTable, places: Places, memory: Memory | None = None) -> None:
        """memory: what the guest holds now, for the stores that nothing overwrote since."""
        self._places = places
        self._memory = memory
        #: The sites in order of address: the store follows its trace call in the same method.
        self._sites = sites.sites
        self._known: dict[int, Site | None] = {}
        self.count = 0
        self.unknown = 0

    def _site(self, at: int) -> Site | None:
        if at not in self._known:
            index = bisect_left(self._sites, at, key=lambda site: site.start)
            self._known[at] = self._sites[index] if index < len(self._sites) else None
        return self._known[at]

    def decode(self, lines: Iterable[KernelLine]) -> Iterator[FieldStore]:
        """Their field stores, in order; a line whose site is not known is counted in `unknown`."""
        found: list[tuple[int, int, Site]] = []
        for line in lines:
            self.count += 1
            site = self._site(line.at)
            if site is None or site.record.displacement != line.offset:
                self.unknown += 1
                continue
            found.append((self.count, line.object + line.offset, site))
        last = _not_overwritten((address, site.record.size) for _, address, site in reversed(found))
        for (number, address, site), is_last in zip(found, reversed(last), strict=True):
            place = self._places.of_store(site, address)
            size = site.record.size
            raw = self._final(place, address, size) if is_last else None
            yield FieldStore(
                number, site, place, self._places, address, size, raw, site.start, 0,
                is_now=raw is not None,
            )  # fmt: skip

    def _final(self, place: Place, address: int, size: int) -> bytes | None:
        """What an object's field holds now; a stack's bytes are somebody else's by now."""
        if place.kind != "heap" or self._memory is None:
            return None
        try:
            return self._memory.read(address, size, "a field's value")
        except DecodeError:
            return None


def _not_overwritten(stores: Iterable[tuple[int, int]]) -> list[bool]:
    """For (address, size) from the last store to the first: whether no later one overlaps it."""
    written: dict[int, int] = {}
    result = []
    for address, size in stores:
        free = True
        for word in range(address & ~7, address + size, 8):
            first, end = max(address - word, 0), min(address + size - word, 8)
            mask = (1 << end) - (1 << first)
            known = written.get(word, 0)
            free = free and not known & mask
            written[word] = known | mask
        result.append(free)
    return result
