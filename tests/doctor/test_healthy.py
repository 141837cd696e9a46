"""A healthy kernel gives no finding, whatever it runs and wherever it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from decoders.doctor import DoctorReport
from qemu_scripts import paths
from tests.conformance.generate import build as build_conformance
from tests.doctor.machine import COMPILED, EXIT, booted
from tests.programs.test_programs import arguments

pytestmark = pytest.mark.guest
PROGRAMS = paths.ROOT / "tests" / "programs"


def assert_healthy(report: DoctorReport) -> None:
    """No finding, nothing that could not be looked at, and nearly all IL was run."""
    found = [f.title() for f in (*report.findings, *report.consequences)]
    assert found == [] and report.problems == ()
    coverage = report.coverage
    assert coverage.instructions_run >= 0.95 * coverage.instructions
    assert coverage.types and coverage.blocks


def test_driver_scenario_at_its_end(build: object) -> None:
    with booted(at=EXIT) as guest:
        report = guest.report()
    assert_healthy(report)
    assert report.coverage.methods > 150


@pytest.mark.parametrize("count", [1, 20, 60, 110, 170])
def test_driver_scenario_on_its_way(build: object, count: int) -> None:
    with booted(at=COMPILED, skip=count) as guest:
        report = guest.report()
    assert_healthy(report)


@pytest.mark.parametrize("path", sorted(PROGRAMS.glob("*.cs")), ids=lambda p: p.stem)
def test_programs(build: object, mcs_compile: Callable[..., Path], path: Path) -> None:
    library = PROGRAMS / "library" / "Geometry.cs"
    references = [mcs_compile(library, library=True)] if path.stem == "uses_library" else []
    exe = mcs_compile(path, references=references, options=["-unsafe"])
    with booted(exe, *arguments(path), at=None) as guest:
        guest.to_the_end()
        assert guest.stub.registers()["rip"] == guest.symbol(EXIT), guest.log()
        assert_healthy(guest.report())


@pytest.mark.parametrize("path", sorted((PROGRAMS / "faulting").glob("*.cs")), ids=lambda p: p.stem)
def test_programs_that_are_at_fault_themselves(
    build: object, mcs_compile: Callable[..., Path], path: Path
) -> None:
    exe = mcs_compile(path, options=["-unsafe"])
    with booted(exe, at=None) as guest:
        guest.to_the_end()
        report = guest.report()
    found = [f.title() for f in (*report.findings, *report.consequences)]
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize("optimize", [False, True], ids=["debug", "optimize"])
def test_conformance(build: object, tmp_path: Path, optimize: bool) -> None:
    with booted(build_conformance(tmp_path, optimize), at=EXIT) as guest:
        report = guest.report()
    assert_healthy(report)
    assert report.coverage.methods > 1000


