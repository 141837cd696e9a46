"""Convenience functions for conditions and scripts: $clr_field, $clr_type, $clr_method, $clr_var.

What they give is in function_values.py, which is loaded when one is first used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gdb

from decoders.errors import DecodeError
from gdbext import deferred


@dataclass(frozen=True, slots=True)
class Declared:
    """A function: how many arguments it takes, and its help, which starts with how to call it."""

    name: str
    arguments: int
    help: str


FUNCTIONS = (
    Declared("clr_field", 2, """\
$clr_field(OBJECT, "NAME"): the value of a field of the object at an address.

NAME may go on into what the field holds: "Address.Bus", "Bars[2].Size". Numbers and booleans
are numbers, strings are strings, other references are addresses (null is 0)."""),
    Declared("clr_type", 1, """\
$clr_type(OBJECT): the full name of an object's type, as a string."""),
    Declared("clr_method", 1, """\
$clr_method(ADDRESS): the method whose code is there (Ns.Type::Method), "" if none is."""),
    Declared("clr_var", 1, """\
$clr_var("NAME"): a managed argument or local of the selected frame.

Numbers and enums are numbers, strings are texts (compare with $_streq), other references and
structs their addresses. NAME may go on into fields: $clr_var("this.Address.Bus")."""),
)


class _Function(gdb.Function):
    """A convenience function whose foreseen errors are one line."""

    def __init__(self, declared: Declared) -> None:
        self.__doc__ = declared.help
        self._declared = declared
        super().__init__(declared.name)

    def invoke(self, *arguments: gdb.Value) -> Any:
        name, wanted = self._declared.name, self._declared.arguments
        if len(arguments) != wanted:
            usage = self._declared.help.splitlines()[0]
            raise gdb.GdbError(
                f"${name}: {len(arguments)} arguments given, {wanted} needed; {usage}")
        try:
            return deferred.load("gdbext.function_values", name)(*arguments)
        except (DecodeError, deferred.LoadFailure, gdb.error) as error:
            raise gdb.GdbError(f"${name}: {error}") from None


def register() -> None:
    """Define the functions."""
    for declared in FUNCTIONS:
        _Function(declared)
