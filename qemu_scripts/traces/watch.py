"""Ending a guest at a store that somebody waits for, while it runs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from decoders.errors import DecodeError
from decoders.stores.columns import ColumnDecoder
from decoders.stores.conditions import ConditionError, parse_conditions
from qemu_scripts.errors import EnvironmentFault, UsageError
from qemu_scripts.traces.filters import Filters, number
from qemu_scripts.traces.kernel_image import KernelImage, open_runtime
from qemu_scripts.traces.shared import HEADER_SIZE, RECORD_SIZE
from qemu_scripts.traces.stfld import Places, SiteTable

_PAUSE = 0.3
#: Records looked at again, so that a struct's copy that was cut in two is seen whole.
_OVERLAP = 256
_MOST = 1 << 20


def conditions(texts: Sequence[str]) -> list[Filters]:
    """What --stop-when words mean: see decoders.stores.conditions. Raises UsageError."""
    try:
        return [
            found
            for text in texts
            for found in parse_conditions(text, lambda word: number(word, "the object"))
        ]
    except ConditionError as error:
        raise UsageError(f"--stop-when: {error}") from None


class StopWatch:
    """Asked now and then whether a wanted store is in the trace by now.

    The kernel publishes a method before its code runs: what memory says after a record was written
    names the record.
    """

    def __init__(
        self, wanted: list[Filters], image: KernelImage, files: Mapping[str, Path]
    ) -> None:
        self._wanted = wanted
        self._image = image
        self._files = files
        self._done = 0
        self._next = 0.0

    def __call__(self, ram: Path, trace: Path) -> bool:
        now = time.monotonic()
        if now < self._next:
            return False
        found = self._look(ram, trace)
        # Looking must not take more than a part of the time.
        self._next = time.monotonic() + max(_PAUSE, 4 * (time.monotonic() - now))
        return found

    def _look(self, ram: Path, trace: Path) -> bool:
        try:
            count = max(0, trace.stat().st_size - HEADER_SIZE) // RECORD_SIZE
            if count == self._done:
                return False
            runtime = open_runtime(self._image, ram)
            sites, places = SiteTable(runtime, self._files), Places(runtime)
        except (OSError, DecodeError, EnvironmentFault):
            return False  # not booted far enough: the records are looked at next time
        while self._done < count:
            first = max(0, self._done - _OVERLAP)
            last = min(count, self._done + _MOST)
            with trace.open("rb") as stream:
                stream.seek(HEADER_SIZE + first * RECORD_SIZE)
                data = stream.read((last - first) * RECORD_SIZE)
            for filters in self._wanted:
                if next(ColumnDecoder(sites, places).decode([data], filters), None) is not None:
                    return True
            self._done = last
        return False
