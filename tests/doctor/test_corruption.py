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
from decoders.il import disassemble
from decoders.runtime import (
    CallKind,
    CodeRegistry,
    MethodCode,
    Runtime,
    SlotKind,
    TypeInfo,
)
from tests.doctor.machine import EXIT, Guest, booted, first_object

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
        return first_object(self.runtime, name)

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


# Changes that no switch of the kernel makes.


def jump(lab: Lab, name: str, wanted: str) -> tuple[MethodCode, Any]:
    """A conditional jump of a method's body by its mnemonic, in its long form."""
    code = lab.code(name)
    body = code.start + code.record.prologue_size
    return code, lab.instruction(code, lambda i: i.address >= body and i.mnemonic == wanted)


def test_interface_map_entry(lab: Lab) -> None:
    info = next(t for t in lab.runtime.types() if t.record.method_table
                and lab.runtime.method_table(t.record.method_table).interfaces)
    table = lab.runtime.method_table(info.record.method_table)
    at = table.address + lab.field("MethodTable", "VTable") + 8 * len(table.vtable)
    with lab.changed(at, u64(lab.type(DEVICE).record.method_table)) as report:
        found(report, "type-relations", lab.runtime.type_name(info.address))


def test_element_type_pointer(lab: Lab) -> None:
    table = lab.type("Ddk.PciBar[]").record.method_table
    other = lab.type("Ddk.PciAddress").record.method_table
    with lab.changed(table + lab.field("MethodTable", "RelatedType"), u64(other)) as report:
        found(report, "type-relations", "Ddk.PciBar[]")


def test_kind_of_a_method_table(lab: Lab) -> None:
    table = lab.type(DEVICE).record.method_table
    at = table + lab.field("MethodTable", "MTFlags")
    old = struct.unpack("<H", lab.guest.stub.read(at, 2))[0]
    with lab.changed(at, u16(old ^ 0x20)) as report:
        found(report, "type-relations", DEVICE)


@pytest.mark.parametrize("field", ["NumVtableSlots", "NumInterfaces"])
def test_counts_of_a_method_table(lab: Lab, field: str) -> None:
    at = lab.type(DEVICE).record.method_table + lab.field("MethodTable", field)
    old = struct.unpack("<H", lab.guest.stub.read(at, 2))[0]
    with lab.changed(at, u16(old + 1)) as report:
        assert report.findings, "nothing was found"
        first = report.findings[0]
        assert DEVICE in (first.place.type, *first.types), first.title()


def test_statics_base(lab: Lab) -> None:
    info = next(t for t in lab.runtime.types() if t.record.statics and t.is_loaded
                and any(f.is_static and not f.is_literal and f.record.value_kind == 13
                        for f in lab.runtime.fields(t)))
    at = info.address + lab.field("TypeDesc", "Statics")
    with lab.changed(at, u64(info.record.statics + 8)) as report:
        assert report.findings, "nothing was found"
        assert report.findings[0].rule.id in ("field-access", "reference-target", "reference-type")


def test_branch_displacement(lab: Lab) -> None:
    code, found_jump = jump(lab, "VirtioBlk.VirtioBlkDevice::Read", "jmp")
    at = found_jump.address + 1
    old = lab.guest.stub.read(at, 1)[0]
    with lab.changed(at, bytes([old + 1 & 0xFF])) as report:
        found(report, "il-effect", lab.runtime.method_name(code.method))


@pytest.mark.parametrize(("name", "old"), [
    ("Kernel.DiskCheck::Crc32", "jae"), ("System.String::CopyTo", "jle"),
    ("System.String::CopyTo", "jl"), ("System.Text.UTF8Encoding::Encode", "ja")])
@pytest.mark.parametrize("how", ["inverted", "neighbour"])
def test_condition_code(lab: Lab, name: str, old: str, how: str) -> None:
    """The opposite condition (bit 0), and the one that differs from it in another flag."""
    _, found_jump = jump(lab, name, old)
    at = found_jump.address + found_jump.size - 5
    opcode = lab.guest.stub.read(at, 1)[0]
    assert opcode & 0xF0 == 0x80
    change = 1 if how == "inverted" else 2
    with lab.changed(at, bytes([opcode ^ change])) as report:
        assert report.findings, "nothing was found"
        first = report.findings[0]
        assert first.place.method == name, first.title()
        assert first.rule.id in ("il-effect", "exception-check", "element-access"), first.title()


def test_target_of_another_call(lab: Lab) -> None:
    """Another method's MethodDesc, loaded right before a direct call."""
    code = lab.code("VirtioBlk.VirtioBlkEntry::Bind")
    site = next(s for s in code.call_sites if s.kind == CallKind.DIRECT)
    load = lab.instruction(code, lambda i: i.mnemonic == "movabs" and i.op_str.startswith("r10")
                           and i.address < code.start + site.native)
    other = lab.code("System.Number::FormatInteger").method.address
    with lab.changed(load.address + 2, u64(other)) as report:
        found(report, "call-target", "VirtioBlk.VirtioBlkEntry::Bind")


def test_target_of_a_helper_call(lab: Lab) -> None:
    """The address of another helper of the same signature."""
    code = lab.code("VirtioBlk.VirtioBlkEntry::Bind")
    sites = [s for s in code.call_sites if s.kind == CallKind.HELPER]
    first = sites[0]
    other = next(s for c in lab.registry.methods() for s in c.call_sites
                 if s.kind == CallKind.HELPER and s.helper != first.helper
                 and c.bytes[s.native - 10 : s.native - 8] == b"\x48\xb8")
    where = next(c for c in lab.registry.methods() if other in c.call_sites)
    target = where.bytes[other.native - 8 : other.native]
    with lab.changed(code.start + first.native - 8, target) as report:
        found(report, "call-target", "VirtioBlk.VirtioBlkEntry::Bind")


