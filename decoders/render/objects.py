"""Text of objects, values and statics."""

from __future__ import annotations

from tabulate import tabulate

from decoders.render.base import Style, renders
from decoders.runtime import FieldValue, ObjectValue, Value


def table(rows: list[list[str]]) -> str:
    """Left-aligned columns, indented by two."""
    if not rows:
        return ""
    text = tabulate(rows, tablefmt="plain", disable_numparse=True)
    return "\n".join("  " + line.rstrip() for line in text.splitlines())


@renders(ObjectValue)
def object_text(found: ObjectValue, style: Style) -> str:
    """Head line, then fields, elements or the string; what was left out is said."""
    head = (
        f"{style.paint('address', f'{found.address:#x}')} "
        f"{style.paint('type', found.type)}, {found.size} bytes, "
        f"MethodTable {found.method_table:#x}"
    )
    if found.length is not None:
        head += f", length {found.length}"
        if found.string is None:
            head += f", stride {found.stride}"
    lines = [head]
    if found.string is not None:
        lines.append("  " + style.paint("value", _quoted(found)))
    if found.fields:
        lines.append(fields_text(found.fields, style))
    if found.elements:
        lines.append(table([
            [f"[{found.first_element + i}]", _value(e, style)]
            for i, e in enumerate(found.elements)
        ]))
    if found.truncated:
        shown = found.first_element + len(found.elements)
        rest = "" if found.string is not None else f" after element {shown - 1}"
        lines.append(f"  ... (truncated{rest})")
    return "\n".join(line for line in lines if line)


def _quoted(found: ObjectValue) -> str:
    text = found.string or ""
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text) + '"'


def _value(value: Value, style: Style) -> str:
    return style.paint("bad" if value.error else "value", value.text)


def fields_text(fields: tuple[FieldValue, ...], style: Style) -> str:
    """One line a field: offset, name, type, value; nested structs below, indented."""
    rows: list[list[str]] = []
    for item in fields:
        _field_rows(item, "", rows, style, 4)
    return table(rows)


def _field_rows(
    item: FieldValue, prefix: str, rows: list[list[str]], style: Style, depth: int
) -> None:
    offset = "static" if item.is_static else f"+{item.offset}"
    rows.append([
        prefix + offset, style.paint("name", prefix + item.name), style.paint("type", item.type),
        _value(item.value, style)])
    if item.value.fields and depth > 0 and len(item.value.fields) > 4:
        for inner in item.value.fields:
            _field_rows(inner, prefix + "  ", rows, style, depth - 1)


@renders(Value)
def value_text(value: Value, style: Style) -> str:
    """A value with its type, and its fields below when it is a struct."""
    head = f"{style.paint('type', value.type)} at {value.address:#x}: {_value(value, style)}"
    below = fields_text(value.fields, style) if value.fields else ""
    target = object_text(value.target, style) if value.target is not None else ""
    return "\n".join(part for part in (head, below, target) if part)


@renders(FieldValue)
def field_text(item: FieldValue, style: Style) -> str:
    """One field on a line of its own."""
    return fields_text((item,), style)
