"""The plugin in the installed QEMU, on a guest whose stores, branches and calls are known."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import capstone
import pytest

from decoders import store_records as records
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.traces.plugin import Count, Mode, PluginOptions, explain
from qemu_scripts.traces.ring import RingReader, Sink
from qemu_scripts.traces.shared import SharedFile
from tests.plugins.conftest import Payload, Traced, TracedRun

KERNEL_HALF = 0xFFFF_8000_0000_0000


def finished(run: Traced) -> Traced:
    """The guest ended by itself, and QEMU in order."""
    assert run.status == 1, run.complaints + run.log
    assert run.complaints == ""
    assert run.ended
    return run


@pytest.mark.parametrize("count", list(Count))
def test_every_width_with_its_value(traced: TracedRun, payload: Payload, count: Count) -> None:
    scope = payload.symbols["test_stores"]
    run = finished(
        traced("stores", 50, PluginOptions(Mode.STORES, scopes=[scope], values=True, count=count))
    )
    base, end = payload.symbols["g_target"]
    rows = [(r.address - base, r.size, r.value) for r in run.stores if base <= r.address < end]
    expected = []
    for i in range(50):
        expected += [(0, 1, i + 1), (2, 2, i + 2), (4, 4, i + 3), (8, 8, i + 4)]
        expected += [(16, 8, i + 5), (24, 8, i + 5)]
    assert rows == expected
    assert run.lost == 0
    counts = [r.instructions for r in run.stores]
    assert counts == sorted(counts)
    if count is Count.OFF:
        assert set(counts) == {0}
    else:
        # The loop has one count of instructions per round, the same under both ways of counting.
        firsts = [r.instructions for r in run.stores if r.address == base]
        assert len({b - a for a, b in itertools.pairwise(firsts[1:])}) == 1
        assert run.instructions > counts[-1]


def test_compact_records_say_the_same(traced: TracedRun, payload: Payload) -> None:
    """Without values and counts records are half as long, and read as the same stores."""
    scope = payload.symbols["test_stores"]
    rows = []
    for count in (Count.OFF, Count.BLOCK):
        options = PluginOptions(Mode.STORES, scopes=[scope], count=count)
        run = finished(traced("stores", 50, options))
        rows.append([(r.pc, r.address, r.size, r.value, r.vcpu, r.upper_half) for r in run.stores])
    assert rows[0] == rows[1]
    assert len(rows[0]) >= 300
    assert {row[2] for row in rows[0]} >= {1, 2, 4, 8}


def test_nothing_is_lost_in_a_small_ring(traced: TracedRun, payload: Payload) -> None:
    scope = payload.symbols["test_loop"]
    cells = payload.symbols["g_cells"][0]
    run = finished(
        traced(
            "loop", 100_000, PluginOptions(Mode.STORES, scopes=[scope], values=True), capacity=64
        )
    )
    stores = [r for r in run.stores if r.address >= cells]
    assert [r.value for r in stores] == list(range(100_000))
    assert [r.address for r in stores] == [cells + 8 * (i & 4095) for i in range(100_000)]
    assert run.lost == 0
    assert run.waits > 0


def test_a_guest_without_reader_goes_on_and_counts(traced: TracedRun, payload: Payload) -> None:
    scope = payload.symbols["test_loop"]
    options = PluginOptions(Mode.STORES, scopes=[scope], block_when_full=False)
    run = finished(traced("loop", 1000, options, capacity=64, read=False))
    assert run.lost == 1000 - 63


def test_a_reader_that_dies_does_not_hang_the_guest(
    traced: TracedRun, payload: Payload, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A reader process that is gone before the ring is full.
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    monkeypatch.setattr(SharedFile, "start_reading", _started_by(child))
    monkeypatch.setattr(RingReader, "_read", lambda self: None)
    before = time.monotonic()
    run = traced(
        "loop", 1000, PluginOptions(Mode.STORES, scopes=[payload.symbols["test_loop"]]), capacity=64
    )
    assert time.monotonic() - before < 30
    assert run.status == 1
    assert run.lost == 1000 - 63
    assert explain(run.complaints) == (
        "the reader of the trace is gone; the guest goes on and stores are only counted as lost"
    )


def test_a_sink_that_fails_does_not_hold_the_guest_up(
    traced: TracedRun, payload: Payload, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = RingReader.__init__

    def failing(self: RingReader, shared: SharedFile, sink: Sink) -> None:
        def full(view: memoryview) -> None:
            raise EnvironmentFault("the disk is full")

        original(self, shared, full)

    monkeypatch.setattr(RingReader, "__init__", failing)
    options = PluginOptions(Mode.STORES, scopes=[payload.symbols["test_loop"]])
    before = time.monotonic()
    with pytest.raises(EnvironmentFault, match="the disk is full"):
        traced("loop", 100_000, options, capacity=64)
    assert time.monotonic() - before < 30


def _started_by(pid: int) -> Callable[[SharedFile], None]:
    def start(self: SharedFile) -> None:
        self._halves[204 // 4] = pid
        self._halves[200 // 4] = 1

    return start


def test_only_the_control_areas_ranges_are_recorded(traced: TracedRun, payload: Payload) -> None:
    start, end = payload.symbols["test_mixed"]
    original = SharedFile.create

    def narrowed(path: Path, capacity: int, record_size: int) -> SharedFile:
        shared = original(path, capacity, record_size)
        shared.set_ranges([(start, start + 1)])  # no store there
        shared.start_reading()
        return shared

    with mock.patch.object(SharedFile, "create", narrowed):
        run = finished(traced("mixed", 10_000, PluginOptions(Mode.STORES, scopes=[(start, end)])))
    assert run.stores == []
    assert run.lost == 0


def test_coverage(traced: TracedRun, payload: Payload) -> None:
    start, end = payload.symbols["test_branches"]
    options = PluginOptions(Mode.COVERAGE, scopes=[(start, end)], count=Count.OFF)
    run = finished(traced("branches", 30, options))
    assert run.coverage is not None
    found = run.coverage
    assert found.instructions[start] == 1
    assert {10, 20, 30} <= set(found.instructions.values())
    # Every edge leaves an instruction that began as often as its edges together.
    totals: dict[int, int] = {}
    for (source, _), count in found.edges.items():
        totals[source] = totals.get(source, 0) + count
    assert totals == {source: found.instructions[source] for source in totals}
    # i % 3 == 0: one way 10 times, the other 20; the loop's own branch 29 and once; n > 0 once.
    ways = sorted(sorted(n for (s, _), n in found.edges.items() if s == b) for b in totals)
    assert [10, 20] in ways
    assert [1, 29] in ways or [1, 30] in ways
    # never++ was not even translated.
    assert sum(found.sizes.values()) < end - start


def test_profile(traced: TracedRun, payload: Payload) -> None:
    run = finished(traced("calls", 40, PluginOptions(Mode.PROFILE)))
    assert run.profile is not None
    found = run.profile
    assert found.instructions == sum(s.instructions for s in found.samples) == run.instructions
    assert (found.lost, found.truncated) == (0, 0)

    def path(calls: tuple[int, ...]) -> list[str]:
        return [payload.owner(a) for a in calls if a >= KERNEL_HALF]

    leaf: dict[tuple[str, ...], int] = {}
    for sample in found.samples:
        if sample.pc == payload.symbols["leaf"][0]:
            way = tuple(path(sample.calls)[-2:])
            leaf[way] = leaf.get(way, 0) + sample.count
    assert leaf == {
        ("test_calls", "middle"): 80,
        ("rt_main", "test_calls"): 40,
        ("recurse", "recurse"): 1,
    } or leaf == {
        ("test_calls", "middle"): 80,
        ("rt_main", "test_calls"): 40,
        ("test_calls", "recurse"): 1,
    }  # fmt: skip  (gcc may turn the recursion into a loop)


def test_allocations_by_type(traced: TracedRun, payload: Payload) -> None:
    options = PluginOptions(
        Mode.PROFILE,
        alloc=payload.symbols["make_object"],
        heap=(0xFFFF_8000_0010_0000, 0xFFFF_8000_0090_0000),
    )
    run = finished(traced("alloc", 40, options))
    assert run.profile is not None
    totals: dict[int, int] = {}
    for (calls, type_), count in run.profile.allocations.items():
        assert payload.owner(calls[-1]) == "test_alloc"
        totals[type_] = totals.get(type_, 0) + count
    assert totals == {0x1111: 30, 0x2222: 10}


def test_values_need_guest_ram(traced: TracedRun) -> None:
    run = traced("stores", 1, PluginOptions(Mode.STORES, values=True), ram=False)
    assert run.status == 1 and not run.ended
    said = explain(run.complaints)
    assert said is not None
    assert said.startswith("this QEMU's plugin API 1 gives no store values"), said


def test_the_decoder_of_instructions_leaves_out_no_store(
    traced: TracedRun, payload: Payload
) -> None:
    """Every function of the nucleus under one trace: instructions said never to store never do.

    What ran is known from a coverage run; capstone says which of it writes memory.
    """
    run = finished(
        traced("stores", 3, PluginOptions(Mode.STORES, scopes=[(KERNEL_HALF, (1 << 64) - 1)]))
    )
    engine = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    engine.detail = True
    code = payload.kernel.read_bytes()
    traced_pcs = {r.pc for r in run.stores}
    covered = finished(
        traced("stores", 3, PluginOptions(Mode.COVERAGE, scopes=[(KERNEL_HALF, (1 << 64) - 1)]))
    ).coverage
    assert covered is not None
    text, size, offset = _text_of(payload)
    missing = []
    for pc, times in covered.instructions.items():
        if not times or not text <= pc < text + size:
            continue
        at = offset + pc - text
        insn = next(engine.disasm(code[at : at + 15], pc, 1))
        writes = any(
            op.type == capstone.x86.X86_OP_MEM and op.access & capstone.CS_AC_WRITE
            for op in insn.operands
        )
        if insn.mnemonic.startswith(("nop", "lea", "prefetch", "cmp", "test", "rep")):
            continue
        if (writes or insn.mnemonic in {"push", "call"}) and pc not in traced_pcs:
            missing.append(f"{pc:#x} {insn.mnemonic} {insn.op_str}")
    assert missing == []
    assert len(traced_pcs) > 200


def _text_of(payload: Payload) -> tuple[int, int, int]:
    """(address, size, file offset) of the kernel's .text."""
    listing = subprocess.run(
        ["readelf", "-SW", payload.kernel], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"\.text\s+PROGBITS\s+(\w+) (\w+) (\w+)", listing)
    assert found
    address, offset, size = (int(word, 16) for word in found.groups())
    return address, size, offset


def test_upper_half_flag() -> None:
    meta = 16 | records.UPPER_HALF << 16
    (record,) = records.decode(bytes(24) + meta.to_bytes(8, "little"))
    assert record.upper_half and record.value is None and record.size == 16
