"""The filters of the command line (decoders.stores.Filters) and its numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TypeVar

from decoders.stores import Filters
from decoders.stores.filters import method_matches
from qemu_scripts.errors import UsageError

__all__ = ["Filters", "method_matches", "number", "tail", "type_matches"]


def number(text: str, option: str) -> int:
    """A number of the command line, decimal or 0x; raises UsageError."""
    try:
        return int(text, 0)
    except ValueError:
        raise UsageError(f"{option} {text!r} is not a number; write 19 or 0x13") from None


def type_matches(pattern: str, name: str) -> bool:
    """Whether a glob means a type, with or without its namespace."""
    return Filters(type=pattern).type_matches(name)


T = TypeVar("T")


def tail(events: Iterator[T], last: int | None) -> Iterator[T]:
    """The last ones, if only those are wanted."""
    return events if last is None else iter(deque(events, maxlen=last))
