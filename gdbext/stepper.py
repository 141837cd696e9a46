"""Stepping in managed code by source line or IL instruction.

One step is one `continue` to breakpoints on every place where it could end: the other lines of the
method (in this very frame), the caller, and with `step` the calls of the line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import capstone
import gdb

from decoders.errors import DecodeError
from decoders.frames import Frame
from decoders.frames.code_analysis import instructions
from decoders.memory import read_pointer
from decoders.metadata import Method
from decoders.runtime import CallKind, CodeKind, CodePlace, MethodCode, MethodInfo
from decoders.runtime.model import MethodFlags
from decoders.source import MethodSource
from decoders.stops.report import StepReport
from decoders.symbols.collect import method_lines
from gdbext import frames, running, target
from gdbext.compiled import fresh
from gdbext.session import LookupFailure, Session
from gdbext.symbols import source_line

# A line may call so many helpers and native functions before it ends.
MAX_CALLS = 1000
# From a call to the callee's code: thunk, prestub, dispatch stub and their jumps.
MAX_HOPS = 32


@dataclass(frozen=True, slots=True)
class Here:
    """A managed frame that a step starts in."""

    frame: Frame
    code: MethodCode
    method: Method
    source: MethodSource | None
    base: int
    il: int | None
    place: tuple[str, int] | None


def here(session: Session, frame: gdb.Frame) -> Here:
    """The frame as the stepper needs it; LookupFailure when it is not managed."""
    place = frames.place_of(session, frame)
    if place is None or place.code is None:
        raise LookupFailure(
            f"frame {frame.level()} ({frame.name() or hex(frame.pc())}) is not managed code: use "
            "gdb's own step, next and finish there")
    found = frames.decoded(session, frame)
    if found.cfa is None:
        raise LookupFailure(f"the frame's base is not known: {found.note}")
    method = session.runtime.metadata_method(place.code.method)
    source = session.method_source(method)
    point = source.at(found.il) if source is not None and found.il is not None else None
    return Here(
        found, place.code, method, source, found.cfa - 16, found.il,
        (point.file, point.line) if point is not None else None)


def refuse_at_the_end() -> None:
    """LookupFailure where the machine stands in a fatal hook: running on would lose the crash."""
    hook = gdb.newest_frame().name()
    if hook in frames.FATAL_HOOKS:
        raise LookupFailure(
            f"the machine stands in {hook} and never returns from there; `clr-frame` tells why")


def caller_stop(session: Session, at: Here) -> running.Stop | None:
    """A stop where the frame returns to, None for the outermost one."""
    caller = session.unwinder.caller(at.frame)
    if caller is None or not caller["rip"]:
        return None
    return running.Stop(caller["rip"], "rsp", caller["rsp"])


def step(session: Session, into: bool, by_il: bool, seconds: float) -> StepReport:
    """One step from the newest frame."""
    frame = target.selected_frame()
    refuse_at_the_end()
    if frame.level() != 0:
        frame = gdb.newest_frame()
        frame.select()
    start = here(session, frame)
    note = ""
    if not by_il and start.source is None:
        by_il, note = True, f"no line information for {start.method.full_name}: stepped by IL"
    for _ in range(MAX_CALLS):
        ends = _ends(start, by_il)
        back = caller_stop(session, start)
        calls = _calls(session, start, by_il) if into else []
        stops = [running.Stop(start.code.start + n, "rbp", start.base) for n in ends]
        calling = [
            running.Stop(start.code.start + n, "rbp", start.base) for n in calls if n not in ends]
        if into and gdb.newest_frame().pc() - start.code.start in calls:
            # Already at a call: it is the first thing that happens.
            hit, why, entered = None, "", True
            for stop in [*stops, *calling, *([back] if back is not None else [])]:
                stop.delete()
        else:
            hit, why = running.run([*stops, *calling, *([back] if back else [])], seconds)
            entered = hit is not None and hit in calling
        session = fresh() if running.is_alive() else session
        if entered:
            outcome = _enter(session, seconds)
            session = fresh() if running.is_alive() else session
            if outcome == "native":
                if _is_end(start, ends):
                    return report(session, start, "step", by_il, note)
                start = replace(start, frame=frames.decoded(session, gdb.newest_frame()))
                continue
            return report(session, start, outcome, by_il, note)
        if why:
            return report(session, start, why, by_il, note)
        return report(session, start, "returned" if hit is back else "step", by_il, note)
    return report(session, start, "time", by_il, f"more than {MAX_CALLS} calls in one line")


def _is_end(start: Here, ends: list[int]) -> bool:
    """Whether the machine stands where a step ends, now that a call returned."""
    newest = gdb.newest_frame()
    return newest.pc() - start.code.start in ends and (
        target.register(newest, "rbp") == start.base)


def _ends(at: Here, by_il: bool) -> list[int]:
    """Native offsets in the method where another line or instruction begins."""
    now = at.frame.pc - at.code.start
    if by_il:
        return sorted({m.native for m in at.code.map if m.native != now})
    assert at.source is not None
    return [
        line.offset for line in method_lines(at.code, at.source)
        if (line.file, line.line) != at.place and line.offset
    ]


def _calls(session: Session, at: Here, by_il: bool) -> list[int]:
    """Call instructions of the current line (or IL instruction) that may lead to managed code."""
    result = []
    for site in at.code.call_sites:
        if site.kind == CallKind.HELPER or (by_il and site.il != at.il):
            continue
        if not by_il and at.source is not None and at.place is not None:
            point = at.source.at(site.il)
            if point is not None and (point.file, point.line) != at.place:
                continue
        if site.kind == CallKind.DIRECT and site.target and _is_native(
                session.runtime.method(site.target)):
            continue
        result.append(site.native)
    return result


def _is_native(method: MethodInfo) -> bool:
    return bool(method.record.flags & MethodFlags.NATIVE)


def _enter(session: Session, seconds: float) -> str:
    """At a call instruction: follow it into managed code.

    Returns "entered" behind the callee's prologue, "native" behind a call that went elsewhere, or
    why the machine stopped.
    """
    running.step_instruction()
    stack = target.register(gdb.newest_frame(), "rsp")
    back = read_pointer(fresh().runtime.memory, stack, "return address")
    for _ in range(MAX_HOPS):
        session = fresh()
        pc = gdb.newest_frame().pc()
        place = session.codes.find(pc)
        if place is not None and place.code is not None:
            behind = place.start + place.code.record.prologue_size
            hit, why = running.run([running.Stop(behind, "rbp", stack - 8)], seconds)
            return "entered" if hit is not None else why
        returned = running.Stop(back, "rsp", stack + 8)
        jumps = _jumps(session, place) if place is not None else []
        if place is not None and place.kind is not CodeKind.STUB:
            returned.delete()
            running.step_instruction()
            continue
        if pc in jumps:
            returned.delete()
            running.step_instruction()
            continue
        stops = [running.Stop(address, "rsp", stack) for address in jumps]
        hit, why = running.run([*stops, returned], seconds)
        if hit is None:
            return why
        if hit is returned:
            return "native"
        running.step_instruction()
    return "native"


def _jumps(session: Session, place: CodePlace) -> list[int]:
    """Addresses in a stub where it jumps on to code that it found."""
    data = session.runtime.memory.read(place.start, place.size, "a stub's code")
    return [
        i.address for i in instructions(data, place.start)
        if i.mnemonic == "jmp" and i.operands[0].type in (
            capstone.x86.X86_OP_REG, capstone.x86.X86_OP_MEM)
    ]


def report(
    session: Session, start: Here | None, why: str, by_il: bool = False, note: str = ""
) -> StepReport:
    """Where the machine stands now."""
    if not running.is_alive():
        return StepReport("ended", "", "", 0, None, "", "", 0, "", True, by_il, note)
    frame = frames.interrupted() if why == "fault" else None
    frame = frame or gdb.newest_frame()
    place = frames.place_of(session, frame)
    if place is None or place.code is None:
        sal = frame.find_sal()
        file = sal.symtab.filename if sal.symtab is not None else ""
        return StepReport(
            why, "", frames.name_of(session, frame, place), frame.pc(), None, "", file,
            sal.line if file else 0, source_line(file, sal.line), True, by_il, note)
    try:
        view = session.viewer().view(frames.decoded(session, frame))
    except DecodeError as error:
        name = session.runtime.method_name(place.code.method)
        return StepReport(
            why, name, "", frame.pc(), None, "", "", 0, "", True, by_il, str(error))
    moved = start is None or place.code.start != start.code.start or why == "returned"
    return StepReport(
        why, view.method, "", frame.pc(), view.il_offset, view.il, view.file, view.line,
        source_line(view.file, view.line), moved, by_il, note)
