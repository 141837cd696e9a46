"""Objects, arrays, strings and values at an address."""

from __future__ import annotations

import re

import decoders.render.objects  # noqa: F401 (registers the renderers)
from decoders.inspect import objects
from decoders.runtime import Value, Values
from gdbext import parameters
from gdbext.command import Arguments
from gdbext.commands.types import depth
from gdbext.session import LookupFailure, Session

_EVERYTHING = 1 << 16


def clr_obj(session: Session, arguments: Arguments) -> objects.ObjectView:
    """One object."""
    address = session.address(arguments["ADDR"])
    return objects.object_view(session.runtime, session.values(), address, depth())


def clr_vt(session: Session, arguments: Arguments) -> Value:
    """A value without a MethodTable of its own in front."""
    info = session.find_type(arguments["TYPE"])
    return objects.value_at(
        session.values(), info, session.address(arguments["ADDR"]), depth())


def clr_str(session: Session, arguments: Arguments) -> objects.StringView:
    """A string."""
    limit = 8 * int(parameters.get("elements"))
    if arguments.flag("all"):
        limit = 0x7FFFFFFF
    return objects.string_view(
        session.runtime, session.values(), session.address(arguments["ADDR"]), limit)


def clr_array(session: Session, arguments: Arguments) -> objects.ArrayView:
    """Elements of an array."""
    start, count = _range(arguments.get("RANGE"))
    values = Values(session.runtime, count) if count is not None else session.values()
    address = session.address(arguments["ADDR"])
    return objects.array_view(session.runtime, values, address, start, depth())


def _range(text: str | None) -> tuple[int, int | None]:
    if text is None:
        return 0, None
    found = re.fullmatch(r"(\d+)?:(\d+)?|(\d+)", text)
    if found is None:
        raise LookupFailure(f"{text!r} is no range of elements: START:COUNT, 4:2 say")
    if found[3] is not None:
        return int(found[3]), 1
    return int(found[1] or 0), min(int(found[2]), _EVERYTHING) if found[2] else None
