"""Whole programs in the host build, with sanitizers, against mono."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.compare import compare, run_mono
from tests.conformance.generate import build as build_conformance
from tests.programs.test_programs import PROGRAMS, arguments, directives

Run = Callable[..., Any]


@pytest.mark.parametrize("source", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_does_as_under_mono(
    source: Path, clrhost: Run, mono_run: Run, mcs_compile: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    libraries = [
        mcs_compile(source.parent / name, library=True) for name in directives(source, "library")
    ]
    unsafe = ("-unsafe",) if "unsafe" in source.read_text(encoding="utf-8") else ()
    program = mcs_compile(source, references=libraries, options=("-warn:0", *unsafe))
    status, out, _ = mono_run(program, *arguments(source))
    done = clrhost(program, *arguments(source))
    assert done.out.decode() == out.decode()
    assert done.status == status, done.err


def test_conformance_is_as_under_mono(clrhost: Run, tmp_path: Path) -> None:
    program = build_conformance(tmp_path, False)
    done = clrhost(program)
    assert done.status == 0, done.err
    result = compare(run_mono(program, []), done.out.decode())
    assert result.same, result.report()


@pytest.mark.parametrize("name", ["korlib", "ddk", "virtioblk", "init", "scenarios"])
def test_everything_bundled_compiles(clrhost: Run, build: Path, name: str) -> None:
    done = clrhost("--compile-all", build / "managed" / f"{name}.dll")
    assert done.status == 0, done.err
    counts = json.loads(done.out)
    assert counts["methods_failed"] == 0, done.err
    assert counts["methods"] > 10
    failures = [line for line in done.err.splitlines() if "generics are not supported" not in line]
    assert not failures


def test_a_null_reference_is_reported_as_a_fault(
    clrhost: Run, mcs_compile: Run, tmp_path: Path
) -> None:
    source = tmp_path / "Null.cs"
    source.write_text(
        "class P { int x; static P p; static int Main() { return p.x; } }", encoding="ascii"
    )
    done = clrhost(mcs_compile(source, options=("-warn:0",)))
    assert done.status == 120
    assert '"event":"fault"' in done.err or "NullReferenceException" in done.err


def test_a_missing_assembly_is_named(clrhost: Run, mcs_compile: Run, tmp_path: Path) -> None:
    library = tmp_path / "Absent.cs"
    library.write_text("public static class A { public static int V() { return 3; } }", "ascii")
    source = tmp_path / "Uses.cs"
    source.write_text("class P { static int Main() { return A.V(); } }", "ascii")
    program = mcs_compile(source, references=[mcs_compile(library, library=True)])
    alone = tmp_path / "alone"
    alone.mkdir()
    done = clrhost(Path(shutil.copy(program, alone)))
    assert done.status == 122
    assert "'Absent' is not among the modules" in done.err


def test_a_method_that_does_not_compile_is_told_at_its_calls(
    clrhost: Run, mcs_compile: Run, tmp_path: Path
) -> None:
    source = tmp_path / "Refused.cs"
    source.write_text(
        "using System;\n"
        "class P {\n"
        "  static int Bad(int x) { try { return x; } catch (Exception) { return 1; } }\n"
        "  static int Main(string[] a) {\n"
        "    int r = 40 + Bad(1) + Bad(2);\n"
        "    for (int i = 0; i < a.Length * 1000; i++) r += Bad(i);\n"
        "    return r; } }",
        encoding="ascii",
    )
    program = mcs_compile(source)
    done = clrhost("--on-compile-fail", "continue", program)
    assert done.status == 40, done.err
    assert done.err.count('"event":"compile-failed"') == 2
    often = clrhost("--on-compile-fail", "continue", program, "loop")
    assert often.status == 40 and often.err.count('"event":"compile-failed"') == 8
    assert often.err.count("further calls of this method are not told") == 1
    stopped = clrhost(program)
    assert stopped.status == 122
    assert stopped.err.count('"event":"compile-failed"') == 1
    event = json.loads(stopped.err.split("@@clr ", 1)[1].splitlines()[0])
    assert event["assembly"] == "Refused" and event["method"] == "P::Bad"
