"""Text of objects, values and statics."""

from __future__ import annotations

from decoders.inspect.objects import ArrayView, ObjectView, StringView
from decoders.render.base import Style, renders
from decoders.runtime import FieldValue, ObjectValue, Value


def table(rows: list[list[str]]) -> str:
    """Left-aligned columns, indented by two."""
    if not rows:
        return ""
    from tabulate import tabulate  # at first use: it takes a tenth of the time to gdb's prompt

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
    if item.value.target is not None and style.depth > 1 and depth > 0:
        _target_rows(item.value.target, prefix + "  ", rows, style, depth - 1)


def _target_rows(
    target: ObjectValue, prefix: str, rows: list[list[str]], style: Style, depth: int
) -> None:
    """The object that a reference leads to, as far as it was read."""
    for inner in target.fields:
        _field_rows(inner, prefix, rows, style, depth)
    for index, element in enumerate(target.elements):
        rows.append([
            prefix + f"[{target.first_element + index}]", "",
            style.paint("type", prefix + element.type), _value(element, style)])
        if element.target is not None and depth > 0:
            _target_rows(element.target, prefix + "  ", rows, style, depth - 1)
    if target.truncated and target.string is None:
        rows.append([prefix + "... (truncated)", "", "", ""])


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


@renders(ObjectView)
def object_view(view: ObjectView, style: Style) -> str:
    """The object, and what there is to say about it."""
    notes = [f"  ({note})" for note in view.notes]
    problems = [style.paint("bad", f"! {problem}") for problem in view.problems]
    return "\n".join([object_text(view.object, style), *notes, *problems])


@renders(ArrayView)
def array_view(view: ArrayView, style: Style) -> str:
    """The array, then whether its block holds it."""
    found = view.object
    lines = [object_text(found, style)]
    if view.needed is not None:
        holds = "holds" if view.needed <= view.block else "does not hold"
        lines.append(
            f"  data at {view.data:#x}, {found.length} elements of {view.element_type}, "
            f"{view.expected_stride} bytes each: {view.needed} bytes; the block of {view.block} "
            f"{holds} them" + (f"; behind it: {view.behind}" if view.behind else ""))
    lines += [style.paint("bad", f"! {problem}") for problem in view.problems]
    return "\n".join(lines)


@renders(StringView)
def string_view(view: StringView, style: Style) -> str:
    """Length and text, escaped."""
    text = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in view.text)
    dots = "... (truncated)" if view.truncated else ""
    quoted = style.paint("value", f'"{text}"')
    lines = [f"{style.paint('address', f'{view.address:#x}')} length {view.length}: {quoted}{dots}"]
    lines += [style.paint("bad", f"! {problem}") for problem in view.problems]
    return "\n".join(lines)
