"""A healthy kernel's memory changed by hand: each change is found, and named first.

The bytes are written through QEMU's gdbstub, and put back; one guest serves all tests of a process.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from decoders.doctor import DoctorReport
from decoders.frames.code_analysis import instructions
from decoders.runtime import CodeRegistry, Heap, MethodCode, Runtime, SlotKind, TypeInfo
from tests.doctor.machine import EXIT, Guest, booted

pytestmark = pytest.mark.guest
DEVICE = "Ddk.PciDeviceInfo"


@dataclass
class Lab:
    """A healthy guest at its end, and what its records say."""

    guest: Guest
    runtime: Runtime
    registry: CodeRegistry

    def type(self, name: str) -> TypeInfo:
        (found,) = self.runtime.find_type(name)
        return found

    def code(self, name: str) -> MethodCode:
        (found,) = [c for c in self.registry.methods()
                    if self.runtime.method_name(c.method) == name]
        return found

    def field(self, kind: str, name: str) -> int:
        return self.runtime.contract.type(kind).field(name).offset

    def object_of(self, name: str) -> int:
        table = self.type(name).record.method_table
        return next(b.address for b in Heap(self.runtime).blocks() if b.method_table == table)

    @contextmanager
    def changed(self, address: int, data: bytes) -> Iterator[DoctorReport]:
        """The doctor's report while bytes are changed. Code is written as everything else is."""
        before = self.guest.stub.read(address, len(data))
        assert before != data
        self.guest.stub.write(address, data)
        try:
            yield self.guest.report()
        finally:
            self.guest.stub.write(address, before)

    def instruction(self, code: MethodCode, wanted: Callable[[Any], bool]) -> Any:
        """The first machine instruction of a method that fits."""
        return next(i for i in instructions(code.bytes, code.start, 1 << 16) if wanted(i))


@pytest.fixture(scope="module")
def lab(build: object) -> Iterator[Lab]:
    with booted(at=EXIT) as guest:
        subject = guest.subject()
        assert guest.report().healthy
        yield Lab(guest, subject.runtime, subject.registry)
        assert guest.report().healthy


def found(report: DoctorReport, rule: str, where: str = "") -> None:
    assert report.findings, "nothing was found"
    first = report.findings[0]
    assert first.rule.id == rule, [f.title() for f in report.findings]
    assert where in (first.place.method or first.place.type or first.what), first.title()


def u16(value: int) -> bytes:
    return struct.pack("<H", value)


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def u64(value: int) -> bytes:
    return struct.pack("<Q", value)


# MethodTables and type records.


@pytest.mark.parametrize("size", [0, 16, 40])
def test_component_size(lab: Lab, size: int) -> None:
    table = lab.type("Ddk.PciBar[]").record.method_table
    with lab.changed(table + lab.field("MethodTable", "ComponentSize"), u16(size)) as report:
        found(report, "array-component-size", "Ddk.PciBar[]")


@pytest.mark.parametrize("size", [40, 56])
def test_base_size(lab: Lab, size: int) -> None:
    table = lab.type(DEVICE).record.method_table
    with lab.changed(table + lab.field("MethodTable", "BaseSize"), u32(size)) as report:
        found(report, "type-size", DEVICE)


def test_parent(lab: Lab) -> None:
    table = lab.type(DEVICE).record.method_table
    other = lab.type("string").record.method_table
    with lab.changed(table + lab.field("MethodTable", "RelatedType"), u64(other)) as report:
        found(report, "type-relations", DEVICE)


def test_vtable_slot(lab: Lab) -> None:
    info = lab.type(DEVICE)
    table = lab.runtime.method_table(info.record.method_table)
    slot = table.address + lab.field("MethodTable", "VTable")
    assert table.vtable[0] != table.vtable[1]
    with lab.changed(slot, u64(table.vtable[1])) as report:
        found(report, "vtable-slot", DEVICE)


def test_field_offset_record(lab: Lab) -> None:
    info = lab.type(DEVICE)
    field = next(f for f in lab.runtime.fields(info) if f.name == "ProgIf")
    with lab.changed(field.record.address + lab.field("FieldDesc", "Offset"), u32(23)) as report:
        found(report, "type-field-layout", DEVICE)
        assert "ProgIf" in report.findings[0].what


# Machine code.


def test_homing_store(lab: Lab) -> None:
    code = lab.code("Ddk.PciDeviceInfo::ReadProgIf")
    store = lab.instruction(code, lambda i: i.op_str == "qword ptr [rbp + 0x10], rcx")
    with lab.changed(store.address, b"\x90" * store.size) as report:
        found(report, "argument-home", "Ddk.PciDeviceInfo::ReadProgIf")


def test_homing_of_another_argument(lab: Lab) -> None:
    code = lab.code("VirtioBlk.VirtioBlkEntry::Bind")
    store = lab.instruction(code, lambda i: i.op_str == "qword ptr [rbp + 0x20], r8")
    with lab.changed(store.address, b"\x90" * store.size) as report:
        found(report, "argument-home", "VirtioBlk.VirtioBlkEntry::Bind")


def test_save_of_a_register(lab: Lab) -> None:
    code = lab.code("VirtioBlk.VirtioBlkEntry::Bind")
    store = lab.instruction(code, lambda i: i.op_str == "qword ptr [rbp - 8], rbx")
    with lab.changed(store.address, b"\x90" * store.size) as report:
        found(report, "callee-saved", "VirtioBlk.VirtioBlkEntry::Bind")


