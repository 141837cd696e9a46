"""The store log's search, the words for guilty stores, copies, and runs that differ; no guest."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

import decoders.render.timetravel  # noqa: F401 (registers the renderers)
from decoders import store_records as records
from decoders.render import Style, to_text
from decoders.timetravel import CallerPlace, LastWrite, StorePlace, Target, Write
from decoders.timetravel.guilty import guilty_store
from decoders.vm import memory_map, snapshot_list
from qemu_scripts import outcome
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
