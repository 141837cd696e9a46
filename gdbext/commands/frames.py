"""clr-frame, clr-bt and the parts of a frame alone."""

from __future__ import annotations

import gdb

import decoders.render.frames  # noqa: F401 (registers the renderers)
from decoders.frames.report import FramePart, FrameReport, StackLine, StackReport
from decoders.frames.view import FrameView, Role
from gdbext import frames, limits
from gdbext.command import Arguments
from gdbext.session import LookupFailure, Session


def clr_frame(session: Session, arguments: Arguments) -> FrameReport:
    """The report of one frame."""
    return frames.report(session, frames.choose(session, arguments.get("LEVEL")))


def clr_bt(session: Session, arguments: Arguments) -> StackReport:
    """All frames from the newest one on."""
    text = arguments.option("limit")
    limit = limits.FRAMES
    if text is not None:
        if not text.isdigit() or not int(text):
            raise LookupFailure(f"-limit {text!r} is not a number of frames")
        limit = int(text)
    lines: list[StackLine] = []
    last: gdb.Frame | None = None
    for frame in frames.outwards():
        if len(lines) == limit:
            return StackReport(tuple(lines), "", True)
        lines.append(frames.stack_line(session, frame, arguments.flag("a")))
        last = frame
    return StackReport(tuple(lines), _why(last), False)


def _why(last: gdb.Frame | None) -> str:
    if last is None or last.unwind_stop_reason() in (
        gdb.FRAME_UNWIND_NO_REASON, gdb.FRAME_UNWIND_OUTERMOST
    ):
        return ""
    return str(gdb.frame_stop_reason_string(last.unwind_stop_reason()))


def _view(session: Session, arguments: Arguments) -> FrameView:
    frame = frames.choose(session, arguments.get("LEVEL"))
    if not frames.is_managed(session, frame):
        raise LookupFailure(
            f"frame {frame.level()} ({frame.name() or hex(frame.pc())}) is no managed frame; "
            "`clr-bt` lists them, `info args` and `info locals` show C frames"
        )
    return session.viewer().view(frames.decoded(session, frame))


def _part(view: FrameView, title: str, *roles: Role) -> FramePart:
    return FramePart(
        title, view.level, view.method, view.il, tuple(view.by_role(*roles)), view.problems
    )


def clr_args(session: Session, arguments: Arguments) -> FramePart:
    """Arguments in order of arrival."""
    view = _view(session, arguments)
    slots = sorted(view.by_role(Role.ARGUMENT), key=lambda s: s.offset or 0)
    return FramePart("arguments", view.level, view.method, view.il, tuple(slots), view.problems)


def clr_locals(session: Session, arguments: Arguments) -> FramePart:
    """Locals from high to low addresses."""
    return _part(_view(session, arguments), "locals", Role.LOCAL)


def clr_evalstack(session: Session, arguments: Arguments) -> FramePart:
    """Entries, deepest first."""
    return _part(
        _view(session, arguments), "evaluation stack", Role.EVALUATION_STACK, Role.TOP_OF_STACK
    )
