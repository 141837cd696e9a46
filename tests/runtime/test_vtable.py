"""Vtables, interface maps and interface dispatch (ECMA-335 II.10.3, II.12.2)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
Dump = Callable[..., dict[str, Any]]
OBJECT = ["System.Object::Equals", "System.Object::Finalize", "System.Object::GetHashCode",
          "System.Object::ToString"]  # fmt: skip


@pytest.fixture(scope="module")
def assembly(mcs_compile: Callable[..., Path]) -> Path:
    return mcs_compile(HERE / "samples" / "Virtuals.cs", library=True, options=("-warn:0",))


@pytest.fixture(scope="module")
def types(dump_types: Dump, assembly: Path) -> dict[str, Any]:
    return {name.removeprefix("Virtuals."): type_ for name, type_ in dump_types(assembly).items()}


def own(type_: dict[str, Any]) -> list[str]:
    """Slots behind those of System.Object."""
    return [slot.removeprefix("Virtuals.") for slot in type_["vtable"][len(OBJECT) :]]


def test_object_s_slots_come_first(types: dict[str, Any]) -> None:
    first = types["Overloads"]["vtable"][: len(OBJECT)]
    assert sorted(first) == OBJECT


def test_newslot_and_override(types: dict[str, Any]) -> None:
    assert own(types["Square"]) == ["Square::Area", "Square::get_Name"]
    assert "Virtuals.Square::ToString" in types["Square"]["vtable"]
    assert own(types["Big"]) == ["Big::Area", "Square::get_Name", "Big::get_Name"]


def test_overloads_have_a_slot_each(types: dict[str, Any]) -> None:
    assert own(types["Overloads"]) == ["Overloads::M"] * 5
    assert own(types["Overridden"]) == [
        "Overridden::M", "Overloads::M", "Overloads::M", "Overloads::M", "Overridden::M",
        "Overridden::M",
    ]  # fmt: skip


def test_interfaces_include_inherited_ones(types: dict[str, Any]) -> None:
    names = {f"Virtuals.{n}" for n in ("IShape", "INamed", "IBoth")}
    assert set(types["Explicit"]["interfaces"]) == names
    assert types["Big"]["interfaces"] == ["Virtuals.IShape"]
    assert set(types["IBoth"]["interfaces"]) == names - {"Virtuals.IBoth"}


def dispatch(type_: dict[str, Any], method: str) -> str:
    return str(type_["dispatch"][f"Virtuals.{method}"]).removeprefix("Virtuals.")


@pytest.mark.parametrize(
    ("type_name", "method", "expected"),
    [
        ("Square", "IShape::Area", "Square::Area"),
        ("Big", "IShape::Area", "Big::Area"),
        ("Big", "IShape::get_Name", "Square::get_Name"),
        ("Again", "IShape::get_Name", "Big::get_Name"),
        ("Again", "IShape::Area", "Big::Area"),
        ("Explicit", "IShape::get_Name", "Explicit::Virtuals.IShape.get_Name"),
        ("Explicit", "INamed::get_Name", "Explicit::Virtuals.INamed.get_Name"),
        ("Explicit", "IBoth::Extra", "Explicit::Extra"),
        ("Value", "INamed::get_Name", "Value::get_Name"),
        ("Concrete", "INamed::get_Name", "Concrete::get_Name"),
    ],
)
def test_dispatch(types: dict[str, Any], type_name: str, method: str, expected: str) -> None:
    assert dispatch(types[type_name], method) == expected


def test_finalizers_are_inherited(types: dict[str, Any]) -> None:
    has_finalizer = 0x40
    assert types["Abstract"]["mt_flags"] & has_finalizer
    assert types["Concrete"]["mt_flags"] & has_finalizer
    assert not types["Square"]["mt_flags"] & has_finalizer


def test_fault_vtable_slot_collision(dump_types: Dump, assembly: Path) -> None:
    scope = "vtable-slot-collision@Virtuals!Virtuals.Overloads::*"
    type_ = dump_types(assembly, "--fault", scope)["Virtuals.Overloads"]
    assert own(type_) == ["Overloads::M"]
