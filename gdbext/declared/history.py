"""Going back in a replay: clr-last-write, clr-history, clr-reverse-step, clr-reverse-next."""

from __future__ import annotations

from gdbext import limits
from gdbext.command import Arg, Declare, Option

declare = Declare("gdbext.commands.history")
_DETAILS = """
WHAT is a number, $register or C expression; a local or argument of the frame, with fields
(`info.Address.Bus`); a field of an object at an address (`0xffff800000101000.ProgIf`); or a slot as
clr-frame names it ("saved rbx"); `*LOCAL` is the object's MethodTable pointer. Needs a replay
(`clrscope record`, `clrscope debug --replay`); `clrscope who-wrote` answers without one.
"""
_SIZE = Option("size", "this many bytes (default: the type's size, 8 for an address)", "integer")
_IN = Option("in", "look names up in the newest frame of this method", "method")
_WHAT = Arg(
    "WHAT", "ADDRESS, LOCAL, OBJECT.FIELD, a frame slot's name; default: the overwritten return "
    "address", "expression", optional=True)

declare(
    "clr-last-write", "Go back to the store that last wrote some bytes, and stand in front of it.",
    options=(_SIZE, _IN, Option("follow", "where a store only copied, go on to what it copied")),
    args=(_WHAT,), details=_DETAILS,
    examples=("clr-last-write", "clr-last-write this.ProgIf", 'clr-last-write "saved rbx"',
              "clr-last-write 0xffffb000008007d8", "clr-last-write -size 1 $rcx+19"),
)

declare(
    "clr-history", "List the stores to some bytes, newest first; the machine stays where it is.",
    options=(_SIZE, _IN, Option("limit", f"so many at most (default {limits.STORES})", "integer")),
    args=(_WHAT,), details=_DETAILS,
    examples=("clr-history this.ProgIf", "clr-history -limit 100 0xffff800000101000.Count"),
)

declare(
    "clr-which-bytes", "Show which bytes an expression means, what they hold, and the registers.",
    options=(_SIZE, _IN), args=(_WHAT,),
    details="`clrscope who-wrote` asks this of both its runs, to know that they did the same.",
    examples=('clr-which-bytes "saved rbx"', "clr-which-bytes this.ProgIf --json"),
)
_COUNT = Arg("COUNT", "how many steps; default 1", "integer", optional=True)
_IL = Option("il", "to the previous IL instruction instead of the previous line")
_BACK = """
It ends where a line (or IL instruction) of this frame or of its caller begins, before it runs.
Needs a replay. In C code use gdb's own reverse-step, reverse-finish and reverse-continue.
"""

declare(
    "clr-reverse-step", "Step back to the line or IL instruction before, into callees.",
    args=(_COUNT,), options=(_IL,), details=_BACK + "Callees are those that are called directly.",
    examples=("clr-reverse-step", "clr-reverse-step 3", "clr-reverse-step -il"),
)

declare(
    "clr-reverse-next", "Step back to the line or IL instruction before, over calls.",
    args=(_COUNT,), options=(_IL,), details=_BACK,
    examples=("clr-reverse-next", "clr-reverse-next 3", "clr-reverse-next -il"),
)
