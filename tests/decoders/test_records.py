"""Arrays of records: whatever offsets and widths a contract gives, the values are the memory's."""

from __future__ import annotations

import random

import pytest

from decoders.contract import Contract, Field, TypeLayout
from decoders.errors import ContractError, TargetError
from decoders.runtime.records import JitMapEntryRecord, Records, public_name

_BASE = 0x10000
_SIZES = {"uint8": 1, "int8": 1, "uint16": 2, "int16": 2, "uint32": 4, "int32": 4, "uint64": 8,
          "pointer": 8, "int64": 8}
_NAMES = JitMapEntryRecord._fields[1:]


class Bytes:
    """Memory at _BASE."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, address: int, size: int, purpose: str) -> bytes:
        assert _BASE <= address <= address + size <= _BASE + len(self.data), purpose
        return self.data[address - _BASE : address - _BASE + size]


def contract(places: dict[str, tuple[int, str]], size: int | None) -> Contract:
    fields = {
        public_name(name): Field("JitMapEntry", public_name(name), offset, type_name)
        for name, (offset, type_name) in places.items()}
    return Contract(0, (), {"JitMapEntry": TypeLayout("JitMapEntry", size, fields)}, {}, {})


@pytest.mark.parametrize("seed", range(40))
def test_values_are_those_in_memory(seed: int) -> None:
    """Fields in any order, with holes, some over others."""
    pick = random.Random(seed)
    places = {name: (pick.randrange(0, 40), pick.choice(list(_SIZES))) for name in _NAMES}
    span = max(offset + _SIZES[kind] for offset, kind in places.values())
    size, count = span + pick.randrange(0, 9), pick.randrange(1, 6)
    data = pick.randbytes(size * count)
    records = Records(Bytes(data), contract(places, size))

    def expected(index: int, names: tuple[str, ...]) -> tuple[int, ...]:
        found = []
        for name in names:
            offset, kind = places[name]
            at = index * size + offset
            found.append(int.from_bytes(
                data[at : at + _SIZES[kind]], "little", signed=kind.startswith("int")))
        return tuple(found)

    assert records.many(JitMapEntryRecord, _BASE, count) == [
        (_BASE + i * size, *expected(i, _NAMES)) for i in range(count)]
    assert records.one(JitMapEntryRecord, _BASE) == (_BASE, *expected(0, _NAMES))
    some = tuple(pick.sample(_NAMES, pick.randrange(1, 4)))
    assert records.columns(JitMapEntryRecord, some, _BASE, count) == [
        expected(i, some) for i in range(count)]


def test_arrays_that_cannot_be() -> None:
    places = {name: (4 * number, "uint32") for number, name in enumerate(_NAMES)}
    records = Records(Bytes(bytes(64)), contract(places, 24))
    assert records.columns(JitMapEntryRecord, ("il",), 0, 0) == []
    with pytest.raises(TargetError, match="claims 2097152 elements: the count is corrupt"):
        records.columns(JitMapEntryRecord, ("il",), _BASE, 1 << 21)
    small = Records(Bytes(bytes(64)), contract(places, 20))
    with pytest.raises(ContractError, match="JitMapEntry is smaller than its own fields"):
        small.many(JitMapEntryRecord, _BASE, 2)
    unsized = Records(Bytes(bytes(64)), contract(places, None))
    with pytest.raises(ContractError, match="gives no size for type 'JitMapEntry'"):
        unsized.columns(JitMapEntryRecord, ("il", "native"), _BASE, 2)
