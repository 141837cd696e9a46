"""All decoders on memory recorded from a real kernel that stopped in the fault this-not-homed.

The fixture is a core file of the pages that decoders read: contract, records, heap, code and
stack. Its note CLRSCOPE holds the address of the contract's descriptor.
"""

from __future__ import annotations

import lzma
import os
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decoders.compare import compare_method, compare_type
from decoders.contract import read_contract
from decoders.errors import DecodeError
from decoders.frames import (
    FrameKind,
    FrameViewer,
    Role,
    Unwinder,
    explain_fault,
    frame_line,
    trap_registers,
)
from decoders.memory import ElfCore, Memory, PageCache, ReadError
from decoders.render import to_json
from decoders.runtime import (
    REQUIRED,
    CodeRegistry,
    Heap,
    HeapProblem,
    References,
    Runtime,
    Values,
    last_fault,
    threads,
)
from tests.work import calls_of

FIXTURE = Path(__file__).parent / "fixtures" / "this-not-homed.core.xz"
# The whole campaign is CLR_CORRUPTIONS=10000; a push runs a slice of it.
CORRUPTIONS = int(os.environ.get("CLR_CORRUPTIONS", "60"))


class Snapshot:
    """The recorded machine."""

    def __init__(self, memory: Memory, contract: int) -> None:
        self.runtime = Runtime(memory, read_contract(memory, contract))
        self.registry = CodeRegistry(self.runtime)
        self.unwinder = Unwinder(self.runtime, self.registry)
        self.viewer = FrameViewer(self.runtime, self.registry)


@pytest.fixture(scope="session")
def core() -> ElfCore:
    return ElfCore(lzma.decompress(FIXTURE.read_bytes()), "this-not-homed")


def contract_address(core: ElfCore) -> int:
    (note,) = [n for n in core.notes if n.name == "CLRSCOPE"]
    return int.from_bytes(note.desc, "little")


@pytest.fixture(scope="session")
def snapshot(core: ElfCore) -> Snapshot:
    return Snapshot(PageCache(core), contract_address(core))


def test_contract_is_complete(snapshot: Snapshot) -> None:
    assert snapshot.runtime.contract.missing(REQUIRED) == []
    names = [a.name for a in snapshot.runtime.assemblies]
    assert names[0] == "korlib" and {"ddk", "virtioblk", "init"} <= set(names)


def test_every_loaded_type_agrees_with_its_metadata(snapshot: Snapshot) -> None:
    compared = 0
    for info in snapshot.runtime.types():
        if info.is_loaded and info.record.method_table:
            found = compare_type(snapshot.runtime, snapshot.registry, info)
            assert found.differences == (), found.name
            compared += 1
    assert compared > 50


def test_the_one_method_that_is_wrong(snapshot: Snapshot) -> None:
    found = {
        c.method: [str(d) for d in c.differences]
        for c in (compare_method(snapshot.runtime, code) for code in snapshot.registry.methods())
        if c.differences
    }
    assert found == {"Ddk.PciDeviceInfo::ReadProgIf": [
        "home of this: store is expected, the prologue's machine code says "
        "that rcx is never stored there"]}


def test_fault_is_explained(snapshot: Snapshot) -> None:
    fault = last_fault(snapshot.runtime)
    assert fault is not None and fault.cr2 == 0x13
    frame = snapshot.unwinder.frame(trap_registers(fault))
    view = explain_fault(snapshot.runtime, snapshot.registry, fault, frame)
    assert view.access_text == "write to an unmapped page"
    assert view.il.endswith("stfld byte Ddk.PciDeviceInfo::ProgIf")
    assert view.access is not None and view.access.matches_cr2 and view.access.base == 0
    best, *others = view.explanations
    assert best.text == "null PciDeviceInfo, field ProgIf at +19" and best.weight > 0.9
    assert "wild base 0x3 plus field RevisionId at +16" in [o.text for o in others]
    assert '"cr2": "0x13"' in to_json(view)


def test_backtrace_reaches_the_kernel(snapshot: Snapshot) -> None:
    fault = last_fault(snapshot.runtime)
    assert fault is not None
    trace = snapshot.unwinder.fault_backtrace(fault)
    lines = [frame_line(snapshot.viewer, f) for f in trace.frames]
    assert [(x.kind, x.name) for x in lines[:5]] == [
        ("trap", ""), ("managed", "Ddk.PciDeviceInfo::ReadProgIf"),
        ("managed", "VirtioBlk.VirtioBlkEntry::Bind"), ("native", ""),
        ("managed", "Kernel.Init::Main")]
    assert lines[1].arguments == (("this", "null"),)
    assert dict(lines[2].arguments) == {"bus": "0", "device": "1", "function": "0"}
    assert trace.frames[4].guessed and not trace.frames[2].guessed


