"""Going back in a replay: clr-last-write, clr-history, clr-reverse-step, clr-reverse-next."""

from __future__ import annotations

import decoders.render.stops
import decoders.render.timetravel  # noqa: F401 (both register their renderers)
from decoders.errors import TargetError
from decoders.stops.report import StepReport
from decoders.timetravel import History, LastWrite, Target, TargetFacts, Write
from gdbext import limits, reverse, timetravel, timetravel_replay
from gdbext.command import Arguments
from gdbext.compiled import fresh
from gdbext.session import LookupFailure, Session


def _meant(session: Session, arguments: Arguments) -> Target:
    return timetravel.meant(
        session, arguments.get("WHAT"), arguments.option("size"), arguments.option("in"))


def clr_last_write(session: Session, arguments: Arguments) -> LastWrite:
    """The store; the machine stays where it is about to execute it."""
    start = timetravel_replay.position()
    timetravel_replay.guard_end()
    wanted = _meant(session, arguments)
    try:
        return timetravel.last_write(session, wanted, arguments.flag("follow"))
    except TargetError:
        # Somewhere on the way is no place to go on from.
        timetravel_replay.back_to(start)
        raise


def clr_history(session: Session, arguments: Arguments) -> History:
    """All stores, and back to where the machine was."""
    limit = limits.STORES
    text = arguments.option("limit")
    if text is not None:
        if not text.isdigit() or not int(text):
            raise LookupFailure(f"-limit {text!r} is not a number of writes")
        limit = int(text)
    start = timetravel_replay.position()
    timetravel_replay.guard_end()
    wanted = _meant(session, arguments)
    writes: list[Write] = []
    truncated, problem = False, ""
    try:
        while (found := timetravel.to_store_before(session, wanted)) is not None:
            if len(writes) == limit:
                truncated = True
                break
            writes.append(found)
    except TargetError as error:
        # What was found so far is an answer too.
        truncated, problem = True, str(error)
    finally:
        timetravel_replay.back_to(start)
    return History(wanted, tuple(writes), truncated, problem)


def clr_which_bytes(session: Session, arguments: Arguments) -> TargetFacts:
    """Address, size, contents; the registers of the frame that the names were looked up in."""
    return timetravel.facts(session, _meant(session, arguments))




def _steps(session: Session, arguments: Arguments, into: bool) -> StepReport:
    text = arguments.get("COUNT")
    if text is not None and (not text.isdigit() or not int(text)):
        raise LookupFailure(f"{text!r} is no number of steps")
    timetravel_replay.position()
    timetravel_replay.guard_end()
    made = reverse.step(session, into, arguments.flag("il"))
    for _ in range(int(text or 1) - 1):
        if made.why != "step" or not made.method:
            break
        made = reverse.step(fresh(), into, arguments.flag("il"))
    return made




def clr_reverse_step(session: Session, arguments: Arguments) -> StepReport:
    """Back, into calls."""
    return _steps(session, arguments, True)


def clr_reverse_next(session: Session, arguments: Arguments) -> StepReport:
    """Back, over calls."""
    return _steps(session, arguments, False)
