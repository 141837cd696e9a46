"""What the convenience functions of functions.py give; errors are theirs to show."""

from __future__ import annotations

from typing import Any

import gdb

from decoders.errors import DecodeError
from decoders.inspect.objects import field_value
from gdbext import variables
from gdbext.compiled import fresh
from gdbext.session import Session, drop_if_moving, session

U64 = (1 << 64) - 1


def _address(value: gdb.Value) -> int:
    return int(value.cast(gdb.lookup_type("unsigned long"))) & U64


def _now() -> Session:
    drop_if_moving()
    session().require_target()
    return session()


def clr_field(base: gdb.Value, name: gdb.Value) -> Any:
    """A field's value: a number, a string or an address."""
    values = _now().values()
    found = field_value(values, _address(base), name.string())
    scalar = found.scalar
    if scalar is None:
        raise DecodeError(
            f"{name.string()} is a {found.type}: name one of its fields, "
            + ", ".join(f.name for f in found.fields[:8]))
    if found.type == "string" and isinstance(scalar, int):
        return values.string(scalar)[0] if scalar else 0
    if found.type == "char" and isinstance(scalar, str):
        return ord(scalar)
    if isinstance(scalar, bool):
        return int(scalar)
    if isinstance(scalar, int) and scalar > (1 << 63) - 1:
        return gdb.Value(scalar).cast(gdb.lookup_type("unsigned long"))
    return scalar


def clr_type(base: gdb.Value) -> str:
    """The name of an object's type."""
    return _now().values().object(_address(base), 0).type


def clr_method(base: gdb.Value) -> Any:
    """The name of the method whose code is there, or an empty string."""
    now = _now()
    place = now.codes.find(_address(base))
    if place is None or place.method is None:
        # gdb 13 makes a null pointer of an empty Python string.
        return gdb.Value(b"\0", gdb.lookup_type("char").array(0))
    return now.runtime.method_name(place.method)


def clr_var(name: gdb.Value) -> int | float | str:
    """The value of an argument or local of the selected frame."""
    fresh().require_target()
    return variables.plain(variables.lookup(fresh(), gdb.selected_frame(), name.string()))
