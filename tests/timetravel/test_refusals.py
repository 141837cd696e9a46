"""What going back needs and does not get: one sentence each, nothing harmed, nothing left."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qemu_scripts import cli, paths
from qemu_scripts.timetravel import recording
from qemu_scripts.traces import plugin
from tests.timetravel.conftest import Record, clrscope

pytestmark = [pytest.mark.guest, pytest.mark.slow]


@pytest.mark.parametrize("size", ["100k", "3m", "20m"])
def test_no_room_for_a_recording(build: Path, tmp_path: Path, size: str) -> None:
    """The disk is full while files are copied, when QEMU begins, and while snapshots are taken."""
    if shutil.which("unshare") is None:
        pytest.skip("no private mounts here")
    folder = tmp_path / "disk"
    folder.mkdir()
    script = (f'mount -t tmpfs -o size={size} none "{folder}" || exit 77; "$@"; '
              f'status=$?; ls -A "{folder}" > "{tmp_path}/left"; exit $status')
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh",
         sys.executable, "-m", "qemu_scripts.cli", "record", "--fault", "local-slot-8", "--json",
         "--out", str(folder / "r.rec")],
        capture_output=True, text=True, cwd=paths.ROOT, check=False, timeout=120)
    if done.returncode == 77:
        pytest.skip(f"no private mounts here: {done.stderr.strip()}")
    assert done.returncode == 125, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1 and "has no room for the recording" in done.stderr
    assert (tmp_path / "left").read_text() == ""


def test_without_the_plugin(
    build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["who-wrote", "-", "--fault", "local-slot-8"]
    monkeypatch.setattr(plugin, "PLUGIN", tmp_path / "clrtrace.so")
    assert cli.main(words) == 125
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "clrtrace.so is missing; run `clrscope build`" in said
    (tmp_path / "clrtrace.so").write_text("no shared object")
    assert cli.main(words) == 125
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "QEMU cannot load the TCG plugin" in said

    # A post-mortem is one all the same: it says why nobody is named.
    folder = tmp_path / "report"
    assert cli.main(["postmortem", *words[2:], "--out", str(folder)]) == 1
    shown = capsys.readouterr()
    assert "could not be found: QEMU cannot load the TCG plugin" in shown.out and not shown.err


def test_a_debugged_replay_that_diverges(record: Record, tmp_path: Path) -> None:
    folder = tmp_path / "r"
    shutil.copytree(record("--fault", "local-slot-8", key="local-slot-8"), folder)
    events = folder / "events.rr"
    events.write_bytes(events.read_bytes()[: events.stat().st_size // 2])
    recorded = recording.load(folder)
    files = {**recorded.manifest.files, "events.rr": recording.digest(events)}
    recording.Recording(folder, recording.replace_files(recorded.manifest, files)).save()
    done = clrscope("debug", "--batch", "--ex", "clr-last-write", "--replay", folder)
    assert done.returncode == 1, done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("clrscope: ")]
    assert len(said) == 1 and "diverged from the recording" in said[0] and "record again" in said[0]
    assert recording.digest(events) == files["events.rr"]
