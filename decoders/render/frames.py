"""Text of frames, faults and backtraces."""

from __future__ import annotations

from collections.abc import Iterable

from decoders.frames.explain import FaultView
from decoders.frames.report import FramePart, FrameReport, NativeFrame, StackReport
from decoders.frames.static import StaticFrame
from decoders.frames.view import FrameLine, FrameSlot, FrameView, Role
from decoders.render.base import Style, renders

_MAX_TYPE = 36
_MAX_OTHERS = 3
_HEADINGS = {
    Role.RETURN_ADDRESS: "return address", Role.SAVED_RBP: "saved rbp", Role.TOP_OF_STACK: "rax",
}


@renders(FrameReport)
def frame_report(report: FrameReport, style: Style) -> str:
    """The frame's head, the fault, then its slots."""
    frame = report.frame
    if isinstance(frame, NativeFrame):
        parts = [_native_head(frame, style)]
        if report.fault is not None:
            parts.append(fault_view(report.fault, style))
        rows = _pairs("arguments", frame.arguments) + _pairs("locals", frame.locals)
        return "\n".join([*parts, *rows])
    parts = [_managed_head(frame, style)]
    if report.fault is not None:
        parts += ["", fault_view(report.fault, style)]
    parts += ["", *_slot_rows(frame.slots, style)]
    parts += [style.paint("bad", f"  ! {problem}") for problem in frame.problems]
    return "\n".join(parts)


@renders(FrameView)
def frame_view(view: FrameView, style: Style) -> str:
    """A managed frame alone."""
    return frame_report(FrameReport(view, None), style)


def _where(file: str, line: int) -> str:
    return f"{file}:{line}" if file else ""


def _managed_head(view: FrameView, style: Style) -> str:
    lines = [f"#{view.level}  {style.paint('name', view.method)}"]
    lines.append(
        f"    assembly {view.assembly}, token {view.token:#010x}, native +{view.native_offset:#x}"
        + (f" ({view.stage})" if view.stage != "body" else "")
    )
    place = _where(view.file, view.line)
    if place:
        lines.append(f"    at {place}")
    if view.il:
        lines.append(f"    {style.paint('mark', view.il)}")
    elif view.il_offset is not None:
        lines.append(f"    IL_{view.il_offset:04x}")
    pc = style.paint("address", f"{view.pc:#x}")
    lines.append(
        f"    {view.instruction}, returns to {pc}" if view.is_caller
        else f"    {pc}: {view.instruction}")
    return "\n".join(lines)


def _native_head(frame: NativeFrame, style: Style) -> str:
    name = style.paint("name", frame.name or "??")
    lines = [f"#{frame.level}  {name}  ({frame.kind})"]
    place = _where(frame.file, frame.line)
    if place:
        lines.append(f"    at {place}")
    lines.append(f"    {style.paint('address', f'{frame.pc:#x}')}: {frame.instruction}")
    return "\n".join(lines)


def _pairs(title: str, pairs: Iterable[tuple[str, str]]) -> list[str]:
    rows = [(name, value) for name, value in pairs]
    if not rows:
        return []
    width = max(len(name) for name, _ in rows)
    return [f"  {title}:", *(f"    {name:<{width}} = {value}" for name, value in rows)]


@renders(FaultView)
def fault_view(fault: FaultView, style: Style) -> str:
    """What happened, and the readings of it, likeliest first."""
    head = fault.name
    if fault.access_text:
        head += f": {fault.access_text}"
    if fault.vector == 14:
        head += f", CR2 = {fault.cr2:#x}"
    lines = ["  " + style.paint("bad", head)]
    if fault.message:
        lines.append(f"  {fault.message}")
    if fault.check is not None:
        lines.append(f"  {fault.check.text}")
    access = fault.access
    if access is not None and access.base is not None and access.base_register:
        sign = "-" if access.displacement < 0 else "+"
        lines.append(
            f"  `{access.instruction}`: {access.base_register} = {access.base:#x} "
            f"{sign} {abs(access.displacement):#x} ({abs(access.displacement)}), "
            f"{access.size} byte{'s' if access.size != 1 else ''}"
        )
    for number, explanation in enumerate(fault.explanations[: _MAX_OTHERS + 1]):
        if number == 0:
            lines.append("  => " + style.paint("mark", explanation.text))
            lines += [f"       {piece}" for piece in explanation.evidence]
        else:
            if number == 1:
                lines.append("  less likely:")
            lines.append(f"     {explanation.text} ({'; '.join(explanation.evidence)})")
    more = len(fault.explanations) - 1 - _MAX_OTHERS
    if more > 0:
        lines.append(f"     and {more} more of that kind (--json has all)")
    lines += [style.paint("bad", f"  ! {problem}") for problem in fault.problems]
    return "\n".join(lines)


