"""The claimed side over a guest made by hand, healthy and corrupted."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decoders.contract import ContractError, parse_contract
from decoders.errors import DecodeError, TargetError
from decoders.metadata import ET, Assembly, AssemblySet, TypeSig
from decoders.runtime import (
    OPTIONAL,
    REQUIRED,
    REQUIRED_CONTRACTS,
    REQUIRED_GLOBALS,
    Block,
    CodeKind,
    CodeRegistry,
    FailedCheck,
    Heap,
    HeapProblem,
    Runtime,
    Values,
    last_fault,
    threads,
)
from decoders.runtime.model import PUBLISHED
from tests.decoders.guest import HEAP, RECORDS, Guest, contract_text


def sample(universe: AssemblySet, name: str) -> TypeSig:
    (found,) = universe.find_type(f"Sample.{name}")
    return universe.type_def_sig(found)


@pytest.fixture(scope="session")
def core_universe(types: Assembly, mini_corlib: Assembly) -> AssemblySet:
    return AssemblySet([mini_corlib, types])


class Scene:
    """A guest with a few objects of known content."""

    def __init__(self, universe: AssemblySet) -> None:
        self.guest = guest = Guest(universe)
        bar = sample(universe, "PciBar")
        self.bars = guest.new(
            TypeSig(ET.SZARRAY, args=(bar,)), 6,
            b"".join(struct.pack("<iiQQ???xxxxx", i, 0, i << 32, i + 1, True, False, True)
                     for i in range(6)), 16)
        fields = struct.pack(
            "<BBBxHHBBBBHHBBBB??xxQQ", 1, 2, 3, 0x1AF4, 0x1001, 7, 8, 9, 10, 11, 12, 13, 1, 14,
            15, True, False, self.bars, 0xE0000000)
        self.info = guest.new(sample(universe, "PciDeviceInfo"), data=fields)
        self.text = guest.string("héllo\n")
        self.boxed = guest.new(sample(universe, "Color"), data=b"\xc8")
        self.cube = guest.new(sample(universe, "Cube"), data=struct.pack("<iB", -3, 5))
        self.matrix = guest.new(
            TypeSig(ET.ARRAY, args=(TypeSig(ET.I4),), shape=(2, (), ())), 4,
            struct.pack("<4i4i", 2, 0, 2, 0, 1, 2, 3, 4), 16)
        code = sample(universe, "Code")
        statics = guest.contract.view("TypeDesc", guest.memory, guest.type(code)).get("Statics")
        guest.memory.write(statics + 8, struct.pack("<Q", self.text))
        self.runtime = guest.runtime()


@pytest.fixture(scope="session")
def scene(core_universe: AssemblySet) -> Scene:
    return Scene(core_universe)


def test_the_kernel_publishes_every_name_that_is_asked_for() -> None:
    contract = parse_contract(contract_text(), list(range(64)))
    assert contract.missing(REQUIRED) == [] and contract.missing(OPTIONAL) == []
    assert [g for g in REQUIRED_GLOBALS if g not in contract.globals] == []
    assert {n: contract.number(n) for n in PUBLISHED} == PUBLISHED
    assert {k: contract.contracts.get(k) for k in REQUIRED_CONTRACTS} == REQUIRED_CONTRACTS


def test_assemblies_and_types(scene: Scene) -> None:
    runtime = scene.runtime
    assert [a.name for a in runtime.assemblies] == ["mscorlib", "Types"]
    names = {runtime.type_name(t.address) for t in runtime.types()}
    assert {"Sample.PciDeviceInfo", "Sample.PciBar[]", "int[,]", "byte", "string"} <= names
    assert runtime.layout_policy == "k1" and runtime.build_id == "test-build"
    (info,) = runtime.find_type("PciDeviceInfo")
    offsets = {f.name: f.record.offset for f in runtime.fields(info)}
    assert offsets["ProgIf"] == 19 and offsets["Bars"] == 32
    assert runtime.type_for(runtime.sig(info.address)) is info


def test_claimed_equals_expected_in_a_healthy_guest(scene: Scene) -> None:
    runtime = scene.runtime
    compared = 0
    for info in runtime.types():
        if not info.record.method_table:
            continue
        table = runtime.method_table(info.record.method_table)
        expected = runtime.layout.table(runtime.sig(info.address))
        assert table.record.base_size == expected.base_size
        assert table.record.component_size == expected.component_size
        registry = CodeRegistry(runtime)
        for slot, method in zip(table.vtable, expected.vtable, strict=True):
            found = registry.method_at(slot)
            assert found is not None and found.record.token == method.token
        assert runtime.type_of_table(table.address) is info
        compared += 1
    assert compared > 15


def test_objects(scene: Scene) -> None:
    values = Values(scene.runtime)
    device = values.object(scene.info)
    by_name = {f.name: f.value for f in device.fields}
    assert device.type == "Sample.PciDeviceInfo" and device.size == 48
    assert by_name["ProgIf"].scalar == 10 and by_name["VendorId"].scalar == 0x1AF4
    assert by_name["Address"].text == "{Bus=1, Device=2, Function=3}"
    assert by_name["Bars"].target is not None and by_name["Bars"].target.length == 6
    bars = values.object(scene.bars)
    assert (bars.size, bars.stride, len(bars.elements)) == (208, 32, 6)
    assert {f.name: f.value.scalar for f in bars.elements[5].fields} == {
        "Index": 5, "BaseAddress": 5 << 32, "Size": 6, "IsIo": True, "Is64Bit": False,
        "IsPrefetchable": True}
    assert values.object(scene.text).string == "héllo\n"
    boxed = values.object(scene.boxed)
    assert boxed.fields[0].value.text == "Blue (200)" and boxed.kind == "enum"
    cube = values.object(scene.cube)
    assert [(f.name, f.offset, f.value.scalar) for f in cube.fields] == [
        ("side", 8, -3), ("tag", 12, 5)]
    assert [e.scalar for e in values.object(scene.matrix).elements] == [1, 2, 3, 4]
    few = Values(scene.runtime, elements=2).object(scene.bars, start=3)
    assert len(few.elements) == 2 and few.truncated and few.first_element == 3


def test_statics(scene: Scene) -> None:
    (code,) = scene.runtime.find_type("Sample.Code")
    statics = {f.name: f.value for f in Values(scene.runtime).statics(code)}
    assert "Answer" not in statics
    assert statics["Text"].text == '"héllo\\n"'
    assert statics["table"].text == "null"


@pytest.mark.parametrize(("address", "message"), [
    (0, "null"), (0x10, "cannot read 8 bytes at 0x10"), (HEAP + 9, "misaligned"),
    (0xDEAD0000BEEF0000, "cannot read"), (RECORDS, "no MethodTable|cannot read|null"),
])
def test_bad_object_addresses(scene: Scene, address: int, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        Values(scene.runtime).object(address)


def test_heap(scene: Scene) -> None:
    heap = Heap(scene.runtime)
    blocks = list(heap.blocks())
    assert [b.address for b in blocks] == [
        scene.bars, scene.info, scene.text, scene.boxed, scene.cube, scene.matrix]
    assert [b.size for b in blocks] == [208, 48, 32, 16, 16, 48]
    assert list(heap.validate()) == blocks
    found = heap.find(scene.info + 19)
    assert found is not None and found.address == scene.info
    assert heap.find(0x1000) is None
    assert sum(c for c, _ in heap.statistics().values()) == 6


def test_undersized_array_is_found(core_universe: AssemblySet) -> None:
    scene = Scene(core_universe)
    scene.guest.memory.write(scene.bars + 8, struct.pack("<I", 7))
    problems = [b for b in Heap(scene.guest.runtime()).validate() if isinstance(b, HeapProblem)]
    assert len(problems) == 1 and problems[0].previous == scene.bars
    scene.guest.memory.write(scene.bars + 8, struct.pack("<I", 0x7FFFFFFF))
    walk = list(Heap(scene.guest.runtime()).validate())
    assert isinstance(walk[0], HeapProblem) and "length 2147483647" in walk[0].message
    # The walk goes on at the next plausible pair of blocks.
    assert isinstance(walk[1], Block) and walk[1].address == scene.info
    with pytest.raises(DecodeError):
        list(Heap(scene.guest.runtime()).blocks())


def test_registry_and_thunks(scene: Scene) -> None:
    registry = CodeRegistry(scene.runtime)
    entry = registry.entries[0]
    place = registry.find(entry.start + 5)
    assert place is not None and place.kind is CodeKind.THUNKS and place.method is not None
    assert "::" in scene.runtime.method_name(place.method)
    assert registry.find(0) is None and registry.find(entry.start - 1) is None


def test_no_fault_yet_and_threads(core_universe: AssemblySet) -> None:
    guest = Guest(core_universe)
    assert last_fault(guest.runtime()) is None
    frame = guest.put("TrapFrame", Rip=0x1234, CR2=0x13)
    where = guest.globals["LastFaultRecord"]
    for name, value in (("Sequence", 1), ("Vector", 14), ("ErrorCode", 2), ("CR2", 0x13),
                        ("TrapFrame", frame), ("Message", guest.text("oops"))):
        guest.poke("LastFault", where, name, value)
    fault = last_fault(guest.runtime())
    assert fault is not None and fault.frame is not None
    assert (fault.name, fault.access) == ("page fault", "write to an unmapped page")
    assert (fault.cr2, fault.message, fault.frame.rip) == (0x13, "oops", 0x1234)
    thread = guest.put("Thread", Id=1, StackLow=1, StackHigh=2, Name=guest.text("main"))
    guest.set_global("Threads", thread)
    assert [t.name for t in threads(guest.runtime())] == ["main"]
    guest.poke("Thread", thread, "Next", thread)
    with pytest.raises(TargetError, match="cyclic"):
        threads(guest.runtime())


def failed_check(guest: Guest, record: int) -> None:
    where = guest.globals["LastFaultRecord"]
    for name, value in (("Sequence", 1), ("Vector", 0x102), ("Check", record)):
        guest.poke("LastFault", where, name, value)


def check_in(guest: Guest) -> FailedCheck:
    fault = last_fault(guest.runtime())
    assert fault is not None and fault.name == "check failed" and fault.check is not None
    assert fault.detail == fault.check.text
    return fault.check


def test_a_failed_check_tells_what_was_checked(core_universe: AssemblySet) -> None:
    guest = Guest(core_universe)
    what, long = guest.string('a "name"\x1b\n'), guest.string("x" * 300)
    record = guest.put("CheckRecord", What=what, Expected=long)
    failed_check(guest, record)
    check = check_in(guest)
    assert (check.what, check.expected, check.actual) == (
        'a "name"\x1b\n', "x" * 256 + "...", None)
    assert check.problem == "" and check.address == record
    assert check.text == (
        '"a \\"name\\"\\u001b\\n": expected "' + "x" * 80 + '"..., actual (unknown)')


def test_a_failed_check_that_cannot_be_read(core_universe: AssemblySet) -> None:
    guest = Guest(core_universe)
    array = guest.new(TypeSig(ET.SZARRAY, args=(TypeSig(ET.I4),)), 2)
    wild = guest.put("CheckRecord", What=guest.string("sum"), Expected=array, Actual=0xDEAD0000)
    failed_check(guest, wild)
    check = check_in(guest)
    assert (check.what, check.expected, check.actual) == ("sum", None, None)
    assert "expected: at " in check.problem and "int[], no string" in check.problem
    assert "actual: cannot read" in check.problem and "0xdead0000" in check.problem
    failed_check(guest, 0xDEAD0000)
    assert "0xdead0000" in check_in(guest).text
    failed_check(guest, 0)
    assert check_in(guest).text == "the kernel left no record of the check"


def test_a_contract_without_the_check_record(core_universe: AssemblySet) -> None:
    guest = Guest(core_universe)
    failed_check(guest, guest.put("CheckRecord", What=guest.string("sum")))
    text = json.loads(contract_text())
    del text["types"]["LastFault"]["Check"]
    del text["types"]["CheckRecord"]
    contract = parse_contract(json.dumps(text), [0, *guest.globals.values()])
    assert contract.missing(REQUIRED) == []
    fault = last_fault(Runtime(guest.memory, contract))
    assert fault is not None and fault.check is not None and fault.check.what is None
    assert fault.detail == ("the contract has no LastFault.Check, CheckRecord: what was checked is "
                            "not known")


def test_cycles_and_versions(core_universe: AssemblySet) -> None:
    scene = Scene(core_universe)
    guest = scene.guest
    info = guest.type(sample(core_universe, "PciDeviceInfo"))
    guest.poke("TypeDesc", info, "Parent", info)
    with pytest.raises(TargetError, match="parents of Sample.PciDeviceInfo are cyclic"):
        Values(guest.runtime()).object(scene.info)
    guest.poke("TypeDesc", info, "Next", info)
    with pytest.raises(TargetError, match="list of types is cyclic"):
        list(guest.runtime().types())
    text = contract_text().replace('"KernelHeap":"k1"', '"KernelHeap":"k2"')
    with pytest.raises(ContractError, match="KernelHeap has version 'k2'"):
        Runtime(guest.memory, parse_contract(text, list(range(64))))


def test_refresh(core_universe: AssemblySet) -> None:
    guest = Guest(core_universe)
    runtime = guest.runtime()
    assert runtime.refresh() and not runtime.refresh()
    guest.set_global("Generation", 2)
    guest.type(sample(core_universe, "Cube"))
    assert not runtime.find_type("Sample.Cube")
    runtime.memory.drop()  # type: ignore[attr-defined]
    assert runtime.refresh() and runtime.find_type("Sample.Cube")


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_corrupted_memory_gives_only_our_errors(scene: Scene, data: st.DataObject) -> None:
    memory = scene.guest.memory
    saved = {base: bytes(region) for base, region in memory.regions.items()}
    try:
        for _ in range(data.draw(st.integers(1, 12))):
            base = data.draw(st.sampled_from([RECORDS, RECORDS, HEAP]))
            region = memory.regions[base]
            at = data.draw(st.integers(0, len(region) - 9))
            value = data.draw(st.one_of(
                st.integers(0, 2**64 - 1), st.sampled_from([0, 2**31, 2**63, HEAP, RECORDS]),
                st.integers(base, base + len(region))))
            region[at : at + 8] = struct.pack("<Q", value)
        look_at_everything(scene)
    finally:
        for base, content in saved.items():
            memory.regions[base][:] = content


def look_at_everything(scene: Scene) -> None:
    def attempt(action: object) -> None:
        assert callable(action)
        try:
            action()
        except DecodeError as error:
            assert "\n" not in str(error)

    holder: list[Runtime] = []
    attempt(lambda: holder.append(scene.guest.runtime()))
    if not holder:
        return
    runtime = holder[0]
    values = Values(runtime)
    attempt(lambda: [a.name for a in runtime.assemblies])
    attempt(lambda: [runtime.type_name(t.address) for t in runtime.types()])
    for address in (scene.bars, scene.info, scene.text, scene.boxed, scene.cube, scene.matrix):
        attempt(lambda address=address: values.object(address, 3))
    attempt(lambda: list(Heap(runtime).blocks()))
    attempt(lambda: list(Heap(runtime).validate()))
    attempt(lambda: [CodeRegistry(runtime).find(e.start) for e in CodeRegistry(runtime).entries])
    attempt(lambda: last_fault(runtime))
    attempt(lambda: [values.statics(t) for t in runtime.find_type("Code")])
