"""Recordings replay to the same end; what cannot replay says so in a sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from qemu_scripts import paths
from qemu_scripts.qemu import find
from qemu_scripts.timetravel import machine, recording, replay
from tests.timetravel.conftest import Record, changed, clrscope

pytestmark = [pytest.mark.guest, pytest.mark.slow]


@pytest.fixture
def scenario(record: Record) -> Path:
    """The driver scenario of a healthy kernel."""
    return record(key="scenario")


def copy_of(folder: Path, into: Path) -> Path:
    shutil.copytree(folder, into)
    return into


def test_the_driver_scenario_replays_the_same_twice(scenario: Path) -> None:
    recorded = recording.load(scenario)
    log = (scenario / "log").read_bytes()
    assert b"[OK] Kernel initialization complete" in log and b"virtio" in log
    assert recorded.manifest.outcome["status"] == 0 and len(recorded.manifest.snapshots) > 20
    before = {path.name: recording.digest(path) for path in scenario.iterdir() if path.is_file()}
    ends = []
    for _ in range(2):
        with replay.replaying(recorded) as live:
            end = recorded.manifest.end.instructions
            replay.advance(live, end, end)
            replay.verify(live, recorded)
            ends.append(live.end())
            assert bytes(live.consoles.written["log"]) == log
    assert ends == [recorded.manifest.end] * 2
    after = {path.name: recording.digest(path) for path in scenario.iterdir() if path.is_file()}
    assert after == before, "a replay changed the recording"


def test_a_program_with_arguments_and_output(
    record: Record, mcs_compile: Callable[..., Path]
) -> None:
    program = mcs_compile(paths.ROOT / "tests" / "programs" / "arguments.cs")
    folder = record(program, "one", "-two", key="arguments")
    assert b"-two" in (folder / "out").read_bytes()
    again = clrscope("replay", folder)
    assert again.returncode == 0, again.stderr
    assert again.stdout.encode() == (folder / "out").read_bytes()


def test_what_is_there_is_not_overwritten(scenario: Path) -> None:
    done = clrscope("record", "--out", scenario)
    assert done.returncode == 124
    assert done.stderr.count("\n") == 1 and "remove it or name another" in done.stderr
    assert recording.load(scenario)


def test_no_recording(tmp_path: Path) -> None:
    done = clrscope("replay", tmp_path)
    assert done.returncode == 124 and "is no recording" in done.stderr


def test_another_qemu(scenario: Path, tmp_path: Path) -> None:
    folder = copy_of(scenario, tmp_path / "r")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["qemu_id"] = "QEMU emulator version 9.9.9"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    done = clrscope("replay", folder)
    assert done.returncode == 124
    said = done.stderr.splitlines()[-1]
    assert "was made by QEMU emulator version 9.9.9" in said and "CLRSCOPE_QEMU" in said
    assert find().path in said


def test_another_kernel_in_the_recording(scenario: Path) -> None:
    other = (scenario / "kernel.elf").read_bytes().replace(b"nucleus ready", b"nucleus steady", 1)
    with changed(scenario / "kernel.elf", other):
        done = clrscope("replay", scenario)
    assert done.returncode == 124
    assert "is not the kernel that was recorded" in done.stderr
    assert done.stderr.count("\n") == 1


def test_another_build_in_the_checkout_is_a_note(scenario: Path, tmp_path: Path) -> None:
    recorded = recording.load(scenario)
    assert recording.note_on_build(recorded, scenario / "kernel.elf") is None
    other = tmp_path / "kernel.elf"
    built = bytes.fromhex(recorded.manifest.build_id)
    other.write_bytes((scenario / "kernel.elf").read_bytes().replace(built, bytes(20)))
    note = recording.note_on_build(recorded, other)
    assert note is not None and "another build of the kernel (" in note


def test_a_replay_that_diverges(scenario: Path, tmp_path: Path) -> None:
    """With another kernel the guest waits for events that the log does not have."""
    folder = copy_of(scenario, tmp_path / "r")
    kernel = folder / "kernel.elf"
    # The banner's text goes to the serial port byte by byte: one byte less, other instructions.
    data = kernel.read_bytes().replace(b"nucleus ready", b"nucleus\0ready", 1)
    kernel.write_bytes(data)
    recorded = recording.load(folder)
    files = {**recorded.manifest.files, "kernel.elf": recording.digest(kernel)}
    forged = recording.Recording(
        folder, recording.replace_files(recorded.manifest, files)
    )
    end = recorded.manifest.end.instructions
    with pytest.raises(replay.Diverged) as caught, replay.replaying(forged) as live:
        replay.advance(live, end, end, patience=3)
        replay.verify(live, forged)
    assert "diverged from the recording" in str(caught.value)
    assert "record again" in str(caught.value)


def test_an_event_log_cut_short(scenario: Path, tmp_path: Path) -> None:
    folder = copy_of(scenario, tmp_path / "r")
    events = folder / "events.rr"
    events.write_bytes(events.read_bytes()[: events.stat().st_size // 2])
    done = clrscope("replay", folder)
    assert done.returncode == 124 and "events.rr is not the file that was recorded" in done.stderr
    recorded = recording.load(folder)
    files = {**recorded.manifest.files, "events.rr": recording.digest(events)}
    recording.Recording(folder, recording.replace_files(recorded.manifest, files)).save()
    done = clrscope("replay", folder)
    assert done.returncode == 1, done.stderr
    assert "diverged from the recording" in done.stderr.splitlines()[-1]


def test_a_snapshot_that_no_replay_goes_on_from_is_removed(scenario: Path, tmp_path: Path) -> None:
    folder = copy_of(scenario, tmp_path / "r")
    recorded = recording.load(folder)
    early, spoiled, *others = recorded.manifest.snapshots[-6:]
    setup = replay.setup_of(recorded)
    setup.files["events.rr"] = folder / "events.rr"
    # The later one's name for the machine at the earlier one's time and a little more.
    with machine.running("replay", setup, folder) as live:
        assert live.monitor.human(f"loadvm at-{early}") == ""
        replay.advance(live, early + 10, recorded.manifest.end.instructions)
        assert live.monitor.human(f"delvm at-{spoiled}") == ""
        assert live.monitor.human(f"savevm at-{spoiled}") == ""
        live.quit()
    found = replay._sound(recorded, setup, [early, spoiled, *others], machine.nothing)
    assert found == [early, *others]
    for image in ("state.qcow2", "disk.qcow2"):
        listed = machine.snapshots_of(folder / image)
        assert f"at-{early}" in listed and f"at-{spoiled}" not in listed


def test_places_of_snapshots() -> None:
    assert replay.places_of_snapshots(1000) == []
    found = replay.places_of_snapshots(20_000_000)
    assert found == sorted(found) and found[0] == 500_000 and found[-1] < 20_000_000
    assert found[-1] >= 20_000_000 - replay.LATE_DISTANCE


def test_ends_differ_in_words() -> None:
    one = recording.End(10, "RAX=1 RBX=2", "aa", {"log": "x"})
    other = recording.End(11, "RAX=1 RBX=3", "bb", {"log": "y"})
    assert one.differences(one) == []
    assert one.differences(other) == [
        "11 instead of 10 instructions", "registers (RBX=3)", "memory", "the console log",
    ]


def test_without_qemu_img(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(machine.EnvironmentFault, match="qemu-img is not installed"):
        machine.make_image(tmp_path / "x.qcow2")