def _slot_rows(slots: Iterable[FrameSlot], style: Style) -> list[str]:
    rows = []
    for slot in slots:
        kind = slot.type
        if slot.model_type and slot.model_type != slot.type:
            kind = f"{slot.type} (IL: {slot.model_type})" if slot.type else slot.model_type
        rows.append((_position(slot), _label(slot), kind, slot.text, slot.note))
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    widths[2] = min(widths[2], _MAX_TYPE)
    lines = []
    for position, label, kind, value, note in rows:
        line = (
            f"  {style.paint('address', position.ljust(widths[0]))}  "
            f"{style.paint('name', label.ljust(widths[1]))}  "
            f"{style.paint('type', kind.ljust(widths[2]))}  {value}"
        ).rstrip()
        lines.append(line + (style.paint("dim", f"   <- {note}") if note else ""))
    return lines


def _position(slot: FrameSlot) -> str:
    if slot.where:
        return slot.where
    if slot.offset is None:
        return ""
    return f"[rbp{slot.offset:+d}]" if slot.offset else "[rbp]"


def _label(slot: FrameSlot) -> str:
    if slot.role is Role.TEMPORARY:
        return f"temporary {slot.name.removeprefix('temp')}"
    return slot.name


@renders(FramePart)
def frame_part(part: FramePart, style: Style) -> str:
    """Arguments, locals or evaluation stack under a line that says whose."""
    where = f" before {part.il}" if part.title == "evaluation stack" and part.il else ""
    head = f"#{part.level}  {style.paint('name', part.method)}: {part.title}{where}"
    rows = _slot_rows(part.slots, style) or ["  none"]
    return "\n".join([head, *rows, *(style.paint("bad", f"  ! {p}") for p in part.problems)])


@renders(StackReport)
def stack_report(report: StackReport, style: Style) -> str:
    """One line a frame, locals below it where they were asked for."""
    width = max((len(str(entry.line.level)) for entry in report.lines), default=1)
    lines = []
    for entry in report.lines:
        lines.append(_line_text(entry.line, style, width))
        pad = max((len(name) for name, _ in entry.locals), default=0)
        lines += [f"{'':{width + 6}}{name:<{pad}} = {value}" for name, value in entry.locals]
    if report.truncated:
        lines.append("(truncated: more frames follow; see -limit)")
    if report.end:
        lines.append(style.paint("bad", f"the stack cannot be followed further: {report.end}"))
    return "\n".join(lines)


@renders(FrameLine)
def frame_line(line: FrameLine, style: Style) -> str:
    """`#4  Ns.Type::Method(a=1) at File.cs:12`."""
    return _line_text(line, style, 1)


def _line_text(line: FrameLine, style: Style, width: int) -> str:
    number = f"#{line.level}".ljust(width + 1)
    if line.kind == "trap":
        return f"{number}  {style.paint('bad', line.name)}"
    args = ", ".join(f"{name}={value}" for name, value in line.arguments)
    text = f"{number}  {style.paint('name', line.name or f'{line.pc:#x} ??')}"
    if line.kind in ("managed", "native"):
        text += f"({args})"
    if line.il_offset is not None:
        text += f" IL_{line.il_offset:04x}"
    place = _where(line.file, line.line)
    if place:
        text += f" at {place}"
    return text + (style.paint("dim", f"  [{line.note}]") if line.note else "")


@renders(StaticFrame)
def static_frame(frame: StaticFrame, style: Style) -> str:
    """The layout as a table, then what does not fit."""
    coded = "not plain to see in the prologue" if frame.coded_frame_size is None else (
        "the same by the prologue" if frame.coded_frame_size == frame.frame_size
        else f"{frame.coded_frame_size} by the prologue")
    lines = [
        style.paint("name", frame.method),
        f"  code {frame.code_start:#x}, {frame.code_size} bytes, prologue "
        f"{frame.prologue_size}; frame {frame.frame_size} bytes ({coded})",
        "",
    ]
    rows = [("claimed", "expected", "size", "slot", "type", "machine code")]
    for slot in frame.slots:
        label = f"{slot.kind} {slot.name}" if slot.name not in ("", slot.kind, "rbp") else slot.kind
        rows.append((_offset(slot.claimed), _offset(slot.expected), str(slot.size), label,
                     slot.type, slot.coded))
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    lines += ["  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
              for row in rows]
    if frame.differences:
        lines += ["", *(style.paint("bad", f"  ! {d}") for d in frame.differences)]
    lines += [style.paint("bad", f"  ! {problem}") for problem in frame.problems]
    return "\n".join(lines)


def _offset(offset: int | None) -> str:
    return "" if offset is None else f"{offset:+d}" if offset else "0"
