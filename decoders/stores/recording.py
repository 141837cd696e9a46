"""The records of a trace that another process writes: the plugin's shared file and the trace file.

Format: qemu_scripts/plugins/shared.h. The plugin fills a ring; its reader appends to a file beside
it, named `trace`, and moves the tail. A machine that stands still adds nothing, so that the file is
whole once the tail has come to the head.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from pathlib import Path

from decoders.errors import TargetError
from decoders.store_records import COMPACT_SIZE, RECORD_SIZE, expanded

_MAGIC, _VERSION = b"CLRTRACE", 1
_HEADER = 4096
_HEAD, _LOST, _TAIL = 128, 136, 192
_PIECE = 1 << 16
#: Seconds that the reader gets to take what is in the ring.
PATIENCE = 10.0


class Recording:
    """A trace that goes on. shared: the plugin's file."""

    def __init__(self, shared: Path) -> None:
        self._shared = shared
        self._trace = shared.with_name("trace")
        self._size = RECORD_SIZE

    def _numbers(self) -> tuple[int, int, int]:
        """(head, tail, lost)."""
        try:
            with self._shared.open("rb") as stream:
                data = stream.read(_HEADER)
        except OSError as error:
            raise TargetError(
                f"the plugin's file {self._shared} cannot be read: {error.strerror}"
            ) from error
        known = {
            struct.pack("<8sII", _MAGIC, _VERSION, n): n for n in (RECORD_SIZE, COMPACT_SIZE)}
        if len(data) < _HEADER or data[:16] not in known:
            raise TargetError(
                f"{self._shared} is no trace of this version of the plugin; run `clrscope build`"
            )
        self._size = known[data[:16]]
        head, lost = struct.unpack_from("<QQ", data, _HEAD)
        (tail,) = struct.unpack_from("<Q", data, _TAIL)
        return head, tail, lost

    @property
    def lost(self) -> int:
        """Records that found no room."""
        return self._numbers()[2]

    def pieces(self) -> Iterator[bytes]:
        """All records so far, as 32 bytes each, of a machine that stands still.

        Raises TargetError.
        """
        head, tail, _ = self._numbers()
        until = time.monotonic() + PATIENCE
        while tail < head:
            if time.monotonic() > until:
                raise TargetError(
                    f"the reader of the plugin's trace is {head - tail} records behind; is the "
                    "clrscope that started this machine stopped or gone?"
                )
            time.sleep(0.002)
            head, tail, _ = self._numbers()
        left = head
        try:
            with self._trace.open("rb") as stream:
                stream.seek(_HEADER)
                while left:
                    data = stream.read(min(left, _PIECE) * self._size)
                    if len(data) % self._size or not data:
                        raise TargetError(f"{self._trace} has less than the {head} records made")
                    left -= len(data) // self._size
                    yield data if self._size == RECORD_SIZE else expanded(data)
        except OSError as error:
            raise TargetError(
                f"the trace {self._trace} cannot be read: {error.strerror}"
            ) from error
