"""The kernel's console (COM1): a log for people with machine-readable lines in it.

A machine-readable line is `@@clr ` and one JSON object. Everything else is
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

    An event usually stands on a line of its own; one that a fault writes into the middle of a line
    counts too.

    events: the decoded `@@clr` objects, in order.
    malformed: `@@clr` lines that hold no JSON object with an "event" (they are shown as text).
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    malformed: list[bytes] = field(default_factory=list)
    _held: bytes = b""
    _at_line_start: bool = True

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; return those to show to a person now.

        Text is passed on at once, also an unfinished line. Only what may still become an event is
        held back.
        """
        shown = bytearray()
        self._held += data
        while True:
            at = self._held.find(MARKER)
            if at < 0:
                self._show(shown, len(self._held) - _overlap(self._held))
                return bytes(shown)
            self._show(shown, at)
            end = self._held.find(b"\n")
            if end < 0:
                return bytes(shown)
            line, self._held = self._held[: end + 1], self._held[end + 1 :]
            shown += self._decide(line)

    def finish(self) -> bytes:
        """The console is closed: a held unfinished line is decided now."""
        line, self._held = self._held, b""
        return self._decide(line) if line.startswith(MARKER) else line

    def _show(self, shown: bytearray, length: int) -> None:
        if length:
            shown += self._held[:length]
            self._at_line_start = self._held[length - 1 : length] == b"\n"
            self._held = self._held[length:]

    def _decide(self, line: bytes) -> bytes:
        event = _decode(line[len(MARKER) :])
        if event is None:
            self.malformed.append(line)
            self._at_line_start = True
            return line
        self.events.append(event)
        if self._at_line_start:
            return b""
        self._at_line_start = True
        return b"\n"  # ends the line that the event broke into


def _overlap(data: bytes) -> int:
    """The length of the longest end of `data` that MARKER may go on from."""
    for length in range(min(len(MARKER) - 1, len(data)), 0, -1):
        if data.endswith(MARKER[:length]):
            return length
    return 0


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
