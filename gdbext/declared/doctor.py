"""`clr-doctor`: compare what the runtime claims with metadata, IL and machine code."""

from __future__ import annotations

from gdbext.command import Arg, Declare, Option

declare = Declare("gdbext.commands.doctor")

declare(
    "clr-doctor", "Find what is wrong with the runtime: layouts, frames, code, heap, stacks.",
    args=(Arg("WHAT", "a method, a type or an address; default: everything", "method",
              optional=True),),
    options=(Option("sarif", "also write the findings to FILE as SARIF 2.1.0", "file"),),
    details="""
Nothing that the runtime claims is believed without a second source: layouts are computed from
metadata, and the machine code of every compiled method is run in an emulator, one IL instruction
after the other. The most likely cause comes first, and with it what it has to do with the fault.
On a replay (`clrscope debug --replay`) it goes back for the store that overwrote what a finding
shows to be overwritten, and returns; elsewhere it says which command would tell.
""",
    examples=("clr-doctor", "clr-doctor Ns.Type::Method", "clr-doctor 0xffff800000102000",
              "clr-doctor --json", "clr-doctor -sarif findings.sarif"),
)