def test_frame_slots_descend_and_fill_the_frame(snapshot: Snapshot) -> None:
    fault = last_fault(snapshot.runtime)
    assert fault is not None
    frames = snapshot.unwinder.fault_backtrace(fault).frames
    view = snapshot.viewer.view(frames[2])
    addresses = [s.address for s in view.slots if s.address]
    assert addresses == sorted(addresses, reverse=True)
    assert view.problems == () and view.stage == "body"
    info = next(s for s in view.slots if s.type == "Ddk.PciDeviceInfo")
    assert info.role is Role.LOCAL and info.value is not None and info.value.target is not None
    assert info.value.target.type == "Ddk.PciDeviceInfo"
    stack = snapshot.viewer.view(frames[1]).by_role(Role.EVALUATION_STACK, Role.TOP_OF_STACK)
    assert [(s.type, s.model_type) for s in stack] == [
        ("Ddk.PciDeviceInfo", "Ddk.PciDeviceInfo"), ("byte", "int32")]
    assert stack[1].where == "rax"


class Straight:
    """Runs straight-line code as far as frames go: push, mov, sub, leave, ret by their effect."""

    def __init__(self, snapshot: Snapshot, size: int) -> None:
        self.stack = 0x7000_0000_0000
        self.words: dict[int, int] = {}
        self.memory = snapshot.runtime.memory
        self.size = size

    def read(self, address: int, size: int, purpose: str) -> bytes:
        if address in self.words and size == 8:
            return struct.pack("<Q", self.words[address])
        return self.memory.read(address, size, purpose)


def test_unwinding_at_every_instruction_of_every_method(snapshot: Snapshot) -> None:
    """In prologues, bodies and epilogues alike the caller comes out the same.

    The machine is modelled here on its own: entry RSP E holds the return address; a prologue is
    push rbp, mov rbp,rsp, room, saves; an epilogue restores, leaves and returns.
    """
    from capstone import CS_ARCH_X86, CS_MODE_64, Cs

    engine = Cs(CS_ARCH_X86, CS_MODE_64)
    entry, caller_rbp, back = 0x7000_0000_1000, 0x7000_0000_2000, 0x1234_5678
    saves = {"rbx": (-8, 11), "r12": (-16, 12), "r13": (-24, 13), "r14": (-32, 14),
             "r15": (-40, 15)}
    checked = 0
    for code in snapshot.registry.methods():
        memory = Straight(snapshot, code.record.frame_size)
        memory.words[entry] = back
        memory.words[entry - 8] = caller_rbp
        bits = {"rbx": 3, "r12": 12, "r13": 13, "r14": 14, "r15": 15}
        saved = {n for n, b in bits.items() if code.record.saved_registers >> b & 1}
        for name in saved:
            memory.words[entry - 8 + saves[name][0]] = saves[name][1]
        runtime = Runtime.__new__(Runtime)
        runtime.__dict__.update(snapshot.runtime.__dict__)
        runtime.memory = memory
        unwinder = Unwinder(runtime, snapshot.registry)
        pushed = framed = left = False
        done_saves: set[str] = set()
        restored: set[str] = set()
        in_epilogue = False
        for instruction in engine.disasm(code.bytes, 0):
            offset = instruction.address
            in_epilogue = code.in_epilogue(offset)
            if not in_epilogue and left:
                left, restored = False, set()
            registers = {n: v for n, (_, v) in saves.items()}
            for name in saved:
                if name in done_saves and name not in restored:
                    registers[name] = 0xBAD
            registers |= {
                "rip": code.start + offset, "rsi": 6, "rdi": 7,
                "rbp": entry - 8 if framed and not left else caller_rbp,
                "rsp": entry if left or not pushed else entry - 8 - code.record.frame_size,
            }
            if pushed and not framed:
                registers["rsp"] = entry - 8
            caller = unwinder.caller(unwinder.frame(registers))
            assert caller == {
                "rip": back, "rsp": entry + 8, "rbp": caller_rbp, "rsi": 6, "rdi": 7,
                **{n: v for n, (_, v) in saves.items()}}, (code, hex(offset))
            checked += 1
            text = f"{instruction.mnemonic} {instruction.op_str}"
            if text == "push rbp":
                pushed = True
            elif text == "mov rbp, rsp":
                framed = True
            elif code.in_prologue(offset):
                for name in saved:
                    if text == f"mov qword ptr [rbp - {-saves[name][0]:#x}], {name}".replace(
                            "0x8]", "8]"):
                        done_saves.add(name)
            elif in_epilogue:
                for name in saved:
                    if instruction.mnemonic == "mov" and instruction.op_str.startswith(name):
                        restored.add(name)
                left = left or text.strip() == "leave"
                if text.strip() == "ret":
                    left, restored = False, set()
    assert checked > 5000


