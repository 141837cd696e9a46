"""The conformance program prints the same under mono and in the guest, check by check."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.compare import DONE, compare, parse, run_mono
from tests.conformance.generate import build as build_conformance
from tests.conformance.generate import write_sources
from tests.conformance.opcodes import NOT_EXERCISED, Usage, all_opcodes, read_usage

LEAST_CHECKS = 400


@pytest.fixture(scope="module", params=["debug", "optimize"])
def exe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Conformance.exe, compiled without and with -optimize+."""
    return build_conformance(tmp_path_factory.mktemp(request.param), request.param == "optimize")


@pytest.fixture(scope="module")
def expected(exe: Path) -> str:
    return run_mono(exe, [])


@pytest.fixture(scope="module")
def usages(exe: Path) -> list[Usage]:
    return [read_usage(exe), read_usage(exe.parent / "Opcodes.dll")]


def test_there_are_enough_checks(expected: str) -> None:
    checks = parse(expected)
    assert checks.pop(DONE) == ""
    assert len(checks) >= LEAST_CHECKS
    assert all(" = " in line for line in expected.splitlines()[:-1])


def test_every_group_has_checks_and_runs_alone(exe: Path, expected: str) -> None:
    groups = run_mono(exe, ["--list"]).split()
    counts = Counter(name.split(".", 1)[0] for name in parse(expected) if name != DONE)
    assert set(counts) == set(groups)
    alone = groups[len(groups) // 2]
    lines = run_mono(exe, [alone]).splitlines()
    whole = [line for line in expected.splitlines() if line.startswith(alone + ".")]
    assert lines == [*whole, DONE]


def test_an_unknown_group_is_an_error(exe: Path) -> None:
    done = subprocess.run(
        ["mono", str(exe), "nonsense"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no such group" in done.stdout


def test_the_generator_is_deterministic(tmp_path: Path) -> None:
    first = [path.read_text() for path in write_sources(tmp_path / "a")]
    second = [path.read_text() for path in write_sources(tmp_path / "b")]
    assert first == second


def test_it_stays_within_what_the_kernel_has(usages: list[Usage]) -> None:
    assert [sentence for usage in usages for sentence in usage.beyond] == []


def test_every_opcode_is_exercised(usages: list[Usage]) -> None:
    used = {name for usage in usages for name in usage.opcodes}
    assert all_opcodes() - used == set(NOT_EXERCISED)


def test_comparison_names_what_differs() -> None:
    result = compare("a.x = 1\na.y = 2\nb.z = 3\ndone\n", "a.x = 1\na.y = 9\ndone\nq = 4\n")
    assert result.differing == {"a.y": ("2", "9")}
    assert result.missing == ["b.z"]
    assert result.extra == ["q"]
    assert "a.y: mono 2, guest 9" in result.report()
    assert not result.same


@pytest.mark.guest
@pytest.mark.slow
def test_the_guest_agrees_with_mono(
    exe: Path, expected: str, run_guest: Callable[..., Any]
) -> None:
    run = run_guest(exe, timeout=180)
    result = compare(expected, run.out.decode(errors="replace"))
    ended = f"{run.json.get('outcome')}: {run.json.get('message')}"
    assert result.same, f"{result.report()}\nthe run ended with {ended}"
    assert run.status == 0, ended
