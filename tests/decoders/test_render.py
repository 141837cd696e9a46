"""Text and JSON of objects and types, from the recorded machine."""

from __future__ import annotations

import json

import pytest

from decoders.compare import compare_method, compare_type
from decoders.memory import ElfCore, PageCache
from decoders.render import Style, objects, to_json, to_text, types
from decoders.runtime import Heap, Values
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
