"""What a store has to be for the machine to stop at it, as people write it.

    [TYPE.]FIELD [= NUMBER] [by METHOD] [of OBJECT] [or ...]

The same language on the command line (`--stop-when`) and in gdb (`-stop-when`); names are globs, as
in Filters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from decoders.errors import DecodeError
from decoders.stores.filters import Filters
from decoders.stores.store import FieldStore

_PART = re.compile(r"\s(by|of)\s")
_OR = re.compile(r"\sor\s")
_FORM = "[TYPE.]FIELD [= NUMBER] [by METHOD] [of OBJECT]"


class ConditionError(DecodeError):
    """The text is no condition."""


def parse_conditions(text: str, address: Callable[[str], int]) -> list[Filters]:
    """Any of these is wanted: `PciDeviceInfo.ProgIf`, `Count = 7 by Add`, `A.B or A.C of 0x1000`.

    address: what an OBJECT means as a number. Raises ConditionError, and what `address` raises.
    """
    return [_condition(part.strip(), address) for part in _OR.split(f" {text} ")]


def _condition(text: str, address: Callable[[str], int]) -> Filters:
    head, *rest = _PART.split(f" {text} ")
    words = dict(zip(rest[::2], (part.strip() for part in rest[1::2]), strict=True))
    field, equals, value = (part.strip() for part in head.partition("="))
    complete = field and not field.endswith(".") and bool(equals) == bool(value)
    if not complete or len(rest) != 2 * len(words) or not all(words.values()):
        raise ConditionError(
            f"{text!r} is no store to stop at: write {_FORM}, or several with `or`")
    wanted = words.get("of")
    return Filters(
        field=field,
        value=_number(value) if equals else None,
        method=words.get("by"),
        object=None if wanted is None else address(wanted),
    )


def _number(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise ConditionError(
            f"{text!r} is not a number to stop at; write 19 or 0x13") from None


def to_text(wanted: Filters) -> str:
    """A condition as it is written."""
    value = "" if wanted.value is None else f" = {wanted.value}"
    method = "" if wanted.method is None else f" by {wanted.method}"
    where = "" if wanted.object is None else f" of {wanted.object:#x}"
    return f"{wanted.field}{value}{method}{where}"


def is_met(wanted: Sequence[Filters], store: FieldStore) -> bool:
    """Whether a store is one to stop at."""
    return any(filters.matches(store) for filters in wanted)
