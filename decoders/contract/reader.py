"""Reads .NET data-contract descriptors from target memory or from text.

Format: dotnet/runtime docs/design/datacontracts/{contract-descriptor,data_descriptor}.md, with the
descriptor versions 0 and 1 (.NET 9 and 10) and 2 (.NET 11, sub-descriptors, string versions).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from construct import Bytes, Int32ul, Int64ul, Struct

from decoders.contract import json5
from decoders.contract.model import Contract, Field, Global, TypeLayout
from decoders.errors import ContractError
from decoders.memory import Memory, read_pointer

SYMBOL = "DotNetRuntimeContractDescriptor"
MAGIC = b"DNCCDAC\0"
Header = Struct(
    "magic" / Bytes(8), "flags" / Int32ul, "size" / Int32ul, "json" / Int64ul,
    "pointer_count" / Int32ul, "padding" / Int32ul, "pointers" / Int64ul,
)
MAX_JSON = 16 << 20
MAX_POINTERS = 1 << 20
MAX_DESCRIPTORS = 64
KNOWN_VERSIONS = (0, 1, 2)
_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+)\Z")
_KEYS = ("version", "baseline", "types", "globals", "subDescriptors", "contracts")


def read_contract(memory: Memory, address: int) -> Contract:
    """Read the descriptor at `address` (symbol DotNetRuntimeContractDescriptor) and all below it.

    Raises ContractError when it is malformed and ReadError when it is not readable.
    """
    builder = _Builder()
    pending = [(address, "the contract descriptor")]
    seen: set[int] = set()
    while pending:
        where, name = pending.pop(0)
        if where in seen:
            raise ContractError(f"{name} at {where:#x} is reachable twice: descriptors form a tree")
        if len(seen) >= MAX_DESCRIPTORS:
            raise ContractError(f"more than {MAX_DESCRIPTORS} sub-descriptors: the data is corrupt")
        seen.add(where)
        text, pointers = _read_one(memory, where, name)
        for sub_name, slot in builder.add(text, pointers, name):
            # The slot is an address that holds the pointer, so that the runtime may fill it late.
            header = read_pointer(memory, slot, f"pointer to sub-descriptor {sub_name}")
            if header:
                pending.append((header, f"sub-descriptor {sub_name}"))
    return builder.finish()


def parse_contract(text: str, pointers: Sequence[int] = ()) -> Contract:
    """Read one descriptor's JSON, with the pointer table that its `[index]` forms refer to.

    Sub-descriptors cannot be followed without memory and are listed in `Contract.ignored`.
    """
    builder = _Builder()
    for name, _ in builder.add(text, pointers, "the contract descriptor"):
        builder.ignored.append(f"subDescriptors.{name}")
    return builder.finish()


def _read_one(memory: Memory, address: int, name: str) -> tuple[str, list[int]]:
    header = Header.parse(memory.read(address, Header.sizeof(), f"header of {name}"))
    if header.magic != MAGIC:
        if header.magic == MAGIC[::-1]:
            raise ContractError(f"{name} at {address:#x} is big-endian: only x86-64 is supported")
        raise ContractError(
            f"no contract descriptor at {address:#x}: magic is {header.magic!r}, not {MAGIC!r}; "
            f"check the symbol {SYMBOL} and that the runtime has initialised it"
        )
    if not header.flags & 1:
        raise ContractError(f"{name} has flags {header.flags:#x}: bit 0 must be set")
    if header.flags & 2:
        raise ContractError(f"{name} is for 32-bit pointers: only x86-64 is supported")
    if header.size > MAX_JSON or header.pointer_count > MAX_POINTERS:
        raise ContractError(
            f"{name} at {address:#x} claims {header.size} bytes of JSON and "
            f"{header.pointer_count} pointers: the header is corrupt"
        )
    raw = memory.read(header.json, header.size, f"JSON of {name}")
    count = header.pointer_count
    table = memory.read(header.pointers, 8 * count, f"pointer table of {name}") if count else b""
    pointers = [int.from_bytes(table[i : i + 8], "little") for i in range(0, len(table), 8)]
    try:
        return raw.decode("utf-8").rstrip("\0"), pointers
    except UnicodeDecodeError as error:
        raise ContractError(f"the JSON of {name} is not UTF-8 ({error.reason})") from error


class _Builder:
    """Merges descriptors; a name that two of them define is an error."""

    def __init__(self) -> None:
        self.version: int | None = None
        self.baselines: list[str] = []
        self.types: dict[str, TypeLayout] = {}
        self.globals: dict[str, Global] = {}
        self.contracts: dict[str, int | str] = {}
        self.ignored: list[str] = []

    def finish(self) -> Contract:
        assert self.version is not None
        return Contract(
            self.version, tuple(self.baselines), self.types, self.globals, self.contracts,
            tuple(self.ignored),
        )

    def add(self, text: str, pointers: Sequence[int], where: str) -> list[tuple[str, int]]:
        """Add one descriptor; returns its sub-descriptors as (name, slot address)."""
        root = _object(json5.parse(text), where)
        version = root.get("version")
        if not _is_int(version):
            raise ContractError(f"{where} has version {version!r}, which is not a number")
        if version not in KNOWN_VERSIONS:
            raise ContractError(
                f"{where} has format version {version}; this reader knows {KNOWN_VERSIONS}"
            )
        if self.version is None:
            self.version = version
        self._add_baseline(root.get("baseline", "empty"), where)
        for name, value in _object(root.get("types", {}), f"types of {where}").items():
            self._add(self.types, name, self._type(name, value), "type")
        for name, value in _object(root.get("globals", {}), f"globals of {where}").items():
            self._add(self.globals, name, _global(name, value, pointers), "global")
        for name, value in _object(root.get("contracts", {}), f"contracts of {where}").items():
            if not (_is_int(value) or isinstance(value, str)):
                raise ContractError(f"contract {name!r} has version {value!r}")
            self._add(self.contracts, name, value, "contract")
        self.ignored.extend(key for key in root if key not in _KEYS)
        subs = []
        for name, value in _object(
            root.get("subDescriptors", {}), f"subDescriptors of {where}"
        ).items():
            slot = _global(name, value, pointers).value
            if isinstance(slot, str):
                raise ContractError(f"sub-descriptor {name!r} is {value!r}, not a pointer")
            if slot:
                subs.append((name, slot))
        return subs

    def _add_baseline(self, value: Any, where: str) -> None:
        names = value if isinstance(value, list) else [value]
        for name in names:
            if name != "empty":
                raise ContractError(
                    f"{where} builds on baseline {name!r}, but only 'empty' is in use; "
                    "the offsets it inherits are unknown"
                )
            if name not in self.baselines:
                self.baselines.append(name)

    def _add(self, table: dict[str, Any], name: str, value: Any, kind: str) -> None:
        if name in table:
            raise ContractError(f"two descriptors define the {kind} {name!r}")
        table[name] = value

    def _type(self, name: str, value: Any) -> TypeLayout:
        size: int | None = None
        fields: dict[str, Field] = {}
        for key, entry in _object(value, f"type {name!r}").items():
            if key == "!":
                if not _is_int(entry) or entry < 0:
                    raise ContractError(f"type {name!r} has size {entry!r}")
                size = entry
            elif _is_int(entry):
                fields[key] = Field(name, key, entry)
            elif (
                isinstance(entry, list)
                and len(entry) == 2
                and _is_int(entry[0])
                and isinstance(entry[1], str)
            ):
                fields[key] = Field(name, key, entry[0], entry[1])
            else:
                raise ContractError(
                    f"field {name}.{key} is {entry!r}: an offset or [offset, type] is expected"
                )
        return TypeLayout(name, size, fields)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ContractError(f"{what} is not a JSON object")
    return value


def _global(name: str, value: Any, pointers: Sequence[int]) -> Global:
    """`V | [index] | [V, type] | [[index], type]`."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], str):
        return Global(name, _value(name, value[0], value[1], pointers), value[1])
    return Global(name, _value(name, value, None, pointers), None)


def _value(name: str, value: Any, type_name: str | None, pointers: Sequence[int]) -> int | str:
    if isinstance(value, list) and len(value) == 1 and _is_int(value[0]):
        index = value[0]
        if not 0 <= index < len(pointers):
            raise ContractError(
                f"global {name!r} refers to pointer {index}, but the table has {len(pointers)}"
            )
        return pointers[index]
    if _is_int(value):
        return int(value)
    if isinstance(value, str):
        if type_name == "string" or not _NUMBER.match(value):
            if type_name not in (None, "string"):
                raise ContractError(f"global {name!r} of type {type_name} is the text {value!r}")
            return value
        if len(value) > 64:
            raise ContractError(f"global {name!r} has a number of {len(value)} digits")
        sign = -1 if value[0] == "-" else 1
        digits = value.lstrip("+-")
        return sign * int(digits, 16 if digits[:2].lower() == "0x" else 10)
    raise ContractError(f"global {name!r} is {value!r}, which is none of the known forms")
