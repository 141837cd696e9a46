"""clr-il and clr-disas: a method's IL, and its machine code with IL and source between."""

from __future__ import annotations

from gdbext.command import Arg, Declare, Option

declare = Declare("gdbext.commands.code")
_METHOD = Arg("METHOD", "name or code address; default: the current frame's", "method", True)

declare(
    "clr-il", "Show a method's IL: tokens resolved, evaluation stack, source lines, regions.",
    args=(_METHOD,),
    details="In brackets: the types on the evaluation stack before the instruction. Every overload "
            "of a name is listed.",
    examples=("clr-il Ddk.PciDeviceInfo::ReadProgIf", "clr-il", "clr-il $rip"),
    aliases=("dumpil",),
)

declare(
    "clr-disas", "Disassemble a compiled method with IL and source lines between.",
    args=(_METHOD,),
    options=(Option("around", "only N instructions on both sides of the current one", "integer"),),
    details="The current instruction is marked >>>. An address in a thunk or stub lists that.",
    examples=("clr-disas Ddk.PciDeviceInfo::ReadProgIf", "clr-disas", "clr-disas -around 8",
              "clr-disas $rip"),
    aliases=("clru",),
)
