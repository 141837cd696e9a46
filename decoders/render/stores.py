"""Text of recorded field stores."""

from __future__ import annotations

from decoders.render.base import Style, renders
from decoders.stores.report import EventReport, StoreReport


@renders(StoreReport)
def stores_text(report: StoreReport, style: Style) -> str:
    """The stores, one a line, then how the trace stands."""
    state = "on" if report.on else "off"
    last = f"trace {state}: {report.sites} store sites, {report.seen} stores seen"
    if report.kept != report.seen:
        last += f", {report.kept} kept"
    if report.dropped:
        last += f" ({report.dropped} older ones dropped)"
    if report.stops:
        last += f"; stops at {' or '.join(report.stops)}"
    lines = [*report._texts, style.paint("dim", last)]
    return "\n".join([*lines, report.note] if report.note else lines)


@renders(EventReport)
def events_text(report: EventReport, style: Style) -> str:
    """The events, one a line, then how the trace stands."""
    what = "calls" if report.what == "calls" else "objects"
    state = "on" if report.on else "off"
    last = f"trace {state} ({report.source}): {report.seen} {what} seen"
    if report.sites:
        last += f", {report.sites} places under watch"
    lines = [*report._texts, style.paint("dim", last)]
    return "\n".join([*lines, report.note] if report.note else lines)
