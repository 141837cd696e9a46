"""Text and JSON of objects and types, from the recorded machine."""

from __future__ import annotations

import json

import pytest

from decoders.compare import compare_method, compare_type
from decoders.listing import il_listing, native_listing
from decoders.memory import ElfCore, PageCache
from decoders.render import Style, listings, objects, to_json, to_text, types
from decoders.runtime import Heap, Values, last_fault
from tests.decoders.test_snapshot import FIXTURE, Snapshot, contract_address

PLAIN = Style()


@pytest.fixture(scope="module")
def machine() -> Snapshot:
    import lzma

    core = ElfCore(lzma.decompress(FIXTURE.read_bytes()))
    return Snapshot(PageCache(core), contract_address(core))


def test_layout_of_the_device(machine: Snapshot) -> None:
    assert objects and types  # importing them registers their renderers
    (info,) = machine.runtime.find_type("Ddk.PciDeviceInfo")
    text = to_text(compare_type(machine.runtime, machine.registry, info), PLAIN)
    assert text.splitlines()[0].startswith("Ddk.PciDeviceInfo (class) of ddk, token 0x0200")
    lines = [line.split() for line in text.splitlines()]
    assert ["BaseSize", "48"] in lines
    assert ["19", "1", "ProgIf", "byte"] in lines
    assert ["11", "1", "(padding)"] in lines and ["30", "2", "(padding)"] in lines
    assert "!" not in text
    parsed = json.loads(to_json(compare_type(machine.runtime, machine.registry, info)))
    assert parsed["method_table"].startswith("0x") and parsed["differences"] == []


def test_objects(machine: Snapshot) -> None:
    values = Values(machine.runtime, elements=2)
    found = [
        values.object(b.address) for b in Heap(machine.runtime).blocks() if not b.free]
    by_type = {o.type: o for o in found}
    device = to_text(by_type["Ddk.PciDeviceInfo"], PLAIN)
    assert "48 bytes" in device.splitlines()[0]
    assert any(line.split()[:2] == ["+19", "ProgIf"] for line in device.splitlines())
    bars = to_text(by_type["Ddk.PciBar[]"], PLAIN)
    assert "length 6, stride 32" in bars and "... (truncated after element 1)" in bars
    string = next(o for o in found if o.string)
    assert to_text(string, PLAIN).splitlines()[1].strip().startswith('"')
    for each in found:
        assert to_text(each, Style(color=True)) and json.loads(to_json(each))


def test_the_broken_method(machine: Snapshot) -> None:
    texts = [
        to_text(compare_method(machine.runtime, c), PLAIN) for c in machine.registry.methods()]
    marked = [t for t in texts if "!" in t]
    assert len(marked) == 1
    assert marked[0].startswith("Ddk.PciDeviceInfo::ReadProgIf at 0x")
    assert "rcx is never stored there" in marked[0]


def test_native_listing_marks_the_fault(machine: Snapshot) -> None:
    fault = last_fault(machine.runtime)
    assert fault is not None and fault.frame is not None and listings
    place = machine.registry.find(fault.frame.rip)
    assert place is not None and place.code is not None
    listing = native_listing(machine.runtime, machine.registry, place.code, pc=fault.frame.rip)
    text = to_text(listing, PLAIN).splitlines()
    (current,) = [line for line in text if ">>>" in line]
    assert "mov byte ptr [rbx + 0x13], al" in current
    before = text[: text.index(current)]
    assert [line.strip() for line in before if "IL_" in line][-1] == (
        "IL_0009: stfld byte Ddk.PciDeviceInfo::ProgIf")
    assert [line.region for line in listing.lines if line.region][:2] == ["prologue", "body"]
    assert listing.problems == () and len(listing.lines) > 10


def test_every_listing(machine: Snapshot) -> None:
    notes = set()
    for code in machine.registry.methods():
        native = native_listing(machine.runtime, machine.registry, code)
        assert native.problems == ()
        assert sum(len(line.bytes) // 2 for line in native.lines) == code.record.code_size
        method = machine.runtime.metadata_method(code.method)
        il = il_listing(machine.runtime.universe, method)
        assert il.problems == () and to_text(il, PLAIN) and to_text(native, PLAIN)
        notes |= {line.note for line in native.lines}
    assert "direct Ddk.PciDeviceInfo::ReadProgIf" in notes or (
        "virtual Ddk.PciDeviceInfo::ReadProgIf" in notes)
    assert "MethodTable of Ddk.PciDeviceInfo" in notes