def test_heap_is_sound(snapshot: Snapshot) -> None:
    heap = Heap(snapshot.runtime)
    blocks = list(heap.blocks())
    assert list(heap.validate()) == blocks and len(blocks) > 100
    slow = heap._slow_statistics()
    assert heap.statistics() == slow and sum(c for c, _ in slow.values()) == len(blocks)
    values = Values(snapshot.runtime)
    devices = [
        values.object(b.address) for b in blocks if not b.free
        and values.object(b.address).type == "Ddk.PciDeviceInfo"]
    assert devices and all(d.size == 48 for d in devices)
    fields = {f.name: f.value.scalar for f in devices[0].fields}
    assert fields["VendorId"] == 0x1AF4


def test_who_holds_the_bars(snapshot: Snapshot) -> None:
    references = References(snapshot.runtime)
    named = {a: references._type(t) for a, t in references.objects().items()}
    bars = next(a for a, t in named.items() if t == "Ddk.PciBar[]")
    fault = last_fault(snapshot.runtime)
    assert fault is not None and fault.frame is not None
    (thread,) = threads(snapshot.runtime)
    roots = [*references.static_roots(), *references.handle_roots(),
             *references.stack_roots(fault.frame.rsp, thread.stack_high)]
    assert {r.kind for r in roots} == {"static", "handle", "stack"}
    assert any(r.name == "System.Console._out" for r in roots)
    path = references.paths(bars, roots)[0]
    assert [(s.type, s.place) for s in path.steps][-2:] == [
        ("Ddk.PciDeviceInfo", "Bars"), ("Ddk.PciBar[]", "")]
    on_stack = references.stack_objects(fault.frame.rsp, thread.stack_high, {"rcx": bars})
    assert on_stack[0].where == "rcx" and "Ddk.PciDeviceInfo" in {o.type for o in on_stack}
    with pytest.raises(DecodeError, match="no object begins at"):
        references.paths(bars + 8, roots)
    # Every reference in the heap leads to an object.
    for address in named:
        assert all(r.target in named for r in references.of(address))


def test_few_reads(core: ElfCore) -> None:
    """A frame at a fault costs few reads of the target beneath the cache."""
    cache = PageCache(core)
    snapshot = Snapshot(cache, contract_address(core))
    for loaded in snapshot.runtime.assemblies:
        snapshot.runtime.image(loaded)  # bulk: mapped RAM, or the file beside the kernel
    cache.statistics.misses = 0
    fault = last_fault(snapshot.runtime)
    assert fault is not None
    frame = snapshot.unwinder.frame(trap_registers(fault))
    snapshot.viewer.view(frame)
    explain_fault(snapshot.runtime, snapshot.registry, fault, frame)
    assert cache.statistics.misses <= 60


@pytest.mark.parametrize("skew", [0, 1, 3, 7])
def test_scanning_from_any_stack_pointer(snapshot: Snapshot, skew: int) -> None:
    fault = last_fault(snapshot.runtime)
    assert fault is not None
    native = snapshot.unwinder.fault_backtrace(fault).frames[3]
    registers = {**native.registers, "rsp": native.sp + skew}
    found = snapshot.unwinder.scan(snapshot.unwinder.frame(registers))
    assert (found is not None) == (skew == 0)
    top = {**native.registers, "rsp": 0xFFFFFFFFFFFFFFF9 + (skew == 0)}
    assert snapshot.unwinder.scan(snapshot.unwinder.frame(top)) is None


class Deep:
    """A thousand frames of one method above each other, over the recorded machine."""

    BASE, FRAME, COUNT = 0x7000_0000_0000, 0x200, 1000

    def __init__(self, core: ElfCore, back: int) -> None:
        self.core = core
        self.stack = bytearray(self.FRAME * (self.COUNT + 4))
        for index in range(self.COUNT):
            at = self.FRAME * (index + 1)
            caller = 0 if index == self.COUNT - 1 else back
            struct.pack_into("<QQ", self.stack, at, self.BASE + at + self.FRAME, caller)

    def read(self, address: int, size: int, purpose: str) -> bytes:
        if self.BASE <= address < self.BASE + len(self.stack):
            return bytes(self.stack[address - self.BASE : address - self.BASE + size])
        return self.core.read(address, size, purpose)


