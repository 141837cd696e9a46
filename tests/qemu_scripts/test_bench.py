"""The benchmark's generator and report; how fast things are is not tested."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qemu_scripts.bench import generate, host, jit
from qemu_scripts.bench.runners import Mono

Run = Callable[..., Any]


def test_the_assembly_is_two_thousand_methods_of_some_190_bytes(tmp_path: Path) -> None:
    assembly = generate.compile_with_mcs(generate.source(), tmp_path, "jitbench")
    sizes = generate.measure(assembly)
    assert sizes.methods == 2000
    assert 180 <= sizes.mean <= 200


def test_the_text_is_the_same_every_time() -> None:
    assert generate.source(200) == generate.source(200)


@pytest.mark.guest
def test_the_host_library_compiles_all_of_it(build: Path, tmp_path: Path) -> None:
    assembly = generate.compile_with_mcs(generate.source(), tmp_path, "jitbench")
    statistics = host.compile_all(assembly)
    assert statistics.methods_failed == statistics.types_failed == 0
    assert statistics.methods > 2000
    assert statistics.il_bytes > generate.measure(assembly).il_bytes
    assert statistics.nanoseconds > 0


@pytest.mark.guest
@pytest.mark.parametrize("program", jit.PROGRAMS)
def test_the_programs_print_the_same_everywhere(
    run_guest: Run, mono_run: Run, mcs_compile: Run, program: str
) -> None:
    source = Path(jit.__file__).parent / "programs" / f"{program}.cs"
    assembly = mcs_compile(source)
    _, expected, _ = mono_run(assembly, "x", "x")
    assert run_guest(assembly, "x", "x", check=0).out == expected


def test_a_measurement_is_a_difference_of_two_runs(mcs_compile: Run) -> None:
    source = Path(jit.__file__).parent / "programs" / "sieve.cs"
    output, seconds = Mono().seconds_for(mcs_compile(source), 3)
    assert output == f"{3 * 17984}\n"
    assert seconds >= 0


def test_the_report_has_ratios_and_what_was_left_out() -> None:
    report = jit.Report(
        compile=(jit.CompileSpeed("host library", "compiler", 2000, 380000, 0.012),),
        code=(
            jit.CodeSpeed("sieve", jit.REFERENCE, 0.010),
            jit.CodeSpeed("sieve", "host library", 0.020),
        ),
        skipped=(("RyuJIT minopts", "dotnet is not installed"),),
    )
    text = report.to_text()
    assert "6.0" in text and "32" in text
    assert "20.0 ms (2.00x)" in text
    assert "left out: RyuJIT minopts: dotnet is not installed" in text
    assert report.to_json()["skipped"] == [
        {"runner": "RyuJIT minopts", "reason": "dotnet is not installed"}
    ]
