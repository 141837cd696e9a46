"""Convenience functions for conditions and scripts: $clr_field, $clr_type, $clr_method."""

from __future__ import annotations

from typing import Any

import gdb

from decoders.errors import DecodeError
from decoders.inspect.objects import field_value
from gdbext.session import drop_if_moving, session

U64 = (1 << 64) - 1


class _Function(gdb.Function):
    """A convenience function whose foreseen errors are one line."""

    name = ""

    def __init__(self) -> None:
        super().__init__(self.name)

    def invoke(self, *arguments: gdb.Value) -> Any:
        try:
            drop_if_moving()
            session().require_target()
            return self.result(*arguments)
        except (DecodeError, gdb.error) as error:
            raise gdb.GdbError(f"${self.name}: {error}") from None
        except TypeError as error:
            raise gdb.GdbError(f"${self.name}: {error}; {self.__doc__}") from None

    def result(self, *arguments: gdb.Value) -> Any:
        """What the function gives."""
        raise NotImplementedError


def _address(value: gdb.Value) -> int:
    return int(value.cast(gdb.lookup_type("unsigned long"))) & U64


class ClrField(_Function):
    """$clr_field(OBJECT, "NAME"): the value of a field of the object at an address.

    NAME may go on into what the field holds: "Address.Bus", "Bars[2].Size". Numbers and booleans
    are numbers, strings are strings, other references are addresses (null is 0).
    """

    name = "clr_field"

    def result(self, *arguments: gdb.Value) -> Any:
        base, name = arguments
        values = session().values()
        found = field_value(values, _address(base), name.string())
        scalar = found.scalar
        if scalar is None:
            raise gdb.GdbError(
                f"$clr_field: {name.string()} is a {found.type}: name one of its fields, "
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


class ClrType(_Function):
    """$clr_type(OBJECT): the full name of an object's type, as a string."""

    name = "clr_type"

    def result(self, *arguments: gdb.Value) -> Any:
        (base,) = arguments
        return session().values().object(_address(base), 0).type


class ClrMethod(_Function):
    """$clr_method(ADDRESS): the method whose code is there (Ns.Type::Method), "" if none is."""

    name = "clr_method"

    def result(self, *arguments: gdb.Value) -> Any:
        (base,) = arguments
        place = session().codes.find(_address(base))
        if place is None or place.method is None:
            # gdb 13 makes a null pointer of an empty Python string.
            return gdb.Value(b"\0", gdb.lookup_type("char").array(0))
        return session().runtime.method_name(place.method)


def register() -> None:
    """Define the functions."""
    ClrField()
    ClrType()
    ClrMethod()
