"""The expected side: against the documented layouts and against mono's own measurements."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decoders.errors import DecodeError, LayoutError, MetadataError
from decoders.il import model_stack
from decoders.layout import K1, LayoutModel, Role, frame_needs, policy
from decoders.metadata import ET, Assembly, AssemblySet, TypeDef, TypeSig
from tests.decoders.conftest import mcs
from tests.decoders.structs import generate

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="session")
def model(universe: AssemblySet) -> LayoutModel:
    return LayoutModel(universe)


def named(model: LayoutModel, name: str) -> TypeSig:
    (found,) = model.universe.find_type(name)
    return model.universe.type_def_sig(found)


def offsets(model: LayoutModel, name: str) -> dict[str, int]:
    return {s.field.name: s.offset for s in model.fields.type_shape(named(model, name)).fields}


def test_pci_device_info(model: LayoutModel) -> None:
    assert offsets(model, "Sample.PciDeviceInfo") == {
        "Address": 8, "VendorId": 12, "DeviceId": 14, "RevisionId": 16, "ClassCode": 17,
        "SubclassCode": 18, "ProgIf": 19, "SubsystemVendorId": 20, "SubsystemDeviceId": 22,
        "HeaderType": 24, "IsMultiFunction": 25, "InterruptLine": 26, "InterruptPin": 27,
        "Msi": 28, "Msix": 29, "Bars": 32, "ConfigSpaceAddress": 40}
    table = model.table(named(model, "Sample.PciDeviceInfo"))
    assert (table.base_size, table.component_size, table.references) == (48, 0, True)
    assert table.shape is not None
    found = table.shape.field_at(19)
    assert found is not None and found.field.name == "ProgIf"
    assert table.shape.holes == [(11, 1), (30, 2)]
    assert table.shape.field_at(30) is None


def test_pci_structs(model: LayoutModel) -> None:
    assert offsets(model, "Sample.PciAddress") == {"Bus": 0, "Device": 1, "Function": 2}
    assert offsets(model, "Sample.PciBar") == {
        "Index": 0, "BaseAddress": 8, "Size": 16, "IsIo": 24, "Is64Bit": 25, "IsPrefetchable": 26}
    bar = model.fields.value_shape(named(model, "Sample.PciBar"))
    assert (bar.size, bar.align) == (32, 8)
    array = model.table(TypeSig(ET.SZARRAY, args=(named(model, "Sample.PciBar"),)))
    assert (array.base_size, array.component_size) == (16, 32)
    assert array.base_size + 6 * array.component_size == 208
    assert model.table(named(model, "Sample.PciAddress")).base_size == 16


def test_special_sizes(model: LayoutModel) -> None:
    def size(name: str) -> int:
        return model.fields.value_shape(named(model, name)).size

    assert [size(f"Sample.{n}") for n in ("Union", "Packed", "Sized", "Empty", "Nested")] == [
        8, 7, 40, 1, 48]
    color = model.fields.value_shape(named(model, "Sample.Color"))
    assert (color.size, color.align) == (1, 1)
    assert offsets(model, "Sample.Cube") == {"side": 8, "tag": 12}
    assert model.table(TypeSig(ET.OBJECT)).base_size == 16
    string = model.table(TypeSig(ET.STRING))
    assert (string.base_size, string.component_size) == (14, 2)
    refs = model.table(TypeSig(ET.SZARRAY, args=(TypeSig(ET.OBJECT),)))
    assert (refs.component_size, refs.references) == (8, True)
    matrix = model.table(TypeSig(ET.ARRAY, args=(TypeSig(ET.I4),), shape=(2, (), ())))
    assert (matrix.base_size, matrix.component_size) == (32, 4)


def test_generic_instances(model: LayoutModel) -> None:
    box = named(model, "Sample.Box`1")
    of_bar = TypeSig(ET.GENERICINST, args=(box, named(model, "Sample.PciBar")))
    of_byte = TypeSig(ET.GENERICINST, args=(box, TypeSig(ET.U1)))
    assert model.table(of_bar).base_size == 40
    assert model.table(of_byte).base_size == 16
    with pytest.raises(LayoutError, match="give the type arguments"):
        model.table(box)


def slots(model: LayoutModel, name: str) -> list[str]:
    return [m.full_name for m in model.table(named(model, name)).vtable]


def test_vtables(model: LayoutModel) -> None:
    base = slots(model, "System.Object")
    shape = slots(model, "Sample.Shape")
    assert shape[: len(base)] == base
    assert shape[len(base) :] == [
        "Sample.Shape::Area", "Sample.Shape::get_Name", "Sample.Shape::Draw",
        "Sample.Shape::Draw"]
    square = slots(model, "Sample.Square")
    draws = [m for m in model.table(named(model, "Sample.Square")).vtable if m.name == "Draw"]
    assert [(d.owner.name, d.signature.params[0].et.name) for d in draws] == [
        ("Shape", "I4"), ("Square", "I8")]
    hidden = square.index("Sample.Square::ToString")
    cube = slots(model, "Sample.Cube")
    # Cube::ToString overrides the newest ToString, not Object's.
    assert cube[hidden] == "Sample.Cube::ToString"
    assert cube[base.index("System.Object::ToString")] == "System.Object::ToString"
    assert "Sample.Cube::get_Name" in cube and cube[len(base)] == "Sample.Cube::Area"
    assert len(cube) == len(square)


def test_method_impl_of_a_class(mscorlib: Assembly) -> None:
    """fixtures/Overrides.dll: B has a MethodImpl that puts B::Other in the slot of A::M.

    class A { virtual M, N }  class B : A { newslot Other (for A::M); N }  class C : B { M, Other }
    """
    universe = AssemblySet([Assembly.open(FIXTURES / "Overrides.dll"), mscorlib])
    model = LayoutModel(universe)
    start = len(model.vtable(TypeSig(ET.OBJECT)))
    found = {
        name: [m.full_name for m in model.table(named(model, name)).vtable[start:]]
        for name in "ABC"}
    assert found == {
        "A": ["A::M", "A::N"], "B": ["B::Other", "B::N", "B::Other"],
        "C": ["C::M", "B::N", "C::Other"]}


def test_interfaces(model: LayoutModel) -> None:
    cube = model.table(named(model, "Sample.Cube"))
    names = [model.universe.sig_name(i) for i in cube.interfaces]
    assert sorted(names) == ["Sample.INamed", "Sample.IShape", "Sample.ISquare"]
    assert model.table(named(model, "Sample.ISquare")).vtable == ()


@pytest.mark.parametrize("seed", [1, 2])
def test_random_structs_against_mono(
    seed: int, mscorlib: Assembly, tmp_path: Path
) -> None:
    source = tmp_path / "Structs.cs"
    source.write_text(generate(seed, 60))
    program = mcs(tmp_path / "Structs.exe", source)
    out = subprocess.run(["mono", str(program)], check=True, capture_output=True, text=True).stdout
    universe = AssemblySet([Assembly.open(program), mscorlib])
    model = LayoutModel(universe)
    for line in out.splitlines():
        name, size, *fields = line.split()
        shape = model.fields.type_shape(named(model, f"P+{name}"))
        assert shape.instance_size == int(size), line
        ours = [f"{s.field.name}={s.offset}" for s in shape.fields]
        assert ours == fields, line
    assert len(out.splitlines()) == 60


def test_whole_class_library(mscorlib: Assembly) -> None:
    universe = AssemblySet([mscorlib])
    model = LayoutModel(universe)
    done = 0
    for type_def in mscorlib.types:
        if type_def.generic_names or type_def.full_name in ("<Module>", "System.Void",
                                                            "System.TypedReference"):
            continue
        try:
            table = model.table(universe.type_def_sig(type_def))
        except LayoutError as error:
            # By-ref-like types (a Span's field) hold a type parameter by reference.
            assert "type arguments" in str(error) or "contains itself" in str(error), type_def
            continue
        assert table.base_size >= 14
        if table.shape is not None and not table.shape.definition.is_explicit:
            ends = [s.end for s in table.shape.fields]
            assert ends == sorted(ends)
        done += 1
    assert done > 2000


def home_list(model: LayoutModel, method_name: str) -> list[tuple[str, int, str | None, bool]]:
    (code,) = model.universe.find_type("Sample.Code")
    method = next(m for m in code.methods if m.name == method_name)
    return [(h.name, h.offset, h.register, h.indirect) for h in frame_needs(model, method).homes]


def test_homes(model: LayoutModel) -> None:
    assert home_list(model, "Bind") == [
        ("bus", 16, "rcx", False), ("device", 24, "rdx", False), ("function", 32, "r8", False)]
    assert home_list(model, "Mixed") == [
        ("f", 16, "xmm0", False), ("d", 24, "xmm1", False), ("i", 32, "r8", False),
        ("pick", 40, "r9", False), ("s", 48, None, False)]


def test_return_buffer_and_copies(mscorlib: Assembly, tmp_path: Path) -> None:
    source = tmp_path / "Calls.cs"
    source.write_text(
        "public struct Big { public long A, B, C, D; } public struct Three { public byte A, B, C; }"
        "public class K { public Big M(Three t, double d, Big b, int i) { Big x = b; return x; } }")
    universe = AssemblySet([Assembly.open(mcs(tmp_path / "Calls.dll", source)), mscorlib])
    model = LayoutModel(universe)
    (owner,) = universe.find_type("K")
    needs = frame_needs(model, next(m for m in owner.methods if m.name == "M"))
    assert [(h.role, h.name, h.register, h.size, h.indirect) for h in needs.homes] == [
        (Role.THIS, "this", "rcx", 8, False),
        (Role.RETURN_BUFFER, "<return buffer>", "rdx", 8, False),
        (Role.ARGUMENT, "t", "r8", 3, True), (Role.ARGUMENT, "d", "xmm3", 8, False),
        (Role.ARGUMENT, "b", None, 32, True), (Role.ARGUMENT, "i", None, 4, False)]
    assert needs.homes[-1].offset == 16 + 8 * 5
    assert needs.returns_by_buffer and needs.locals[0].size == 32


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1,
                      max_size=8))
def test_damaged_metadata(
    types: Assembly, mini_corlib: Assembly, edits: list[tuple[int, int]]
) -> None:
    raw = bytearray(types.image.data)
    for where, value in edits:
        raw[where % len(raw)] = value
    try:
        damaged = Assembly(bytes(raw), "damaged")
        universe = AssemblySet([mini_corlib, damaged])
        model = LayoutModel(universe)
    except DecodeError:
        return
    rid = 0
    for rid in range(1, damaged.image.table("TypeDef").count + 1):
        try:
            type_def = damaged.type_def(rid)
            model.table(universe.type_def_sig(type_def))
            for method in type_def.methods:
                frame_needs(model, method)
                if method.has_body:
                    model_stack(universe, method)
        except DecodeError:
            continue  # this type is hurt, the next one may not be


def test_policies() -> None:
    assert policy("k1") is K1
    with pytest.raises(LayoutError, match="layout policy 'k9'; only k1 is known"):
        policy("k9")


def test_missing_class_library(types: Assembly) -> None:
    model = LayoutModel(AssemblySet([types]))
    square = types.find_type("Sample.Square")
    assert isinstance(square, TypeDef)
    with pytest.raises((LayoutError, MetadataError), match="not loaded|no loaded assembly"):
        model.table(model.universe.type_def_sig(square))
    bar = types.find_type("Sample.PciBar")
    assert isinstance(bar, TypeDef)
    assert model.fields.value_shape(model.universe.type_def_sig(bar)).size == 32


