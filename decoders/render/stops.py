"""Text of breakpoints and steps."""

from __future__ import annotations

from decoders.render.base import Style, renders
from decoders.stops.report import (
    BreakpointList,
    BreakpointReport,
    FinishReport,
    StepReport,
)


@renders(BreakpointReport)
def breakpoint_text(report: BreakpointReport, style: Style) -> str:
    """The breakpoint and where it is, a line for each place."""
    head = f"Breakpoint {report.number}: {style.paint('name', report.location)}"
    if report.condition:
        head += f" if {report.condition}"
    if not report.places:
        head += " (pending: its method is not compiled yet)"
    elif report.waits:
        head += " (and what is compiled later)"
    lines = [head]
    for place in report.places:
        where = f" {place.file}:{place.line}" if place.file else ""
        lines.append(
            f"  {style.paint('address', f'{place.address:#x}')} {place.method} "
            f"IL_{place.il:04x}{where}")
    lines += [style.paint("bad", f"! {note}") for note in report.notes]
    return "\n".join(lines)


@renders(BreakpointList)
def list_text(found: BreakpointList, style: Style) -> str:
    """All of them."""
    if not found.breakpoints:
        return "no breakpoints on managed code; `clr-break METHOD` sets one"
    return "\n".join(breakpoint_text(b, style) for b in found.breakpoints)


_WHY = {
    "fault": "the machine stands in its fatal hook; `clr-frame` tells why",
    "time": "still running after the time allowed; interrupted",
    "breakpoint": "another breakpoint came first",
    "ended": "the machine ended",
}


@renders(StepReport)
def step_text(report: StepReport, style: Style) -> str:
    """Like gdb's: the function when it changed, then the source line."""
    lines = []
    if report.why in _WHY:
        lines.append(style.paint("bad", _WHY[report.why]))
    name = report.method or report.function
    if name and (report.moved or report.why in _WHY or not report.line):
        where = f" at {report.file}:{report.line}" if report.file else f" ({report.pc:#x})"
        lines.append(style.paint("name", name) + where)
    if report.by_il and report.il:
        lines.append(f"  {report.il}")
    elif report.source:
        lines.append(f"{report.line}\t{report.source}")
    elif report.line and not report.moved:
        lines.append(f"{report.line}\tin {report.file}")
    if report.note:
        lines.append(style.paint("bad", f"! {report.note}"))
    return "\n".join(lines)


@renders(FinishReport)
def finish_text(report: FinishReport, style: Style) -> str:
    """Where it returned to, then the value."""
    if report.at.why != "returned":
        return f"{report.method} did not return\n{step_text(report.at, style)}"
    lines = [f"{style.paint('name', report.method)} returned", step_text(report.at, style)]
    if report.problem:
        lines.append(style.paint("bad", f"! {report.problem}"))
    elif report.value is None:
        lines.append("Value: (void)")
    else:
        text = style.paint("value", report.value.text)
        lines.append(f"Value: {style.paint('type', report.type)} {text}")
    return "\n".join(lines)
