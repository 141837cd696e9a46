"""clr-step, clr-next and clr-finish."""

from __future__ import annotations

from gdbext import limits
from gdbext.command import Arg, Declare, Option

declare = Declare("gdbext.commands.stepping")
_COUNT = Arg("COUNT", "how many steps; default 1", "integer", optional=True)
_IL = Option("il", "to the next IL instruction instead of the next line")
_TIME = Option("timeout", f"seconds until the machine is interrupted (default "
                          f"{limits.STEP_SECONDS:g})", "text")
_DETAILS = """
It ends at another line of the same frame, or in the caller when the method returns. A fault,
another breakpoint, or the time allowed end it too.
"""

declare(
    "clr-step", "Step to the next line or IL instruction of managed code, into callees.",
    args=(_COUNT,), options=(_IL, _TIME),
    details=_DETAILS + """
A call of managed code is followed through thunk, prestub (which compiles it) and dispatch stub, to
the first instruction behind the callee's prologue. Native functions are stepped over.
""",
    examples=("clr-step", "clr-step 3", "clr-step -il"),
    runs=True,
)

declare(
    "clr-next", "Step to the next line or IL instruction of managed code, over calls.",
    args=(_COUNT,), options=(_IL, _TIME), details=_DETAILS,
    examples=("clr-next", "clr-next 3", "clr-next -il"),
    runs=True,
)

declare(
    "clr-finish", "Run until the selected managed frame returns, and show its value.",
    options=(_TIME,),
    details="The value is read by the method's signature and the Microsoft ABI: RAX, XMM0, or the "
            "return buffer.",
    examples=("clr-finish", "clr-finish -timeout 60"),
    runs=True,
)
