"""clr-catch: stop where something faulted, not in the handler."""

from __future__ import annotations

from gdbext.command import Arg, Declare

declare = Declare("gdbext.commands.catch")
_FAULTS = ("pagefault", "gp", "divide", "panic", "check", "compile", "unhandled")

declare(
    "clr-catch", "Stop at faults, unhandled exceptions or failed checks, in the frame that did it.",
    args=(Arg("NAMES", f"{', '.join(_FAULTS)}, or exception types (globs); default: all", "rest",
              optional=True, words=_FAULTS),),
    details="""
The kernel's hook is where the machine stops, and the frame that faulted is selected: its
registers, `clr-frame` and `bt` are those of the fault. `delete N` takes a catchpoint away.
""",
    examples=("clr-catch", "clr-catch pagefault", "clr-catch System.InvalidCastException *Range*"),
    needs_target=False,
    runs=True,
)
