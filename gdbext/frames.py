"""gdb's frames as decoder frames: which one a command means, and what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import gdb

from decoders.errors import DecodeError
from decoders.frames import FaultView, Frame, FrameKind, FrameLine, explain_fault, frame_line
from decoders.frames.report import FrameReport, NativeFrame, StackLine
from decoders.frames.unwind import GENERAL, PRESERVED
from decoders.frames.view import FrameSlot, FrameView, Role
from decoders.runtime import CodeKind, CodePlace, Fault, last_fault
from gdbext import target
from gdbext.session import LookupFailure, Session

# A handler's own frames between the exception entry and where it stops.
_HANDLER_DEPTH = 32
# The kernel calls one of them when all is over, with the crash still there to look at.
FATAL_HOOKS = ("clr_fatal_hook", "clr_check_failed_hook")
_MAX_VALUE = 120
_KINDS = {
    CodeKind.STUB: FrameKind.STUB, CodeKind.THUNKS: FrameKind.THUNK,
    CodeKind.UNBOX_THUNKS: FrameKind.THUNK,
}


def outwards(frame: gdb.Frame | None = None) -> Iterator[gdb.Frame]:
    """gdb's frames from this one (default: the newest) to the oldest."""
    if frame is None:
        target.selected_frame()
        frame = gdb.newest_frame()
    while frame is not None:
        yield frame
        frame = frame.older()


def interrupted() -> gdb.Frame | None:
    """The frame that an exception interrupted whose handler runs now; None outside handlers."""
    for count, frame in enumerate(outwards()):
        if frame.type() == gdb.SIGTRAMP_FRAME:
            return frame.older()
        if count >= _HANDLER_DEPTH:
            break
    return None


def place_of(session: Session, frame: gdb.Frame) -> CodePlace | None:
    """What generated code a frame is in; None for C code."""
    pc = frame.pc()
    return session.codes.find(pc - 1 if is_caller(frame) else pc)


def is_managed(session: Session, frame: gdb.Frame) -> bool:
    """Whether a frame belongs to a compiled method."""
    place = place_of(session, frame)
    return place is not None and place.code is not None


def is_caller(frame: gdb.Frame) -> bool:
    """Whether a frame's PC is a return address (not so behind an exception entry)."""
    newer = frame.newer()
    while newer is not None and newer.type() == gdb.INLINE_FRAME:
        newer = newer.newer()  # the same machine frame: it was not called
    return newer is not None and newer.type() != gdb.SIGTRAMP_FRAME


def choose(session: Session, level: str | None) -> gdb.Frame:
    """The frame a command means.

    A level as `bt` numbers them; without one the frame selected with `up` or `frame`, and while
    frame 0 is selected, the one that the stop is about.
    """
    if level is not None:
        try:
            wanted = int(level, 0)
        except ValueError:
            raise LookupFailure(f"{level!r} is no frame number; `clr-bt` lists them") from None
        count = 0
        for frame in outwards():
            if frame.level() == wanted:
                return frame
            count += 1
        raise LookupFailure(f"there is no frame {wanted}; the stack has {count} frames")
    selected = target.selected_frame()
    return selected if selected.level() else stopped_in(session)


def stopped_in(session: Session) -> gdb.Frame:
    """The frame that the stop is about, whatever is selected.

    Within a handler the frame it interrupted, else the first managed frame, else the newest.
    """
    fault = interrupted()
    if fault is not None:
        return fault
    first = next(
        (f for n, f in enumerate(outwards()) if n < _HANDLER_DEPTH and is_managed(session, f)),
        None,
    )
    return first or gdb.newest_frame()


def decoded(session: Session, frame: gdb.Frame) -> Frame:
    """A gdb frame as the decoders' frame."""
    caller = is_caller(frame)
    names = ("rsp", *PRESERVED) if caller else GENERAL
    registers = target.known_registers(frame, names)
    if not caller:
        # Float arguments that have not reached their homes yet.
        for number in range(4):
            vector = frame.read_register(f"xmm{number}")
            if not vector.is_optimized_out:
                registers[f"xmm{number}"] = int(vector["v2_int64"][0]) & (1 << 64) - 1
    registers["rip"] = frame.pc()
    return session.unwinder.frame(registers, frame.level(), caller)


def fault_in(session: Session, frame: gdb.Frame) -> Fault | None:
    """The last fault, if this is the frame that it interrupted."""
    fault = last_fault(session.runtime)
    if fault is None or fault.frame is None or fault.frame.rip != frame.pc():
        return None
    same = target.register(frame, "rsp") == fault.frame.rsp
    return fault if same and not is_caller(frame) else None


def explain(session: Session, frame: gdb.Frame) -> FaultView | None:
    """Why this frame faulted, None when it did not."""
    fault = fault_in(session, frame)
    if fault is None:
        return _raised(session, frame)
    return explain_fault(session.runtime, session.codes, fault, decoded(session, frame))


def _raised(session: Session, frame: gdb.Frame) -> FaultView | None:
    """A fault that software raised, if the machine stands in its hook and this frame raised it."""
    if gdb.newest_frame().name() not in FATAL_HOOKS or not is_caller(frame):
        return None
    fault = last_fault(session.runtime)
    if fault is None or fault.frame is not None:
        return None
    newer = frame.newer()
    while newer is not None:
        if is_managed(session, newer):
            return None
        newer = newer.newer()
    return FaultView(
        fault.name, "", fault.vector, fault.error_code, 0, frame.pc(), "", "", None, (),
        fault.message, (), fault.check,
    )


