"""Every fault that the kernel can reproduce is diagnosed: right rule, right culprit, first."""

from __future__ import annotations

import re

import pytest

from decoders.doctor.sarif import to_sarif
from decoders.render import Style, to_json, to_text
from qemu_scripts import faults, paths
from tests.doctor.machine import booted
from tests.doctor.table import (
    DOCS,
    EXPECTED,
    Diagnosed,
    culprit,
    diagnose,
    row,
    rules_table,
)

pytestmark = pytest.mark.guest


def test_every_fault_has_an_expected_diagnosis() -> None:
    assert sorted(EXPECTED) == sorted(faults.FAULTS)


@pytest.fixture(scope="module", params=list(EXPECTED))
def diagnosed(request: pytest.FixtureRequest, build: object) -> tuple[str, Diagnosed]:
    """One boot with a fault: looked at before it shows, where it shows, and from a dump."""
    return request.param, diagnose(request.param)


def test_it_is_diagnosed_where_it_shows_and_from_a_dump(diagnosed: tuple[str, Diagnosed]) -> None:
    name, found = diagnosed
    report, text = found.live, found.symptom
    assert report.problems == ()
    assert to_json(found.dump) == to_json(report), "the dump gives another answer"
    first = report.findings[0]
    assert (first.rule.id, culprit(report)) == (EXPECTED[name].rule, EXPECTED[name].culprit)
    # Everything else is of the same type or method, or follows from it.
    assert {f.rule.id for f in report.findings} == {EXPECTED[name].rule}
    assert report.fault_text and first.relation
    assert row(name, report, text) in DOCS.read_text(), "run python -m tests.doctor.table"
    for rendered in (to_text(report, Style()), to_json(report), to_sarif(report)):
        assert first.rule.id in rendered


def test_it_is_diagnosed_before_it_shows(diagnosed: tuple[str, Diagnosed]) -> None:
    name, found = diagnosed
    report = found.before
    if report is None:
        assert EXPECTED[name].compiled == ""
        return
    assert report.fault_text == ""
    assert (report.findings[0].rule.id, culprit(report)) == (
        EXPECTED[name].rule, EXPECTED[name].culprit)


#: The same faults where they were not made for: fault, scope, rule, culprit.
ELSEWHERE = [
    ("this-not-homed", "scenarios!Scenarios.ThisNotHomed+Port::Latch", "argument-home",
     "Scenarios.ThisNotHomed+Port::Latch"),
    ("array-mt-element", "ddk!Ddk.PciDeviceInfo::.ctor", "allocation-type",
     "Ddk.PciDeviceInfo::.ctor"),
    ("array-stride-unaligned", "ddk!Ddk.PciBar::*", "array-component-size", "Ddk.PciBar[]"),
    ("vt-field-offset", "ddk!Ddk.PciAddress::*", "type-field-layout", "Ddk.PciAddress"),
    ("callee-saved-lost", "scenarios!Scenarios.CalleeSavedLost::Bind", "callee-saved",
     "Scenarios.CalleeSavedLost::Bind"),
    ("local0-over-save-area", "virtioblk!VirtioBlk.VirtioBlkEntry::Bind", "save-area",
     "VirtioBlk.VirtioBlkEntry::Bind"),
    ("embedded-vt-field-8", "scenarios!Scenarios.EmbeddedVtField8+Info::*", "type-field-layout",
     "Scenarios.EmbeddedVtField8+Info"),
    ("stack-arg-shift", "ddk!Ddk.Pci::*", "call-argument", None),
    # With five slots every register has a home all the same: what lacks is the buffer's record.
    ("hidden-buffer-not-homed", "ddk!Ddk.Pci::ReadBar", "frame-record", "Ddk.Pci::ReadBar"),
    ("vtable-slot-collision", "korlib!System.IO.TextWriter::*", "vtable-shared",
     "System.IO.TextWriter"),
]


@pytest.mark.parametrize(("name", "scope", "rule", "where"), ELSEWHERE)
def test_other_scopes(build: object, name: str, scope: str, rule: str, where: str | None) -> None:
    with booted(fault=f"{name}@{scope}", at=None) as guest:
        guest.to_the_end()
        report = guest.report()
    first = report.findings[0]
    assert first.rule.id == rule
    assert where is None or culprit(report) == where


def test_the_rules_are_in_the_docs() -> None:
    assert "\n".join(rules_table()) in DOCS.read_text(), "run python -m tests.doctor.table"


def test_the_doctor_knows_no_fault_by_name() -> None:
    names = re.compile("|".join(map(re.escape, faults.FAULTS)))
    for folder in ("decoders", "gdbext"):
        for path in (paths.ROOT / folder).rglob("*.py"):
            assert not names.search(path.read_text()), path
