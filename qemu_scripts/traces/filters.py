"""The filters of the command line (decoders.stores.Filters) and its numbers."""

from __future__ import annotations

from decoders.stores import Filters
from qemu_scripts.errors import UsageError

__all__ = ["Filters", "number"]


def number(text: str, option: str) -> int:
    """A number of the command line, decimal or 0x; raises UsageError."""
    try:
        return int(text, 0)
    except ValueError:
        raise UsageError(f"{option} {text!r} is not a number; write 19 or 0x13") from None
