"""The debug contract as the host library publishes it: strict JSON, every address usable."""

from __future__ import annotations

import ctypes
import json
import re
from typing import Any

import pytest

from decoders.contract import reader
from qemu_scripts import paths

FIELDS = paths.ROOT / "reference_kernel" / "runtime" / "contract" / "contract_fields.h"


class Descriptor(ctypes.Structure):
    """.NET's ContractDescriptor, 64-bit (see runtime/contract/contract.h)."""

    _fields_ = [
        ("magic", ctypes.c_char * 8), ("flags", ctypes.c_uint32), ("size", ctypes.c_uint32),
        ("json", ctypes.c_void_p), ("count", ctypes.c_uint32), ("padding", ctypes.c_uint32),
        ("pointers", ctypes.POINTER(ctypes.c_void_p)),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def descriptor(library: ctypes.CDLL) -> Descriptor:
    return Descriptor.in_dll(library, "DotNetRuntimeContractDescriptor")


@pytest.fixture(scope="module")
def text(descriptor: Descriptor) -> str:
    return ctypes.string_at(descriptor.json or 0, descriptor.size).decode("ascii")


def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"twice: {sorted(n for n in names if names.count(n) > 1)}"
    return dict(pairs)


@pytest.fixture(scope="module")
def contract(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(text, object_pairs_hook=no_duplicates)
    return loaded


def test_header(descriptor: Descriptor) -> None:
    assert bytes(Descriptor.magic.__get__(descriptor)) == b"DNCCDAC"
    assert descriptor.flags == 1
    assert descriptor.pointers[0] is None


def test_the_text_is_strict_json(contract: dict[str, Any]) -> None:
    assert list(contract) == ["version", "baseline", "types", "globals", "contracts"]
    assert contract["version"] == 2 and contract["baseline"] == "empty"


def test_everything_in_the_header_file_is_published(contract: dict[str, Any]) -> None:
    source = FIELDS.read_text(encoding="ascii")
    current = ""
    for kind, name in re.findall(r"^CONTRACT_(\w+)\((\w+)", source, re.MULTILINE):
        if kind == "TYPE":
            current = name
            assert contract["types"][name]["!"] > 0
        elif kind == "FIELD":
            offset, type_name = contract["types"][current][name]
            assert 0 <= offset < contract["types"][current]["!"] or offset <= 24
            assert type_name
        elif kind == "VERSION":
            assert contract["contracts"][name] == "k1"
        else:
            assert name in contract["globals"]


def test_globals_point_somewhere(contract: dict[str, Any], descriptor: Descriptor) -> None:
    indices = [value[0][0] for value in contract["globals"].values() if isinstance(value[0], list)]
    assert indices == list(range(1, descriptor.count))
    assert all(descriptor.pointers[index] for index in indices)


def test_published_numbers(contract: dict[str, Any]) -> None:
    assert contract["types"]["MethodTable"]["VTable"][0] == 24
    assert contract["types"]["Array"]["FirstElement"][0] == 16
    assert contract["types"]["String"]["m_FirstChar"][0] == 12
    assert contract["globals"]["ObjectHeaderSize"] == [8, "uint32"]


def test_the_decoders_read_it(text: str, descriptor: Descriptor) -> None:
    pointers = [descriptor.pointers[i] or 0 for i in range(descriptor.count)]
    assert reader.parse_contract(text, pointers)
