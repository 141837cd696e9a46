"""Going back in a replay: clr-last-write, clr-history, clr-reverse-step, clr-reverse-next."""

from __future__ import annotations

import decoders.render.stops
import decoders.render.timetravel  # noqa: F401 (both register their renderers)
from decoders.stops.report import StepReport
from decoders.timetravel import History, LastWrite, Target, TargetFacts, Write
from gdbext import reverse, timetravel
from gdbext.command import Arg, Arguments, Option, command
from gdbext.compiled import fresh
from gdbext.session import LookupFailure, Session

_LIMIT = 20
_WHAT = Arg(
    "WHAT", "ADDRESS, LOCAL, OBJECT.FIELD, a frame slot's name; default: the overwritten return "
    "address", "expression", optional=True)
_SIZE = Option("size", "this many bytes (default: the type's size, 8 for an address)", "integer")
_IN = Option("in", "look names up in the newest frame of this method", "method")
_DETAILS = """
WHAT is a number, $register or C expression; a local or argument of the frame, with fields
(`info.Address.Bus`); a field of an object at an address (`0xffff800000101000.ProgIf`); or a slot as
clr-frame names it ("saved rbx"); `*LOCAL` is the object's MethodTable pointer. Needs a replay
(`clrscope record`, `clrscope debug --replay`); `clrscope who-wrote` answers without one.
"""


def _meant(session: Session, arguments: Arguments) -> Target:
    return timetravel.meant(
        session, arguments.get("WHAT"), arguments.option("size"), arguments.option("in"))


@command(
    "clr-last-write", "Go back to the store that last wrote some bytes, and stand in front of it.",
    options=(_SIZE, _IN, Option("follow", "where a store only copied, go on to what it copied")),
    args=(_WHAT,), details=_DETAILS,
    examples=("clr-last-write", "clr-last-write this.ProgIf", 'clr-last-write "saved rbx"',
              "clr-last-write 0xffffb000008007d8", "clr-last-write -size 1 $rcx+19"),
)
def clr_last_write(session: Session, arguments: Arguments) -> LastWrite:
    """The store; the machine stays where it is about to execute it."""
    timetravel.position()
    timetravel.guard_end()
    return timetravel.last_write(session, _meant(session, arguments), arguments.flag("follow"))


@command(
    "clr-history", "List the stores to some bytes, newest first; the machine stays where it is.",
    options=(_SIZE, _IN, Option("limit", f"so many at most (default {_LIMIT})", "integer")),
    args=(_WHAT,), details=_DETAILS,
    examples=("clr-history this.ProgIf", "clr-history -limit 100 0xffff800000101000.Count"),
)
def clr_history(session: Session, arguments: Arguments) -> History:
    """All stores, and back to where the machine was."""
    limit = _LIMIT
    text = arguments.option("limit")
    if text is not None:
        if not text.isdigit() or not int(text):
            raise LookupFailure(f"-limit {text!r} is not a number of writes")
        limit = int(text)
    start = timetravel.position()
    timetravel.guard_end()
    wanted = _meant(session, arguments)
    writes: list[Write] = []
    truncated = False
    try:
        while (found := timetravel.to_store_before(session, wanted)) is not None:
            if len(writes) == limit:
                truncated = True
                break
            writes.append(found)
    finally:
        timetravel.back_to(start)
    return History(wanted, tuple(writes), truncated)


@command(
    "clr-which-bytes", "Show which bytes an expression means, what they hold, and the registers.",
    options=(_SIZE, _IN), args=(_WHAT,),
    details="`clrscope who-wrote` asks this of both its runs, to know that they did the same.",
    examples=('clr-which-bytes "saved rbx"', "clr-which-bytes this.ProgIf --json"),
)
def clr_which_bytes(session: Session, arguments: Arguments) -> TargetFacts:
    """Address, size, contents; the registers of the frame that the names were looked up in."""
    return timetravel.facts(session, _meant(session, arguments))


_COUNT = Arg("COUNT", "how many steps; default 1", "integer", optional=True)
_IL = Option("il", "to the previous IL instruction instead of the previous line")


def _steps(session: Session, arguments: Arguments, into: bool) -> StepReport:
    text = arguments.get("COUNT")
    if text is not None and (not text.isdigit() or not int(text)):
        raise LookupFailure(f"{text!r} is no number of steps")
    timetravel.position()
    timetravel.guard_end()
    made = reverse.step(session, into, arguments.flag("il"))
    for _ in range(int(text or 1) - 1):
        if made.why != "step" or not made.method:
            break
        made = reverse.step(fresh(), into, arguments.flag("il"))
    return made


_BACK = """
It ends where a line (or IL instruction) of this frame or of its caller begins, before it runs.
Needs a replay. In C code use gdb's own reverse-step, reverse-finish and reverse-continue.
"""


@command(
    "clr-reverse-step", "Step back to the line or IL instruction before, into callees.",
    args=(_COUNT,), options=(_IL,), details=_BACK + "Callees are those that are called directly.",
    examples=("clr-reverse-step", "clr-reverse-step 3", "clr-reverse-step -il"),
)
def clr_reverse_step(session: Session, arguments: Arguments) -> StepReport:
    """Back, into calls."""
    return _steps(session, arguments, True)


@command(
    "clr-reverse-next", "Step back to the line or IL instruction before, over calls.",
    args=(_COUNT,), options=(_IL,), details=_BACK,
    examples=("clr-reverse-next", "clr-reverse-next 3", "clr-reverse-next -il"),
)
def clr_reverse_next(session: Session, arguments: Arguments) -> StepReport:
    """Back, over calls."""
    return _steps(session, arguments, False)