def test_a_thousand_frames(core: ElfCore, snapshot: Snapshot) -> None:
    bind = next(
        c for c in snapshot.registry.methods()
        if snapshot.runtime.method_name(c.method) == "VirtioBlk.VirtioBlkEntry::Bind")
    back = bind.start + bind.call_sites[-1].native_return
    machine = Snapshot(PageCache(Deep(core, back)), contract_address(core))
    registers = {
        "rip": back, "rbp": Deep.BASE + Deep.FRAME,
        "rsp": Deep.BASE + Deep.FRAME - bind.record.frame_size,
        **dict.fromkeys(("rbx", "r12", "r13", "r14", "r15"), 0)}
    for loaded in machine.runtime.assemblies:
        machine.runtime.image(loaded)
    trace = machine.unwinder.backtrace(registers, limit=2000)
    lines, calls = calls_of(lambda: [frame_line(machine.viewer, f) for f in trace.frames])
    assert len(lines) == Deep.COUNT and trace.stopped == "" and not trace.truncated
    assert {x.name for x in lines} == {"VirtioBlk.VirtioBlkEntry::Bind"}
    assert calls < 3000 * Deep.COUNT, f"{calls} calls for {Deep.COUNT} lines"


class Corrupted:
    """Memory with some words replaced and, at will, a hole."""

    def __init__(self, inner: Memory, words: dict[int, bytes], hole: int | None) -> None:
        self.inner = inner
        self.words = words
        self.hole = hole

    def read(self, address: int, size: int, purpose: str) -> bytes:
        if self.hole is not None and address < self.hole + 0x1000 and self.hole < address + size:
            raise ReadError(address, size, purpose, "a hole", "none")
        data = bytearray(self.inner.read(address, size, purpose))
        for where, word in self.words.items():
            for index in range(8):
                if address <= where + index < address + size:
                    data[where + index - address] = word[index]
        return bytes(data)


@settings(max_examples=CORRUPTIONS, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_corrupted_machine(core: ElfCore, data: st.DataObject) -> None:
    segments = [s for s in core.segments if s.vaddr >> 47]
    words: dict[int, bytes] = {}
    interesting = [0, 1, 7, 2**31, 2**63, 2**64 - 1, *(s.vaddr for s in segments)]
    for _ in range(data.draw(st.integers(1, 10))):
        segment = data.draw(st.sampled_from(segments))
        where = segment.vaddr + 8 * data.draw(st.integers(0, segment.filesz // 8 - 1))
        value = data.draw(st.one_of(st.sampled_from(interesting), st.integers(0, 2**64 - 1)))
        words[where] = struct.pack("<Q", value)
    hole = data.draw(st.one_of(st.none(), st.sampled_from(segments).map(lambda s: s.vaddr)))
    memory = PageCache(Corrupted(core, words, hole))
    try:
        machine = Snapshot(memory, contract_address(core))
    except DecodeError:
        return
    for action in (show_fault, show_types, show_heap, show_code, show_threads):
        try:
            action(machine)
        except DecodeError as error:
            assert "\n" not in str(error)


def show_fault(machine: Snapshot) -> None:
    fault = last_fault(machine.runtime)
    if fault is None or fault.frame is None:
        return
    trace = machine.unwinder.fault_backtrace(fault, limit=40)
    for frame in trace.frames:
        if frame.kind is FrameKind.MANAGED:
            to_json(machine.viewer.view(frame))
        frame_line(machine.viewer, frame)
    explain_fault(machine.runtime, machine.registry, fault, trace.frames[1])


def show_types(machine: Snapshot) -> None:
    for info in machine.runtime.types():
        machine.runtime.type_name(info.address)
        compare_type(machine.runtime, machine.registry, info)


def show_heap(machine: Snapshot) -> None:
    found = list(Heap(machine.runtime).validate())
    values = Values(machine.runtime)
    for block in found[:50]:
        if not isinstance(block, HeapProblem):
            values.object(block.address, 2)


def show_code(machine: Snapshot) -> None:
    for code in machine.registry.methods()[:20]:
        compare_method(machine.runtime, code)


def show_threads(machine: Snapshot) -> None:
    references = References(machine.runtime)
    roots = [*references.static_roots(), *references.handle_roots()]
    for address in list(references.objects())[:20]:
        references.paths(address, roots, 2)
    for thread in threads(machine.runtime):
        references.stack_objects(thread.stack_low, min(thread.stack_high, thread.stack_low + 65536))