def report(session: Session, frame: gdb.Frame) -> FrameReport:
    """Everything about one frame."""
    fault = explain(session, frame)
    if is_managed(session, frame):
        view = session.viewer().view(decoded(session, frame))
        return FrameReport(_named_return(view, frame), fault)
    return FrameReport(native(session, frame), fault)


def _named_return(view: FrameView, frame: gdb.Frame) -> FrameView:
    """The view with the name of a C caller, which only gdb knows, at its return address."""
    older = frame.older()
    name = older.name() if older is not None else None
    if name is None or older is None:
        return view
    slots = tuple(
        replace(s, note=name) if s.role is Role.RETURN_ADDRESS and not s.note
        and s.value is not None and s.value.scalar == older.pc() else s
        for s in view.slots
    )
    return replace(view, slots=slots)


def native(session: Session, frame: gdb.Frame) -> NativeFrame:
    """A frame of C code, a stub or an exception entry, as gdb knows it."""
    place = place_of(session, frame)
    kind = kind_of(frame, place)
    sal = frame.find_sal()
    file = sal.symtab.filename if sal.symtab is not None else ""
    instruction = ""
    try:
        instruction = str(frame.architecture().disassemble(frame.pc())[0]["asm"])
    except gdb.error:
        instruction = "(no memory at pc)"
    arguments, values = variables(frame)
    return NativeFrame(
        frame.level(), kind.value, frame.pc(), name_of(session, frame, place), file,
        sal.line if file else 0, instruction, arguments, values,
    )


def kind_of(frame: gdb.Frame, place: CodePlace | None) -> FrameKind:
    """What a frame is."""
    if frame.type() == gdb.SIGTRAMP_FRAME:
        return FrameKind.TRAP
    if place is not None:
        return _KINDS.get(place.kind, FrameKind.MANAGED)
    return FrameKind.NATIVE


def name_of(session: Session, frame: gdb.Frame, place: CodePlace | None) -> str:
    """A frame's function; exceptions by name where the kernel recorded them."""
    if frame.type() == gdb.SIGTRAMP_FRAME:
        return f"<{trap_name(session, frame)}>"
    if place is not None and place.method is not None:
        name = session.runtime.method_name(place.method)
        return name if place.kind is CodeKind.METHOD else f"thunk of {name}"
    return frame.name() or (f"<{place.name}>" if place is not None else "")


def trap_name(session: Session, frame: gdb.Frame) -> str:
    """What the exception behind an entry frame was."""
    older = frame.older()
    fault = fault_in(session, older) if older is not None else None
    if fault is None:
        return "exception"
    return f"{fault.name}, CR2 {fault.cr2:#x}" if fault.vector == 14 else fault.name


def variables(
    frame: gdb.Frame,
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Arguments and locals of a frame with debug information, as gdb prints them."""
    arguments: dict[str, str] = {}
    values: dict[str, str] = {}
    try:
        block: gdb.Block | None = frame.block()
    except RuntimeError:
        block = None  # no debug information
    while block is not None and not block.is_static and not block.is_global:
        for symbol in block:
            into = arguments if symbol.is_argument else values if symbol.is_variable else None
            if into is not None and symbol.name not in into:
                into[symbol.name] = _printed(frame, symbol)
        if block.function is not None:
            break
        block = block.superblock
    return tuple(arguments.items()), tuple(values.items())


def _printed(frame: gdb.Frame, symbol: gdb.Symbol) -> str:
    try:
        value = frame.read_var(symbol)
        text = value.format_string(max_elements=8, max_depth=1, styling=False)
    except gdb.error as error:
        return f"<{error}>"
    text = " ".join(text.split())
    return text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 3] + "..."


def stack_line(session: Session, frame: gdb.Frame, with_locals: bool) -> StackLine:
    """A frame as one line of a backtrace. A frame that cannot be read says so in its note."""
    place = place_of(session, frame)
    if place is not None and place.code is not None:
        viewer = session.viewer()
        found = decoded(session, frame)
        try:
            line = frame_line(viewer, found)
            values: tuple[tuple[str, str], ...] = ()
            if with_locals:
                view = viewer.view(found)
                values = tuple((s.name, s.text) for s in locals_of(view.slots))
            return StackLine(line, values)
        except DecodeError as error:
            name = session.runtime.method_name(place.code.method)
            return StackLine(
                FrameLine(frame.level(), "managed", frame.pc(), name, None, "", 0, (), str(error))
            )
    shown = native(session, frame)
    note = ""
    if not shown.name:
        note = "no code there"
        if frame.older() is not None:
            note += "; the next frame was found by scanning the stack"
    line = FrameLine(
        shown.level, shown.kind, shown.pc, shown.name, None, shown.file, shown.line,
        shown.arguments, note,
    )
    return StackLine(line, shown.locals if with_locals else ())


def locals_of(slots: tuple[FrameSlot, ...]) -> list[FrameSlot]:
    """The locals among slots, from high to low addresses."""
    return [s for s in slots if s.role is Role.LOCAL]
