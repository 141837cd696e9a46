"""MethodTables, layouts, statics and lists of types, as commands show them.

Whatever one side lacks is a sentence in `problems`, so that the rest is still shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from decoders.compare import Difference, FieldRow, TypeComparison, compare_type
from decoders.errors import DecodeError, TargetError
from decoders.memory import read_pointer
from decoders.metadata import type_name
from decoders.runtime import (
    CodeRegistry,
    FieldValue,
    MethodTable,
    MtFlags,
    Runtime,
    TypeInfo,
    TypeState,
    Values,
)
from decoders.runtime.model import ADDRESS

MAX_PARENTS = 64
CCTOR_STATES = ("none", "not run yet", "running", "done")


@dataclass(frozen=True, slots=True)
class RawTable:
    """A MethodTable's words as they lie in memory, whatever they mean."""

    address: int = field(metadata=ADDRESS)
    component_size: int
    flags: int = field(metadata=ADDRESS)
    base_size: int
    related_type: int = field(metadata=ADDRESS)
    vtable_slots: int
    interfaces: int
    type_desc: int = field(metadata=ADDRESS)


@dataclass(frozen=True, slots=True)
class TableView:
    """clr-mt: a type's MethodTable. `parents` from the base class outwards, as claimed.

    `comparison` is None when claimed and expected cannot be held against each other at all.
    """

    name: str
    note: str
    raw: RawTable | None
    comparison: TypeComparison | None
    parents: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LayoutView:
    """clr-layout: fields and padding. Holes are (offset, size); sizes in bytes.

    `has_expected` is False when metadata could not be consulted: then only claims are shown.
    """

    name: str
    kind: str
    has_expected: bool
    claimed_instance_size: int
    expected_instance_size: int | None
    claimed_base_size: int | None
    expected_base_size: int | None
    fields: tuple[FieldRow, ...]
    claimed_holes: tuple[tuple[int, int], ...]
    expected_holes: tuple[tuple[int, int], ...]
    differences: tuple[Difference, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StaticsView:
    """clr-statics: a type's static fields and their storage."""

    type: str
    address: int = field(metadata=ADDRESS)
    size: int
    initializer: str
    fields: tuple[FieldValue, ...]


@dataclass(frozen=True, slots=True)
class TypeRow:
    """One type of a list."""

    name: str
    type_desc: int = field(metadata=ADDRESS)
    method_table: int = field(metadata=ADDRESS)
    kind: str
    base_size: int | None
    component_size: int | None
    assembly: str
    state: str
    failure: str


@dataclass(frozen=True, slots=True)
class TypeList:
    """clr-types: types by name. `problems` says where the kernel's list breaks off."""

    types: tuple[TypeRow, ...]
    total: int
    truncated: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TypeCheck:
    """clr-types -check: the types whose claims differ from metadata, of `compared` in all."""

    types: tuple[TypeRow, ...]
    compared: int
    differing: int
    problems: tuple[str, ...]


def raw_table(table: MethodTable) -> RawTable:
    """The numbers of a MethodTable."""
    record = table.record
    return RawTable(
        record.address, record.component_size, record.mt_flags, record.base_size,
        record.related_type, record.num_vtable_slots, record.num_interfaces, table.type_desc,
    )


def table_at(runtime: Runtime, registry: CodeRegistry, address: int) -> TableView:
    """The MethodTable at an address, or that of the object there; DecodeError if neither is."""
    if not address:
        raise TargetError("the MethodTable pointer is null")
    try:
        return type_table(runtime, registry, runtime.type_of_table(address))
    except DecodeError as error:
        reason = error
    try:
        pointer = read_pointer(runtime.memory, address, "a MethodTable pointer")
        info = runtime.type_of_table(pointer)
    except DecodeError:
        pass  # no object either: what lies there is shown as it is
    else:
        view = type_table(runtime, registry, info)
        note = f"{address:#x} is an object; this is its MethodTable"
        return TableView(view.name, note, view.raw, view.comparison, view.parents, view.problems)
    if address % 8:
        raise reason
    raw = raw_table(runtime.method_table(address))
    return TableView(
        f"<no type at {address:#x}>", "what lies there, read as a MethodTable", raw, None, (),
        (str(reason),))


def type_table(runtime: Runtime, registry: CodeRegistry, info: TypeInfo) -> TableView:
    """A type's MethodTable from both sides."""
    problems: list[str] = []
    raw, comparison = None, None
    parents: tuple[str, ...] = ()
    name = safe_name(runtime, info, problems)
    if info.record.method_table:
        try:
            table = runtime.method_table(info.record.method_table)
            raw = raw_table(table)
            if not info.record.element:
                parents = _parents(runtime, table, problems)
        except DecodeError as error:
            problems.append(str(error))
    else:
        problems.append(f"{name} has no MethodTable{_why_none(info)}")
    try:
        comparison = compare_type(runtime, registry, info)
    except DecodeError as error:
        problems.append(str(error))
    return TableView(name, "", raw, comparison, parents, tuple(dict.fromkeys(problems)))


def _why_none(info: TypeInfo) -> str:
    if info.record.state == TypeState.NAMED:
        return ": it is only named so far"
    return ": it could not be loaded" if info.record.state == TypeState.FAILED else ""


def safe_name(runtime: Runtime, info: TypeInfo, problems: list[str]) -> str:
    """A type's name; where it cannot be had, its address, and the reason in `problems`."""
    try:
        return runtime.type_name(info.address)
    except DecodeError as error:
        problems.append(str(error))
        return f"<unnamed type at {info.address:#x}>"


def _parents(runtime: Runtime, table: MethodTable, problems: list[str]) -> tuple[str, ...]:
    """Names along the claimed chain of parents; a cycle is a problem and ends it."""
    names: list[str] = []
    seen = {table.address}
    address = table.record.related_type
    while address:
        if address in seen or len(names) >= MAX_PARENTS:
            problems.append(f"the parents are cyclic: {address:#x} comes twice")
            break
        seen.add(address)
        try:
            names.append(runtime.type_name(runtime.type_of_table(address).address))
            address = runtime.method_table(address).record.related_type
        except DecodeError as error:
            problems.append(f"parent at {address:#x}: {error}")
            break
    return tuple(names)


def layout_view(runtime: Runtime, registry: CodeRegistry, info: TypeInfo) -> LayoutView:
    """A type's fields from both sides, or the claimed side alone where metadata fails."""
    problems: list[str] = []
    name = safe_name(runtime, info, problems)
    if info.record.element and not info.is_enum:
        element = safe_name(runtime, runtime.type(info.record.element), problems)
        raise TargetError(
            f"{name} has no fields of its own: `clr-mt {name}` shows its sizes, "
            f"`clr-layout {element}` its elements' fields")
    try:
        found = compare_type(runtime, registry, info)
    except DecodeError as error:
        problems.append(str(error))
        rows = tuple(_claimed_rows(runtime, info))
        return LayoutView(
            name, "?", False, info.record.instance_size, None, _base_size(runtime, info), None,
            rows, _holes(info, rows), (), (), tuple(dict.fromkeys(problems)))
    wanted = tuple(
        d for d in found.differences
        if d.subject.startswith("field ") or d.what in ("instance size", "BaseSize"))
    if not info.is_loaded:
        problems.append(f"{name} is not loaded: what the kernel says of it means nothing yet")
    return LayoutView(
        found.name, found.kind, True, found.claimed_instance_size, found.expected_instance_size,
        found.claimed_base_size, found.expected_base_size, found.fields,
        _holes(info, found.fields), found.holes, wanted, tuple(problems))


def _base_size(runtime: Runtime, info: TypeInfo) -> int | None:
    if not info.record.method_table:
        return None
    return runtime.method_table(info.record.method_table).record.base_size


def _claimed_rows(runtime: Runtime, info: TypeInfo) -> Iterator[FieldRow]:
    for owner, item in runtime.all_fields(info):
        kind = "?"
        try:
            if item.record.type:
                kind = runtime.type_name(item.record.type)
            else:
                kind = type_name(runtime.universe, runtime.metadata_field(item).type)
        except DecodeError as error:
            kind = f"<{error}>"
        yield FieldRow(
            item.name, kind, runtime.type_name(owner.address), False, item.record.offset, None,
            item.record.size, None)


def _holes(info: TypeInfo, rows: Iterable[FieldRow]) -> tuple[tuple[int, int], ...]:
    """Padding between fields where the kernel says that they lie."""
    start = 0 if info.is_value_type else 8
    at, result = start, []
    placed = sorted(
        (r.claimed_offset, r.claimed_size or 0) for r in rows
        if not r.is_static and r.claimed_offset is not None)
    for offset, size in placed:
        if offset > at:
            result.append((at, offset - at))
        at = max(at, offset + size)
    end = start + info.record.instance_size
    if end > at:
        result.append((at, end - at))
    return tuple(result)


def statics_view(runtime: Runtime, values: Values, info: TypeInfo, depth: int) -> StaticsView:
    """A type's static fields; TargetError when it has none, or no storage yet."""
    name = runtime.type_name(info.address)
    fields = values.statics(info, depth)
    if not fields:
        raise TargetError(f"{name} has no static fields (constants have no storage)")
    state = info.record.cctor_state
    known = CCTOR_STATES[state] if state < len(CCTOR_STATES) else f"unknown state {state}"
    return StaticsView(name, info.record.statics, info.record.statics_size, known, fields)


def type_list(
    runtime: Runtime, glob: str | None, include_unloaded: bool, limit: int
) -> TypeList:
    """Types whose full or simple name matches, by name. Types without a MethodTable with `-all`."""
    rows: list[TypeRow] = []
    problems: list[str] = []
    try:
        for info in runtime.types():
            if not include_unloaded and (not info.is_loaded or not info.record.method_table):
                continue
            row = _type_row(runtime, info)
            if glob is None or matches(row.name, glob):
                rows.append(row)
    except DecodeError as error:
        problems.append(str(error))
    rows.sort(key=lambda r: r.name)
    return TypeList(tuple(rows[:limit]), len(rows), len(rows) > limit, tuple(problems))


def differing(
    runtime: Runtime, registry: CodeRegistry, glob: str | None, limit: int
) -> TypeCheck:
    """Hold every loaded type that matches against its metadata."""
    rows: list[TypeRow] = []
    compared = 0
    problems: list[str] = []
    try:
        for info in runtime.types():
            if not info.is_loaded or not info.record.method_table:
                continue
            row = _type_row(runtime, info)
            if glob is not None and not matches(row.name, glob):
                continue
            compared += 1
            try:
                found = [str(d) for d in compare_type(runtime, registry, info).differences]
            except DecodeError as error:
                found = [str(error)]
            if found:
                more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
                rows.append(replace(row, failure=found[0] + more))
    except DecodeError as error:
        problems.append(str(error))
    rows.sort(key=lambda r: r.name)
    return TypeCheck(tuple(rows[:limit]), compared, len(rows), tuple(problems))


def matches(name: str, glob: str) -> bool:
    """Whether a glob fits a full name or the simple name at its end."""
    return fnmatchcase(name, glob) or fnmatchcase(name.rpartition(".")[2], glob)


def _type_row(runtime: Runtime, info: TypeInfo) -> TypeRow:
    record = info.record
    problems: list[str] = []
    name = safe_name(runtime, info, problems)
    assembly, kind = "", "?"
    base: int | None = None
    component: int | None = None
    try:
        if record.assembly:
            assembly = runtime.assembly_at(record.assembly).name
        if record.method_table:
            table = runtime.method_table(record.method_table)
            kind = table.kind.name.lower() if table.kind is not None else "?"
            base = table.record.base_size
            component = table.record.component_size if table.has_component_size else None
        else:
            kind = "none"
    except DecodeError as error:
        problems.append(str(error))
    known = record.state in set(TypeState)
    state = TypeState(record.state).name.lower() if known else f"state {record.state}"
    return TypeRow(
        name, info.address, record.method_table, kind, base, component, assembly, state,
        "; ".join(problems))


def flag_names(flags: int) -> str:
    """`HAS_POINTERS ABSTRACT`; the kind is not among them."""
    return " ".join(f.name or "" for f in MtFlags if f.value & flags)
