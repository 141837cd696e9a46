"""Objects, arrays, strings and values at an address."""

from __future__ import annotations

import re

import decoders.render.objects  # noqa: F401 (registers the renderers)
from decoders.inspect import objects
from decoders.runtime import Value, Values
from gdbext import parameters
from gdbext.command import Arg, Arguments, Option, command
from gdbext.commands.types import depth
from gdbext.session import LookupFailure, Session

_ADDRESS = Arg("ADDR", "an address: a number, $register, or C expression", "address")
_EVERYTHING = 1 << 16


@command(
    "clr-obj", "Show an object: its type, size, fields and their values.",
    args=(Arg("ADDR", _ADDRESS.help, "expression"),),
    details="""
`set clr depth N` expands what its references lead to. For an address that is no object, what lies
there is said instead.
""",
    examples=("clr-obj 0xffff800000100188", "clr-obj $rcx", "clr-obj *(long *)($rbp + 16)"),
    aliases=("dumpobj",),
)
def clr_obj(session: Session, arguments: Arguments) -> objects.ObjectView:
    """One object."""
    address = session.address(arguments["ADDR"])
    return objects.object_view(session.runtime, session.values(), address, depth())


@command(
    "clr-vt", "Show a value of a type at an address: a struct on the stack, say.",
    args=(Arg("TYPE", "a value type's name or address", "type"),
          Arg("ADDR", _ADDRESS.help, "expression")),
    examples=("clr-vt Ddk.PciAddress $rbp-24",),
    aliases=("dumpvc",),
)
def clr_vt(session: Session, arguments: Arguments) -> Value:
    """A value without a MethodTable of its own in front."""
    info = session.find_type(arguments["TYPE"])
    return objects.value_at(
        session.values(), info, session.address(arguments["ADDR"]), depth())


@command(
    "clr-str", "Show a string's text.",
    args=(Arg("ADDR", _ADDRESS.help, "expression"),),
    options=(Option("all", "also of a long string everything"),),
    details="\nAt most eight times `set clr elements` characters are shown.\n",
    examples=("clr-str $rcx",),
)
def clr_str(session: Session, arguments: Arguments) -> objects.StringView:
    """A string."""
    limit = 8 * int(parameters.get("elements"))
    if arguments.flag("all"):
        limit = 0x7FFFFFFF
    return objects.string_view(
        session.runtime, session.values(), session.address(arguments["ADDR"]), limit)


@command(
    "clr-array", "Show an array: length, stride, elements, and whether its block holds them.",
    args=(_ADDRESS, Arg("RANGE", "START:COUNT, the elements to show", "text", optional=True)),
    details="""
The stride that code compiled from metadata uses is held against the MethodTable's ComponentSize,
and the elements' end against the block's.
""",
    examples=("clr-array $rcx", "clr-array 0xffff800000100188 4:2"),
    aliases=("dumparray",),
)
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
