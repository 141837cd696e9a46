"""The files that a report becomes."""

from __future__ import annotations

import json

from decoders.report.html import to_html
from decoders.report.junit import to_junit
from decoders.report.model import Report
from decoders.report.sarif import to_sarif
from decoders.report.text import to_text

RENDERERS = ("report.txt", "report.json", "report.html", "junit.xml", "findings.sarif")


def render_all(report: Report, doctor_sarif: str) -> dict[str, bytes]:
    """File names with their contents, UTF-8."""
    texts = {
        "report.txt": to_text(report),
        "report.json": json.dumps(report, indent=1) + "\n",
        "report.html": to_html(report),
        "junit.xml": to_junit(report),
        "findings.sarif": to_sarif(report, doctor_sarif),
    }
    # A guest's strings are UTF-16 and may hold half a character.
    return {name: text.encode("utf-8", "backslashreplace") for name, text in texts.items()}
