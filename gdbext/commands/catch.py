"""clr-catch: stop where something faulted, not in the handler."""

from __future__ import annotations

from typing import Any

import gdb

import decoders.render.catch
import decoders.render.frames  # noqa: F401 (registers the renderers)
from decoders.errors import DecodeError
from decoders.frames.catch import Catchpoint, FaultFilter, fault_filter
from decoders.render import to_text
from decoders.runtime import last_fault
from gdbext import frames, parameters, target
from gdbext.command import Arguments
from gdbext.session import LookupFailure, Session, drop_if_moving, session

# The kernel calls these for debuggers, with the crash still there to look at.
_HOOKS = ("clr_fatal_hook",)
_caught: list[CatchBreakpoint] = []


class CatchBreakpoint(gdb.Breakpoint):
    """A breakpoint on a hook that stops for some faults only."""

    def __init__(self, hook: str, wanted: FaultFilter) -> None:
        # Hardware: the hook may not be in memory yet, and under KVM a software one kills the guest.
        super().__init__(hook, type=gdb.BP_HARDWARE_BREAKPOINT)
        self.silent = True
        self.wanted = wanted

    def stop(self) -> bool:
        """gdb's protocol: whether to stay stopped. What cannot be read stops, to be looked at."""
        drop_if_moving()
        try:
            fault = last_fault(session().runtime)
        except (DecodeError, gdb.error) as error:
            gdb.write(f"clr-catch: the fault cannot be read: {error}\n", gdb.STDERR)
            return True
        return fault is not None and self.wanted.matches(fault)


def _stopped(event: Any) -> None:
    """After a catch: select the frame that faulted and say in a line what happened."""
    if not isinstance(event, gdb.BreakpointEvent):
        return
    if not any(isinstance(b, CatchBreakpoint) for b in event.breakpoints):
        return
    try:
        fault = last_fault(session().runtime)
        frame = frames.stopped_in(session())
        frame.select()
        line = frames.stack_line(session(), frame, False)
        text = to_text(line.line, parameters.style())
    except (DecodeError, gdb.error) as error:
        gdb.write(f"clr-catch: the frame cannot be shown: {error}\n", gdb.STDERR)
        return
    if fault is not None:
        what = fault.name + (f" at CR2 {fault.cr2:#x}" if fault.vector == 14 else "")
        gdb.write(f"\nclr-catch: {what}{': ' + fault.detail if fault.detail else ''}\n")
    gdb.write(text + "\n")


def clr_catch(_: Session, arguments: Arguments) -> Catchpoint:
    """Set the catchpoint."""
    wanted = fault_filter((arguments.get("NAMES") or "").split())
    for hook in _HOOKS:
        if target.symbol_address(hook) is None:
            raise LookupFailure(
                f"the kernel's symbol {hook} is not known: load its symbols with `file kernel.elf`"
            )
    if not _caught:
        gdb.events.stop.connect(_stopped)
    made = [CatchBreakpoint(hook, wanted) for hook in _HOOKS]
    _caught.extend(made)
    return Catchpoint(made[0].number, wanted.names)
