"""Text of what symbol objects hold."""

from __future__ import annotations

from decoders.render.base import Style, renders
from decoders.symbols.report import SymbolReport


@renders(SymbolReport)
def symbols_text(report: SymbolReport, style: Style) -> str:
    """One line, and a line for each method that lacks something."""
    if report.new:
        text = (f"{report.methods} methods ({report.new} new) in {report.bytes} bytes, "
                f"{report.seconds * 1000:.0f} ms: {report.path}")
    else:
        text = f"{report.methods} methods, up to date"
    return "\n".join([text, *(style.paint("bad", f"! {p}") for p in report.problems)])
