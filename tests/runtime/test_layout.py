"""Field layout, sizes and statics as policy k1 says (runtime/types/layout.c)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
Dump = Callable[..., dict[str, Any]]

#: type: (instance size, alignment, BaseSize, ComponentSize of its array, {field: offset})
EXPECTED: dict[str, tuple[int, int, int, int, dict[str, int]]] = {
    "Empty": (1, 1, 16, 1, {}),
    "Three": (3, 1, 16, 3, {"A": 0, "B": 1, "C": 2}),
    "Mixed": (32, 8, 40, 32, {"A": 0, "B": 8, "C": 16, "D": 20, "E": 24}),
    "Nested": (40, 8, 48, 40, {"First": 0, "Embedded": 1, "Last": 4, "Big": 8}),
    "WithReference": (24, 8, 32, 24, {"A": 0, "Text": 8, "B": 16}),
    "Packed1": (15, 1, 24, 15, {"A": 0, "B": 1, "C": 9, "D": 11}),
    "Packed2": (14, 2, 24, 14, {"A": 0, "B": 2, "C": 10, "D": 12}),
    "Sized": (24, 4, 32, 24, {"A": 0}),
    "TooSmall": (8, 8, 16, 8, {"A": 0}),
    "Union": (16, 8, 24, 16, {"Whole": 0, "Low": 0, "High": 4, "Tail": 9}),
    "SizedUnion": (13, 4, 24, 13, {"A": 2, "B": 8}),
    "ExplicitClass": (8, 4, 16, 8, {"A": 12, "B": 8}),
    "Small": (1, 1, 16, 1, {"value__": 0}),
    "Wide": (8, 8, 16, 8, {"value__": 0}),
    "Base": (8, 4, 16, 8, {"A": 8, "B": 12}),
    "Derived": (32, 8, 40, 8, {"C": 16, "D": 24, "E": 32, "F": 40}),
    "Leaf": (48, 8, 56, 8, {"G": 48, "H": 52}),
    "Pointers": (32, 8, 40, 32, {"A": 0, "P": 8, "Q": 16, "I": 24}),
    "Fixed": (12, 2, 24, 12, {"Buffer": 0, "After": 10}),
}
EXPECTED["Derived"] = (40, 8, 48, 8, EXPECTED["Derived"][4])

PCI_DEVICE_INFO = {
    "Address": 8, "VendorId": 12, "DeviceId": 14, "RevisionId": 16, "ClassCode": 17,
    "SubclassCode": 18, "ProgIf": 19, "SubsystemVendorId": 20, "SubsystemDeviceId": 22,
    "HeaderType": 24, "IsMultiFunction": 25, "InterruptLine": 26, "InterruptPin": 27, "Msi": 28,
    "Msix": 29, "Bars": 32, "ConfigSpaceAddress": 40,
}  # fmt: skip


@pytest.fixture(scope="module")
def layouts(dump_types: Dump, mcs_compile: Callable[..., Path]) -> dict[str, Any]:
    source = HERE / "samples" / "Layouts.cs"
    return dump_types(mcs_compile(source, library=True, options=("-unsafe", "-warn:0")))


def offsets(type_: dict[str, Any]) -> dict[str, int]:
    return {f["name"]: f["offset"] for f in type_["fields"] if not f["static"]}


@pytest.mark.parametrize("name", EXPECTED)
def test_layout(layouts: dict[str, Any], name: str) -> None:
    size, align, base_size, component_size, fields = EXPECTED[name]
    type_ = layouts[f"Layouts.{name}"]
    assert offsets(type_) == fields
    assert (type_["instance_size"], type_["align"]) == (size, align)
    assert type_["base_size"] == base_size
    assert type_["array"] == {"base_size": 16, "component_size": component_size}


def test_statics_have_storage_of_their_own(layouts: dict[str, Any]) -> None:
    type_ = layouts["Layouts.Statics"]
    found = {f["name"]: f["offset"] for f in type_["fields"] if not f["literal"]}
    assert found == {"A": 0, "B": 8, "C": 16, "D": 20, "E": 24, "Table": 32}
    assert type_["statics_size"] == 40
    assert [f["name"] for f in type_["fields"] if f["literal"]] == ["Literal"]


def test_pci_types_are_as_the_architecture_has_them(dump_types: Dump, build: Path) -> None:
    types = dump_types(build / "managed" / "ddk.dll")
    info, bar, address = (types[f"Ddk.{n}"] for n in ("PciDeviceInfo", "PciBar", "PciAddress"))
    assert offsets(info) == PCI_DEVICE_INFO
    assert info["base_size"] == 48
    assert list(offsets(address).values()) == [0, 1, 2] and address["instance_size"] == 3
    assert list(offsets(bar).values()) == [0, 8, 16, 24, 25, 26] and bar["instance_size"] == 32
    assert bar["array"] == {"base_size": 16, "component_size": 32}


def test_fault_embedded_vt_field_8(dump_types: Dump, build: Path) -> None:
    types = dump_types(build / "managed" / "ddk.dll", "--fault", "embedded-vt-field-8")
    info = types["Ddk.PciDeviceInfo"]
    assert offsets(info)["ProgIf"] == 23 and offsets(info)["ConfigSpaceAddress"] == 48
    assert info["base_size"] == 48


def test_fault_array_stride_unaligned(dump_types: Dump, build: Path) -> None:
    scope = "array-stride-unaligned@ddk!Ddk.PciBar::*"
    types = dump_types(build / "managed" / "ddk.dll", "--fault", scope)
    bar = types["Ddk.PciBar"]
    assert bar["array"]["component_size"] == 16 and bar["instance_size"] == 32


def test_fault_vt_field_offset(dump_types: Dump, build: Path) -> None:
    scope = "vt-field-offset@ddk!Ddk.PciAddress::*"
    types = dump_types(build / "managed" / "ddk.dll", "--fault", scope)
    address = types["Ddk.PciAddress"]
    assert list(offsets(address).values()) == [8, 9, 10] and address["instance_size"] == 3


def test_no_switch_no_fault(dump_types: Dump, build: Path) -> None:
    """A scope that matches nothing leaves every type as it is."""
    everything = ",".join(
        f"{name}@nowhere!*::*"
        for name in ("array-stride-unaligned", "vt-field-offset", "embedded-vt-field-8",
                     "vtable-slot-collision")
    )  # fmt: skip
    ddk = build / "managed" / "ddk.dll"
    assert dump_types(ddk, "--fault", everything) == dump_types(ddk)
