"""The progress line: on a terminal only, after two seconds, never in the middle of output."""

from __future__ import annotations

import io

import pytest

from qemu_scripts import progress
from qemu_scripts.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that Progress sees: clock[0] seconds."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_it_appears_after_two_seconds_and_counts(clock: list[float]) -> None:
    stream = Terminal()
    line = Progress("working", stream)
    clock[0] += 1.9
    line.tick()
    assert stream.getvalue() == ""
    clock[0] += 0.2
    line.tick()
    line.tick()
    assert stream.getvalue() == "\r\x1b[Kworking ... 2 s"
    clock[0] += 1
    line.tick()
    assert stream.getvalue().endswith("\r\x1b[Kworking ... 3 s")
    line.clear()
    assert stream.getvalue().endswith("3 s\r\x1b[K")


def test_output_starts_the_delay_anew(clock: list[float]) -> None:
    stream = Terminal()
    line = Progress("working", stream)
    clock[0] += 1.5
    line.clear(b"text\n")
    clock[0] += 1.5
    line.tick()
    assert stream.getvalue() == ""


def test_an_unfinished_line_is_left_alone(clock: list[float]) -> None:
    stream = Terminal()
    line = Progress("working", stream)
    line.clear(b"no newline yet")
    clock[0] += 60
    line.tick()
    assert stream.getvalue() == ""


def test_nothing_off_a_terminal(clock: list[float]) -> None:
    stream = io.StringIO()
    line = Progress("working", stream)
    clock[0] += 60
    line.tick()
    line.clear()
    assert stream.getvalue() == ""
