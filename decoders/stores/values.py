"""Integers of field stores as text, one by one or by the thousand."""

from __future__ import annotations

from collections.abc import Sequence

from decoders.metadata import ET
from decoders.runtime import ValueKind

SIGNED = frozenset({
    ValueKind.I1, ValueKind.I2, ValueKind.I4, ValueKind.I8, ValueKind.NINT,
})  # fmt: skip
UNSIGNED = frozenset({
    ValueKind.U1, ValueKind.U2, ValueKind.U4, ValueKind.U8, ValueKind.NUINT,
})  # fmt: skip
#: Below this a number says all in decimal.
SMALL = 10


def is_integer(kind: ValueKind, element: ET | None) -> bool:
    """Whether a field's values are shown as numbers alone."""
    return kind in SIGNED | UNSIGNED and element not in (ET.BOOLEAN, ET.CHAR)


def signed(number: int, size: int) -> int:
    """An unsigned number of so many bytes as a signed one."""
    return number - (number >> 8 * size - 1 << 8 * size)


def integer_text(number: int) -> str:
    """`7`, `-3`, `19 (0x13)`."""
    return f"{number} ({number:#x})" if number >= SMALL else str(number)


def integer_lines(twice: Sequence[int]) -> list[str]:
    """The texts of numbers from SMALL up, each given twice in a row, with a line feed each."""
    count = len(twice) // 2
    return ("%d (%#x)\n\0" * count % tuple(twice)).split("\0")[:-1]
