"""clr-frame, clr-bt and the parts of a frame alone."""

from __future__ import annotations

from gdbext import limits
from gdbext.command import Arg, Declare, Option

declare = Declare("gdbext.commands.frames")
_LEVEL = Arg("LEVEL", "frame number as in `bt`; default: see above", "integer", optional=True)
_WHICH = """
Without LEVEL: the frame selected with `up`, `down` or `frame`. While frame 0 is selected and an
exception handler runs (at the fatal hook, say), the frame that the exception interrupted; elsewhere
the first managed frame.
"""

declare(
    "clr-frame", "Show a managed frame: method, IL, source line, every slot, and why it faulted.",
    args=(_LEVEL,),
    details=_WHICH + """
Slots run from high to low addresses: homes, return address, saved registers, locals, temporaries,
evaluation stack. Types are the kernel's claims; what metadata or machine code say otherwise is
marked. While a prologue or epilogue runs, a value is shown where it is then (in a register, say),
and what is not there yet or any more has none. At a fault the access is explained: which operand,
which field, and what else it could be.
""",
    examples=("clr-frame", "clr-frame 5", "clr-frame --json"),
)

declare(
    "clr-bt", "Show the stack: managed, native and trap frames in one list.",
    options=(
        Option("a", "with the locals of each frame"),
        Option("limit", f"frames at most (default {limits.FRAMES})", "integer"),
    ),
    examples=("clr-bt", "clr-bt -a", "clr-bt -limit 10"),
    aliases=("clrstack",),
)

declare(
    "clr-args", "Show the arguments of a managed frame, hidden ones included.",
    args=(_LEVEL,), details=_WHICH, examples=("clr-args", "clr-args 5"),
)

declare(
    "clr-locals", "Show the locals of a managed frame.",
    args=(_LEVEL,), details=_WHICH, examples=("clr-locals", "clr-locals 5"),
)

declare(
    "clr-evalstack", "Show a managed frame's evaluation stack, claimed and modelled from IL.",
    args=(_LEVEL,),
    details=_WHICH + """
The recorded state is the one at the first machine instruction of the IL instruction; within it
entries may have been taken already.
""",
    examples=("clr-evalstack", "clr-evalstack 5"),
)
