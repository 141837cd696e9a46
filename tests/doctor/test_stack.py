"""Frames of a healthy kernel changed by hand while their callees run: each change is found.

One guest, stopped deep in calls of managed code, serves all tests of a process.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from decoders.doctor import Doctor, DoctorReport
from decoders.doctor.framecheck import Live, Methods
from decoders.doctor.heapcheck import HeapCheck
from decoders.doctor.stackcheck import StackCheck
from decoders.frames import Frame
from decoders.frames.code_analysis import read_prologue
from decoders.il import Kind
from decoders.runtime import Runtime
from tests.doctor.machine import COMPILED, Guest, booted, first_object

pytestmark = pytest.mark.guest
# A constructor that a newobj waits for; behind that wait calls with up to five arguments.
DEEPEST = "System.Text.StringBuilder::.ctor"


class Deep:
    """The stopped guest and its frames, innermost first."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        subject = guest.subject()
        self.runtime: Runtime = subject.runtime
        self.methods = Methods(self.runtime)
        self.frames = [f for f in subject.stack() if f.code is not None]

    def frame(self, name: str) -> Frame:
        return next(f for f in self.frames if f.is_caller and f.code is not None
                    and self.runtime.method_name(f.code.method) == name)

    def inner(self, frame: Frame) -> Frame:
        return self.frames[self.frames.index(frame) - 1]

    def entries(self, frame: Frame) -> list[Live]:
        assert frame.code is not None and frame.rbp is not None and frame.il is not None
        return self.methods.entries(
            frame.code, frame.il, frame.rbp - self.methods.frame_size(frame.code))

    def object_of(self, name: str) -> int:
        return first_object(self.runtime, name)

    @contextmanager
    def changed(self, address: int, data: bytes) -> Iterator[DoctorReport]:
        before = self.guest.stub.read(address, len(data))
        assert before != data
        self.guest.stub.write(address, data)
        try:
            yield Doctor(self.guest.subject()).everything()
        finally:
            self.guest.stub.write(address, before)


@pytest.fixture(scope="module")
def deep(build: object) -> Iterator[Deep]:
    with booted(at=None) as guest:
        guest.until_compiled(DEEPEST)
        runtime = guest.subject().runtime
        registry = guest.subject().registry
        code = next(c for c in registry.methods() if runtime.method_name(c.method) == DEEPEST)
        guest.stub.run_to(code.start + code.record.prologue_size)
        found = Deep(guest)
        report = guest.report()
        assert report.healthy and report.problems == (), [f.title() for f in report.findings]
        assert len(found.frames) == 9 and report.coverage.frames >= 9
        yield found
        assert guest.report().healthy


def found(report: DoctorReport, rule: str, where: str, what: str) -> None:
    first = report.findings[0]
    assert first.rule.id == rule, [f.title() for f in report.findings]
    assert where in first.place.method and what in first.what, first.title()
    assert first.damage, first.title()


def u64(value: int) -> bytes:
    return struct.pack("<Q", value)


def test_saved_rbp_that_is_another_frames(deep: Deep) -> None:
    """It leads outwards and lies in the stack, and is wrong all the same."""
    inner, middle, outer = deep.frames[2:5]
    assert inner.rbp is not None and middle.rbp is not None and outer.rbp is not None
    with deep.changed(inner.rbp, u64(outer.rbp)) as report:
        found(report, "saved-register", "System.IO.TextWriter::WriteLine",
              f"the frame lies at {middle.rbp:#x}")


def test_saved_rbp_that_is_off_by_a_slot(deep: Deep) -> None:
    inner, middle = deep.frames[4:6]
    assert inner.rbp is not None and middle.rbp is not None
    with deep.changed(inner.rbp, u64(middle.rbp - 8)) as report:
        found(report, "saved-register", "", f"the frame lies at {middle.rbp:#x}")


