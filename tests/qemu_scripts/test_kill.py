"""`clrscope kill` and the processes behind it: real processes, and QEMUs that idle."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qemu_scripts import kill, paths, processes
from qemu_scripts.errors import EnvironmentFault, UsageError
from qemu_scripts.processes import ProcessId, Run

Scenario = Callable[..., Path]

#: A clrscope of its own process that runs a QEMU idling at reset until it is ended.
IDLE = """
import sys
from qemu_scripts import processes, qemu
with processes.interruptible(), processes.Run(["idle"]) as run:
    if len(sys.argv) > 1:
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = run.start([qemu.find().path, "-nodefaults", "-display", "none", "-S"])
    print(run.folder, child.pid, flush=True)
    child.wait()
"""


@pytest.fixture(autouse=True)
def own_runtime_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Runs of its own: `kill` without names ends all of the user's, other tests' guests too."""
    with tempfile.TemporaryDirectory(prefix="clr-") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        yield


@pytest.fixture
def idle() -> Iterator[Callable[..., tuple[subprocess.Popen[str], Path, ProcessId]]]:
    """Start idle runs; returns the clrscope process, the run's folder, and QEMU's identity."""
    owners: list[subprocess.Popen[str]] = []

    def start(*words: str) -> tuple[subprocess.Popen[str], Path, ProcessId]:
        owner = subprocess.Popen(
            [sys.executable, "-c", IDLE, *words],
            stdout=subprocess.PIPE,
            text=True,
            cwd=paths.ROOT,
            stderr=subprocess.DEVNULL,
        )
        owners.append(owner)
        assert owner.stdout is not None
        folder, pid = owner.stdout.readline().split()
        identity = ProcessId.of(int(pid))
        assert identity is not None
        return owner, Path(folder), identity

    yield start
    for owner in owners:
        owner.kill()
        owner.communicate()


Idle = Callable[..., tuple[subprocess.Popen[str], Path, ProcessId]]


def test_kill_lets_a_run_clean_up(idle: Idle) -> None:
    owner, folder, emulator = idle()
    ended = kill.kill()
    assert [(one.run, one.how, one.command) for one in ended] == [(folder.name, "ended", ("idle",))]
    assert owner.wait(timeout=5) != 0
    assert not emulator.alive()
    assert not folder.exists()


def test_kill_ends_only_what_is_named(idle: Idle) -> None:
    _, one, first = idle()
    _, two, second = idle()
    kill.kill([one.name])
    assert not first.alive()
    assert second.alive()
    assert processes.runs() == [two]
    kill.kill()
    assert processes.runs() == []


def test_a_run_that_does_not_listen_is_killed(idle: Idle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kill, "GRACE", 0.5)
    _, folder, emulator = idle("deaf")
    assert [one.how for one in kill.kill()] == ["killed"]
    assert not emulator.alive()
    assert not folder.exists()


def test_qemu_dies_with_a_clrscope_that_is_killed(idle: Idle) -> None:
    owner, folder, emulator = idle()
    owner.kill()
    owner.wait()
    assert processes.wait_until(lambda: not emulator.alive(), 5)
    assert [one.how for one in kill.kill()] == ["left over"]
    assert not folder.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_leave_nothing(idle: Idle, number: signal.Signals) -> None:
    owner, folder, emulator = idle()
    owner.send_signal(number)
    owner.wait(timeout=10)
    assert not emulator.alive()
    assert not folder.exists()


def test_a_pid_that_was_given_to_another_process_is_left_alone() -> None:
    folder = processes.runtime_folder() / "run-stale"
    folder.mkdir()
    mine = ProcessId.of(os.getpid())
    assert mine is not None
    stale = {"pid": mine.pid, "start": mine.start - 1, "boot": mine.boot}
    (folder / processes.STATE).write_text(
        json.dumps({"owner": stale, "children": [stale], "command": ["x"]})
    )
    assert [one.how for one in kill.kill()] == ["left over"]
    assert not folder.exists()


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"owner": {"pid": 1}}'])
def test_a_damaged_state_file_is_removed(content: str | None) -> None:
    folder = processes.runtime_folder() / "run-damaged"
    folder.mkdir()
    if content is not None:
        (folder / processes.STATE).write_text(content)
    assert [one.how for one in kill.kill()] == ["left over"]
    assert not folder.exists()


def test_an_unknown_run_is_bad_usage() -> None:
    with pytest.raises(UsageError, match="there is no run 'run-none'"):
        kill.kill(["run-none"])


def test_nothing_to_kill() -> None:
    assert kill.kill() == []


def test_a_child_s_whole_group_goes() -> None:
    with Run(["x"]) as run:
        child = run.start(["sh", "-c", "sleep 1000 & echo $!; wait"], stdout=subprocess.PIPE)
        assert child.stdout is not None
        grandchild = ProcessId.of(int(child.stdout.readline()))
        assert grandchild is not None
        child.stdout.close()
    assert processes.wait_until(lambda: not grandchild.alive(), 5)


def test_a_child_that_ignores_sigterm_is_killed() -> None:
    with Run(["x"]) as run:
        child = run.start(
            ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"],
            stdout=subprocess.PIPE,
        )
        assert child.stdout is not None
        child.stdout.readline()
        child.stdout.close()
    assert child.returncode == -signal.SIGKILL


def test_a_program_that_cannot_be_started() -> None:
    with Run(["x"]) as run, pytest.raises(EnvironmentFault, match="cannot start /none/program"):
        run.start(["/none/program"])


def test_a_runtime_folder_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "clrscope").mkdir(mode=0o755)
    with pytest.raises(EnvironmentFault, match="not a private folder"):
        processes.runtime_folder()


def test_signals_wait_while_cleaning_up() -> None:
    steps: list[str] = []
    with pytest.raises(processes.Interrupted), processes.interruptible():
        with processes.uninterrupted():
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.01)
            steps.append("cleaned")
        steps.append("not reached")
    assert steps == ["cleaned"]


def test_a_signal_while_a_run_is_being_made_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = Run._write_state

    def write_state(self: Run) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        real(self)

    monkeypatch.setattr(Run, "_write_state", write_state)
    with pytest.raises(processes.Interrupted), processes.interruptible():
        Run(["x"])
    assert processes.runs() == []


def test_a_run_s_folder_may_be_gone_already() -> None:
    with Run(["x"]) as run:
        shutil.rmtree(run.folder)
    assert processes.runs() == []
