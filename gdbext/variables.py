"""Managed arguments and locals by name, for `$clr_var` and for expressions that name bytes."""

from __future__ import annotations

import gdb

from decoders.errors import DecodeError
from decoders.frames.view import Role
from decoders.runtime import ByrefValue, Value
from decoders.runtime.values import FieldValue
from gdbext import frames
from gdbext.session import Session


def lookup(session: Session, frame: gdb.Frame, path: str) -> Value:
    """The value of `name` or `name.field.field` in a managed frame; DecodeError if it is not there.
    """
    if not frames.is_managed(session, frame):
        raise DecodeError(
            f"frame {frame.level()} ({frame.name() or hex(frame.pc())}) is no managed frame, which "
            f"{path} could be an argument or local of; `clr-bt` lists them")
    name, *fields = path.split(".")
    view = session.viewer().view(frames.decoded(session, frame))
    slots = view.by_role(Role.ARGUMENT, Role.LOCAL)
    slot = next((s for s in slots if s.name == name), None)
    if slot is None:
        known = ", ".join(s.name for s in slots) or "none"
        raise DecodeError(f"{view.method} has no argument or local {name!r} here (it has: {known})")
    value = _variable(slot.value)
    for done, field in enumerate(fields, 1):
        members: tuple[FieldValue, ...] = ()
        if value is not None:
            members = value.target.fields if value.target is not None else value.fields
        found = next((m for m in members if m.name == field), None)
        if found is None:
            text = value.text if value is not None else "unknown"
            raise DecodeError(f"{'.'.join([name, *fields[: done - 1]])} ({text}) has no field "
                              f"{field!r}")
        value = found.value
    if value is None:
        raise DecodeError(f"the value of {path} is not known here")
    return value


def _variable(value: Value | None) -> Value | None:
    """What a `ref` argument's name means in C#: the variable that it refers to."""
    if isinstance(value, ByrefValue) and value.pointee is not None:
        return value.pointee
    return value


def plain(value: Value) -> int | float | str:
    """What gdb can compute with: numbers, addresses of objects, texts of strings."""
    if value.target is not None:
        if value.target.string is not None:
            return value.target.string
        return value.target.address
    scalar = value.scalar
    if isinstance(scalar, bool):
        return int(scalar)
    if isinstance(scalar, str):
        return ord(scalar)
    if scalar is None:
        if value.error:
            raise DecodeError(value.error)
        return value.address
    return scalar