def test_slot_of_a_virtual_call(lab: Lab) -> None:
    for code in lab.registry.methods():
        for site in code.call_sites:
            if site.kind == CallKind.VIRTUAL and site.native_return - site.native == 3:
                at = code.start + site.native + 2
                old = lab.guest.stub.read(at, 1)[0]
                with lab.changed(at, bytes([old + 8])) as report:
                    found(report, "call-target", lab.runtime.method_name(code.method))
                return
    pytest.fail("no virtual call with a short displacement")


def test_call_that_is_left_out(lab: Lab) -> None:
    code = lab.code("VirtioBlk.VirtioBlkEntry::Bind")
    site = next(s for s in code.call_sites if s.kind == CallKind.DIRECT)
    size = site.native_return - site.native
    with lab.changed(code.start + site.native, b"\x90" * size) as report:
        found(report, "call-target", "VirtioBlk.VirtioBlkEntry::Bind")


@pytest.mark.parametrize("kind", [CallKind.HELPER, CallKind.DIRECT])
@pytest.mark.parametrize("waiting", [False, True])
def test_shadow_space_of_a_call(lab: Lab, kind: CallKind, waiting: bool) -> None:
    """Less room below the stack, given back in the same measure behind the call."""
    code, take, give = next(
        (c, t, g) for c in lab.registry.methods() for s in c.call_sites
        if s.kind == kind and bool(s.stack_bytes) == waiting
        for t, g in around(c, s.native, s.native_return))
    size = take.bytes[-1]
    lab.guest.stub.write(give.address + 3, bytes([give.bytes[-1] - 16]))
    try:
        with lab.changed(take.address + 3, bytes([size - 16])) as report:
            assert report.findings, "nothing was found"
            first = report.findings[0]
            assert first.place.method == lab.runtime.method_name(code.method), first.title()
            # With arguments loaded relative to RSP it is those that are wrong first.
            assert waiting or first.rule.id == "shadow-space", first.title()
    finally:
        lab.guest.stub.write(give.address + 3, bytes([give.bytes[-1]]))


def around(code: MethodCode, call: int, back: int) -> Iterator[tuple[Any, Any]]:
    """`sub rsp, 32` right before a call's arguments and `add rsp` right behind it, both short."""
    entry = code.map_at(call)
    assert entry is not None
    before = [i for i in instructions(code.bytes[entry.native : call], code.start + entry.native)
              if i.mnemonic == "sub" and i.op_str == "rsp, 0x20"]
    behind = [i for i in instructions(code.bytes[back : back + 16], code.start + back, 1)
              if i.mnemonic == "add" and i.op_str.startswith("rsp")]
    if len(before) == 1 and behind and before[0].size == behind[0].size == 4:
        yield before[0], behind[0]


@pytest.mark.parametrize("by", [1, 4, -3])
def test_map_entry_that_is_shifted(lab: Lab, by: int) -> None:
    code = lab.code("VirtioBlk.VirtioBlkEntry::Bind")
    entry = next(e for e in code.map[20:] if code.map[0].native < e.native)
    at = entry.address + lab.field("JitMapEntry", "Native")
    with lab.changed(at, struct.pack("<i", entry.native + by)) as report:
        assert report.findings, "nothing was found"
        assert report.findings[0].place.method == "VirtioBlk.VirtioBlkEntry::Bind"


def test_map_entry_of_another_instruction(lab: Lab) -> None:
    code = lab.code("VirtioBlk.VirtioBlkEntry::Bind")
    entry, following = code.map[20], code.map[21]
    at = entry.address + lab.field("JitMapEntry", "IL")
    with lab.changed(at, u32(following.il)) as report:
        assert report.findings and report.findings[0].place.method == (
            "VirtioBlk.VirtioBlkEntry::Bind")


@pytest.mark.parametrize("by", [-1, 1, 0x1000])
def test_string_length(lab: Lab, by: int) -> None:
    address = lab.object_of("string") + lab.field("String", "m_StringLength")
    old = struct.unpack("<I", lab.guest.stub.read(address, 4))[0]
    with lab.changed(address, u32(old + by)) as report:
        assert report.findings, "nothing was found"


def test_text_of_a_literal(lab: Lab) -> None:
    """The object that an ldstr loads says something else than the assembly."""
    code = lab.code("Kernel.PciScan::Function")
    method = lab.runtime.metadata_method(code.method)
    literal = next(i for i in disassemble(method.body.il) if i.name == "ldstr")
    begin = code.native_of(literal.offset)
    assert begin is not None
    load = lab.instruction(code, lambda i: i.address >= code.start + begin
                           and i.mnemonic == "movabs")
    cell = int.from_bytes(bytes(load.bytes)[2:], "little")
    text = struct.unpack("<Q", lab.guest.stub.read(cell, 8))[0]
    at = text + lab.field("String", "m_FirstChar")
    with lab.changed(at, b"\x01") as report:
        found(report, "il-effect", "Kernel.PciScan::Function")


def test_entry_of_a_vtable_in_an_array_type(lab: Lab) -> None:
    table = lab.runtime.method_table(lab.type("Ddk.PciBar[]").record.method_table)
    slot = table.address + lab.field("MethodTable", "VTable")
    with lab.changed(slot, u64(table.vtable[1])) as report:
        found(report, "vtable-slot", "Ddk.PciBar[]")
