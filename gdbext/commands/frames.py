"""clr-frame, clr-bt and the parts of a frame alone."""

from __future__ import annotations

import gdb

import decoders.render.frames  # noqa: F401 (registers the renderers)
from decoders.frames.report import FramePart, FrameReport, StackLine, StackReport
from decoders.frames.view import FrameView, Role
from gdbext import frames
from gdbext.command import Arg, Arguments, Option, command
from gdbext.session import LookupFailure, Session

_LEVEL = Arg("LEVEL", "frame number as in `bt`; default: see above", "integer", optional=True)
_WHICH = """
Without LEVEL: the frame selected with `up`, `down` or `frame`. While frame 0 is selected and an
exception handler runs (at the fatal hook, say), the frame that the exception interrupted; elsewhere
the first managed frame.
"""
_LIMIT = 1000


@command(
    "clr-frame", "Show a managed frame: method, IL, source line, every slot, and why it faulted.",
    args=(_LEVEL,),
    details=_WHICH + """
Slots run from high to low addresses: homes, return address, saved registers, locals, temporaries,
evaluation stack. Types are the kernel's claims; what metadata or machine code say otherwise is
marked. At a fault the access is explained: which operand, which field, and what else it could be.
""",
    examples=("clr-frame", "clr-frame 5", "clr-frame --json"),
)
def clr_frame(session: Session, arguments: Arguments) -> FrameReport:
    """The report of one frame."""
    return frames.report(session, frames.choose(session, arguments.get("LEVEL")))


@command(
    "clr-bt", "Show the stack: managed, native and trap frames in one list.",
    options=(
        Option("a", "with the locals of each frame"),
        Option("limit", f"frames at most (default {_LIMIT})", "integer"),
    ),
    examples=("clr-bt", "clr-bt -a", "clr-bt -limit 10"),
    aliases=("clrstack",),
)
def clr_bt(session: Session, arguments: Arguments) -> StackReport:
    """All frames from the newest one on."""
    text = arguments.option("limit")
    limit = _LIMIT
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


@command(
    "clr-args", "Show the arguments of a managed frame, hidden ones included.",
    args=(_LEVEL,), details=_WHICH, examples=("clr-args", "clr-args 5"),
)
def clr_args(session: Session, arguments: Arguments) -> FramePart:
    """Arguments in order of arrival."""
    view = _view(session, arguments)
    slots = sorted(view.by_role(Role.ARGUMENT), key=lambda s: s.offset or 0)
    return FramePart("arguments", view.level, view.method, view.il, tuple(slots), view.problems)


@command(
    "clr-locals", "Show the locals of a managed frame.",
    args=(_LEVEL,), details=_WHICH, examples=("clr-locals", "clr-locals 5"),
)
def clr_locals(session: Session, arguments: Arguments) -> FramePart:
    """Locals from high to low addresses."""
    return _part(_view(session, arguments), "locals", Role.LOCAL)


@command(
    "clr-evalstack", "Show a managed frame's evaluation stack, claimed and modelled from IL.",
    args=(_LEVEL,),
    details=_WHICH + """
The recorded state is the one at the first machine instruction of the IL instruction; within it
entries may have been taken already.
""",
    examples=("clr-evalstack", "clr-evalstack 5"),
)
def clr_evalstack(session: Session, arguments: Arguments) -> FramePart:
    """Entries, deepest first."""
    return _part(
        _view(session, arguments), "evaluation stack", Role.EVALUATION_STACK, Role.TOP_OF_STACK
    )
