"""Objects, arrays, strings and values at an address."""

from __future__ import annotations

from gdbext.command import Arg, Declare, Option

declare = Declare("gdbext.commands.objects")
_ADDRESS = Arg("ADDR", "an address: a number, $register, or C expression", "address")

declare(
    "clr-obj", "Show an object: its type, size, fields and their values.",
    args=(Arg("ADDR", _ADDRESS.help, "expression"),),
    details="""
`set clr depth N` expands what its references lead to. For an address that is no object, what lies
there is said instead.
""",
    examples=("clr-obj 0xffff800000100188", "clr-obj $rcx", "clr-obj *(long *)($rbp + 16)"),
    aliases=("dumpobj",),
)

declare(
    "clr-vt", "Show a value of a type at an address: a struct on the stack, say.",
    args=(Arg("TYPE", "a value type's name or address; of a class, its reference", "type"),
          Arg("ADDR", _ADDRESS.help, "expression")),
    examples=("clr-vt Ddk.PciAddress $rbp-24",),
    aliases=("dumpvc",),
)

declare(
    "clr-str", "Show a string's text.",
    args=(Arg("ADDR", _ADDRESS.help, "expression"),),
    options=(Option("all", "also of a long string everything"),),
    details="\nAt most eight times `set clr elements` characters are shown.\n",
    examples=("clr-str $rcx",),
)

declare(
    "clr-array", "Show an array: length, stride, elements, and whether its block holds them.",
    args=(_ADDRESS, Arg("RANGE", "START:COUNT, the elements to show", "text", optional=True)),
    details="""
The stride that code compiled from metadata uses is held against the MethodTable's ComponentSize,
and the elements' end against the block's.
""",
    examples=("clr-array $rcx", "clr-array 0xffff800000100188 4:2"),
    aliases=("dumparray",),
)
