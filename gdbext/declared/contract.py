"""clr-contract and clr-jit-frame: what the kernel publishes, and a method's frame layout."""

from __future__ import annotations

from gdbext.command import Arg, Declare, Option

declare = Declare("gdbext.commands.contract")

declare(
    "clr-contract", "Show the kernel's debug contract: versions, types, globals, what is missing.",
    args=(Arg("NAME", "a type or global (globs allowed): its fields or value", "contract",
              optional=True),),
    options=(Option("all", "all types with their fields"),),
    examples=("clr-contract", "clr-contract MethodTable", "clr-contract -all", "clr-contract Jit*"),
)

declare(
    "clr-jit-frame", "Show a method's frame layout: recorded, expected, and as the code makes it.",
    args=(Arg("METHOD", "name or code address of a compiled method", "method"),),
    details="""
Offsets are from RBP. `claimed` is what the JIT recorded, `expected` what the signature and the
calling convention ask for; the last column is read off the prologue's machine code.
""",
    examples=("clr-jit-frame Ddk.PciDeviceInfo::ReadProgIf", "clr-jit-frame Bind",
              "clr-jit-frame $rip"),
)
