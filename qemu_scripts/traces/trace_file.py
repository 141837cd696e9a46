"""Store records on disk: the shared file's first page, then the records as they lay in the ring."""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from decoders.store_records import StoreRecord, decode, expanded
from qemu_scripts.errors import EnvironmentFault, UsageError
from qemu_scripts.traces.shared import (
    COMPACT_SIZE,
    HEADER_SIZE,
    MAGIC,
    RECORD_SIZE,
    VERSION,
    SharedFile,
)

_PIECE = 1 << 16


class TraceWriter:
    """Writes pieces of the ring to a file; `write` serves as a ring's sink."""

    def __init__(self, path: Path, shared: SharedFile) -> None:
        self._path = path
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise EnvironmentFault(
                f"the trace file {path} cannot be written: {error.strerror}"
            ) from error
        self._write(memoryview(shared.header()))

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)

    def write(self, view: memoryview) -> None:
        """Append records; raises EnvironmentFault when the disk is full."""
        self._write(view)

    def _write(self, view: memoryview) -> None:
        try:
            at = 0
            while at < len(view):
                at += os.write(self._fd, view[at:])
        except OSError as error:
            # What is there stays readable up to the last whole record.
            raise EnvironmentFault(
                f"the trace file {self._path} cannot be written on: {error.strerror}; "
                "what was written so far is whole and readable"
            ) from error


class TraceFile:
    """A trace file, mapped."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                head = stream.read(16)
                if len(head) == 16 and size >= HEADER_SIZE:
                    self._data = mmap.mmap(stream.fileno(), size, prot=mmap.PROT_READ)
        except OSError as error:
            raise UsageError(f"the trace file {path} cannot be read: {error.strerror}") from error
        known = {struct.pack("<QII", MAGIC, VERSION, n): n for n in (RECORD_SIZE, COMPACT_SIZE)}
        if len(head) < 16 or size < HEADER_SIZE or head not in known:
            raise UsageError(f"{path} is not a trace file of this version of clrscope")
        self._record_size = known[head]
        self.count = (size - HEADER_SIZE) // self._record_size

    def __len__(self) -> int:
        return self.count

    def pieces(self) -> Iterator[memoryview]:
        """The records, whole ones of 32 bytes, in pieces."""
        step = _PIECE * self._record_size
        end = HEADER_SIZE + self.count * self._record_size
        with memoryview(self._data) as view:
            for at in range(HEADER_SIZE, end, step):
                piece = view[at : min(at + step, end)]
                yield piece if self._record_size == RECORD_SIZE else memoryview(expanded(piece))

    def __iter__(self) -> Iterator[StoreRecord]:
        for piece in self.pieces():
            yield from decode(piece)

    def close(self) -> None:
        """Unmap; where an exception holds a reader that was on its way, the last reader unmaps."""
        with suppress(BufferError):
            self._data.close()
