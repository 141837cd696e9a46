"""Post-mortem reports: one JSON document, and pure functions that render it.

`make_report` puts a document together, `RENDERERS` names the files that are made from it. The same
document always gives the same bytes.
"""

from decoders.report.files import RENDERERS, render_all
from decoders.report.html import to_html
from decoders.report.junit import to_junit
from decoders.report.model import (
    SCHEMA,
    SCHEMA_VERSION,
    Ended,
    Report,
    Status,
    make_report,
)
from decoders.report.sarif import to_sarif
from decoders.report.text import to_text, verdict_text

__all__ = [
    "RENDERERS", "SCHEMA", "SCHEMA_VERSION", "Ended", "Report", "Status", "make_report",
    "render_all", "to_html", "to_junit", "to_sarif", "to_text", "verdict_text",
]
