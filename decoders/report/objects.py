"""An object as a report shows it: its bytes, and what each of them is by claim and by metadata."""

from __future__ import annotations

from dataclasses import dataclass, field

from decoders.compare.types import TypeComparison
from decoders.errors import DecodeError
from decoders.runtime import ObjectValue, Runtime
from decoders.runtime.model import ADDRESS

MAX_BYTES = 256


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """A field: claimed and expected place (None where one side has none), and its value."""

    name: str
    type: str
    claimed_offset: int | None
    expected_offset: int | None
    size: int
    value: str
    differs: bool


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """One object. `where` says which slot refers to it; `bytes` begins at the object."""

    where: str
    address: int = field(metadata=ADDRESS)
    type: str
    size: int
    length: int | None
    stride: int
    claimed_base_size: int | None
    expected_base_size: int
    claimed_component_size: int | None
    expected_component_size: int
    bytes: str
    truncated: bool
    fields: tuple[FieldFacts, ...]
    elements: tuple[str, ...]
    differences: tuple[str, ...]


def object_facts(
    runtime: Runtime, where: str, value: ObjectValue, comparison: TypeComparison
) -> ObjectFacts:
    """Put an object beside its type's two layouts."""
    count = min(value.size, MAX_BYTES)
    try:
        data = runtime.memory.read(value.address, count, "the bytes of an object").hex()
    except DecodeError:
        data = ""  # the fields' values say where memory ends
    texts = {(f.name, f.owner): f.value.text for f in value.fields}
    by_name = {f.name: f.value.text for f in value.fields}
    rows = [
        FieldFacts(
            row.name, row.type, row.claimed_offset, row.expected_offset,
            row.claimed_size or row.expected_size or 0,
            texts.get((row.name, row.owner), by_name.get(row.name, "")), row.differs)
        for row in comparison.fields if not row.is_static
    ]
    return ObjectFacts(
        where, value.address, value.type, value.size, value.length, value.stride,
        comparison.claimed_base_size, comparison.expected_base_size,
        comparison.claimed_component_size, comparison.expected_component_size, data,
        count < value.size, tuple(rows), tuple(e.text for e in value.elements),
        tuple(str(d) for d in comparison.differences),
    )
