"""clr-break: breakpoints on managed code, also before it is compiled."""

from __future__ import annotations

import gdb

import decoders.render.stops  # noqa: F401 (registers the renderers)
from decoders.errors import DecodeError
from decoders.stops import parse_location
from decoders.stops.report import BreakpointList, BreakpointReport
from gdbext import managed_breakpoint
from gdbext.command import Arguments, UsageError
from gdbext.session import Session


def clr_break(session: Session, arguments: Arguments) -> BreakpointReport | BreakpointList:
    """Set one, or list all."""
    text = arguments.get("LOCATION")
    if text is None:
        return BreakpointList(tuple(b.report() for b in managed_breakpoint.every()))
    condition = arguments.get("CONDITION") or ""
    if condition:
        word, _, rest = condition.partition(" ")
        if word != "if" or not rest.strip():
            # SOS's bpmd takes an assembly and a method.
            hint = "" if word == "if" or rest else f"; of one assembly: clr-break {text}!{word}"
            raise UsageError(f"clr-break: expected `if EXPRESSION`, not {condition!r}{hint}")
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
