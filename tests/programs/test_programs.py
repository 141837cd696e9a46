"""Programs that behave in the guest as they do under mono, fault as they should, or are refused.

The first lines of each program say what is expected of it:

    // args: WORDS             arguments, split as a shell would
    // library: FILE           another source file, compiled to an assembly of its own
    // case NAME: EXPECTED     one run, with NAME as the argument; EXPECTED is one of
                               `fault VECTOR`, `unhandled TYPE`, both with ` or ` between them,
                               or for refused programs `METHOD FEATURE` (regular expressions)
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.opcodes import read_usage

HERE = Path(__file__).resolve().parent
PROGRAMS = sorted(HERE.glob("*.cs"))
FAULTING = sorted((HERE / "faulting").glob("*.cs"))
UNSUPPORTED = sorted((HERE / "unsupported").glob("*.cs"))
GUEST_FAULT = 120
COMPILE_FAILURE = 122

Run = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """One run of a program with one argument, and what is expected."""

    source: Path
    name: str
    expected: str


def directives(source: Path, word: str) -> list[str]:
    """What follows `// word` on the lines of a source file."""
    return re.findall(rf"^// {word}:? (.*)$", source.read_text(encoding="utf-8"), re.MULTILINE)


def cases(sources: list[Path]) -> list[Case]:
    found = []
    for source in sources:
        for text in directives(source, "case"):
            name, _, expected = text.partition(": ")
            found.append(Case(source, name, expected))
    return found


def case_id(case: Case) -> str:
    return f"{case.source.stem}-{case.name}"


def arguments(source: Path) -> list[str]:
    return [word for text in directives(source, "args") for word in shlex.split(text)]


@pytest.fixture
def compiled(mcs_compile: Run) -> Callable[[Path], Path]:
    """Compile a program with the libraries that it names; returns the executable's path."""

    def compile_program(source: Path) -> Path:
        libraries = [
            mcs_compile(source.parent / name, library=True)
            for name in directives(source, "library")
        ]
        unsafe = ("-unsafe",) if "unsafe" in source.read_text(encoding="utf-8") else ()
        return Path(mcs_compile(source, references=libraries, options=("-warn:0", *unsafe)))

    return compile_program


@pytest.mark.parametrize("source", PROGRAMS, ids=lambda p: p.stem)
def test_mono_runs_it(source: Path, compiled: Run, mono_run: Run) -> None:
    status, out, _ = mono_run(compiled(source), *arguments(source))
    assert out, f"{source.stem} printed nothing (status {status})"
    assert status != 1, out


@pytest.mark.parametrize("source", [*PROGRAMS, *FAULTING], ids=lambda p: p.stem)
def test_it_stays_within_what_the_kernel_has(source: Path, compiled: Run) -> None:
    assert read_usage(compiled(source)).beyond == []


@pytest.mark.parametrize("case", cases(FAULTING), ids=case_id)
def test_mono_faults_too(case: Case, compiled: Run, mono_run: Run) -> None:
    if "unhandled" not in case.expected:
        pytest.skip("mono has no orderly end for a stack overflow")
    status, out, err = mono_run(compiled(case.source), case.name)
    assert status == 1
    assert out.decode() == f"before {case.name}\n"
    assert case.expected.rsplit("unhandled ", 1)[1] + ": " in err.decode()


@pytest.mark.parametrize("case", cases(UNSUPPORTED), ids=case_id)
def test_mono_runs_what_the_kernel_refuses(case: Case, compiled: Run, mono_run: Run) -> None:
    status, out, _ = mono_run(compiled(case.source), case.name)
    assert out.decode() == f"before {case.name}\nafter {status}\n"


@pytest.mark.guest
@pytest.mark.parametrize("source", PROGRAMS, ids=lambda p: p.stem)
def test_the_guest_does_the_same(
    source: Path, compiled: Run, mono_run: Run, run_guest: Run
) -> None:
    exe, words = compiled(source), arguments(source)
    status, out, err = mono_run(exe, *words)
    run = run_guest(exe, *words)
    assert run.json.get("outcome") == "exit", run.json
    assert run.out.decode(errors="replace") == out.decode()
    assert run.status == status
    assert err.decode() in run.err.decode(errors="replace")


def matches(event: dict[str, Any], expected: str) -> bool:
    """Whether a `fault` or `unhandled` event is one of the alternatives expected."""
    for alternative in expected.split(" or "):
        kind, value = alternative.split(" ")
        if event.get("event") == kind:
            found = event.get("vector") if kind == "fault" else event.get("type")
            if str(found) == value:
                return True
    return False


@pytest.mark.guest
@pytest.mark.parametrize("case", cases(FAULTING), ids=case_id)
def test_the_guest_faults(case: Case, compiled: Run, mono_run: Run, run_guest: Run) -> None:
    exe = compiled(case.source)
    run = run_guest(exe, case.name)
    assert run.json.get("outcome") == "guest-fault", run.json
    assert run.status == GUEST_FAULT
    assert run.out.decode(errors="replace") == f"before {case.name}\n"
    event = run.json["event"]
    assert matches(event, case.expected), event
    if case.source.stem == "throws":
        _, _, err = mono_run(exe, case.name)
        assert f"{event['type']}: {event['message']}" in err.decode()


@pytest.mark.guest
@pytest.mark.parametrize("case", cases(UNSUPPORTED), ids=case_id)
def test_the_guest_refuses(case: Case, compiled: Run, run_guest: Run) -> None:
    run = run_guest(compiled(case.source), case.name)
    assert run.json.get("outcome") == "compile-failure", run.json
    assert run.status == COMPILE_FAILURE
    assert run.out.decode(errors="replace") == f"before {case.name}\n"
    event = run.json["event"]
    method, feature = case.expected.split(" ", 1)
    assert case.source.stem in event["assembly"]
    assert re.search(rf"\b({method})\b", event["method"]), event
    assert re.search(feature, f"{event['opcode']} {event['message']}", re.IGNORECASE), event
    assert int(str(event["il"]), 0) >= 0, event


@pytest.mark.guest
def test_any_number_of_arguments_arrives(compiled: Run, run_guest: Run) -> None:
    run = run_guest(compiled(HERE / "arguments.cs"), *map(str, range(1000)))
    assert run.status == 1000 % 256
    assert run.out.count(b"\n") == 1000 and b"\n999: [999] length 3 " in run.out
