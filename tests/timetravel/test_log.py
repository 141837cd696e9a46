"""The store log's search, the words for guilty stores, copies, and runs that differ; no guest."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import decoders.render.timetravel  # noqa: F401 (registers the renderers)
from decoders import store_records as records
from decoders.errors import TargetError
from decoders.render import Style, to_plain, to_text
from decoders.timetravel import (
    CallerPlace,
    LastWrite,
    Role,
    StoreAnswer,
    StorePlace,
    Suspect,
    Target,
    Write,
)
from decoders.timetravel.guilty import answers, guilty_store, suspects_of
from decoders.vm import memory_map, snapshot_list
from qemu_scripts import faults, outcome, paths
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.timetravel.store_log import StoreLog
from qemu_scripts.timetravel.who_wrote import Question, Seen
from qemu_scripts.traces.shared import HEADER_SIZE

PLACE = StorePlace(
    0x1000, "managed", "Ns.Type::Method", "asm", 0x06000001, "body", 0x12,
    "IL_0012: stfld byte Ns.Type::Field", "src/File.cs", 3, "mov byte ptr [rbx], al")


def log(tmp_path: Path, *stores: tuple[int, int, int, int]) -> StoreLog:
    """(pc, address, size, value) each, with their values known."""
    path = tmp_path / "trace"
    meta = records.HAS_VALUE << 16
    path.write_bytes(bytes(HEADER_SIZE) + b"".join(
        struct.pack("<4Q", pc, address, value, meta | size) for pc, address, size, value in stores
    ))
    return StoreLog(path, len(stores))


def test_the_last_store_that_overlaps(tmp_path: Path) -> None:
    found = log(tmp_path, (1, 0x1000, 8, 0x1111), (2, 0x1004, 4, 0x22), (3, 0x1008, 8, 0x33),
                (4, 0xFFC, 4, 0x44))
    target = Target(0x1000, 8, "")
    assert found.last(target, 4) == 1
    assert found.last(target, 1) == 0
    assert found.last(target, 0) is None
    assert found.last(Target(0x1007, 1, ""), 4) == 1
    assert found.last(Target(0x2000, 8, ""), 4) is None
    assert found.last(Target(0xFFF, 1, ""), 4) == 3


def test_bytes_as_the_log_knows_them(tmp_path: Path) -> None:
    found = log(tmp_path, (1, 0x1002, 2, 0xBBAA), (2, 0x1000, 1, 0xCC))
    assert found.bytes_before(Target(0x1000, 4, ""), 2) == [0xCC, None, 0xAA, 0xBB]
    assert found.bytes_before(Target(0x1000, 4, ""), 1) == [None, None, 0xAA, 0xBB]


def test_an_empty_log(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="empty"):
        log(tmp_path)


def test_the_guilty_store_in_a_sentence() -> None:
    target = Target(0x5000, 8, "x")
    plain = LastWrite(target, Write(PLACE, None, None, None), "replay")
    found = guilty_store(lambda _: plain, 0x5000, what="the return address")
    assert found is not None and found.place == PLACE
    assert found.sentence == (
        "the return address (0x5000) was last written by Ns.Type::Method, IL_0012: stfld byte "
        "Ns.Type::Field (File.cs:3)")
    prologue = replace(
        PLACE, stage="prologue", il_offset=None, il="",
        caller=CallerPlace("Ns.Caller::Run", 5, "IL_0005: newobj X", "", 0))
    copied = replace(plain, origin=LastWrite(target, Write(prologue, None, None, None), "replay"))
    found = guilty_store(lambda _: copied, 0x5000)
    assert found is not None and found.place == prologue
    assert "copied there by Ns.Type::Method" in found.sentence
    assert found.sentence.endswith("called by Ns.Caller::Run, IL_0005: newobj X")
    assert guilty_store(lambda t: LastWrite(t, None, "replay"), 0x5000) is None


def test_text_of_an_answer() -> None:
    found = LastWrite(Target(0x5000, 8, "x"), Write(PLACE, bytes(8), b"\1" * 8, 1234567), "replay")
    text = to_text(found, Style())
    assert text.splitlines() == [
        "x (8 bytes at 0x5000) was last written by",
        "  Ns.Type::Method  IL_0012: stfld byte Ns.Type::Field at src/File.cs:3",
        "  0x1000: mov byte ptr [rbx], al",
        "  0x0 -> 0x101010101010101 after 1,234,567 instructions",
    ]


def test_runs_that_differ_are_told_apart() -> None:
    ended = outcome.own(outcome.Kind.GUEST_FAULT, "the guest took a page fault")
    one = Seen(ended, Target(0x10, 2, "x"), b"ab", {"rip": 1, "rbx": 2})
    assert one.differences(one) == []
    assert one.differences(replace(one, registers={"rip": 1, "rbx": 3})) == ["rbx 0x2 and 0x3"]
    assert "the bytes are 61 62 and 61 63" in one.differences(replace(one, data=b"ac"))
    assert "0x10 and 0x20" in one.differences(replace(one, target=Target(0x20, 2, "x")))[0]


def test_the_question_as_a_command() -> None:
    assert Question("this.X", 4, "Run").command() == (
        "clr-which-bytes --json -size 4 -in Run this.X")
    assert Question().command() == "clr-which-bytes --json"


def test_qemus_words_are_read() -> None:
    text = (
        'FlatView #0\n AS "I/O", root: io\n Root memory region: io\n'
        "  0000000000000000-0000000000000007 (prio 0, i/o): dma-chan\n\n"
        'FlatView #1\n AS "memory", root: system\n AS "cpu-memory-0", root: system\n'
        "  0000000000000000-00000000000c2fff (prio 0, ram): ram\n"
        "  00000000000c3000-00000000000e7fff (prio 1, rom): ram @00000000000c3000\n")
    ranges = memory_map(text).ranges
    assert [(r.end, r.kind, r.name) for r in ranges] == [
        (0xC2FFF, "ram", "ram"), (0xE7FFF, "rom", "ram")]
    listed = snapshot_list(
        "List of snapshots present on all disks:\n"
        "ID        TAG               VM SIZE                DATE     VM CLOCK     ICOUNT\n"
        "--        before           1.85 MiB 2026-11-24 16:17:11 00:00:01.356           \n"
        "--        at-50            1.85 MiB 2026-11-24 16:17:11 00:00:01.356         50\n")
    assert [(s.name, s.instructions) for s in listed.snapshots] == [("before", None), ("at-50", 50)]


# Which of the stores that are found is a guilty one.

SUSPECT = Suspect("rule: what is wrong", Role.SLOT, Target(0x5000, 8, "the slot"), "so", "certain")


def asked(suspect: Suspect, place: StorePlace, **more: Any) -> StoreAnswer:
    """The answer about a suspect whose last store was at a place."""
    found = LastWrite(suspect.target, Write(place, bytes(8), b"\1" + bytes(7), None, 20),
                      "store log", **more)
    called = LastWrite(Target(0x6000, 8, ""), Write(PLACE, None, None, None, 30), "store log")
    (answer,) = answers(
        {suspect.finding: (suspect,)}, lambda t: called if t.address == 0x6000 else found)
    return answer


def test_a_guilty_store_and_how_sure_it_is() -> None:
    answer = asked(SUSPECT, PLACE)
    assert (answer.place, answer.certainty, answer.value) == (PLACE, "certain", "0x0 -> 0x1")
    assert answer.sentence.endswith("(File.cs:3): 0x0 -> 0x1 (certain)")
    assert asked(replace(SUSPECT, certainty="likely"), PLACE).certainty == "likely"
    changed = asked(SUSPECT, PLACE, notes=("the bytes changed since",))
    assert changed.certainty == "possible" and changed.sentence.endswith("the bytes changed since")
    table = replace(SUSPECT, role=Role.METHOD_TABLE)
    assert asked(table, PLACE).certainty == "certain"
    assert asked(table, replace(PLACE, kind="native")).certainty == "possible"


@pytest.mark.parametrize(("suspect", "place", "why"), [
    (replace(SUSPECT, role=Role.RETURN_ADDRESS), replace(PLACE, instruction="call rax"),
     "the call itself"),
    (replace(SUSPECT, role=Role.SAVED_RBP), replace(PLACE, instruction="push rbp"),
     "the prologue that saves it"),
    (replace(SUSPECT, rightful=0x1000), PLACE, "which saves it there"),
    (replace(SUSPECT, role=Role.ARRAY_LENGTH), replace(PLACE, kind="native"), "as the runtime"),
    (replace(SUSPECT, expected="Ns.Other::Field"), PLACE, "not as Ns.Other::Field"),
    (replace(SUSPECT, by="Ns.Other::Method"), PLACE, "not by Ns.Other::Method"),
    (replace(SUSPECT, owner="Ns.Type::Method"), PLACE, "whose own it is"),
    (replace(SUSPECT, since=0x6000), PLACE, "before the frame was made"),
], ids=lambda value: value.role.value if isinstance(value, Suspect) else None)
def test_a_rightful_store_is_not_named(suspect: Suspect, place: StorePlace, why: str) -> None:
    answer = asked(suspect, place)
    assert answer.place is None and answer.certainty == "" and why in answer.sentence


def test_no_answer_has_its_reason() -> None:
    def refuse(_: Target) -> LastWrite:
        raise TargetError("two runs diverged")

    none = answers({"a": (), "b": (SUSPECT,)}, refuse)
    assert "no store to name" in none[0].sentence
    assert none[1].sentence == "who wrote the slot could not be found: two runs diverged"
    never = answers({"b": (SUSPECT,)}, lambda t: LastWrite(t, None, "replay"))
    assert never[0].sentence == "no store to the slot (0x5000) since the start"
    # Nobody to ask: what would tell, and only where there is a question.
    (later,) = answers({"a": (), "b": (replace(SUSPECT, target=Target(0x5000, 4, "x")),)}, None)
    assert later.next_look == "clrscope who-wrote 0x5000 --size 4" and later.place is None
    assert suspects_of(to_plain([later])) == {"b": later.suspects}


def test_whoever_looks_for_stores_knows_no_fault_by_name() -> None:
    for module in ("postmortem/second_run", "postmortem/live", "timetravel/who_wrote",
                   "timetravel/store_log", "timetravel/replay", "timetravel/record"):
        text = (paths.ROOT / "qemu_scripts" / f"{module}.py").read_text("utf-8")
        assert not [name for name in faults.FAULTS if name in text], module
