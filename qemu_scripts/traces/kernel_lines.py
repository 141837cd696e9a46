"""Field stores out of the guest's own `[stfld RT]` lines (kernel option jit.trace=stfld).

A line names object, offset and where the trace's helper returns to: the store site is the one
behind that. It is printed before the store, so that it knows neither the old value nor the new one.
Statics are not in it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from decoders.errors import DecodeError
from decoders.runtime import Runtime
from decoders.stores import FieldStore, Places, Site
from qemu_scripts import run
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.outcome import Outcome
from qemu_scripts.traces.kernel_image import KernelImage, files_by_name, open_runtime
from qemu_scripts.traces.stfld import SiteTable

_LINE = re.compile(rb"^\[stfld RT\] obj=0x([0-9A-F]{16}) off=(\d+) at=0x([0-9A-F]{16})\r?$", re.M)
_MINE = b"[stfld RT]"


@dataclass(frozen=True, slots=True)
class KernelLine:
    """One line: the object or value, the field's offset, the return address of the trace's call."""

    object: int
    offset: int
    at: int


def parse(log: bytes) -> list[KernelLine]:
    """The lines of a kernel log. Raises EnvironmentFault for one that is no such line."""
    found = [
        KernelLine(int(match[1], 16), int(match[2]), int(match[3], 16))
        for match in _LINE.finditer(log)
    ]
    for line in log.splitlines():
        if line.startswith(_MINE) and not _LINE.match(line):
            raise EnvironmentFault(
                f"the kernel log has the line {line.decode('ascii', 'replace')!r}, which is no "
                "field store as this version of clrscope knows it; run `clrscope build`"
            )
    return found


class LineDecoder:
    """Names the lines' stores."""

    def __init__(self, sites: SiteTable, places: Places) -> None:
        self._places = places
        #: The sites in order of address: the store follows its trace call in the same method.
        self._sites = sites.sites
        self._known: dict[int, Site | None] = {}
        self.count = 0
        self.unknown = 0

    def _site(self, at: int) -> Site | None:
        if at not in self._known:
            later = (site for site in self._sites if site.start >= at)
            self._known[at] = next(later, None)
        return self._known[at]

    def decode(self, lines: Iterable[KernelLine]) -> Iterator[FieldStore]:
        """Their field stores, in order; a line whose site is not known is counted in `unknown`."""
        for line in lines:
            self.count += 1
            site = self._site(line.at)
            if site is None or site.record.displacement != line.offset:
                self.unknown += 1
                continue
            address = line.object + line.offset
            place = self._places.of_store(site, address)
            yield FieldStore(
                self.count, site, place, self._places, address, site.record.size, None,
                site.start, 0,
            )  # fmt: skip


@dataclass
class KernelTrace:
    """A finished run whose guest traced itself."""

    outcome: Outcome
    runtime: Runtime | None
    decoder: LineDecoder | None
    lines: list[KernelLine]

    @property
    def count(self) -> int:
        """Field stores that the guest told of."""
        return len(self.lines)

    def stores(self) -> Iterator[FieldStore]:
        """The field stores."""
        if self.decoder is not None:
            yield from self.decoder.decode(self.lines)


@contextmanager
def kernel_trace(options: run.RunOptions, image: KernelImage) -> Iterator[KernelTrace]:
    """Run the guest with its own trace on. Raises UsageError and EnvironmentFault."""
    with tempfile.TemporaryDirectory(prefix="clrscope-lines-") as name:
        folder = Path(name)
        log, ram = folder / "log", folder / "ram"
        outcome = run.run(replace(options, trace=("stfld",), kernel_log=log, memory_file=ram))
        try:
            lines = parse(log.read_bytes()) if log.exists() else []
            runtime = open_runtime(image, ram)
            sites = SiteTable(runtime, files_by_name(run.module_files(options)))
            decoder = LineDecoder(sites, Places(runtime))
        except DecodeError as error:
            raise EnvironmentFault(f"the run cannot be understood: {error}") from error
        yield KernelTrace(outcome, runtime, decoder, lines)
