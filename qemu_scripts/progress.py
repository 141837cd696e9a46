"""A progress line on the terminal for what takes longer than two seconds."""

from __future__ import annotations

import sys
import time
from typing import TextIO

DELAY = 2.0


class Progress:
    """One line on stderr that says what is going on and for how long; silent off a terminal.

    `tick` is called now and then and draws when it is time; `clear` is called before anything else
    is written to the terminal, and starts the delay anew.
    """

    def __init__(self, what: str, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._enabled = self._stream.isatty()
        self.what = what
        self._start = self._quiet_since = time.monotonic()
        self._drawn = ""
        self._mid_line = False

    def tick(self) -> None:
        """Draw the line if nothing was written for two seconds."""
        now = time.monotonic()
        if self._enabled and not self._mid_line and now - self._quiet_since >= DELAY:
            line = f"{self.what} ... {now - self._start:.0f} s"
            if line != self._drawn:
                self._stream.write(f"\r\x1b[K{line}")
                self._stream.flush()
                self._drawn = line

    def clear(self, written: bytes = b"\n") -> None:
        """Remove the line; `written` is what is about to be written (it may leave a line open)."""
        self._quiet_since = time.monotonic()
        self._mid_line = not written.endswith(b"\n")
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._drawn = ""
