"""A contract as something to show, and what a set of decoders would miss in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from decoders.contract.model import Contract


@dataclass(frozen=True, slots=True)
class FieldSummary:
    """A field of a published type; `type` is "" where none is published."""

    name: str
    offset: int
    type: str


@dataclass(frozen=True, slots=True)
class TypeSummary:
    """A published type; `fields` only where they were asked for."""

    name: str
    size: int | None
    field_count: int
    fields: tuple[FieldSummary, ...]


@dataclass(frozen=True, slots=True)
class GlobalSummary:
    """A published global; numbers that are addresses are told by their type."""

    name: str
    value: int | str
    type: str


@dataclass(frozen=True, slots=True)
class ContractSummary:
    """What a contract publishes. `missing` lists needed names that it lacks."""

    address: int = field(metadata={"address": True})
    version: int
    contracts: tuple[tuple[str, str], ...]
    types: tuple[TypeSummary, ...]
    globals: tuple[GlobalSummary, ...]
    missing: tuple[str, ...]
    ignored: tuple[str, ...]
    partial: bool


def summarise(
    contract: Contract, address: int, pattern: str | None, with_fields: bool,
    required: Mapping[str, Iterable[str]], required_globals: Iterable[str],
    required_contracts: Mapping[str, int | str],
) -> ContractSummary:
    """Summarise types and globals (those matching a glob, then with fields)."""
    def wanted(name: str) -> bool:
        return pattern is None or fnmatchcase(name, pattern)

    types = []
    for name, layout in sorted(contract.types.items()):
        if wanted(name):
            fields = sorted(layout.fields.values(), key=lambda f: f.offset)
            shown = with_fields or pattern is not None
            types.append(TypeSummary(
                name, layout.size, len(fields),
                tuple(FieldSummary(f.name, f.offset, f.type or "") for f in fields) if shown
                else ()))
    missing = [f"type {name}" for name in contract.missing(required)]
    missing += [f"global {name}" for name in required_globals if name not in contract.globals]
    for name, version in required_contracts.items():
        found = contract.contracts.get(name)
        if found != version:
            missing.append(
                f"contract {name} {version}" + ("" if found is None else f" (it has {found})"))
    return ContractSummary(
        address, contract.version,
        tuple((n, str(v)) for n, v in sorted(contract.contracts.items())), tuple(types),
        tuple(GlobalSummary(g.name, g.value, g.type or "")
              for _, g in sorted(contract.globals.items()) if wanted(g.name)),
        tuple(missing), contract.ignored, pattern is not None,
    )