def test_restore_of_a_register(lab: Lab) -> None:
    code = lab.code("VirtioBlk.VirtioBlkEntry::Bind")
    load = lab.instruction(code, lambda i: i.op_str == "rbx, qword ptr [rbp - 8]")
    with lab.changed(load.address, b"\x90" * load.size) as report:
        found(report, "callee-saved", "VirtioBlk.VirtioBlkEntry::Bind")


def test_displacement_of_a_field_store(lab: Lab) -> None:
    code = lab.code("Ddk.PciDeviceInfo::ReadProgIf")
    store = lab.instruction(code, lambda i: i.mnemonic == "mov" and "[rbx + 0x13]" in i.op_str)
    at = store.address + bytes(store.bytes).index(0x13)
    with lab.changed(at, b"\x14") as report:
        found(report, "field-access", "Ddk.PciDeviceInfo::ReadProgIf")


def test_width_of_a_division(lab: Lab) -> None:
    code = lab.code("Scenarios.WidthTruncate::Divide")
    division = lab.instruction(code, lambda i: i.mnemonic == "div")
    assert bytes(division.bytes)[0] == 0x48
    with lab.changed(division.address, b"\x40") as report:
        found(report, "operand-width", "Scenarios.WidthTruncate::Divide")


def test_target_of_a_call(lab: Lab) -> None:
    code = lab.code("VirtioBlk.VirtioBlkEntry::Bind")
    site = next(s for s in code.call_sites if s.kind == 0 and s.target)
    load = lab.instruction(code, lambda i: i.address + i.size == code.start + site.native)
    other = lab.code("Ddk.PciDeviceInfo::ReadProgIf").method.address
    assert site.target != other and load.size == 10
    with lab.changed(load.address + 2, u64(other)) as report:
        found(report, "call-target", "VirtioBlk.VirtioBlkEntry::Bind")


def test_slot_of_a_local(lab: Lab) -> None:
    code = lab.code("VirtioBlk.VirtioBlkEntry::Bind")
    body = code.start + code.record.prologue_size
    load = lab.instruction(code, lambda i: i.address >= body and i.mnemonic == "mov" and (
        i.op_str.startswith("rax, qword ptr [rbp - ")))
    at = load.address + load.size - (1 if load.size == 4 else 4)
    old = lab.guest.stub.read(at, 1)[0]
    with lab.changed(at, bytes([old - 8 & 0xFF])) as report:
        found(report, "slot-access", "VirtioBlk.VirtioBlkEntry::Bind")


# The JIT's records.


def test_recorded_offset_of_a_local(lab: Lab) -> None:
    code = lab.code("VirtioBlk.VirtioBlkEntry::Bind")
    slot = next(s for s in code.locals if s.slot_kind == SlotKind.LOCAL)
    data = struct.pack("<i", slot.offset - 4096)
    with lab.changed(slot.address + lab.field("JitSlot", "Offset"), data) as report:
        found(report, "local-slot", "VirtioBlk.VirtioBlkEntry::Bind")


def test_recorded_home(lab: Lab) -> None:
    code = lab.code("VirtioBlk.VirtioBlkEntry::Bind")
    with lab.changed(code.args[1].address + lab.field("JitSlot", "Offset"), u32(40)) as report:
        found(report, "frame-record", "VirtioBlk.VirtioBlkEntry::Bind")


def test_entry_of_a_method(lab: Lab) -> None:
    method = lab.code("Scenarios.WidthTruncate::Divide").method
    other = lab.code("Ddk.PciDeviceInfo::ReadProgIf").start
    with lab.changed(method.address + lab.field("MethodDesc", "Entry"), u64(other)) as report:
        found(report, "code-identity", "Scenarios.WidthTruncate::Divide")


# The heap.


def test_object_header(lab: Lab) -> None:
    header = lab.object_of(DEVICE) - lab.runtime.contract.number("ObjectHeaderSize")
    with lab.changed(header, u32(0xDEAD)) as report:
        found(report, "heap-header", DEVICE)


def test_method_table_pointer(lab: Lab) -> None:
    with lab.changed(lab.object_of(DEVICE), u64(0x4141)) as report:
        found(report, "heap-block")


@pytest.mark.parametrize("length", [0, 5, 7, 0x7FFFFFFF])
def test_array_length(lab: Lab, length: int) -> None:
    address = lab.object_of("Ddk.PciBar[]") + lab.field("Array", "m_NumComponents")
    with lab.changed(address, u32(length)) as report:
        found(report, "heap-block")


def test_reference_to_another_type(lab: Lab) -> None:
    device = lab.object_of(DEVICE)
    bars = next(f for f in lab.runtime.fields(lab.type(DEVICE)) if f.name == "Bars")
    with lab.changed(device + bars.record.offset, u64(device)) as report:
        found(report, "reference-type", f"{DEVICE}.Bars")


def test_static_reference(lab: Lab) -> None:
    for info in lab.runtime.types():
        if info.record.statics and info.is_loaded:
            for field in lab.runtime.fields(info):
                if field.is_static and not field.is_literal and field.record.value_kind == 13:
                    address = info.record.statics + field.record.offset
                    with lab.changed(address, u64(lab.object_of(DEVICE) + 16)) as report:
                        found(report, "reference-target", lab.runtime.type_name(info.address))
                    return
    raise AssertionError("no static of a reference type")


def test_reference_into_nothing(lab: Lab) -> None:
    device = lab.object_of(DEVICE)
    bars = next(f for f in lab.runtime.fields(lab.type(DEVICE)) if f.name == "Bars")
    with lab.changed(device + bars.record.offset, u64(device + 4)) as report:
        found(report, "reference-target", f"{DEVICE}.Bars")
