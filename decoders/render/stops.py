"""Text of breakpoints and steps."""

from __future__ import annotations

from decoders.render.base import Style, renders
from decoders.stops.report import BreakpointList, BreakpointReport


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
