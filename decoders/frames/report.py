"""Frames as commands and the post-mortem report them: managed and other frames in one shape."""

from __future__ import annotations

from dataclasses import dataclass, field

from decoders.frames.explain import FaultView
from decoders.frames.view import FrameLine, FrameSlot, FrameView
from decoders.runtime.model import ADDRESS


@dataclass(frozen=True, slots=True)
class NativeFrame:
    """A frame that no managed method owns. `kind` is native, stub, thunk, trap or unknown.

    Arguments and locals are (name, value) as the debugger knows them.
    """

    level: int
    kind: str
    pc: int = field(metadata=ADDRESS)
    name: str
    file: str
    line: int
    instruction: str
    arguments: tuple[tuple[str, str], ...]
    locals: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FrameReport:
    """One frame; `fault` when it is the one that the last fault interrupted."""

    frame: FrameView | NativeFrame
    fault: FaultView | None


@dataclass(frozen=True, slots=True)
class FramePart:
    """One part of a frame alone: arguments, locals or evaluation stack."""

    title: str
    level: int
    method: str
    il: str
    slots: tuple[FrameSlot, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StackLine:
    """A frame of a backtrace with its locals (only where they were asked for)."""

    line: FrameLine
    locals: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StackReport:
    """A backtrace, innermost frame first; `end` says why it ends where that is not the entry."""

    lines: tuple[StackLine, ...]
    end: str
    truncated: bool
