"""clr-postmortem: the whole report about a stopped target."""

from __future__ import annotations

from gdbext.command import Declare, Option

declare = Declare("gdbext.commands.postmortem")

declare(
    "clr-postmortem", "Say what is wrong with the stopped target, and write the whole report.",
    options=(
        Option("out", "folder for report.txt, .json, .html, junit.xml and findings.sarif", "file"),
        Option("facts", "only write what was found, as JSON, to this file", "file"),
    ),
    details="""
Sets $clr_status to 0 when nothing is wrong, 1 for a fault or a finding, 2 when the target could not
be looked at, 3 when the guest hung: `quit $clr_status` hands it to a script.
""",
    examples=("clr-postmortem", "clr-postmortem -out /tmp/report"),
)
