"""gdb on a replay: history, steps backwards, the recording's end; targets that cannot go back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from qemu_scripts.timetravel import recording
from tests.timetravel.conftest import clrscope, debug_replay

pytestmark = [pytest.mark.guest, pytest.mark.slow]


@pytest.fixture
def smashed(record_fault: Callable[[str], Path]) -> Path:
    """A method returned to an overwritten address."""
    return record_fault("local-slot-8")


def test_history_lists_all_writes_and_goes_nowhere(smashed: Path) -> None:
    done = debug_replay(
        smashed, "monitor info replay", "clr-history --json -limit 3 $rsp-8",
        "monitor info replay",
    )
    said = (done.out + done.err).splitlines()
    where = [line for line in said if "instruction count" in line]
    assert len(where) == 2 and where[0] == where[1], done.out + done.err
    found = done.json()
    assert found["truncated"] and len(found["writes"]) == 3
    counts = [write["instructions"] for write in found["writes"]]
    assert counts == sorted(counts, reverse=True)
    for newer, older in zip(found["writes"], found["writes"][1:], strict=False):
        assert older["after"] == newer["before"], "a write between the two is missing"


def test_history_of_a_local(record_fault: Callable[[str], Path]) -> None:
    """The fault's constructor writes over the local beside the value."""
    done = debug_replay(
        record_fault("vt-field-offset"), "clr-history --json -in VtFieldOffset::Run room")
    found = done.json()
    assert found["problem"] == "" and found["truncated"]
    writes = found["writes"]
    assert len(writes) == 20
    own = next(w for w in writes if w["place"]["method"] == "Scenarios.VtFieldOffset::Run")
    assert own["after"] == "77" * 8
    newest = [w["place"]["method"] for w in writes[:3]]
    assert newest == ["Scenarios.VtFieldOffset+Address::.ctor"] * 3


def test_a_way_back_that_takes_too_long_ends_and_can_be_asked_again(smashed: Path) -> None:
    """Nothing ever writes to the kernel's text: that is a way over the whole recording."""
    done = debug_replay(
        smashed, "monitor info replay", "python from gdbext import timetravel_replay as r",
        "python r.SECONDS = 0.3", "clr-history --json 0xffffffff80100040", "monitor info replay",
        "clr-last-write 0xffffffff80100040", "monitor info replay", "python r.SECONDS = 60",
        "clr-last-write --json")
    found = done.json()
    assert "within 0.3 seconds and was interrupted" in found["problem"] and found["truncated"]
    assert "within 0.3 seconds and was interrupted" in done.err
    where = [line for line in (done.out + done.err).splitlines() if "instruction count" in line]
    assert len(where) == 3 and len(set(where)) == 1, done.out + done.err
    assert done.json(1)["write"]["place"]["method"] == "Scenarios.LocalSlot8::Fill"


def test_steps_back_by_line_and_il(smashed: Path) -> None:
    done = debug_replay(
        smashed, "clr-last-write", "clr-reverse-next --json", "clr-reverse-next -il --json",
        "clr-reverse-next --json 7", "clr-reverse-next --json",
    )
    line, il, first, caller = (done.json(number) for number in range(4))
    assert line["file"].endswith("LocalSlot8.cs") and "0xDEAD7000" in line["source"]
    assert "stfld ulong Scenarios.LocalSlot8+Wide::F6" in il["il"]
    assert first["line"] == line["line"] - 7 and "F0 = seed" in first["source"]
    assert "LocalSlot8.Run" in caller["method"]


def test_a_step_back_into_a_callee(smashed: Path) -> None:
    done = debug_replay(
        smashed, "clr-last-write \"$rsp-8\"", "clr-last-write \"return address\"",
        "clr-reverse-step --json -il",
    )
    assert "LocalSlot8.Run" in done.json()["method"], done.out + done.err


def test_the_recording_ends_where_it_ends(smashed: Path) -> None:
    done = debug_replay(smashed, "continue", "stepi", "clr-last-write", "clr-history --json $rsp-8")
    assert "the recording ends here" in done.err
    assert "Scenarios.LocalSlot8::Fill" in done.out, done.out + done.err


