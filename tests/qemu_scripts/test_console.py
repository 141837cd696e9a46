"""COM1's bytes become events and text, however they are cut."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from qemu_scripts.console import MARKER, ConsoleLog

EXIT = b'@@clr {"event":"exit","kind":"program","status":7}\n'


def parse(*pieces: bytes) -> tuple[ConsoleLog, bytes]:
    log = ConsoleLog()
    shown = b"".join(log.feed(piece) for piece in pieces)
    return log, shown + log.finish()


def test_text_passes_and_an_event_does_not() -> None:
    log, shown = parse(b"boot\n" + EXIT + b"after\n")
    assert shown == b"boot\nafter\n"
    assert log.events == [{"event": "exit", "kind": "program", "status": 7}]


def test_unfinished_text_is_shown_at_once() -> None:
    log = ConsoleLog()
    assert log.feed(b"no newline") == b"no newline"
    assert log.feed(b" yet") == b" yet"


def test_what_may_become_an_event_is_held_back() -> None:
    log = ConsoleLog()
    assert log.feed(b"x\n@@c") == b"x\n"
    assert log.feed(b"lm\n") == b"@@clm\n"


def test_an_event_in_the_middle_of_a_line_counts_and_ends_it() -> None:
    log, shown = parse(b"text ", EXIT, b"more\n")
    assert shown == b"text \nmore\n"
    assert log.events[0]["status"] == 7


def test_an_event_cut_off_by_the_end_stays_text() -> None:
    log, shown = parse(b'@@clr {"event":"ex')
    assert shown == b'@@clr {"event":"ex'
    assert log.malformed == [b'@@clr {"event":"ex']


def test_an_event_without_final_newline_counts() -> None:
    log, shown = parse(EXIT.rstrip(b"\n"))
    assert shown == b""
    assert log.events[0]["status"] == 7


def test_lines_that_hold_no_event_stay_text() -> None:
    for bad in (b"@@clr {}\n", b"@@clr [1]\n", b"@@clr {\xff}\n", b"@@clr nonsense\n",
                b'@@clr {"event":"exit","status":"x"}\n'):  # fmt: skip
        log, shown = parse(bad)
        assert shown == bad
        assert log.malformed == [bad]
        assert not log.events


def test_a_carriage_return_before_the_newline_is_allowed() -> None:
    log, _ = parse(EXIT.replace(b"\n", b"\r\n"))
    assert log.events[0]["status"] == 7


_lines = st.lists(
    st.one_of(
        st.binary(max_size=12).map(lambda data: data + b"\n"),
        st.just(MARKER + b"junk\n"),
        st.integers(0, 2**31).map(
            lambda number: MARKER + json.dumps({"event": "n", "n": number}).encode() + b"\n"
        ),
    ),
    max_size=12,
)


@given(_lines, st.binary(max_size=8), st.data())
def test_cutting_the_stream_changes_nothing(
    lines: list[bytes], rest: bytes, data: st.DataObject
) -> None:
    stream = b"".join(lines) + rest
    whole, text = parse(stream)
    pieces: list[bytes] = []
    at = 0
    while at < len(stream):
        length = data.draw(st.integers(1, len(stream) - at))
        pieces.append(stream[at : at + length])
        at += length
    cut, cut_text = parse(*pieces)
    assert cut_text == text
    assert cut.events == whole.events
    assert cut.malformed == whole.malformed


@given(st.binary(max_size=200))
def test_what_holds_no_event_is_shown_whole(stream: bytes) -> None:
    log, text = parse(stream)
    assert not log.events
    assert text == stream
