"""The heap: blocks, integrity, who holds an object, objects on the stack."""

from __future__ import annotations

import gdb

import decoders.render.heap  # noqa: F401 (registers the renderers)
from decoders.errors import DecodeError
from decoders.frames import FrameView
from decoders.inspect import heap, roots
from decoders.inspect.roots import StackRange
from decoders.runtime import threads
from gdbext import frames, limits, target
from gdbext.command import Arguments
from gdbext.commands.types import limit_of
from gdbext.session import LookupFailure, Session


def clr_heap(session: Session, arguments: Arguments) -> heap.HeapView:
    """Blocks and statistics."""
    glob = arguments.option("type")
    text = arguments.option("min") or "0"
    if not text.isdigit():
        raise LookupFailure(f"-min {text!r} is not a number of bytes")
    minimum = int(text)
    if arguments.flag("stat"):
        return heap.heap_statistics(session.runtime, glob, minimum)
    return heap.heap_blocks(session.runtime, glob, minimum, limit_of(arguments))


def clr_verify_heap(session: Session, arguments: Arguments) -> heap.Verification:
    """What does not add up."""
    return heap.verify(session.runtime, limit_of(arguments, limits.PROBLEMS))


def _views(session: Session, problems: list[str]) -> list[FrameView]:
    """The managed frames of the stack that gdb is at; what cannot be seen is a problem."""
    views: list[FrameView] = []
    try:
        for count, frame in enumerate(frames.outwards()):
            if count >= limits.FRAMES:
                problems.append(f"only the newest {limits.FRAMES} frames were looked at")
                break
            if frames.is_managed(session, frame):
                views.append(session.viewer().view(frames.decoded(session, frame)))
    except (DecodeError, gdb.error) as error:
        problems.append(f"the stack's frames cannot be followed: {error}")
    return views


def clr_gcroot(session: Session, arguments: Arguments) -> roots.RootsView:
    """Paths from roots to an object."""
    problems: list[str] = []
    address = session.address(arguments["ADDR"])
    if not address:
        raise LookupFailure("the reference is null: nothing holds it")
    views = _views(session, problems)
    return roots.roots_view(
        session.runtime, address, views, limit_of(arguments, limits.PATHS), problems)


def clr_dso(session: Session, arguments: Arguments) -> roots.StackObjects:
    """Objects on the stack."""
    problems: list[str] = []
    chosen = frames.choose(session, None)
    registers = target.known_registers(chosen, target.GENERAL_REGISTERS)
    views = _views(session, problems)
    return roots.stack_objects(
        session.runtime, _ranges(session, problems), registers, views,
        limit_of(arguments), arguments.flag("interior"), problems)


def _ranges(session: Session, problems: list[str]) -> list[StackRange]:
    """Parts of the threads' stacks that are in use by the frames that gdb sees."""
    pointers: list[int] = []
    try:
        for count, frame in enumerate(frames.outwards()):
            if count >= limits.FRAMES:
                break
            pointers.append(target.register(frame, "rsp"))
    except (gdb.error, ValueError) as error:
        problems.append(f"the stack's frames cannot be followed: {error}")
    found = []
    for thread in threads(session.runtime):
        own = [p for p in pointers if thread.stack_low <= p < thread.stack_high]
        if own:
            found.append(StackRange(min(own), thread.stack_high))
    if not found:
        problems.append("no thread's stack holds any of the frames' stack pointers")
    return found
