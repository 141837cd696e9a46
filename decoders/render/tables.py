"""Text of MethodTables, layouts, and lists of types, methods and modules."""

from __future__ import annotations

from collections.abc import Sequence

from decoders.compare import FieldRow
from decoders.inspect.methods import (
    MethodDetail,
    MethodList,
    ModuleList,
    TokenDetail,
)
from decoders.inspect.types import (
    LayoutView,
    StaticsView,
    TableView,
    TypeCheck,
    TypeList,
    flag_names,
)
from decoders.render.base import Style, renders
from decoders.render.objects import fields_text, table
from decoders.render.types import pair, type_text, verdict_text


def problems_text(problems: Sequence[str], style: Style) -> str:
    """A marked line for each."""
    return "\n".join(style.paint("bad", f"! {problem}") for problem in problems)


def join(*parts: str) -> str:
    """Parts on lines of their own, empty ones left out."""
    return "\n".join(part for part in parts if part)


@renders(TableView)
def table_view(view: TableView, style: Style) -> str:
    """Both sides where there are both, else the words as they lie."""
    parts = [f"({view.note})" if view.note else ""]
    if view.comparison is not None:
        parts.append(type_text(view.comparison, style))
    else:
        parts.append(style.paint("type", view.name))
        if view.raw is not None:
            raw = view.raw
            parts.append(table([
                ["MethodTable", f"{raw.address:#x}"],
                ["ComponentSize", str(raw.component_size)],
                ["flags", f"{raw.flags:#x} {flag_names(raw.flags)}".strip()],
                ["BaseSize", str(raw.base_size)],
                ["related type", f"{raw.related_type:#x}"],
                ["vtable slots", str(raw.vtable_slots)],
                ["interfaces", str(raw.interfaces)],
                ["TypeDesc", f"{raw.type_desc:#x}"]]))
    if len(view.parents) > 1:
        parts.append(f"parents: {' < '.join(view.parents)}")
    return join(*parts, problems_text(view.problems, style))


@renders(LayoutView)
def layout_view(view: LayoutView, style: Style) -> str:
    """A table of fields by offset with the padding between them."""
    head = style.paint("type", view.name) + (f" ({view.kind})" if view.kind != "?" else "")
    head += ": instance size "
    head += pair(view.claimed_instance_size, view.expected_instance_size, style)
    if view.claimed_base_size is not None:
        head += f", BaseSize {pair(view.claimed_base_size, view.expected_base_size, style)}"
    if not view.has_expected:
        head += ", claims only"
    return join(head, _rows(view, style),
                verdict_text(view.differences, view.has_expected and not view.problems, style),
                problems_text(view.problems, style))


def _rows(view: LayoutView, style: Style) -> str:
    rows: list[tuple[int, list[str]]] = []
    for row in view.fields:
        if not row.is_static:
            offset = row.claimed_offset if row.claimed_offset is not None else row.expected_offset
            rows.append((offset or 0, _cells(view, row, style)))
    for hole, length in view.claimed_holes:
        if view.has_expected and (hole, length) not in view.expected_holes:
            text = style.paint("bad", "! (padding that should not be)")
        else:
            text = style.paint("dim", "(padding)")
        rows.append((hole, [str(hole), str(length), text, ""]))
    rows.sort(key=lambda r: r[0])
    statics = [
        ["static", str(row.claimed_size), style.paint("name", row.name),
         style.paint("type", row.type)]
        for row in view.fields if row.is_static]
    if not rows and not statics:
        return "  no fields"
    return table([["offset", "size", "name", "type"], *(cells for _, cells in rows), *statics])


def _cells(view: LayoutView, row: FieldRow, style: Style) -> list[str]:
    expected = view.has_expected
    cells = [
        pair(row.claimed_offset, row.expected_offset if expected else None, style),
        pair(row.claimed_size, row.expected_size if expected else None, style),
        style.paint("name", row.name), style.paint("type", row.type)]
    if row.owner != view.name:
        cells.append(f"of {row.owner}")
    return cells


@renders(StaticsView)
def statics_view(view: StaticsView, style: Style) -> str:
    """Static fields with offsets into their storage."""
    head = (f"{style.paint('type', view.type)}: statics at "
            f"{style.paint('address', f'{view.address:#x}')}, {view.size} bytes; "
            f"static constructor {view.initializer}")
    return join(head, fields_text(view.fields, style))


