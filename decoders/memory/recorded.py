"""Recorded bytes as a memory: what tests and saved snapshots use."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from decoders.errors import ReadError
from decoders.memory.protocol import check_range


class RecordedMemory:
    """Segments of (virtual address, bytes). Overlaps are refused; adjacent segments join up."""

    def __init__(self, segments: Iterable[tuple[int, bytes]]) -> None:
        self._segments = sorted((a, bytes(d)) for a, d in segments if d)
        self._starts = [start for start, _ in self._segments]
        for (start, data), (following, _) in zip(
            self._segments, self._segments[1:], strict=False
        ):
            if start + len(data) > following:
                raise ValueError(
                    f"recorded segments overlap at {following:#x}: merge them before recording"
                )

    def read(self, address: int, size: int, purpose: str) -> bytes:
        """See Memory.read. A read may span adjacent segments but not a hole."""
        check_range(address, size, purpose)
        result = bytearray()
        index = bisect_right(self._starts, address) - 1
        position = address
        while len(result) < size:
            if index < 0 or index >= len(self._segments):
                break
            start, data = self._segments[index]
            if not start <= position < start + len(data):
                break
            piece = data[position - start : position - start + size - len(result)]
            result += piece
            position += len(piece)
            index += 1
        if len(result) < size:
            raise ReadError(
                address, size, purpose, f"nothing was recorded at {position:#x}",
                "record more memory or check the pointer",
            )
        return bytes(result)
