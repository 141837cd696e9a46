"""Metadata against mono's own reflection, and against damage."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decoders.errors import DecodeError, MetadataError
from decoders.memory import RecordedMemory
from decoders.metadata import (
    ET,
    Assembly,
    AssemblySet,
    TypeSig,
    method_signature,
    token_text,
    type_name,
)
from decoders.metadata.image import compressed_int, compressed_uint
from decoders.metadata.signatures import PRIMITIVE_NAMES, decode_method, decode_type
from tests.work import calls_of


def reflected(universe: AssemblySet, sig: TypeSig) -> str:
    """A type as samples/Reflect.cs names it."""
    sig = universe.normalize(sig.stripped())
    if sig.et in PRIMITIVE_NAMES:
        return f"System.{PRIMITIVE_NAMES[sig.et]}"
    if sig.et is ET.SZARRAY:
        return reflected(universe, sig.element) + "[]"
    if sig.et is ET.ARRAY and sig.shape:
        return reflected(universe, sig.element) + "[" + "," * (sig.shape[0] - 1) + "]"
    if sig.et is ET.PTR:
        return reflected(universe, sig.element) + "*"
    if sig.et is ET.BYREF:
        return reflected(universe, sig.element) + "&"
    if sig.et is ET.VAR:
        return f"!{sig.number}"
    if sig.et is ET.MVAR:
        return f"!!{sig.number}"
    if sig.et is ET.GENERICINST:
        args = ",".join(reflected(universe, a) for a in sig.args[1:])
        return f"{universe.sig_name(sig.args[0])}<{args}>"
    return universe.sig_name(sig)


def test_everything_reflection_sees(
    types: Assembly, universe: AssemblySet, reflection: list[list[str]]
) -> None:
    seen = {"T": 0, "F": 0, "M": 0, "B": 0, "C": 0}
    clauses: dict[int, list[list[int]]] = {}
    for row in reflection:
        kind, rid = row[0], int(row[1], 16) & 0xFFFFFF
        seen[kind] += 1
        if kind == "T":
            found = types.type_def(rid)
            assert [found.full_name, str(universe.is_value_type(found))] == row[2:4]
        elif kind == "F":
            field = types.field(rid)
            expected = [field.name, str(field.is_static), reflected(universe, field.type)]
            assert expected == row[2:5]
        elif kind == "M":
            method = types.method(rid)
            sig = method.signature
            params = [
                f"{reflected(universe, p)} {n}"
                for p, n in zip(sig.params, method.param_names, strict=True)
            ]
            assert [method.name, reflected(universe, sig.ret), ";".join(params)] == row[2:5]
        elif kind == "B":
            method, body = types.method(rid), types.method(rid).body
            assert [str(body.max_stack), str(body.init_locals), body.il.hex().upper()] == row[2:5]
            assert ";".join(reflected(universe, t) for t in method.locals) == row[5]
            clauses[rid] = []
        else:
            clauses[rid].append([int(x) for x in row[2:7]])
    assert all(seen.values()), seen
    for rid, wanted in clauses.items():
        found_clauses = types.method(rid).body.clauses
        assert [
            [int(c.kind), c.try_offset, c.try_length, c.handler_offset, c.handler_length]
            for c in found_clauses
        ] == wanted


def test_rendering(types: Assembly, universe: AssemblySet) -> None:
    code = types.find_type("Sample.Code")
    assert code is not None
    by_name = {m.name: method_signature(universe, m) for m in code.methods}
    assert by_name["Bind"] == "static bool Sample.Code.Bind(byte bus, byte device, byte function)"
    assert by_name["Matrix"] == "static int[,] Sample.Code.Matrix(int n)"
    assert by_name["Catch"] == "static int Sample.Code.Catch(object o, ref int where)"
    box = types.find_type("Sample.Box`1")
    assert box is not None
    convert = next(m for m in box.methods if m.name == "Convert")
    assert method_signature(universe, convert) == (
        "U Sample.Box`1.Convert<U>(System.Func<T, U> how, "
        "System.Collections.Generic.List<T[]> rest)"
    )
    assert convert.full_name == "Sample.Box`1::Convert"


def test_tokens_resolve_across_assemblies(
    types: Assembly, universe: AssemblySet, mscorlib: Assembly
) -> None:
    count = types.image.table("MemberRef").count
    for rid in range(1, count + 1):
        member = universe.resolve_member(types, 0x0A << 24 | rid)
        array = member.owner.et is ET.ARRAY
        assert bool(member.method or member.field) is not array, member.name
        assert "bad token" not in token_text(universe, types, 0x0A << 24 | rid)
    assert universe.by_name("System.Runtime") is mscorlib
    assert "does not exist" in token_text(universe, types, 0x06FFFFFF)
    assert "bad token" in token_text(universe, types, 0xFF000001)


def test_without_the_class_library(types: Assembly) -> None:
    alone = AssemblySet([types])
    square = types.find_type("Sample.PciAddress")
    assert square is not None and alone.is_value_type(square)
    for method in (m for t in types.types for m in t.methods):
        method_signature(alone, method)
    for rid in range(1, types.image.table("MemberRef").count + 1):
        assert token_text(alone, types, 0x0A << 24 | rid)


def test_jagged_array_names(universe: AssemblySet) -> None:
    inner = TypeSig(ET.ARRAY, args=(TypeSig(ET.I4),), shape=(2, (), ()))
    assert type_name(universe, TypeSig(ET.SZARRAY, args=(inner,))) == "int[][,]"


def test_opening_is_fast(mscorlib: Assembly) -> None:
    data = mscorlib.image.data
    found, calls = calls_of(lambda: Assembly(data, "mscorlib").find_type("System.Object"))
    assert found is not None
    # 27,000 methods with parameters: whoever reads each row makes more than a million. The names of
    # 3,000 types are what is looked at.
    assert calls < 250_000, calls


def test_image_in_guest_memory(types: Assembly) -> None:
    data = types.image.data
    memory = RecordedMemory([(0xFFFF800000000000, data)])
    loaded = Assembly.from_memory(memory, 0xFFFF800000000000, len(data), "Types")
    assert loaded.mvid == types.mvid and loaded.name == "Types"
    with pytest.raises(MetadataError, match="claims an image"):
        Assembly.from_memory(memory, 0xFFFF800000000000, 1 << 40, "Types")
    with pytest.raises(MetadataError, match="cannot read assembly"):
        Assembly.open(Path("/nonexistent.dll"))


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("03", 3),
        ("7f", 0x7F),
        ("8080", 0x80),
        ("ae57", 0x2E57),
        ("bfff", 0x3FFF),
        ("c0004000", 0x4000),
        ("dfffffff", 0x1FFFFFFF),
    ],
)
def test_compressed_unsigned(data: str, value: int) -> None:
    assert compressed_uint(bytes.fromhex(data), 0) == (value, len(data) // 2)


@pytest.mark.parametrize(
    ("data", "value"),
    [  # the standard's own examples, II.23.2
        ("06", 3),
        ("7b", -3),
        ("8080", 64),
        ("01", -64),
        ("c0004000", 8192),
        ("8001", -8192),
        ("dffffffe", 268435455),
        ("c0000001", -268435456),
    ],
)
def test_compressed_signed(data: str, value: int) -> None:
    assert compressed_int(bytes.fromhex(data), 0)[0] == value


@given(st.binary(max_size=40))
def test_random_signatures(blob: bytes) -> None:
    for decode in (decode_type, decode_method):
        try:
            decode(blob, "")
        except MetadataError:
            pass
    try:
        decode_type(b"\x0f" * 100 + blob, "")
    except MetadataError:
        pass


def touch_everything(assembly: Assembly, universe: AssemblySet) -> None:
    for type_def in assembly.types:
        _ = type_def.full_name
        list(universe.hierarchy(type_def))
        for method in type_def.methods:
            method_signature(universe, method)
            if method.has_body:
                _ = method.locals
        for field in type_def.fields:
            type_name(universe, field.type)
    for rid in range(1, assembly.image.table("MemberRef").count + 1):
        universe.resolve_member(assembly, 0x0A << 24 | rid)


def test_a_damaged_image_prints_nothing(
    types: Assembly, capfd: pytest.CaptureFixture[str]
) -> None:
    """dnfile would log to the terminal of the debugger that we live in."""
    metadata = types.image.data.index(b"#~\0\0")
    raw = bytearray(types.image.data)
    raw[metadata - 8 : metadata - 4] = (0x40).to_bytes(4, "little")
    raw[metadata - 4 : metadata] = (0x30).to_bytes(4, "little")
    with pytest.raises(MetadataError):
        touch_everything(Assembly(bytes(raw), "damaged"), AssemblySet([]))
    assert capfd.readouterr() == ("", "")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_images(types: Assembly, data: st.DataObject) -> None:
    raw = bytearray(types.image.data)
    for _ in range(data.draw(st.integers(1, 8))):
        where = data.draw(st.integers(0, len(raw) - 1))
        raw[where] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(raw))))
    try:
        assembly = Assembly(bytes(raw[:cut]), "damaged")
        touch_everything(assembly, AssemblySet([assembly]))
    except DecodeError:
        pass