def test_return_address_behind_another_call(deep: Deep) -> None:
    frame = deep.frame("Kernel.PciScan::Function")
    inner = deep.inner(frame)
    assert frame.code is not None and frame.offset is not None and inner.rbp is not None
    own = frame.code.call_returning_to(frame.offset + 1)
    assert own is not None
    other = next(s for s in frame.code.call_sites if s.kind == own.kind and s.il != own.il
                 and s.stack_bytes == own.stack_bytes and s.target not in (0, own.target))
    with deep.changed(inner.rbp + 8, u64(frame.code.start + other.native_return)) as report:
        assert report.findings and report.findings[0].rule.id in (
            "return-address", "saved-register"), report


def test_argument_that_a_callee_overwrote(deep: Deep) -> None:
    """The caller's evaluation stack, right above the shadow space."""
    frame = deep.frame("Kernel.PciScan::Bus")
    live = deep.entries(frame)[2]
    assert live.entry.kind is Kind.I4
    old = struct.unpack("<I", deep.guest.stub.read(live.address, 4))[0]
    with deep.changed(live.address, struct.pack("<I", old ^ 0x55)) as report:
        found(report, "saved-register", "Kernel.PciScan::Bus", "differ: one was overwritten")


def test_home_that_was_overwritten(deep: Deep) -> None:
    frame = deep.frame("System.IO.TextWriter::WriteLine")
    assert frame.rbp is not None
    with deep.changed(frame.rbp + 24, u64(deep.object_of("string"))) as report:
        found(report, "saved-register", "System.Console::WriteLine", "as format of")


def test_new_object_whose_reference_the_constructor_overwrote(deep: Deep) -> None:
    """What happens when a call leaves no shadow space: the entry holds another value."""
    frame = deep.frame("System.String::Format")
    with deep.changed(deep.entries(frame)[-1].address - 8, u64(0)) as report:
        found(report, "saved-register", "System.String::Format",
              "entry 1 of frame #1's evaluation stack holds 0x0, its other copies do not")


def test_saved_register_in_which_the_caller_had_a_new_object(deep: Deep) -> None:
    inner = deep.inner(deep.frame("System.String::Format"))
    assert inner.rbp is not None and inner.code is not None
    saves = read_prologue(inner.code.bytes, inner.code.record.prologue_size).saves
    with deep.changed(inner.rbp + saves["rbx"], u64(0x1234)) as report:
        found(report, "saved-register", "System.String::Format", "rbx, saved by")


def test_waiting_reference_of_another_type(deep: Deep) -> None:
    live = next(e for e in deep.entries(deep.frame("System.IO.TextWriter::WriteLine"))
                if e.entry.type is not None
                and deep.runtime.layout.fields.name(e.entry.type) == "object[]")
    with deep.changed(live.address, u64(deep.object_of("string"))) as report:
        titles = [f.title() for f in report.findings]
        assert any(t.startswith("reference-type") and "evaluation stack" in t for t in titles), (
            titles)


def test_local_that_only_constants_are_stored_in(deep: Deep) -> None:
    frame = deep.frame("Kernel.Init::Main")
    assert frame.rbp is not None and frame.code is not None
    with deep.changed(frame.rbp + frame.code.locals[1].offset, b"\x77") as report:
        found(report, "saved-register", "Kernel.Init::Main", "local 1")


def test_stacks_of_a_healthy_kernel(build: object) -> None:
    """At the first instruction behind the prologue of every fourth method that is compiled."""
    with booted(at=None) as guest:
        looked = frames = 0
        for _ in range(36):
            guest.stub.run_to(guest.symbol(COMPILED), times=4)
            method = guest.stub.registers()["rcx"]
            subject = guest.subject()
            code = subject.registry.code_of(subject.runtime.method(method))
            assert code is not None
            guest.stub.run_to(code.start + code.record.prologue_size)
            subject = guest.subject()
            heap = HeapCheck(subject.runtime)
            heap.walk()
            stack = StackCheck(subject.runtime, subject.registry, heap)
            stack.check(subject.stack())
            assert [f.title() for f in (*stack.findings, *heap.findings)] == []
            looked += 1
            frames += sum(f.code is not None and not f.guessed for f in subject.stack())
        assert looked == 36 and frames > 200
