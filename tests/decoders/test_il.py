"""IL: boundaries against monodis, the stack model over a whole class library, random IL."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decoders.errors import DecodeError
from decoders.il import (
    Kind,
    disassemble,
    instruction_text,
    model_stack,
)
from decoders.metadata import Assembly, AssemblySet, Method
from decoders.metadata.body import Clause, ClauseKind, MethodBody


def method(assembly: Assembly, type_name: str, name: str) -> Method:
    found = assembly.find_type(type_name)
    assert found is not None
    return next(m for m in found.methods if m.name == name)


def test_boundaries_and_names_equal_monodis(types: Assembly, types_dll: Path) -> None:
    out = subprocess.run(
        ["monodis", str(types_dll)], check=True, capture_output=True, text=True
    ).stdout
    wanted = re.findall(r"^\s*(IL_[0-9a-f]{4}):  (\S+)", out, re.MULTILINE)
    ours = [
        (f"IL_{i.offset:04x}", i.name)
        for t in types.types for m in t.methods if m.has_body for i in disassemble(m.body.il)
    ]
    # monodis prints nested types before their encloser's methods, and prefixes as lines too.
    assert sorted(ours) == sorted(wanted)
    assert len(ours) > 500


def test_object_initializer(types: Assembly, universe: AssemblySet) -> None:
    bind = method(types, "Sample.Code", "Bind")
    model = model_stack(universe, bind)
    text = {
        instruction_text(universe, bind, i): [
            (e.kind.name, universe.sig_name(e.type) if e.type and e.type.token else None)
            for e in model.at(i.offset)
        ]
        for i in model.instructions[:12]
    }
    info = ("REF", "Sample.PciDeviceInfo")
    address = ("VALUE", "Sample.PciAddress")
    lines = list(text.items())
    assert (
        "IL_0001: newobj instance void Sample.PciDeviceInfo::.ctor()", []) in lines
    store = next(i for i, (line, _) in enumerate(lines) if "stfld" in line)
    assert lines[store][0].endswith(
        "stfld Sample.PciAddress Sample.PciDeviceInfo::Address")
    assert lines[store][1][-2:] == [info, address]
    assert lines[store - 1][1][-3:] == [("I4", None)] * 3
    assert not model.problems


def test_handlers_and_merges(types: Assembly, universe: AssemblySet) -> None:
    catch = method(types, "Sample.Code", "Catch")
    model = model_stack(universe, catch)
    assert not model.problems
    kinds = {c.kind: c for c in catch.body.clauses}
    handler = kinds[ClauseKind.CATCH].handler_offset
    (entry,) = model.at(handler)
    assert entry.type is not None
    assert universe.sig_name(entry.type) == "System.NullReferenceException"
    assert model.at(kinds[ClauseKind.FINALLY].handler_offset) == ()
    mixed = model_stack(universe, method(types, "Sample.Code", "Mixed"))
    assert not mixed.problems
    assert {e.kind for s in mixed.before.values() for e in s} >= {
        Kind.R4, Kind.R8, Kind.I4, Kind.REF}


@pytest.mark.parametrize("library", ["types", "mscorlib"])
def test_every_method_models_cleanly(
    library: str, types: Assembly, mscorlib: Assembly, universe: AssemblySet
) -> None:
    assembly = types if library == "types" else mscorlib
    modelled = 0
    for type_def in assembly.types:
        if library == "mscorlib" and type_def.rid % 8:
            continue
        for each in type_def.methods:
            if not each.has_body:
                continue
            model = model_stack(universe, each)
            assert not model.problems, (each.full_name, model.problems)
            assert model.max_depth <= each.body.max_stack, each.full_name
            assert set(model.before) == {i.offset for i in model.instructions}
            modelled += 1
    assert modelled >= 40


def body(il: bytes, clauses: tuple[Clause, ...] = ()) -> MethodBody:
    return MethodBody(il, 8, True, 0, clauses)


def run(universe: AssemblySet, host: Method, code: MethodBody) -> list[str]:
    return [str(p) for p in model_stack(universe, host, body=code).problems]


@pytest.mark.parametrize(("il", "message"), [
    ("58 2a", "IL_0000: add needs 2 entries"),
    ("16 2c 80 2a", "IL_0001: control goes to IL_ffffff83"),
    ("16 2b 10", "control goes to IL_0013, which is no instruction"),
    ("16", "control runs off the end"),
    ("f0", "undefined opcode 0xf0"),
    ("20 01 02", "cut off"),
    ("45 ff ff ff 7f", "switch with 2147483647 targets"),
    ("16 2c 01 16 2a", "IL_0004: paths meet with 0 and 1"),
    ("17 23 00 00 00 00 00 00 00 00 58 26 2a", "add of int32 and float64"),
    ("fe 09 09 00 2a", "argument 9 of a method that has 1"),
    ("11 60 2a", "local 96"),
    ("28 ff ff ff 06 2a", "does not exist"),
    ("17 17 17 2a", "ret leaves"),
])
def test_malformed(il: str, message: str, types: Assembly, universe: AssemblySet) -> None:
    host = method(types, "Sample.Code", "Matrix")
    problems = run(universe, host, body(bytes.fromhex(il.replace(" ", ""))))
    assert any(message in p for p in problems), problems


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(il=st.binary(max_size=120), handler=st.integers(0, 130), kind=st.sampled_from(ClauseKind))
def test_random_il(
    types: Assembly, universe: AssemblySet, il: bytes, handler: int, kind: ClauseKind
) -> None:
    host = method(types, "Sample.Code", "Loop")
    clause = Clause(kind, 0, 4, handler, 4, 0x01000001, handler)
    run(universe, host, body(il, (clause,)))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_mutated_il(types: Assembly, universe: AssemblySet, data: st.DataObject) -> None:
    host = method(types, "Sample.Code", data.draw(st.sampled_from(["Loop", "Bind", "Mixed"])))
    il = bytearray(host.body.il)
    for _ in range(data.draw(st.integers(1, 4))):
        il[data.draw(st.integers(0, len(il) - 1))] = data.draw(st.integers(0, 255))
    try:
        run(universe, host, body(bytes(il), host.body.clauses))
    except DecodeError as error:
        raise AssertionError("problems are collected, not raised") from error
