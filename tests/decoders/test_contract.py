"""The contract reader: every form, both generations, a real CoreCLR's descriptor, corruption."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders.contract import MAGIC, Contract, ContractError, parse_contract, read_contract
from decoders.errors import DecodeError
from decoders.memory import RecordedMemory

FIXTURE = Path(__file__).parent / "fixtures" / "coreclr-10.0.12-contract-descriptor.json"


def descriptor(address: int, text: str, pointers: list[int], flags: int = 1) -> tuple[int, bytes]:
    data = text.encode()
    table = address + 40
    body = address + 40 + 8 * len(pointers)
    header = MAGIC + struct.pack("<IIQIIQ", flags, len(data), body, len(pointers), 0, table)
    return address, header + struct.pack(f"<{len(pointers)}Q", *pointers) + data


def test_real_coreclr() -> None:
    contract = parse_contract(FIXTURE.read_text(), [0x1000 + i for i in range(64)])
    table = contract.type("MethodTable")
    assert table.field("BaseSize").offset == 4
    assert contract.type("Array").known_size == 16
    assert contract.type("Thread").field("GCHandle").type == "GCHandle"
    assert contract.number("HashMapValueMask") == 0x7FFFFFFFFFFFFFFF
    assert contract.text("OperatingSystem") == "1"
    assert contract.contract("ExecutionManager") == 2
    assert contract.number("ObjectHeaderSize") == 8
    with pytest.raises(ContractError, match=r"no field 'BaseSizes' in type 'MethodTable'; it has"):
        table.field("BaseSizes")
    with pytest.raises(ContractError, match="no type 'MethodTabel'"):
        contract.type("MethodTabel")
    with pytest.raises(ContractError, match="gives no size"):
        _ = contract.type("Thread").known_size
    assert contract.missing({"MethodTable": ["BaseSize", "Nope"], "Gone": ["x"]}) == [
        "MethodTable.Nope",
        "Gone",
    ]


def test_forms_comments_and_unknown_members() -> None:
    contract = parse_contract(
        """{ // a comment
        "version": 2, "future": {"x": [1,2,],},
        "baseline": "empty", /* another, */
        "types": {"T": {"!": 24, "a": 8, "b": [16, "uint16"], "//": 1},},
        "globals": {"n": 5, "neg": "-0x10", "hex": ["0xFF", "uint8"], "p": [1],
                    "tp": [[2], "pointer"], "s": ["12", "string"], "word": "text,}",},
        "contracts": {"A": 1, "B": "c1"}}""",
        [0, 0xFFFF800000000000, 7],
    )
    assert contract.type("T").field("b").type == "uint16"
    assert contract.type("T").field("//").offset == 1
    assert [contract.number(n) for n in ("n", "neg", "hex", "p", "tp")] == [
        5,
        -16,
        255,
        0xFFFF800000000000,
        7,
    ]
    assert contract.text("s") == "12" and contract.text("word") == "text,}"
    assert contract.contracts == {"A": 1, "B": "c1"}
    assert contract.ignored == ("future",)


def test_sub_descriptors() -> None:
    sub = descriptor(0x5000, '{"version":2,"types":{"Sub":{"x":[4,"int32"]}}}', [])
    root_text = json.dumps(
        {
            "version": 2,
            "baseline": "empty",
            "types": {"Root": {"!": 8}},
            "contracts": {"R": "k1"},
            "subDescriptors": {"gc": [1], "none": [[2], "pointer"], "null": [3]},
        }
    )
    slots = (0x8000, struct.pack("<QQ", 0x5000, 0))
    memory = RecordedMemory(
        [
            descriptor(0x1000, root_text, [0, 0x8000, 0x8008, 0]),
            sub,
            slots,
            (0x9000, struct.pack("<ii", 1, -2)),
        ]
    )
    contract = read_contract(memory, 0x1000)
    assert set(contract.types) == {"Root", "Sub"}
    assert contract.view("Sub", memory, 0x9000).get("x") == -2


def test_duplicates_are_errors() -> None:
    text = '{"version":2,"types":{"T":{}},"subDescriptors":{"s":[1]}}'
    memory = RecordedMemory(
        [
            descriptor(0x1000, text, [0, 0x8000]),
            descriptor(0x5000, '{"version":2,"types":{"T":{}}}', []),
            (0x8000, struct.pack("<Q", 0x5000)),
        ]
    )
    with pytest.raises(ContractError, match="two descriptors define the type 'T'"):
        read_contract(memory, 0x1000)
    with pytest.raises(ContractError, match="'T' twice"):
        parse_contract('{"version":1,"types":{"T":{},"T":{}}}')
    cycle = RecordedMemory(
        [
            descriptor(0x1000, '{"version":2,"subDescriptors":{"s":[1]}}', [0, 0x8000]),
            (0x8000, struct.pack("<Q", 0x1000)),
        ]
    )
    with pytest.raises(ContractError, match="reachable twice"):
        read_contract(cycle, 0x1000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "malformed"),
        ("[]", "not a JSON object"),
        ('{"version":9}', "version 9"),
        ('{"version":1,"baseline":"x"}', "baseline 'x'"),
        ('{"version":1,"types":{"T":{"f":"4"}}}', "T.f is '4'"),
        ('{"version":1,"globals":{"g":[5]}}', "pointer 5"),
        ("[" * 100000, "nested"),
        ('{"version":1,"globals":{"g":1.5}}', "1.5"),
        ('{"version":1,"globals":{"g":NaN}}', "NaN"),
        ('{"version":1,"globals":{"g":["x","uint8"]}}', "text 'x'"),
        ('{"version": true}', "True"),
    ],
)
def test_malformed(text: str, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        parse_contract(text)


def test_headers() -> None:
    for changes, message in [
        ((0, b"X"), "no contract descriptor at 0x1000"),
        ((8, b"\0"), "bit 0"),
        ((8, b"\3"), "32-bit"),
        ((12, b"\xff\xff\xff\xff"), "corrupt"),
    ]:
        address, data = descriptor(0x1000, '{"version":1}', [])
        broken = bytearray(data)
        broken[changes[0] : changes[0] + len(changes[1])] = changes[1]
        with pytest.raises(ContractError, match=message):
            read_contract(RecordedMemory([(address, bytes(broken))]), address)


@given(
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=6), st.integers(0, 700)
)
def test_damage_is_always_our_error(changes: list[tuple[int, int]], keep: int) -> None:
    text = (
        '{"version":1,"types":{"MethodTable":{"!":24,"BaseSize":[4,"uint32"]}},'
        '"globals":{"a":[1],"b":["0x10","uint8"]},"subDescriptors":{"s":[2]}}'
    )
    address, data = descriptor(0x1000, text, [0, 1, 0x1000])
    broken = bytearray(data[: max(keep, 1)])
    for where, value in changes:
        if where < len(broken):
            broken[where] = value
    try:
        result = read_contract(RecordedMemory([(address, bytes(broken))]), address)
    except DecodeError:
        return
    assert isinstance(result, Contract)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["version", "types", "globals", "contracts", "subDescriptors", "T"]
                ),
                inner,
            )
        ),
    )
)
def test_any_json(value: object) -> None:
    try:
        parse_contract(json.dumps(value))
    except ContractError:
        pass
