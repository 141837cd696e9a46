"""`clrscope kill`: end what clrscope started, also what a killed clrscope left behind."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qemu_scripts import private_folder
from qemu_scripts.errors import UsageError
from qemu_scripts.processes import ProcessId, RunState, read_state, runs, wait_until

#: Seconds that a run gets to clean up after itself before it is killed.
GRACE = 5.0


@dataclass(frozen=True)
class Killed:
    """One run that was ended. how: "ended", "killed" or "left over" (nothing of it was alive)."""

    run: str
    how: str
    command: tuple[str, ...]


def _group_of(child: ProcessId) -> None:
    """Kill a child and its process group (it leads one); nothing when it has ended."""
    if child.alive():
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def _end(state: RunState) -> str:
    if not state.alive():
        return "left over"
    state.owner.signal(signal.SIGTERM)
    if state.owner.alive() and wait_until(lambda: not state.alive(), GRACE):
        return "ended"
    state.owner.signal(signal.SIGKILL)
    for child in state.children:
        _group_of(child)
    wait_until(lambda: not state.alive(), GRACE)
    return "killed"


def _is_abandoned(folder: Path) -> bool:
    """A folder without a readable state: abandoned unless it still gets one within a second."""
    return not wait_until(lambda: not folder.exists() or read_state(folder) is not None, 1.0)


def kill(names: Sequence[str] = ()) -> list[Killed]:
    """End the named runs, or all of this user's runs; returns what was ended.

    Raises UsageError for a name that is no run.
    """
    folders = {folder.name: folder for folder in runs()}
    for name in names:
        if name not in folders:
            known = ", ".join(folders) or "none is there"
            raise UsageError(f"there is no run {name!r} (runs: {known})")
    ended: list[Killed] = []
    for name, folder in folders.items():
        if names and name not in names:
            continue
        state = read_state(folder)
        if state is not None:
            ended.append(Killed(name, _end(state), state.command))
        elif not folder.exists():
            continue
        elif _is_abandoned(folder):
            ended.append(Killed(name, "left over", ()))
        else:
            state = read_state(folder)
            if state is not None:
                ended.append(Killed(name, _end(state), state.command))
        # The run itself may be removing its folder at this moment: that is what we want too.
        shutil.rmtree(folder, ignore_errors=True)
    private_folder.sweep()
    return ended
