"""Field stores out of a guest's own `[stfld RT]` lines (kernel option jit.trace=stfld).

A line names object, offset and where the trace's helper returns to: the store site is the one
behind that. It is printed before the store and has no values; of the last store to a field of an
object, memory tells what it left. Statics are not in it.
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
        lines = list(lines)
        last = {(line.object, line.offset): index for index, line in enumerate(lines)}
        for index, line in enumerate(lines):
            self.count += 1
            site = self._site(line.at)
            if site is None or site.record.displacement != line.offset:
                self.unknown += 1
                continue
            address = line.object + line.offset
            place = self._places.of_store(site, address)
            raw = None
            if self._memory is not None and last[line.object, line.offset] == index:
                raw = self._final(place, address, site.record.size)
            yield FieldStore(
                self.count, site, place, self._places, address, site.record.size, raw,
                site.start, 0,
            )  # fmt: skip

    def _final(self, place: Place, address: int, size: int) -> bytes | None:
        """What an object's field holds now; a stack's bytes are somebody else's by now."""
        if place.kind != "heap" or self._memory is None:
            return None
        try:
            return self._memory.read(address, size, "a field's value")
        except DecodeError:
            return None
