"""clr-break: breakpoints on managed code, also before it is compiled."""

from __future__ import annotations

from gdbext.command import Arg, Declare, Option

declare = Declare("gdbext.commands.breakpoints")

declare(
    "clr-break", "Set a breakpoint on a managed method, IL offset or source line.",
    args=(
        Arg("LOCATION", "METHOD, METHOD:IL_0012 or FILE:LINE; default: list them all", "method",
            optional=True),
        Arg("CONDITION", "`if` and an expression, which may use the method's arguments and locals",
            "expression", optional=True),
    ),
    options=(
        Option("t", "temporary: delete it when it is hit"),
        Option("hw", "a hardware breakpoint (under KVM all of them are)"),
    ),
    details="""
A method that is not compiled yet, or whose assembly is not loaded yet, leaves the breakpoint
pending; every overload and every instantiation that is compiled later gets it. It stops behind the
prologue, where all arguments have their homes. It is an ordinary breakpoint of gdb: `info
breakpoints`, `delete`, `disable`, `commands`, `ignore` work. METHOD may have wildcards and an
assembly (`ddk!Ddk.Pci::*`). In the condition, names of arguments and locals (`bus`,
`this.VendorId`) become $clr_var("..."); compare strings with $_streq(name, "text").
""",
    examples=("clr-break VirtioBlk.VirtioBlkEntry.Bind", "clr-break Bind if device == 1",
              "clr-break Ddk.Pci::Read16:IL_0007", "clr-break PciDeviceInfo.cs:59",
              "clr-break -t Program.Main", "clr-break"),
    aliases=("bpmd",),
    runs=True,
)
