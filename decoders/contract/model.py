"""What a contract says: typed layouts, globals and contract versions, with no silent defaults."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from construct import (
    FormatField,
    Int8sl,
    Int8ul,
    Int16sl,
    Int16ul,
    Int32sl,
    Int32ul,
    Int64sl,
    Int64ul,
)

from decoders.errors import ContractError
from decoders.memory import Memory

# Primitive types (data_descriptor.md, "Logical descriptor"), with the C spellings that CoreCLR
# uses beside them. 64-bit little-endian targets.
PRIMITIVES: dict[str, FormatField] = {
    "int8": Int8sl, "uint8": Int8ul, "int16": Int16sl, "uint16": Int16ul,
    "int32": Int32sl, "uint32": Int32ul, "int64": Int64sl, "uint64": Int64ul,
    "nint": Int64sl, "nuint": Int64ul, "pointer": Int64ul, "uintptr_t": Int64ul,
    "intptr_t": Int64sl, "bool": Int8ul, "char": Int8ul,
}


def unknown(kind: str, name: str, known: Iterable[str], where: str = "") -> ContractError:
    """The error for a name that the contract lacks, with the nearest names it has."""
    near = difflib.get_close_matches(name, list(known), 3)
    hint = f"; it has {', '.join(near)}" if near else ""
    return ContractError(
        f"the contract has no {kind} {name!r}{where}{hint}; "
        "use a runtime whose contract publishes it"
    )


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a target structure: offset in bytes, and a type name where one is published."""

    owner: str
    name: str
    offset: int
    type: str | None = None


@dataclass(frozen=True, slots=True)
class TypeLayout:
    """A target structure: its size in bytes (None: indeterminate) and its fields by name."""

    name: str
    size: int | None
    fields: Mapping[str, Field]

    def field(self, name: str) -> Field:
        """The field, or ContractError naming what is missing."""
        found = self.fields.get(name)
        if found is None:
            raise unknown("field", name, self.fields, f" in type {self.name!r}")
        return found

    def has(self, name: str) -> bool:
        """Whether the contract publishes this field."""
        return name in self.fields

    @property
    def known_size(self) -> int:
        """The size in bytes, or ContractError when it is indeterminate."""
        if self.size is None:
            raise ContractError(
                f"the contract gives no size for type {self.name!r}, so arrays of it cannot be "
                "walked; the runtime must publish it"
            )
        return self.size


@dataclass(frozen=True, slots=True)
class Global:
    """A global value: a number, or text where the type is "string"; `type` may be unknown."""

    name: str
    value: int | str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """One logical descriptor: the root descriptor merged with its sub-descriptors."""

    version: int
    baselines: tuple[str, ...]
    types: Mapping[str, TypeLayout]
    globals: Mapping[str, Global]
    contracts: Mapping[str, int | str]
    ignored: tuple[str, ...] = field(default=())

    def type(self, name: str) -> TypeLayout:
        """The layout of a type, or ContractError."""
        found = self.types.get(name)
        if found is None:
            raise unknown("type", name, self.types)
        return found

    def global_(self, name: str) -> Global:
        """A global, or ContractError."""
        found = self.globals.get(name)
        if found is None:
            raise unknown("global", name, self.globals)
        return found

    def number(self, name: str) -> int:
        """A numeric global's value."""
        found = self.global_(name)
        if isinstance(found.value, str):
            raise ContractError(
                f"global {name!r} is the text {found.value!r} where a number is needed"
            )
        return found.value

    def text(self, name: str) -> str:
        """A string global's value."""
        found = self.global_(name)
        if not isinstance(found.value, str):
            raise ContractError(f"global {name!r} is the number {found.value}, not a text")
        return found.value

    def contract(self, name: str) -> int | str:
        """The version of a named contract: algorithms are chosen by (name, version)."""
        if name not in self.contracts:
            raise unknown("contract", name, self.contracts)
        return self.contracts[name]

    def missing(self, wanted: Mapping[str, Iterable[str]]) -> list[str]:
        """Which of the wanted `{type: fields}` are absent, as "Type" or "Type.Field"."""
        result = []
        for name, fields in wanted.items():
            layout = self.types.get(name)
            if layout is None:
                result.append(name)
            else:
                result.extend(f"{name}.{f}" for f in fields if not layout.has(f))
        return result

    def view(self, type_name: str, memory: Memory, address: int) -> StructView:
        """A typed view of one structure in target memory."""
        return StructView(self.type(type_name), memory, address)


class StructView:
    """One target structure: reads its fields by name through the contract's offsets."""

    __slots__ = ("address", "layout", "memory")

    def __init__(self, layout: TypeLayout, memory: Memory, address: int) -> None:
        self.layout = layout
        self.memory = memory
        self.address = address

    def at(self, name: str) -> int:
        """Address of a field."""
        return self.address + self.layout.field(name).offset

    def get(self, name: str, assumed: str | None = None) -> int:
        """A primitive field's value.

        The contract's own type wins; `assumed` is the type that the algorithm's specification
        gives, for contracts that publish offsets only.
        """
        found = self.layout.field(name)
        type_name = found.type or assumed
        if type_name is None:
            raise ContractError(
                f"the contract gives no type for {self.layout.name}.{name}, and none is specified"
            )
        primitive = PRIMITIVES.get(type_name)
        if primitive is None:
            raise ContractError(
                f"{self.layout.name}.{name} has type {type_name!r}, which is no primitive"
            )
        size = primitive.sizeof()
        data = self.memory.read(
            self.address + found.offset, size, f"{self.layout.name}.{name}"
        )
        value: int = primitive.parse(data)
        return value

    def pointer(self, name: str) -> int:
        """A pointer field's value."""
        return self.get(name, "pointer")
