"""clr-break: breakpoints on managed code, also before it is compiled."""

from __future__ import annotations

import gdb

import decoders.render.stops  # noqa: F401 (registers the renderers)
from decoders.errors import DecodeError
from decoders.stops import parse_location
from decoders.stops.report import BreakpointList, BreakpointReport
from gdbext import managed_breakpoint, variables
from gdbext.command import Arg, Arguments, Option, UsageError, command
from gdbext.session import Session

variables.register()


@command(
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
def clr_break(session: Session, arguments: Arguments) -> BreakpointReport | BreakpointList:
    """Set one, or list all."""
    text = arguments.get("LOCATION")
    if text is None:
        return BreakpointList(tuple(b.report() for b in managed_breakpoint.every()))
    condition = arguments.get("CONDITION") or ""
    if condition:
        word, _, rest = condition.partition(" ")
        if word != "if" or not rest.strip():
            raise UsageError(f"clr-break: expected `if EXPRESSION`, not {condition!r}")
        condition = rest.strip()
    location = parse_location(text)
    known: Session | None = session
    try:
        _ = session.runtime
    except (DecodeError, gdb.error):
        known = None  # nothing has booted yet: everything is decided when it is compiled
    made = managed_breakpoint.ManagedBreakpoint(
        known, location, condition, arguments.flag("t"), arguments.flag("hw"))
    return managed_breakpoint.add(made).report()
