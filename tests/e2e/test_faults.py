"""Each fault switch, in its default scope, breaks its own scenario as the table says it shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qemu_scripts import faults, paths

pytestmark = pytest.mark.guest

RunGuest = Callable[..., Any]
CHECK, FAULT = "check-failed", "guest-fault"
#: The driver core finds that its cursor points to something that is mapped but no device.
PANIC = 0x100


@dataclass(frozen=True)
class Symptom:
    """How a fault shows: the outcome, and for page faults CR2's range and where RIP lies."""

    outcome: str
    cr2: range | None = None
    module: str | None = None
    vectors: tuple[int, ...] = (14,)


SYMPTOMS = {
    "array-mt-element": Symptom(CHECK),
    "array-stride-unaligned": Symptom(CHECK),
    "this-not-homed": Symptom(FAULT, range(0x13, 0x14), "jit"),
    "vt-field-offset": Symptom(CHECK),
    "local-slot-8": Symptom(FAULT, range(0xDEAD7000, 0xDEAD7001), "unknown"),
    "callee-saved-lost": Symptom(FAULT, module="kernel", vectors=(13, 14, PANIC)),
    "local0-over-save-area": Symptom(FAULT, range(0x1000), "kernel"),
    "embedded-vt-field-8": Symptom(CHECK),
    "shadow-space-missing": Symptom(FAULT, module="jit"),
    "stack-arg-shift": Symptom(CHECK),
    "hidden-buffer-not-homed": Symptom(CHECK),
    "dup-large-vt": Symptom(CHECK),
    "vtable-slot-collision": Symptom(CHECK),
    "width-truncate": Symptom(CHECK),
    "token-only-registry": Symptom(CHECK),
}
STATUS = {CHECK: 121, FAULT: 120}


def scenario_order() -> list[str]:
    """The scenarios' names in the order in which the kernel runs them."""
    source = (paths.KERNEL_SOURCES / "managed" / "scenarios" / "All.cs").read_text()
    return re.findall(r'Passed\("([a-z0-9-]+)"\)', source)


def test_every_fault_has_a_symptom() -> None:
    assert sorted(SYMPTOMS) == sorted(faults.FAULTS)


@pytest.mark.parametrize("name", SYMPTOMS)
def test_it_shows_as_the_table_says(run_guest: RunGuest, name: str) -> None:
    symptom = SYMPTOMS[name]
    done = run_guest("--fault", name)
    assert done.json.get("outcome") == symptom.outcome, done.log
    assert done.status == STATUS[symptom.outcome]
    event = done.json["event"]
    if symptom.outcome == FAULT:
        assert event["vector"] in symptom.vectors
    if event.get("vector") == 14:
        assert f"!!! EXCEPTION 000E: Page Fault at CR2={int(event['cr2'], 16):#x}" in done.log
    if symptom.cr2 is not None:
        assert int(event["cr2"], 16) in symptom.cr2
    if symptom.module is not None:
        assert event["module"] == symptom.module
    # Whatever ran before its scenario is healthy, and nothing runs after it.
    passed = re.findall(r"^\[Scenario\] (\S+) ok$", done.log, re.MULTILINE)
    order = scenario_order()
    assert passed == order[: len(passed)]
    assert name not in passed
    assert passed == [] or len(passed) == order.index(name)


@pytest.mark.parametrize("name", SYMPTOMS)
def test_it_leaves_other_code_alone(run_guest: RunGuest, name: str) -> None:
    done = run_guest("--fault", f"{name}@nothing!No.Such.Type::Method", check=0)
    assert "[OK] Kernel initialization complete" in done.log


@pytest.mark.parametrize(
    ("fault", "cr2"),
    [("this-not-homed@scenarios!Scenarios.ThisNotHomed+Port::Latch", 0x18)],
)
def test_another_scope_of_the_bundled_scenarios(run_guest: RunGuest, fault: str, cr2: int) -> None:
    done = run_guest("--fault", fault, check=120)
    assert int(done.json["event"]["cr2"], 16) == cr2


@pytest.mark.parametrize(
    "fault",
    [
        "callee-saved-lost@scenarios!Scenarios.CalleeSavedLost::Bind",
        "local0-over-save-area@virtioblk!VirtioBlk.VirtioBlkEntry::Bind",
        "embedded-vt-field-8@scenarios!Scenarios.EmbeddedVtField8+Info::*",
    ],
)
def test_more_scopes_of_the_bundled_scenarios(run_guest: RunGuest, fault: str) -> None:
    assert run_guest("--fault", fault).json["outcome"] in STATUS


def test_two_faults_at_once_and_the_first_scenario_shows(run_guest: RunGuest) -> None:
    done = run_guest("--fault", "width-truncate", "--fault", "dup-large-vt", check=121)
    assert "[Scenario] hidden-buffer-not-homed ok" in done.log
    assert "[Scenario] dup-large-vt ok" not in done.log


#: For each fault a scope in a program that was not made for it (tests/e2e/programs/faulty.cs).
ELSEWHERE = {
    "array-mt-element": "faulty!Faulty::ArrayElement",
    "array-stride-unaligned": "faulty!Row::*",
    "this-not-homed": "faulty!Device::Latch",
    "vt-field-offset": "faulty!Small::*",
    "local-slot-8": "faulty!Faulty::Fill",
    "callee-saved-lost": "faulty!Settled::.cctor",
    "local0-over-save-area": "faulty!Settled::.cctor",
    "embedded-vt-field-8": "faulty!Device::*",
    "shadow-space-missing": "faulty!Faulty::Shadow",
    "stack-arg-shift": "faulty!Faulty::Run",
    "hidden-buffer-not-homed": "faulty!Faulty::MakePair",
    "dup-large-vt": "faulty!Faulty::Run",
    "vtable-slot-collision": "faulty!Device::*",
    "width-truncate": "faulty!Faulty::Divide",
    "token-only-registry": "faulty!FirstHere::*",
}


@pytest.fixture
def faulty(mcs_compile: Callable[..., Path]) -> Path:
    """faulty.exe, with its library beside it."""
    sources = Path(__file__).parent / "programs"
    library = mcs_compile(sources / "faultylib.cs", library=True)
    return mcs_compile(sources / "faulty.cs", references=[library], options=["-unsafe"])


def test_a_program_not_made_for_it_is_right_without_faults(
    run_guest: RunGuest, faulty: Path
) -> None:
    assert run_guest(faulty, *ELSEWHERE, check=0).out == b"right\n"


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_scope_of_a_program_not_made_for_it(run_guest: RunGuest, faulty: Path, name: str) -> None:
    done = run_guest("--fault", f"{name}@{ELSEWHERE[name]}", faulty, name)
    outcome = done.json["outcome"]
    if outcome == "exit":
        assert done.out.endswith(b"wrong\n"), done.out
        assert done.status == 1
    else:
        assert outcome == "guest-fault", done.json