def test_a_bad_question_is_one_line(smashed: Path) -> None:
    done = debug_replay(smashed, "clr-last-write -in NoSuch::Method x", "clr-last-write nonsense",
                        "clr-last-write -size 0 0x1000", "clr-reverse-next")
    said = [line for line in done.err.splitlines() if line and not line.startswith("clrscope: ")]
    assert any("no frame of 'NoSuch::Method'" in line for line in said), done.err
    assert any("nonsense" in line for line in said)
    assert any("ask for 1 to" in line for line in said)
    assert any("is not managed code" in line for line in said)
    assert "Traceback" not in done.err


def test_a_running_machine_cannot_go_back(build: Path) -> None:
    done = clrscope("debug", "--batch", "--ex", "clr-last-write $rsp", "--ex", "clr-history $rsp")
    assert done.stderr.count("this machine is not a replay and cannot go back") == 2, done.stderr
    assert "clrscope who-wrote" in done.stderr


def test_debug_stops_at_a_method_and_vm_goes_back_to_a_snapshot(build: Path) -> None:
    commands = ["clr-vm --json", "clr-vm --json memory", "clr-vm --json pci",
                "clr-vm snapshot before", "clr-next", "clr-next", "clr-vm restore before",
                "clr-frame --json", "clr-vm restore nothing"]
    done = clrscope(
        "debug", "--batch", "--break", "Ddk.PciDeviceInfo.ReadProgIf",
        *(word for c in commands for word in ("--ex", c)))
    found, at = [], -1
    for _ in range(4):
        at = done.stdout.index("\n{", at + 1)
        found.append(json.JSONDecoder().raw_decode(done.stdout[at + 1 :])[0])
    status, memory, pci, frame = found
    assert status["accelerator"] == "tcg" and status["memory"] == 64 << 20
    kinds = {r["name"] for r in memory["ranges"]}
    assert "pc.bios" in kinds and any("virtio" in name for name in kinds)
    starts = [int(r["start"], 16) for r in memory["ranges"]]
    assert starts == sorted(starts)
    disk = next(d for d in pci["devices"] if d["vendor"] == "0x1af4")
    assert disk["regions"] and all(int(r["address"], 16) > 0 for r in disk["regions"])
    assert "ReadProgIf" in frame["frame"]["method"]
    assert "Snapshot 'nothing' does not exist" in done.stderr


def test_debug_stops_where_a_run_ends(build: Path) -> None:
    done = clrscope("debug", "--batch", "--break", "Kernel.Init.Main",
                    "--ex", "continue", "--ex", "clr-bt")
    assert "\n#0  clr_exit_hook(status=0)" in done.stdout, done.stdout + done.stderr


def test_debugs_side_by_side(build: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def one(fault: str) -> str:
        return clrscope("debug", "--batch", "--fault", fault, "--ex", "clr-frame").stdout

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(one, ("this-not-homed", "shadow-space-missing"))
    assert "ReadProgIf" in first and "CR2 = 0x13" in first
    assert "ShadowSpaceMissing" in second


def test_who_wrote_says_what_it_cannot_understand(build: Path) -> None:
    done = clrscope("who-wrote", "nonsense", "--fault", "this-not-homed")
    assert done.returncode == 124 and done.stderr.count("\n") == 1
    assert "no argument or local 'nonsense'" in done.stderr


def test_another_kernel_loaded_than_the_recordings(smashed: Path, tmp_path: Path) -> None:
    recorded = recording.load(smashed)
    built = recorded.manifest.build_id
    other = tmp_path / "kernel.elf"
    other.write_bytes(recorded.kernel.read_bytes().replace(bytes.fromhex(built), b"\x17" * 20))
    before = recording.digest(recorded.kernel)
    done = debug_replay(
        smashed, f"file {other}", "clr-frame", "clr-last-write --json",
        f"file {recorded.kernel}", "clr-last-write --json")
    said = [line for line in done.err.splitlines() if "gdb has loaded" in line]
    assert len(said) == 2, done.out + done.err
    for line in said:
        assert f"build {'17' * 6} of the kernel ({other})" in line
        assert f"build {built[:12]}" in line and f"`file {recorded.kernel}`" in line
    # With the recording's own kernel the same gdb goes on.
    assert done.json()["write"]["place"]["method"] == "Scenarios.LocalSlot8::Fill"
    assert recording.digest(recorded.kernel) == before
