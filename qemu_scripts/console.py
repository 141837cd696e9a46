"""The kernel's console (COM1): a log for people with machine-readable lines in it.

A machine-readable line starts with `@@clr ` and goes on with one JSON object. Everything else is
text. Bytes arrive in pieces of any size; nothing is ever dropped: what is not a well-formed event
stays in the log.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

MARKER = b"@@clr "


@dataclass
class ConsoleLog:
    """Splits COM1's bytes into events and displayable text as they arrive.

    events: the decoded `@@clr` objects, in order.
    malformed: `@@clr` lines that hold no JSON object with an "event" (they are shown as text).
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    malformed: list[bytes] = field(default_factory=list)
    _held: bytearray = field(default_factory=bytearray)
    _at_line_start: bool = True

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; return those to show to a person now.

        Text is passed on at once, also an unfinished line. Only the start of a line that may still
        become an event is held back.
        """
        shown = bytearray()
        for piece in _lines(data):
            shown += self._piece(piece)
        return bytes(shown)

    def finish(self) -> bytes:
        """The console is closed: a held unfinished line is decided now."""
        if not self._held:
            return b""
        line = bytes(self._held)
        self._held.clear()
        return self._decide(line)

    def _piece(self, piece: bytes) -> bytes:
        if not self._held and not self._at_line_start:
            self._at_line_start = piece.endswith(b"\n")
            return piece
        self._held += piece
        if self._held.endswith(b"\n"):
            line = bytes(self._held)
            self._held.clear()
            self._at_line_start = True
            return self._decide(line)
        if self._held.startswith(MARKER) or MARKER.startswith(self._held):
            return b""
        line = bytes(self._held)
        self._held.clear()
        self._at_line_start = False
        return line

    def _decide(self, line: bytes) -> bytes:
        if not line.startswith(MARKER):
            return line
        event = _decode(line[len(MARKER) :])
        if event is None:
            self.malformed.append(line)
            return line
        self.events.append(event)
        return b""


def _lines(data: bytes) -> list[bytes]:
    """Like bytes.splitlines(keepends=True), but only "\\n" ends a line."""
    pieces = data.split(b"\n")
    lines = [piece + b"\n" for piece in pieces[:-1]]
    return [*lines, pieces[-1]] if pieces[-1] else lines


def _decode(text: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(text)
    except ValueError:  # not JSON, or not UTF-8: the caller keeps the line as text
        return None
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        return None
    if event["event"] == "exit" and not isinstance(event.get("status"), int):
        return None
    return event
