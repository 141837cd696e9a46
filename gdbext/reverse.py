"""Stepping backwards in a replay, by source line or IL instruction of managed code.

One step is one `reverse-continue` to breakpoints on every place where it could end: the starts of
the method's lines in this very frame, those of its caller, and with `step` those of its callees.
"""

from __future__ import annotations

import gdb

from decoders.errors import DecodeError
from decoders.runtime import CallKind, MethodCode
from decoders.source import MethodSource
from decoders.stops.report import StepReport
from decoders.symbols.collect import method_lines
from gdbext import running, stepper, target, timetravel_replay
from gdbext.compiled import fresh
from gdbext.session import Session


class _Anywhere(gdb.Breakpoint):
    """A place where any frame counts."""

    def __init__(self, address: int) -> None:
        super().__init__(f"*{address:#x}", internal=True)
        self.silent = True


def _starts(code: MethodCode, source: MethodSource | None, by_il: bool) -> list[int]:
    """Native offsets where lines, or IL instructions, begin."""
    if by_il or source is None:
        return sorted({entry.native for entry in code.map})
    return sorted({line.offset for line in method_lines(code, source) if line.offset})


def _source(session: Session, code: MethodCode) -> MethodSource | None:
    try:
        return session.method_source(session.runtime.metadata_method(code.method))
    except DecodeError:
        return None  # by IL then


def _callees(session: Session, code: MethodCode) -> list[MethodCode]:
    """Compiled methods that a method calls directly."""
    found: dict[int, MethodCode] = {}
    for site in code.call_sites:
        if site.kind == CallKind.DIRECT and site.target:
            callee = session.codes.code_of(session.runtime.method(site.target))
            if callee is not None and callee.start != code.start:
                found[callee.start] = callee
    return list(found.values())


def step(session: Session, into: bool, by_il: bool) -> StepReport:
    """One step back from the newest frame; the machine stands in front of the line it came from."""
    gdb.newest_frame().select()
    start = stepper.here(session, gdb.newest_frame())
    note = ""
    if not by_il and start.source is None:
        by_il, note = True, f"no line information for {start.method.full_name}: stepped by IL"
    places = [
        (start.code.start + native, start.base)
        for native in _starts(start.code, start.source, by_il)
    ]
    caller = session.unwinder.caller(start.frame)
    above = session.codes.find(caller["rip"] - 1) if caller is not None else None
    outer = above.code if above is not None else None
    if caller is not None and outer is not None:
        starts = _starts(outer, _source(session, outer), by_il)
        places += [(outer.start + native, caller["rbp"]) for native in starts]
    anywhere: list[int] = []
    if into:
        for callee in _callees(session, start.code):
            starts = _starts(callee, _source(session, callee), by_il)
            anywhere += [callee.start + native for native in starts]
    if not _just_before(places, anywhere):
        _run_back(places, anywhere)
    why = "step" if timetravel_replay.position() else "start"
    if why == "start":
        note = "this is the start of the recording: no line of managed code ran before"
    return stepper.report(fresh(), start, why, by_il, note)


def _just_before(places: list[tuple[int, int]], anywhere: list[int]) -> bool:
    """Whether one instruction back is such a place: going back would pass it. Moves there if so."""
    timetravel_replay.back_one()
    frame = gdb.newest_frame()
    pc = frame.pc()
    if pc in anywhere or (pc, target.register(frame, "rbp")) in places:
        return True
    timetravel_replay.forward_one()
    return False


def _run_back(places: list[tuple[int, int]], anywhere: list[int]) -> None:
    with timetravel_replay.others_disabled():
        stops: list[gdb.Breakpoint] = []
        try:
            stops += [running.Stop(address, "rbp", base) for address, base in places]
            stops += [_Anywhere(address) for address in anywhere]
            timetravel_replay.quietly("reverse-continue")
        finally:
            for stop in stops:
                if stop.is_valid():
                    stop.delete()