@renders(TypeList)
def type_list(found: TypeList, style: Style) -> str:
    """A line a type."""
    rows = [["MethodTable", "BaseSize", "Component", "kind", "assembly", "type"]]
    for row in found.types:
        rows.append([
            style.paint("address", f"{row.method_table:#x}" if row.method_table else "-"),
            "" if row.base_size is None else str(row.base_size),
            "" if row.component_size is None else str(row.component_size), row.kind, row.assembly,
            style.paint("type", row.name) + ("" if row.state == "loaded" else f" ({row.state})")
            + (style.paint("bad", f" ! {row.failure}") if row.failure else "")])
    return join(table(rows) if found.types else "", _counted(len(found.types), found.total, "type"),
                problems_text(found.problems, style))


@renders(TypeCheck)
def type_check(found: TypeCheck, style: Style) -> str:
    """A line for each type that differs, and how many were looked at."""
    rows = [
        [style.paint("address", f"{row.method_table:#x}"), row.assembly,
         style.paint("type", row.name), style.paint("bad", f"! {row.failure}")]
        for row in found.types]
    left = found.differing - len(found.types)
    return join(
        table(rows) if rows else "",
        f"  ... (truncated: {left} more; see -limit)" if left else "",
        f"{found.compared} types compared with their metadata, {found.differing} differ",
        problems_text(found.problems, style))


def _counted(shown: int, total: int, what: str) -> str:
    text = f"{total} {what}{'' if total == 1 else 's'}"
    return f"{text}, the first {shown} shown (truncated; see -limit)" if shown < total else text


@renders(ModuleList)
def module_list(found: ModuleList, style: Style) -> str:
    """A line an assembly."""
    rows = [["assembly", "image", "bytes", "types", "methods", "MVID", "file"]]
    for row in found.modules:
        rows.append([
            style.paint("name", row.name), style.paint("address", f"{row.image:#x}"),
            str(row.size), f"{row.loaded_types} of {row.types}",
            f"{row.compiled_methods} of {row.methods}", row.mvid, row.file])
    problems = [f"{m.name}: {m.problem}" for m in found.modules if m.problem]
    return join(table(rows), "(types loaded, methods compiled)", problems_text(problems, style))


@renders(MethodList)
def method_list(found: MethodList, style: Style) -> str:
    """A line a method."""
    rows = [["code", "size", "token", "assembly", "method"]]
    for row in found.methods:
        rows.append([
            style.paint("address", f"{row.code:#x}") if row.code else row.state,
            str(row.size) if row.code else "", f"{row.token:#010x}", row.assembly,
            style.paint("name", row.name)])
    return join(table(rows) if found.methods else "",
                _counted(len(found.methods), found.total, "method"),
                problems_text(found.problems, style))


@renders(MethodDetail)
def method_detail(found: MethodDetail, style: Style) -> str:
    """Signature, where the records and the code are, and what an address means."""
    rows = [
        ["assembly", f"{found.assembly}, token {found.token:#010x}"],
        ["class", f"{found.owner}, MethodTable {found.method_table:#x}"],
        ["MethodDesc", f"{found.method_desc:#x}"],
    ]
    if found.code:
        rows.append(["code", f"{found.code:#x}, {found.code_size} bytes"
                     + (f", compiled {found.compile_count} times"
                        if found.compile_count > 1 else "")])
    else:
        rows.append(["code", found.state + (f": {found.failure}" if found.failure else "")])
        rows.append(["entry", f"{found.entry:#x}"])
    if found.flags:
        rows.append(["flags", " ".join(found.flags)])
    if found.slot is not None:
        rows.append(["vtable slot", str(found.slot)])
    if found.file:
        rows.append(["source", f"{found.file}:{found.line}"])
    if found.where:
        place = found.where
        if found.native_offset is not None:
            place += f" at +{found.native_offset:#x}"
        rows.append(["address", place])
    if found.il:
        rows.append(["IL", found.il])
    return join(style.paint("name", found.signature), table(rows),
                problems_text(found.problems, style))


@renders(TokenDetail)
def token_detail(found: TokenDetail, style: Style) -> str:
    """The name, and the kernel's records where it has some."""
    rows = [[name, f"{value:#x}"] for name, value in (
        ("TypeDesc", found.type_desc), ("MethodTable", found.method_table),
        ("MethodDesc", found.method_desc), ("code", found.code)) if value]
    head = f"{found.assembly} {found.token:#010x} ({found.table}): "
    head += style.paint("name", found.name) + (f" ({found.note})" if found.note else "")
    return join(head, table(rows))
