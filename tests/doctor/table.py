"""What each fault of the kernel must lead to, and the table of it in docs/doctor.md.

`python -m tests.doctor.table` boots the kernel once for each fault and writes the tables anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from decoders.doctor import RULES, Doctor, DoctorReport
from qemu_scripts import faults, paths
from tests.doctor.machine import FATAL, booted

DOCS = paths.ROOT / "docs" / "doctor.md"


@dataclass(frozen=True)
class Diagnosis:
    """The rule and the culprit (method or type) that the first finding names.

    `compiled` is the method after whose compilation the damage can be seen before it shows.
    """

    rule: str
    culprit: str
    compiled: str


EXPECTED = {
    "array-mt-element": Diagnosis(
        "allocation-type", "Scenarios.ArrayMtElement::Run", "Scenarios.ArrayMtElement::Run"),
    "array-stride-unaligned": Diagnosis(
        "array-component-size", "Scenarios.ArrayStrideUnaligned+Bar[]",
        "Scenarios.ArrayStrideUnaligned::Run"),
    "this-not-homed": Diagnosis(
        "argument-home", "Ddk.PciDeviceInfo::ReadProgIf", "Ddk.PciDeviceInfo::ReadProgIf"),
    "vt-field-offset": Diagnosis(
        "type-field-layout", "Scenarios.VtFieldOffset+Address", "Scenarios.VtFieldOffset::Run"),
    "local-slot-8": Diagnosis(
        "local-slot", "Scenarios.LocalSlot8::Fill", "Scenarios.LocalSlot8::Fill"),
    "callee-saved-lost": Diagnosis(
        "callee-saved", "VirtioBlk.VirtioBlkEntry::Bind", "VirtioBlk.VirtioBlkEntry::Bind"),
    "local0-over-save-area": Diagnosis(
        "save-area", "Scenarios.Local0OverSaveArea::Bind", "Scenarios.Local0OverSaveArea::Bind"),
    "embedded-vt-field-8": Diagnosis(
        "type-field-layout", "Ddk.PciDeviceInfo", "VirtioBlk.VirtioBlkEntry::Bind"),
    "shadow-space-missing": Diagnosis(
        "shadow-space", "Scenarios.ShadowSpaceMissing::Run", "Scenarios.ShadowSpaceMissing::Run"),
    "stack-arg-shift": Diagnosis(
        "call-argument", "Scenarios.StackArgShift::Run", "Scenarios.StackArgShift::Run"),
    "hidden-buffer-not-homed": Diagnosis(
        "argument-home", "Scenarios.HiddenBufferNotHomed::Make",
        "Scenarios.HiddenBufferNotHomed::Make"),
    "dup-large-vt": Diagnosis(
        "value-move", "Scenarios.DupLargeVt::Run", "Scenarios.DupLargeVt::Run"),
    "vtable-slot-collision": Diagnosis(
        "vtable-shared", "Scenarios.VtableSlotCollision+Device",
        "Scenarios.VtableSlotCollision::Run"),
    "width-truncate": Diagnosis(
        "operand-width", "Scenarios.WidthTruncate::Divide", "Scenarios.WidthTruncate::Divide"),
    "token-only-registry": Diagnosis(
        "code-identity", "Scenarios.TokenOnlyRegistry::Value", ""),
}


def culprit(report: DoctorReport) -> str:
    """The method or type that the first finding is about."""
    place = report.findings[0].place
    return place.method or place.type


def row(name: str, report: DoctorReport, symptom: str) -> str:
    """A line of the table of faults."""
    first = report.findings[0].title().replace("|", "\\|")
    return f"| `{name}` | {symptom.replace('|', chr(92) + '|')} | {first} |"


def symptom(report: DoctorReport, log: str) -> str:
    """What a person sees: the fault, or what the failed check said."""
    found = re.findall(r'"event":"check-failed".*?"what":"([^"]*)"', log)
    if found:
        return f"failed check: {found[-1]}"
    return report.fault_text


def rules_table() -> list[str]:
    """One line a rule, by family."""
    lines = ["| rule | family | holds when |", "| --- | --- | --- |"]
    for rule in sorted(RULES.values(), key=lambda r: (r.family, r.rank)):
        lines.append(f"| `{rule.id}` | {rule.family} | {rule.sentence} |")
    return lines


def replaced(text: str, name: str, lines: list[str]) -> str:
    """The document with the block between two markers replaced."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    head, _, rest = text.partition(start)
    _, _, tail = rest.partition(end)
    if not rest or not tail:
        raise ValueError(f"{DOCS} has no block {name}")
    return "\n".join([head + start, *lines, end]) + tail


@dataclass(frozen=True)
class Diagnosed:
    """What the doctor says of a stopped guest, live and from a dump of the same stop; `before` is
    what it said right behind the compilation of EXPECTED's method, before it ran."""

    before: DoctorReport | None
    live: DoctorReport
    dump: DoctorReport
    symptom: str


def diagnose(name: str) -> Diagnosed:
    """Boot with a fault, let it show, ask the doctor about the guest and about its dump."""
    with booted(fault=name, at=None) as guest:
        before = None
        if EXPECTED[name].compiled:
            guest.until_compiled(EXPECTED[name].compiled)
            before = guest.report()
        guest.go(FATAL)
        report = guest.report()
        return Diagnosed(
            before, report, Doctor(guest.dumped()).everything(), symptom(report, guest.log()))


def main() -> None:
    """Write both tables."""
    lines = ["| fault | symptom | the doctor's first line |", "| --- | --- | --- |"]
    for name in faults.FAULTS:
        found = diagnose(name)
        lines.append(row(name, found.live, found.symptom))
        print(lines[-1])
    text = DOCS.read_text()
    text = replaced(replaced(text, "rules", rules_table()), "faults", lines)
    Path(DOCS).write_text(text)


if __name__ == "__main__":
    main()
