"""What the commands about types, objects and the heap show, on the recorded healthy heap."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from decoders.errors import DecodeError
from decoders.inspect import heap, methods, objects, roots, scan, types
from decoders.render import Style, to_json, to_text
from decoders.runtime import Heap
from decoders.runtime.records import HeapSegmentRecord
from tests.work import calls_of

from .machine import PAGE, Machine, Pages, Places, actions, load, places

PLAIN = Style()


@pytest.fixture(scope="module")
def pages() -> tuple[dict[int, bytes], int]:
    return load()


@pytest.fixture(scope="module")
def machine(pages: tuple[dict[int, bytes], int]) -> Machine:
    return Machine(Pages(pages[0]), pages[1])


@pytest.fixture(scope="module")
def where(machine: Machine) -> Places:
    return places(machine)


def patched(
    pages: tuple[dict[int, bytes], int], words: dict[int, int], size: int = 8
) -> Machine:
    """A machine with some numbers replaced."""
    changed = dict(pages[0])
    for address, value in words.items():
        page = bytearray(changed[address & ~(PAGE - 1)])
        at = address & PAGE - 1
        page[at : at + size] = value.to_bytes(size, "little")
        changed[address & ~(PAGE - 1)] = bytes(page)
    return Machine(Pages(changed), pages[1])


def test_every_command_has_text_and_json(machine: Machine, where: Places) -> None:
    for name, action in actions(where).items():
        result = action(machine)
        assert to_json(result), name
        text = to_text(result, PLAIN)
        assert text and "! " not in text, (name, text)


def test_table_from_three_addresses(machine: Machine, where: Places) -> None:
    name = "Ddk.PciDeviceInfo"
    runtime, registry = machine.runtime, machine.registry
    by_table = types.table_at(runtime, registry, where.tables[name])
    by_object = types.table_at(runtime, registry, where.objects[name])
    assert by_table.comparison == by_object.comparison and "is an object" in by_object.note
    assert by_table.comparison is not None and by_table.comparison.claimed_base_size == 48
    text = to_text(by_table, PLAIN)
    assert "19      1     ProgIf              byte" in text and "Object::ToString" in text
    inner = types.table_at(runtime, registry, where.objects[name] + 8)
    assert inner.comparison is None and "is no MethodTable" in inner.problems[0]
    with pytest.raises(DecodeError, match="null"):
        types.table_at(runtime, registry, 0)
    with pytest.raises(DecodeError, match="misaligned"):
        types.table_at(runtime, registry, where.tables[name] + 1)


def test_layout_with_holes(machine: Machine, where: Places) -> None:
    runtime = machine.runtime
    view = types.layout_view(
        runtime, machine.registry, runtime.type(where.types["Ddk.PciBar"]))
    assert view.claimed_holes == view.expected_holes == ((4, 4), (27, 5))
    assert view.claimed_instance_size == 32 and not view.differences
    with pytest.raises(DecodeError, match="has no fields of its own"):
        types.layout_view(runtime, machine.registry, runtime.type(where.types["Ddk.PciBar[]"]))


def test_every_loaded_type_has_its_expected_layout(machine: Machine) -> None:
    checked = 0
    for info in machine.runtime.types():
        if info.is_loaded and info.record.method_table and not info.record.element:
            view = types.layout_view(machine.runtime, machine.registry, info)
            assert not view.differences and not view.problems, view.name
            assert view.claimed_holes == view.expected_holes, view.name
            checked += 1
    assert checked > 40


def test_a_layout_that_differs_is_marked(
    pages: tuple[dict[int, bytes], int], machine: Machine, where: Places
) -> None:
    info = machine.runtime.type(where.types["Ddk.PciDeviceInfo"])
    field = next(f for f in machine.runtime.fields(info) if f.name == "ProgIf")
    at = field.record.address + machine.runtime.contract.type("FieldDesc").field("Offset").offset
    broken = patched(pages, {at: 23}, 4)
    view = types.layout_view(
        broken.runtime, broken.registry, broken.runtime.type(info.address))
    text = to_text(view, PLAIN)
    assert "! 23 (expected 19)" in text and "padding that should not be" in text
    assert "! field ProgIf: offset is 23, metadata says 19" in text


def test_a_cyclic_parent_chain(
    pages: tuple[dict[int, bytes], int], machine: Machine, where: Places
) -> None:
    runtime = machine.runtime
    table = where.tables["System.Object"] if "System.Object" in where.tables else (
        where.tables["object"])
    parent = runtime.contract.type("TypeDesc").field("Parent").offset
    related = runtime.contract.type("MethodTable").field("RelatedType").offset
    device = where.types["Ddk.PciDeviceInfo"]
    broken = patched(pages, {
        table + related: where.tables["Ddk.PciDeviceInfo"], device + parent: device})
    view = types.table_at(broken.runtime, broken.registry, where.tables["Ddk.PciDeviceInfo"])
    assert any("cyclic" in p for p in view.problems)
    assert "object" in view.parents and "cyclic" in to_text(view, PLAIN)


def test_arrays(
    pages: tuple[dict[int, bytes], int], machine: Machine, where: Places
) -> None:
    bars = where.objects["Ddk.PciBar[]"]
    view = objects.array_view(machine.runtime, machine.values, bars, 0, 1)
    assert (view.needed, view.block, view.expected_stride) == (208, 208, 32)
    assert len(view.object.elements) == 6 and not view.problems
    with pytest.raises(DecodeError, match="has 6 elements; there is none at 7"):
        objects.array_view(machine.runtime, machine.values, bars, 7, 1)
    with pytest.raises(DecodeError, match="is no array"):
        objects.array_view(
            machine.runtime, machine.values, where.objects["Ddk.PciDeviceInfo"], 0, 1)
    # The seed's fix: ComponentSize 16, so that six elements get 112 bytes.
    small = patched(pages, {where.tables["Ddk.PciBar[]"]: 16}, 2)
    view = objects.array_view(small.runtime, small.values, bars, 0, 1)
    assert (view.needed, view.block) == (208, 112)
    text = to_text(view, PLAIN)
    assert "the block of 112 does not hold them" in text
    assert "! ComponentSize is 16, but elements are 32 bytes apart" in text
    # A length of 2^31 - 1: what can be shown is shown.
    long = patched(pages, {bars + 8: 2**31 - 1}, 4)
    view = objects.array_view(long.runtime, long.values, bars, 0, 1)
    assert any("the length 2147483647 is corrupt" in p for p in view.problems)
    with pytest.raises(DecodeError, match="claims a length of 2147483648"):
        broken = patched(pages, {bars + 8: 2**31}, 4)
        objects.array_view(broken.runtime, broken.values, bars, 0, 1)


def test_an_array_with_its_elements_table(
    pages: tuple[dict[int, bytes], int], where: Places
) -> None:
    """The seed's first bug: newarr used the element's MethodTable."""
    bars = where.objects["Ddk.PciBar[]"]
    broken = patched(pages, {bars: where.tables["Ddk.PciBar"]})
    with pytest.raises(DecodeError) as caught:
        objects.array_view(broken.runtime, broken.values, bars, 0, 1)
    assert str(caught.value).endswith(
        "its MethodTable is Ddk.PciBar's with ComponentSize 0; read as Ddk.PciBar[], its length "
        "would be 6 and take 208 bytes, the block has 40")


def test_what_is_no_object(machine: Machine, where: Places) -> None:
    device = where.objects["Ddk.PciDeviceInfo"]

    def sentence(address: int) -> str:
        with pytest.raises(DecodeError) as caught:
            objects.object_view(machine.runtime, machine.values, address, 1)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "null" in sentence(0)
    assert "misaligned" in sentence(device + 1)
    assert "(field ProgIf)" in objects.located(machine.runtime, device + 19)
    assert f"it lies in Ddk.PciDeviceInfo@{device:#x} at +16 (field RevisionId)" in sentence(
        device + 16)
    assert "it lies in the header of" in objects.located(machine.runtime, device - 4)
    assert "not mapped" in sentence(0x7777_0000_0000)
    assert "element 2" in objects.located(
        machine.runtime, where.objects["Ddk.PciBar[]"] + 16 + 2 * 32 + 8)


def test_strings(pages: tuple[dict[int, bytes], int], machine: Machine, where: Places) -> None:
    text = where.objects["string"]
    view = objects.string_view(machine.runtime, machine.values, text, 4)
    assert view.truncated and len(view.text) == 4 and "... (truncated)" in to_text(view, PLAIN)
    with pytest.raises(DecodeError, match="no string: clr-obj"):
        objects.string_view(
            machine.runtime, machine.values, where.objects["Ddk.PciDeviceInfo"], 4)
    shorter = patched(pages, {text + 8: view.length - 1}, 4)
    cut = objects.string_view(shorter.runtime, shorter.values, text, 1000)
    assert "no zero follows" in cut.problems[0]


def test_fields_by_path(machine: Machine, where: Places) -> None:
    device = where.objects["Ddk.PciDeviceInfo"]
    value = objects.field_value(machine.values, device, "VendorId")
    assert value.scalar == 0x1AF4
    assert objects.field_value(machine.values, device, "Address.Device").scalar == 1
    assert objects.field_value(machine.values, device, "Bars[5].Size").scalar == 0
    for path, message in (
        ("Vendor", "has no field 'Vendor'; it has Address, VendorId"),
        ("Bars[6].Size", "has no element 6"), ("Bars[x]", "no element number"),
        ("VendorId.Low", "ushort has no fields"), ("", "name is missing"),
    ):
        with pytest.raises(DecodeError, match=message):
            objects.field_value(machine.values, device, path)


def test_methods_and_tokens(machine: Machine, where: Places) -> None:
    runtime, registry = machine.runtime, machine.registry
    place = registry.find(where.code)
    assert place is not None and place.method is not None
    found = methods.method_detail(runtime, registry, place.method, None, place)
    assert found.name == "Ddk.PciDeviceInfo::ReadProgIf" and found.state == "compiled"
    assert found.native_offset == 12 and found.where in ("code", "prologue")
    assert methods.method_desc_at(runtime, where.method_desc).address == where.method_desc
    with pytest.raises(DecodeError, match="does not list it"):
        methods.method_desc_at(runtime, where.method_desc + 8)
    loaded = next(a for a in runtime.assemblies if a.name == "ddk")
    token = methods.token_detail(runtime, registry, loaded, found.token)
    assert token.name == found.name and token.code == found.code
    device = methods.token_detail(
        runtime, registry, loaded, runtime.type(where.types["Ddk.PciDeviceInfo"]).record.token)
    assert device.method_table == where.tables["Ddk.PciDeviceInfo"]
    for bad in (5, 0x06FFFFFF, 0x02000000):
        with pytest.raises(DecodeError):
            methods.token_detail(runtime, registry, loaded, bad)
    rows = methods.method_list(runtime, registry, "ReadProgIf", False, 10).methods
    assert [r.name for r in rows] == [found.name]
    capped = methods.method_list(runtime, registry, None, True, 5)
    assert capped.truncated and "truncated" in to_text(capped, PLAIN)


def test_who_holds_and_what_lies_on_the_stack(machine: Machine, where: Places) -> None:
    bars, device = where.objects["Ddk.PciBar[]"], where.objects["Ddk.PciDeviceInfo"]
    found = roots.roots_view(machine.runtime, bars, machine.frames(), 8, [])
    text = to_text(found, PLAIN)
    assert f"-> Ddk.PciDeviceInfo@{device:#x} .Bars\n  -> Ddk.PciBar[]@{bars:#x}" in text
    held = roots.roots_view(machine.runtime, device, machine.frames(), 8, [])
    assert held.total >= 2 and any("VirtioBlkEntry.Bind, local" in p.root.name for p in held.paths)
    writer = where.objects["System.ConsoleWriter"]
    names = [p.root.name for p in roots.roots_view(machine.runtime, writer, [], 8, []).paths]
    assert "System.Console._out" in names
    with pytest.raises(DecodeError, match="it lies in the object at"):
        roots.roots_view(machine.runtime, bars + 8, [], 8, [])
    on_stack = roots.stack_objects(
        machine.runtime, machine.stack(), {"rcx": bars + 16}, machine.frames(), 100, True, [])
    assert on_stack.rows[0].where == "rcx" and on_stack.rows[0].offset == 16
    assert any(r.object == device and ", local" in r.slot for r in on_stack.rows)
    few = roots.stack_objects(machine.runtime, machine.stack(), {}, [], 1, False, [])
    assert few.truncated and len(few.rows) == 1


def test_the_vectorised_walk_is_the_plain_one(machine: Machine) -> None:
    walked = Heap(machine.runtime)
    blocks = list(walked.blocks())
    index = scan.scan(machine.runtime)
    assert [int(a) for a in index.addresses] == [b.address for b in blocks]
    assert [int(s) for s in index.sizes] == [b.size for b in blocks]
    assert index.statistics() == walked.statistics() == scan.count(machine.runtime).tables
    assert heap.verify(machine.runtime).bad == 0


class Large(Heap):
    """A heap of our own making over the recorded types."""

    def __init__(self, machine: Machine, data: bytes) -> None:
        (self.segment,) = Heap(machine.runtime).segments()
        self.data, self.inner = data, machine.runtime.memory
        made = object.__new__(type(machine.runtime))
        made.__dict__.update(machine.runtime.__dict__)
        made.memory = self
        super().__init__(made)

    def segments(self) -> list[HeapSegmentRecord]:
        """One segment."""
        end = self.segment.start + len(self.data)
        return [self.segment._replace(allocated=end, committed=end, reserved=end)]

    def read(self, address: int, size: int, purpose: str) -> bytes:
        """See Memory.read."""
        at = address - self.segment.start
        if 0 <= at < len(self.data):
            return bytes(self.data[at : at + size])
        return self.inner.read(address, size, purpose)


def blocks_of(machine: Machine, where: Places, count: int, seed: int) -> bytes:
    """Blocks of several types behind each other, with words in them that look like headers."""
    rng = np.random.default_rng(seed)
    fixed = [(where.tables[n], 16) for n in ("uint", "Ddk.PciAddress")]
    fixed.append((where.tables["Ddk.PciDeviceInfo"], 48))
    chars, bars = where.tables["char[]"], where.tables["Ddk.PciBar[]"]
    decoys = struct.pack("<QQ", 0, chars)
    parts = []
    for kind in rng.integers(0, 6, count):
        if kind < 3:
            table, size = fixed[kind]
            parts.append(struct.pack("<QQ", 0, table) + bytes(size - 8))
        elif kind == 3:
            length = int(rng.integers(0, 3000 if rng.integers(0, 50) == 0 else 40))
            data = (2 * length + 7) // 8 * 8
            parts.append(struct.pack("<QQQ", 0, chars, length) + bytes(data))
        elif kind == 4:
            # Elements that look like a header and a MethodTable: lanes may start there in vain.
            parts.append(struct.pack("<QQQ", 0, bars, 4) + decoys * 8)
        else:
            parts.append(struct.pack("<QQQ", 0, chars, 8) + decoys)
    return b"".join(parts)


@pytest.mark.parametrize("seed", range(4))
def test_lanes_that_begin_in_vain(machine: Machine, where: Places, seed: int) -> None:
    large = Large(machine, blocks_of(machine, where, 20_000, seed))
    plain = list(large.blocks())
    index = scan.scan(large.runtime, large)
    assert not index.problem and len(index) == len(plain) == 20_000
    assert [int(a) for a in index.addresses] == [b.address for b in plain]
    assert scan.count(large.runtime, large).tables == large.statistics()


def test_a_broken_block_ends_the_walk(machine: Machine, where: Places) -> None:
    data = bytearray(blocks_of(machine, where, 20_000, 9))
    whole = Large(machine, bytes(data))
    victim = list(whole.blocks())[12_345]
    at = victim.address - whole.segment.start
    data[at : at + 8] = b"\xef" * 8
    large = Large(machine, bytes(data))
    index = scan.scan(large.runtime, large)
    assert len(index) == 12_345 and f"the block at {victim.address:#x}" in index.problem
    counted = scan.count(large.runtime, large)
    assert counted.problem == index.problem and counted.tables == index.statistics()


def test_a_million_objects(machine: Machine, where: Places) -> None:
    """Not a benchmark (see `clrscope bench heap`): only that it is arrays and not a loop."""
    data = blocks_of(machine, where, 50_000, 1) * 20
    large = Large(machine, data)
    counted, calls = calls_of(lambda: scan.count(large.runtime, large))
    assert sum(c for c, _ in counted.tables.values()) == 1_000_000 and not counted.problem
    assert calls < 1_000_000, calls  # less than one an object


def test_a_reference_that_leads_nowhere(
    pages: tuple[dict[int, bytes], int], where: Places
) -> None:
    device, bars = where.objects["Ddk.PciDeviceInfo"], where.objects["Ddk.PciBar[]"]
    broken = patched(pages, {device + 32: bars + 8})
    found = heap.verify(broken.runtime)
    assert found.bad == 1
    assert found.problems[0] == (
        f"Ddk.PciDeviceInfo@{device:#x}, Bars: refers to {bars + 8:#x}, which is inside "
        f"Ddk.PciBar[]@{bars:#x}, at +8")
    smashed = patched(pages, {device: 0x4141414141414141})
    damaged = heap.verify(smashed.runtime)
    text = to_text(damaged, PLAIN)
    assert damaged.bad >= 1 and f"block at {device:#x}" in text and "passed over" in text
    statistics: Any = heap.heap_statistics(smashed.runtime, None)
    assert f"the block at {device:#x}" in statistics.problem and statistics.count > 50
