"""Managed names, arguments, locals and lines of gdb's frames. Loaded by frame_filter.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gdb
from gdb.FrameDecorator import FrameDecorator

from decoders.errors import DecodeError
from decoders.frames.view import FrameSlot, Role
from gdbext import frames
from gdbext.session import session

# gdb prints a Python string as a quoted C array, and leaves arrays out of short forms. A number of
# a type that nothing else has is a scalar, and its printer writes the text that it stands for.
_WIDTH = 24
_TYPE_NAME = f"uint{_WIDTH}_t"
_texts: list[str] = []


class _Text:
    """Pretty printer: the text that a number stands for."""

    def __init__(self, text: str) -> None:
        self._text = text

    def to_string(self) -> str:
        """The text, unquoted."""
        return self._text


def _printer(value: gdb.Value) -> _Text | None:
    if value.type.code != gdb.TYPE_CODE_INT or value.type.name != _TYPE_NAME:
        return None
    index = int(value)
    return _Text(_texts[index]) if index < len(_texts) else None


def text_value(frame: gdb.Frame, text: str) -> gdb.Value:
    """A value that gdb prints as this text."""
    if len(_texts) >= 1 << 16:
        _texts.clear()
    _texts.append(text)
    return gdb.Value(len(_texts) - 1).cast(frame.architecture().integer_type(_WIDTH, False))


@dataclass(frozen=True, slots=True)
class _Variable:
    """What frame decorators return for an argument or local: gdb calls both methods."""

    name: str
    content: gdb.Value

    def symbol(self) -> str:
        """Its name."""
        return self.name

    def value(self) -> gdb.Value:
        """Its value."""
        return self.content


class ManagedDecorator(FrameDecorator):
    """A frame of a compiled method."""

    def __init__(self, base: Any) -> None:
        super().__init__(base)
        self._frame: gdb.Frame = base.inferior_frame()

    def function(self) -> str:
        """Ns.Type::Method."""
        place = frames.place_of(session(), self._frame)
        return frames.name_of(session(), self._frame, place)

    def _point(self) -> tuple[str, int]:
        try:
            return session().viewer().position(frames.decoded(session(), self._frame))
        except DecodeError:
            return "", 0  # shown without a line; clr-frame says why

    def filename(self) -> str | None:
        """Source file, None without debug information."""
        return self._point()[0] or None

    def line(self) -> int | None:
        """Source line."""
        return self._point()[1] or None

    def _variables(self, role: Role) -> list[_Variable]:
        try:
            view = session().viewer().view(frames.decoded(session(), self._frame))
        except DecodeError as error:
            return [_Variable(f"<{role.value}s>", text_value(self._frame, f"<{error}>"))]
        slots = sorted(view.by_role(role), key=lambda s: s.offset or 0, reverse=role is Role.LOCAL)
        return [_Variable(s.name, text_value(self._frame, _text(s))) for s in slots]

    def frame_args(self) -> list[_Variable] | None:
        """Arguments, hidden ones included."""
        return self._variables(Role.ARGUMENT) or None

    def frame_locals(self) -> list[_Variable] | None:
        """Locals."""
        return self._variables(Role.LOCAL) or None


def _text(slot: FrameSlot) -> str:
    return slot.text or "<unknown>"


class TrapDecorator(FrameDecorator):
    """An exception's entry."""

    def function(self) -> str:
        """`<page fault, CR2 0x13>`."""
        return frames.name_of(session(), self.inferior_frame(), None)


class UnnamedDecorator(FrameDecorator):
    """A frame that nothing names: `??`, which gdb leaves out as soon as there is a frame filter."""

    def function(self) -> str:
        """`??`."""
        return "??"


def decorate(decorator: Any) -> Any:
    """A decorator for our frames; the one given for others, and without a readable contract."""
    frame: gdb.Frame = decorator.inferior_frame()
    try:
        if frame.type() == gdb.SIGTRAMP_FRAME:
            frames.name_of(session(), frame, None)
            return TrapDecorator(decorator)
        if frame.type() != gdb.INLINE_FRAME and frames.is_managed(session(), frame):
            return ManagedDecorator(decorator)
    except (DecodeError, gdb.error):
        pass  # not our kernel, or not yet: gdb's own view is what there is
    return UnnamedDecorator(decorator) if frame.name() is None else decorator


gdb.pretty_printers.append(_printer)
