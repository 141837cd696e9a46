"""What debug files say about a method: lines by IL offset and names of locals."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath, PureWindowsPath
from typing import NamedTuple, Protocol
from uuid import UUID


class SequencePoint(NamedTuple):
    """IL offset to source position; lines and columns count from 1, 0 means not known."""

    il: int
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    hidden: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class LocalName:
    """A local variable's name within the IL range [start, end)."""

    index: int
    name: str
    start: int
    end: int


@dataclass(frozen=True)
class MethodSource:
    """Debug information of one method."""

    token: int
    points: tuple[SequencePoint, ...]
    locals: tuple[LocalName, ...]

    @cached_property
    def _offsets(self) -> list[int]:
        return [p.il for p in self.points]

    def at(self, il: int) -> SequencePoint | None:
        """The point that covers an IL offset; None before the first and in hidden code."""
        return self.span_at(il)[0]

    def span_at(self, il: int) -> tuple[SequencePoint | None, int, int]:
        """The same, and the IL offsets [start, end) that it holds for; an end of 1 << 32 is none.
        """
        offsets = self._offsets
        index = bisect_right(offsets, il) - 1
        end = offsets[index + 1] if index + 1 < len(offsets) else 1 << 32
        if index < 0:
            return None, 0, end
        point = self.points[index]
        return None if point.hidden else point, offsets[index], end

    def local_names(self, il: int | None = None) -> dict[int, str]:
        """Names by local index, at an IL offset or (None) over the whole method.

        Without an offset, or where a slot is out of scope there, the first name it ever has counts.
        """
        result: dict[int, str] = {}
        for local in self.locals:
            if il is not None and local.start <= il < local.end:
                result[local.index] = local.name
        for local in self.locals:
            result.setdefault(local.index, local.name)
        return result


class SourceReader(Protocol):
    """A debug file of one module."""

    @property
    def module_id(self) -> UUID | None:
        """MVID that it was made for, where the format records it."""
        ...

    @property
    def files(self) -> list[str]:
        """Source files as the compiler named them."""
        ...

    def method(self, token: int) -> MethodSource | None:
        """Debug information of a method token (0x06rrrrrr), None when there is none."""
        ...

    def methods(self) -> Iterator[MethodSource]:
        """All methods that have debug information, by token."""
        ...


def same_file(name: str, wanted: str) -> bool:
    """Whether `wanted` (a file name or the tail of a path) means the source file `name`."""
    have = PureWindowsPath(name).parts if "\\" in name else PurePath(name).parts
    tail = PureWindowsPath(wanted).parts if "\\" in wanted else PurePath(wanted).parts
    return bool(tail) and have[-len(tail):] == tail


def find_line(reader: SourceReader, file: str, line: int) -> list[tuple[int, SequencePoint]]:
    """Where to break for FILE:LINE: (method token, point), one per method.

    Takes the first point of the line in each method; when no method has one, the points of the
    nearest line below it (as gdb does).
    """
    best: int | None = None
    found: list[tuple[int, SequencePoint]] = []
    for method in reader.methods():
        inside = [p for p in method.points if not p.hidden and same_file(p.file, file)]
        candidates = [p for p in inside if p.line >= line]
        if not candidates:
            continue
        nearest = min(p.line for p in candidates)
        if best is not None and nearest > best:
            continue
        if best is None or nearest < best:
            best, found = nearest, []
        found.append((method.token, next(p for p in candidates if p.line == nearest)))
    return found
