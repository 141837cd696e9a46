"""clr-step, clr-next and clr-finish."""

from __future__ import annotations

import gdb

import decoders.render.stops  # noqa: F401 (registers the renderers)
from decoders.errors import DecodeError
from decoders.metadata import type_name
from decoders.runtime import Value
from decoders.stops.report import FinishReport, StepReport
from decoders.stops.returns import return_value
from gdbext import frames, limits, running, stepper, target
from gdbext.command import Arguments, UsageError
from gdbext.compiled import fresh
from gdbext.session import LookupFailure, Session


def _seconds(arguments: Arguments) -> float:
    text = arguments.option("timeout")
    if text is None:
        return limits.STEP_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < 1e6:
        raise UsageError(f"-timeout {text!r} is no number of seconds")
    return seconds


def _steps(session: Session, arguments: Arguments, into: bool) -> StepReport:
    text = arguments.get("COUNT")
    if text is not None and (not text.isdigit() or not int(text)):
        raise UsageError(f"{text!r} is no number of steps")
    seconds = _seconds(arguments)
    made: StepReport | None = None
    for _ in range(int(text or 1)):
        made = stepper.step(session, into, arguments.flag("il"), seconds)
        session = fresh()
        if made.why not in ("step", "entered", "returned") or not made.method:
            break
    assert made is not None
    return made


def clr_step(session: Session, arguments: Arguments) -> StepReport:
    """Step, into calls."""
    return _steps(session, arguments, True)


def clr_next(session: Session, arguments: Arguments) -> StepReport:
    """Step, over calls."""
    return _steps(session, arguments, False)


def clr_finish(session: Session, arguments: Arguments) -> FinishReport:
    """Run to the caller."""
    frame = target.selected_frame()
    stepper.refuse_at_the_end()
    if frame.level() == 0 and not frames.is_managed(session, frame):
        frame = frames.choose(session, None)
    start = stepper.here(session, frame)
    back = stepper.caller_stop(session, start)
    name = start.method.full_name
    if back is None:
        raise LookupFailure(f"nothing called {name}: its caller is not known")
    kind = type_name(session.runtime.universe, start.method.signature.ret)
    hit, why = running.run([back], _seconds(arguments))
    if not running.is_alive():
        return FinishReport(name, kind, None, "", stepper.report(session, start, "ended"))
    session = fresh()
    if hit is None:
        return FinishReport(name, kind, None, "", stepper.report(session, start, why))
    value: Value | None = None
    problem = ""
    try:
        newest = gdb.newest_frame()
        xmm0 = int(gdb.parse_and_eval("(unsigned long)$xmm0.v2_int64[0]"))
        value = return_value(
            session.runtime, session.values(), start.method, target.register(newest, "rax"), xmm0)
    except DecodeError as error:
        problem = str(error)
    return FinishReport(
        name, kind, value, problem, stepper.report(session, start, "returned"))
