"""Text of a doctor's report: the verdict first, then what follows from it."""

from __future__ import annotations

from decoders.doctor.model import DoctorReport, Finding
from decoders.render.base import Style, renders
from decoders.timetravel.report import StoreAnswer

_MAX_CONSEQUENCES = 8
_MAX_EVIDENCE = 12


@renders(DoctorReport)
def doctor_report(report: DoctorReport, style: Style) -> str:
    """Findings in order; one line when there are none."""
    lines = []
    if report.fault_text:
        lines += [style.paint("bad", report.fault_text), ""]
    stores = {answer.finding: answer for answer in report.stores}
    for number, finding in enumerate(report.findings, 1):
        lines += _finding(finding, number, style, stores.get(finding.title()))
    if report.consequences:
        lines.append(f"What follows from {'it' if len(report.findings) == 1 else 'them'}:")
        lines += [f"  {f.title()}" for f in report.consequences[:_MAX_CONSEQUENCES]]
        more = len(report.consequences) - _MAX_CONSEQUENCES
        if more > 0:
            lines.append(f"  and {more} more (--json has all)")
        lines.append("")
    lines += _explanations(report, style)
    lines += [style.paint("bad", f"! {problem}") for problem in report.problems]
    lines.append(_coverage(report))
    return "\n".join(lines)


def _finding(
    finding: Finding, number: int, style: Style, store: StoreAnswer | None
) -> list[str]:
    head = f"{number}. {style.paint('mark', finding.title())}"
    place = finding.place
    lines = [head]
    if place.file:
        lines.append(f"   at {place.file}:{place.line}")
    lines.append(f"   rule: {finding.rule.sentence}")
    lines.append(f"   claimed {finding.claimed}; expected {finding.expected} "
                 f"({finding.certainty.value})")
    if place.address:
        lines.append(f"   at address {style.paint('address', f'{place.address:#x}')}")
    shown = [e for e in finding.evidence if e]
    lines += [f"     {e}" for e in shown[:_MAX_EVIDENCE]]
    if len(shown) > _MAX_EVIDENCE:
        lines.append(f"     and {len(shown) - _MAX_EVIDENCE} more")
    lines.append(f"   {finding.relation}")
    if store is not None:
        lines.append(f"   written: {store.sentence}")
    lines += [f"   next: {next_look(finding)}", ""]
    return lines


def next_look(finding: Finding) -> str:
    """The rule's suggestion with this finding's names in it."""
    place = finding.place
    text = finding.rule.next_look.replace("TYPE", place.type or f"{place.address:#x}")
    text = text.replace("METHOD", place.method or f"{place.address:#x}")
    return text.replace("ADDR", f"{place.address:#x}")


def _explanations(report: DoctorReport, style: Style) -> list[str]:
    if report.fault is None or not report.fault.explanations:
        return []
    lines = ["Explanations of the faulting address:"]
    for explanation in report.fault.explanations[:4]:
        lines.append(f"  {explanation.weight:4.0%}  {explanation.text}")
        lines += [f"        {e}" for e in explanation.evidence[:3]]
    return [*lines, ""]


def _coverage(report: DoctorReport) -> str:
    c = report.coverage
    count = len(report.findings)
    verdict = "no findings" if report.healthy else (
        f"{count} finding{'s' if count != 1 else ''}, {len(report.consequences)} consequences")
    return (f"{report.scope}: {verdict}; looked at {c.types} types, {c.methods} methods "
            f"({c.instructions_run} of {c.instructions} IL instructions run), {c.blocks} heap "
            f"blocks, {c.frames} frames")
