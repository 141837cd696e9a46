"""The report as JUnit XML, for the CI systems that show it: one case for the run, one a rule."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from decoders.report.model import Ended, Report, Status, finding_title, store_of
from decoders.report.text import printable, printable_lines, verdict_text


def _xml(text: str) -> str:
    # XML 1.0 has no place for most control characters, not even escaped (section 2.2).
    return escape(printable_lines(text))


def _attribute(text: str) -> str:
    return quoteattr(printable(text))


def to_junit(report: Report) -> str:
    """The run is a case of its own; each finding of the doctor is a failed case."""
    verdict, run = report["verdict"], report["run"]
    ended = Ended(run["ended"])
    status = Status(verdict["status"])
    findings = report["doctor"]["findings"] if report["doctor"] else []
    ran_badly = ended not in (Ended.END, Ended.STOPPED) or (
        status is Status.WRONG and not findings)
    happened = verdict["happened"] if ran_badly else ""
    cases = [_case("run", "guest run", happened, verdict_text(report))]
    cases += [
        _case("doctor", f["rule"]["id"], finding_title(f), _finding(f, store_of(report, f)))
        for f in findings]
    if not findings and report["doctor"]:
        cases.append(_case("doctor", "clr-doctor", "", ""))
    errors = 0
    if status is Status.UNUSABLE and not ran_badly:
        errors = 1
        cases.append(
            f'  <testcase classname="doctor" name="clr-doctor">\n'
            f"    <error message={_attribute(verdict['title'])}/>\n  </testcase>")
    failures = (1 if ran_badly else 0) + len(findings)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuite name="clrscope postmortem" tests="{len(cases)}" failures="{failures}" '
        f'errors="{errors}">\n' + "\n".join(cases) + "\n</testsuite>\n"
    )


def _case(group: str, name: str, failure: str, text: str) -> str:
    head = f'  <testcase classname="{group}" name={_attribute(name)}'
    if not failure:
        return head + "/>"
    return (f"{head}>\n    <failure message={_attribute(failure)}>{_xml(text)}</failure>\n"
            "  </testcase>")


def _finding(finding: Report, store: Report | None) -> str:
    lines = [finding["rule"]["sentence"], f"claimed: {finding['claimed']}",
             f"expected: {finding['expected']}", *finding["evidence"], finding["relation"]]
    lines += [f"written: {store['sentence']}"] if store is not None else []
    return "\n".join(line for line in lines if line)
