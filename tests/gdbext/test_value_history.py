"""Arguments and locals at every IL boundary, prologue and epilogue, against what the guest printed.

One boot for each way to compile the program: the recording is made inside gdb, and compared here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from decoders.metadata import Assembly, AssemblySet
from decoders.source import open_source
from qemu_scripts import paths

from .compare_values import Comparison, compare
from .conftest import Guest, StartGuest
from .value_history import Activation, History

pytestmark = pytest.mark.guest

HERE = Path(__file__).parent
PROGRAM = paths.ROOT / "tests" / "programs" / "values.cs"
PRINTING, NOT_LOOKED_AT = "Say", {"Say", "Start"}


@pytest.mark.parametrize("options", [(), ("-optimize+",)], ids=["debug", "optimize"])
def test_against_what_the_guest_printed(
    start_guest: StartGuest, mcs_compile: Callable[..., Path], tmp_path: Path,
    options: tuple[str, ...],
) -> None:
    program = mcs_compile(PROGRAM, options=("-unsafe", *options))
    guest = start_guest(program, at=(), ram=True)
    history = recorded(guest, program, tmp_path / "stops")
    comparison = compare(history)
    assert comparison.wrong == []
    check_extent(comparison, history)
    check_boundaries(history)
    check_commands(history)
    check_that_it_can_fail(history, comparison)


def recorded(guest: Guest, program: Path, into: Path) -> History:
    """Run the program under record_values.py to its end."""
    done = guest.gdb(
        f'set $clr_record_program = "{program.stem}"', f'set $clr_record_into = "{into}"',
        f'set $clr_record_skip = "{",".join(NOT_LOOKED_AT)}"', f"source {HERE}/record_values.py",
        "continue", timeout=300)
    guest.process.wait(60)
    output = (guest.log.parent / "output").read_text(encoding="utf-8", errors="replace")
    lines = [line[1:] for line in output.partition("begin\n")[2].splitlines()
             if line.startswith("@") and not line.startswith("@@")]
    assembly = Assembly.open(program)
    korlib = Assembly.open(paths.MANAGED / "korlib.dll")
    source = open_source(assembly, program)
    assert source is not None
    history = History(assembly, AssemblySet([assembly, korlib]), source, PRINTING)
    assert into.exists(), done.text
    history.load(into, lines)
    assert history.ended, done.text
    wanted = {m.full_name for t in assembly.types if t.full_name not in NOT_LOOKED_AT
              for m in t.methods if m.has_body}
    assert {m.name for m in history.methods.values()} == wanted
    assert f"last={guest.process.returncode}" == lines[-1], output
    return history


def check_extent(comparison: Comparison, history: History) -> None:
    """Nearly everything was compared, and every variable with a value that is not just zero."""
    compared = comparison.compared
    assert compared["body"] > 12_000 and compared["waiting"] > 500, compared
    assert compared["prologue"] > 1_000 and compared["epilogue"] + compared["left"] > 400, compared
    assert compared["SAVED_RBP"] > 3_000 and compared["SAVED_REGISTER"] > 1_200, compared
    assert compared["evaluation stack"] == len(history.prints) > 400
    # Arguments are known in prologues too, in their registers, and when the frame is gone.
    assert set(comparison.unknown) <= {"prologue, local", "left, local"}, comparison.unknown
    assert sum(comparison.untold.values()) < compared["body"] / 40, comparison.untold
    named = {(m.name, name) for m in history.methods.values() for name in m.names.values()}
    assert named - comparison.told == set()


def check_boundaries(history: History) -> None:
    """Every IL instruction has its place in the map, and each place and edge had its stop."""
    stops = 0
    for method in history.methods.values():
        assert {il for ils in method.il_at.values() for il in ils} == set(method.il.offsets), method
        assert method.il_at.keys() | set(method.edges) == method.visited, method.name
        assert {method.stage(native) for native in method.visited} == {
            "prologue", "body", "epilogue", "left"}, method.name
    for activation in history.activations:
        stops += len(activation.passed)
        assert activation.passed[0] == 0 and activation.passed[-1] == activation.method.ret
    assert len(history.methods) > 40 and stops > 3_000


def check_commands(history: History) -> None:
    """What clr-args, clr-locals and clr-frame print as JSON is what was recorded."""
    roles = {"clr-args": {"ARGUMENT"}, "clr-locals": {"LOCAL"}}
    seen: dict[str, int] = {}
    for command, printed, slots in history.commands:
        shown = printed["frame"]["slots"] if command == "clr-frame" else printed["slots"]
        wanted = [slot for slot in slots if slot[0] in roles.get(command, {slot[0]})]
        assert sorted((s["role"], s["name"], s["offset"] or 0) for s in shown) == sorted(
            (role, name, offset or 0) for role, name, offset, _ in wanted)
        texts = {name: text for _, name, _, text in wanted}
        for slot in shown:
            assert (slot["value"] is None) == (texts[slot["name"]] is None), (command, slot)
            if slot["value"] is not None and slot["type"] in ("int", "long", "string", "bool"):
                assert slot["value"]["text"] == texts[slot["name"]], (command, slot)
                seen[command] = seen.get(command, 0) + 1
    assert set(seen) == {"clr-args", "clr-locals", "clr-frame"} and min(seen.values()) > 40, seen


def check_that_it_can_fail(history: History, right: Comparison) -> None:
    """With every value changed at one stop in the middle of each call, each of those is found."""
    changed = sum(_spoil(activation) for activation in history.activations)
    found = compare(history)
    assert changed > 150 and len(found.wrong) == changed
    assert found.compared == right.compared


def _spoil(activation: Activation) -> int:
    """Change what a stop in the body says of variables; how many."""
    method = activation.method
    for place in range(len(activation.shown) // 2, len(activation.shown)):
        shown = activation.shown[place]
        if shown.during or method.stage(shown.native) != "body":
            continue
        changed = {("ARGUMENT" if variable[0] else "LOCAL", offset)
                   for variable, offset in method.offsets.items()
                   if activation.text(variable, shown.index) is not None}
        slots = tuple(
            (role, name, at, f"{text}0" if (role, at) in changed else text)
            for role, name, at, text in shown.slots)
        activation.shown[place] = replace(shown, slots=slots)
        return len(changed)
    return 0
