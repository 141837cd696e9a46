"""Events become one outcome; the outcome becomes one status and one JSON file."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from qemu_scripts import outcome, paths
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.outcome import STATUS, Kind

EXIT_OK = {"event": "exit", "kind": "kernel", "status": 0}
EXIT_BAD = {"event": "exit", "kind": "kernel", "status": 1}
REFUSED = {
    "event": "compile-failed", "assembly": "a", "method": "T::M", "il": 4, "opcode": "ldftn",
    "message": "delegates are not there yet",
}  # fmt: skip
FAULT = {"event": "fault", "vector": 14, "error": 2, "cr2": "0x13", "rip": "0x1000"}
CHECK = {"event": "check-failed", "expected": "1", "actual": "2"}
UNHANDLED = {"event": "unhandled", "type": "System.Exception", "message": "no"}


def program_exit(status: int) -> outcome.Event:
    return {"event": "exit", "kind": "program", "status": status}


@pytest.mark.parametrize(("given", "seen"), [(0, 0), (7, 7), (256, 0), (300, 44), (-1, 255)])
def test_a_program_s_status_is_passed_on_modulo_256(given: int, seen: int) -> None:
    result = outcome.from_events([program_exit(given)])
    assert result is not None
    assert (result.kind, result.status, result.guest_status) == (Kind.EXIT, seen, given)


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ([FAULT], Kind.GUEST_FAULT),
        ([UNHANDLED], Kind.GUEST_FAULT),
        ([CHECK], Kind.CHECK_FAILED),
        ([{"event": "load-failed", "message": "no"}], Kind.BAD_USAGE),
        ([REFUSED], Kind.COMPILE_FAILURE),
        ([FAULT, EXIT_BAD], Kind.GUEST_FAULT),
        ([CHECK, FAULT], Kind.CHECK_FAILED),
        ([REFUSED, EXIT_BAD], Kind.COMPILE_FAILURE),
        ([REFUSED, EXIT_OK], Kind.EXIT),
        ([REFUSED, program_exit(3)], Kind.EXIT),
        ([REFUSED, FAULT], Kind.GUEST_FAULT),
    ],
)
def test_which_event_decides(events: list[outcome.Event], kind: Kind) -> None:
    result = outcome.from_events(events)
    assert result is not None
    assert result.kind is kind


def test_a_guest_that_goes_on_behind_a_refused_method_is_judged_by_its_end() -> None:
    assert outcome.from_events([REFUSED], carries_on=True) is None
    for events, kind in (([REFUSED, EXIT_BAD], Kind.COMPILE_FAILURE),
                         ([REFUSED, program_exit(3)], Kind.EXIT),
                         ([REFUSED, FAULT], Kind.GUEST_FAULT)):
        result = outcome.from_events(events, carries_on=True)
        assert result is not None and result.kind is kind


def test_no_word_from_the_guest_is_no_outcome() -> None:
    assert outcome.from_events([]) is None
    assert outcome.from_events([{"event": "something-new"}]) is None


def test_own_statuses_are_one_each_between_120_and_126() -> None:
    assert sorted(STATUS.values()) == list(range(120, 127))


def test_every_status_is_documented() -> None:
    assert outcome.__doc__ is not None
    for kind, status in STATUS.items():
        assert f"{status}    {kind.value}" in outcome.__doc__


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (FAULT, ["page fault", "CR2=0x13", "RIP=0x1000"]),
        (CHECK, ["expected 1", "got 2"]),
        (REFUSED, ["[a] T::M", "IL_0004", "ldftn", "delegates"]),
        (UNHANDLED, ["System.Exception", "no"]),
    ],
)
def test_messages_say_what_and_where(event: outcome.Event, words: list[str]) -> None:
    for word in words:
        assert word in outcome.describe(event)


def test_what_a_guest_says_cannot_reach_the_terminal() -> None:
    event = {"event": "unhandled", "type": "T\x1b]0;x\x07", "message": "two\nlines\u202e"}
    assert outcome.describe(event) == (
        "unhandled T\\u001b]0;x\\u0007 in the guest: two\\u000alines\\u202e")


def test_the_status_file_is_whole_and_has_the_extras(tmp_path: Path) -> None:
    file = tmp_path / "status.json"
    result = outcome.from_events([program_exit(300)])
    assert result is not None
    outcome.write_status_file(file, result.with_extra(elapsed_seconds=1.5))
    assert json.loads(file.read_text()) == {
        "outcome": "exit",
        "status": 44,
        "guest_status": 300,
        "message": "the program exited with status 300",
        "event": dict(program_exit(300)),
        "elapsed_seconds": 1.5,
    }
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


def test_a_status_file_that_is_no_file_is_written_into(tmp_path: Path) -> None:
    # Renaming over it would take a device's or a pipe's place, which root may do to /dev/null.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        outcome.clear_status_file(pipe)
        outcome.write_status_file(pipe, outcome.interrupted(2))
        assert pipe.is_fifo()
        assert json.loads(os.read(reader, 65536))["status"] == 130
    finally:
        os.close(reader)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_a_status_file_behind_a_link_is_written_where_the_link_leads(tmp_path: Path) -> None:
    link, file = tmp_path / "link", tmp_path / "file"
    file.write_text("an earlier run's")
    link.symlink_to(file)
    outcome.clear_status_file(link)
    assert not file.exists()
    outcome.write_status_file(link, outcome.interrupted(2))
    assert link.is_symlink()
    assert json.loads(file.read_text())["status"] == 130


def test_a_status_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="cannot write the status file"):
        outcome.write_status_file(tmp_path / "no" / "file", outcome.interrupted(2))


def test_the_host_program_has_the_same_statuses() -> None:
    header = (paths.KERNEL_SOURCES / "host" / "host.h").read_text()
    values = {name: int(value) for name, value in re.findall(r"(HOST_[A-Z_]+) = (\d+)", header)}
    assert values == {
        "HOST_FAULT": STATUS[Kind.GUEST_FAULT],
        "HOST_CHECK_FAILED": STATUS[Kind.CHECK_FAILED],
        "HOST_COMPILE_FAILED": STATUS[Kind.COMPILE_FAILURE],
        "HOST_USAGE": STATUS[Kind.BAD_USAGE],
        "HOST_ENVIRONMENT": STATUS[Kind.ENVIRONMENT],
    }
