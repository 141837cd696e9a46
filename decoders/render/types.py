"""Text of types and methods, claimed beside expected; what disagrees is marked with `!`."""

from __future__ import annotations

from decoders.compare import Difference, MethodComparison, TypeComparison
from decoders.render.base import Style, renders
from decoders.render.objects import table


def pair(claimed: object, expected: object, style: Style) -> str:
    """One number when both sides agree, else both."""
    if claimed == expected or expected is None:
        return "-" if claimed is None else str(claimed)
    return style.paint("bad", f"! {claimed} (expected {expected})")


@renders(TypeComparison)
def type_text(found: TypeComparison, style: Style) -> str:
    """MethodTable, fields with holes, vtable and interfaces, then the differences."""
    head = f"{style.paint('type', found.name)} ({found.kind})"
    if found.assembly:
        head += f" of {found.assembly}, token {found.token:#010x}"
    rows = [
        ["MethodTable", f"{found.method_table:#x}"],
        ["BaseSize", pair(found.claimed_base_size, found.expected_base_size, style)],
        ["ComponentSize",
         pair(found.claimed_component_size, found.expected_component_size, style)],
        ["instance size",
         pair(found.claimed_instance_size, found.expected_instance_size, style)],
    ]
    for name, text in (("flags", " ".join(found.flags)), ("parent", found.parent),
                       ("element", found.element), ("interfaces", ", ".join(found.interfaces))):
        if text:
            rows.append([name, text])
    parts = [head, table(rows)]
    if found.fields:
        parts += ["fields", layout_text(found, style)]
    if found.vtable:
        parts += ["vtable", table([
            [f"{s.index}", f"{s.address:#x}",
             style.paint("bad", f"! {s.claimed or '?'} (expected {s.expected or 'no slot'})")
             if s.differs else s.claimed or s.expected,
             "jitted" if s.compiled else ""]
            for s in found.vtable])]
    compared = found.expected_instance_size is not None or found.expected_component_size > 0
    parts.append(verdict_text(found.differences, compared, style))
    return "\n".join(part for part in parts if part)


def verdict_text(differences: tuple[Difference, ...], compared: bool, style: Style) -> str:
    """The differences; without any, that there is a second side and it says the same."""
    if differences or not compared:
        return differences_text(differences, style)
    return style.paint("dim", "(claimed by the kernel, and the same by metadata)")


def layout_text(found: TypeComparison, style: Style) -> str:
    """Fields by offset with size and type; holes of the expected layout between them."""
    rows: list[tuple[int, list[str]]] = []
    statics: list[list[str]] = []
    for row in found.fields:
        place = pair(row.claimed_offset, row.expected_offset, style)
        size = pair(row.claimed_size, row.expected_size, style)
        cells = [place, size, style.paint("name", row.name), style.paint("type", row.type)]
        if row.owner != found.name:
            cells.append(f"of {row.owner}")
        if row.is_static:
            statics.append(["static", str(row.claimed_size), *cells[2:]])
        else:
            offset = row.claimed_offset if row.claimed_offset is not None else (
                row.expected_offset or 0)
            rows.append((offset, cells))
    for hole, length in found.holes:
        rows.append((hole, [str(hole), str(length), style.paint("dim", "(padding)"), ""]))
    rows.sort(key=lambda r: r[0])
    return table([["offset", "size", "name", "type"], *(cells for _, cells in rows), *statics])


def differences_text(differences: tuple[Difference, ...], style: Style) -> str:
    """A line for each difference, nothing when there is none."""
    return "\n".join(style.paint("bad", f"! {d}") for d in differences)


@renders(Difference)
def difference_text(difference: Difference, style: Style) -> str:
    """One difference."""
    return differences_text((difference,), style)


@renders(MethodComparison)
def method_text(found: MethodComparison, style: Style) -> str:
    """The method's name and what disagrees."""
    head = f"{style.paint('name', found.method)} at {found.code_start:#x}"
    if not found.differences:
        return f"{head}: records, IL and machine code agree ({found.map_entries} map entries)"
    return "\n".join((head + ":", differences_text(found.differences, style)))
