"""Run a recording again: to its end, instruction for instruction, and stand there."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from qemu_scripts import qemu
from qemu_scripts.errors import ClrscopeError, EnvironmentFault
from qemu_scripts.timetravel import machine
from qemu_scripts.timetravel.machine import Live, Setup, Show, links, nothing, running
from qemu_scripts.timetravel.monitor import MonitorGone
from qemu_scripts.timetravel.recording import EVENTS, OVERLAY, STATE, Recording, check

#: Seconds without an executed instruction after which a replay counts as stuck.
PATIENCE = 20.0
#: The same for a replay that begins at a snapshot, which then costs that snapshot at most.
_SNAPSHOT_PATIENCE = 3.0
_ADVICE = "it was damaged, or runs on another QEMU build; record again"
#: Snapshots over all of a recording; instructions between two at least.
SNAPSHOTS = 40
LEAST_DISTANCE = 250_000
#: More of them towards the end, where people look: so many, so far apart.
LATE_SNAPSHOTS = 20
LATE_DISTANCE = 50_000
_RETRIES = 8
_RETRY_DISTANCE = 2_000


#: Where a debugger stands at the end: past it QEMU's log says that QEMU ended, and it does.
BEFORE_END = 4


class Diverged(ClrscopeError):
    """A replay that does not do what was recorded."""


def setup_of(recording: Recording) -> Setup:
    """The recorded machine."""
    manifest = recording.manifest
    return Setup(
        links(recording.folder, recording.guest_files(), manifest.disk), manifest.modules,
        manifest.arguments, manifest.memory, manifest.disk,
    )  # fmt: skip


@contextmanager
def replaying(
    recording: Recording, show: Show = nothing, gdb: Path | None = None
) -> Iterator[Live]:
    """The recorded machine at its start, paused. The recording itself is only read.

    Raises UsageError for a recording that cannot run here, EnvironmentFault.
    """
    emulator = qemu.find()
    check(recording, emulator, machine.emulator_id(emulator))
    setup = setup_of(recording)
    setup.files[EVENTS] = recording.folder / EVENTS
    # QEMU writes to the images while it goes back and forth: it gets copies.
    with machine.scratch_folder(_size(recording), 0) as copies:
        images = [STATE, *([OVERLAY] if setup.disk else [])]
        for name in images:
            try:
                shutil.copyfile(recording.folder / name, copies / name)
            except OSError as error:
                raise EnvironmentFault(
                    f"cannot copy {recording.folder / name} to {copies}: {error.strerror}"
                ) from error
            setup.files[name] = copies / name
        if setup.disk:
            # An overlay finds what it lies over beside itself.
            (copies / machine.DISK).symlink_to((recording.folder / machine.DISK).absolute())
        with running("replay", setup, None, show, gdb) as live:
            yield live


def _size(recording: Recording) -> int:
    return sum(
        (recording.folder / name).stat().st_size
        for name in (STATE, OVERLAY)
        if (recording.folder / name).exists()
    )


def advance(live: Live, target: int, end: int, patience: float = PATIENCE) -> None:
    """Replay up to an instruction count and stop there; raises Diverged.

    end: of the recording, for the message.
    """
    at = 0
    try:
        at = live.monitor.instructions
        if at >= target:
            return
        live.monitor.forget_events()
        live.monitor.execute("replay-break", {"icount": target})
        live.monitor.execute("cont")
        since = time.monotonic()
        while live.monitor.wait(("STOP", "SHUTDOWN"), 0.5) is None:
            now = live.monitor.instructions
            if now != at:
                at, since = now, time.monotonic()
            elif time.monotonic() - since > patience:
                raise Diverged(
                    f"the replay diverged from the recording after {at} of {end} instructions: the "
                    f"guest waits for something that was not recorded; {_ADVICE}"
                )
        at = live.monitor.instructions
    except MonitorGone:
        live.process.wait(timeout=30)
        live.consoles.join(timeout=5)
        said = live.consoles.complaints.splitlines()
        why = said[-1] if said else f"QEMU ended with status {live.process.returncode}"
        raise Diverged(
            f"the replay diverged from the recording after {at} of {end} instructions or more: "
            f"{why}; {_ADVICE}"
        ) from None
    if at != target:
        raise Diverged(
            f"the replay diverged from the recording: its events end after {at} of {end} "
            f"instructions; {_ADVICE}"
        )


def stand_at_end(live: Live, recording: Recording) -> None:
    """Replay to where a debugger looks at the end; raises Diverged."""
    end = recording.manifest.end.instructions
    advance(live, max(end - BEFORE_END, 1), end)


def verify(live: Live, recording: Recording) -> None:
    """Compare a replay that stands at the end with the recording; raises Diverged."""
    recorded = recording.manifest.end
    # The last bytes are in the pipe when QEMU stops, not all of them read.
    deadline = time.monotonic() + 2
    found = live.end()
    while found.output != recorded.output and time.monotonic() < deadline:
        time.sleep(0.02)
        found = replace(found, output=live.end().output)
    differences = recorded.differences(found)
    if differences:
        raise Diverged(
            "the replay diverged from the recording: at its end these differ: "
            f"{', '.join(differences)}; {_ADVICE}"
        )


def places_of_snapshots(end: int) -> list[int]:
    """Instruction counts at which a recording of that many instructions gets snapshots."""
    distance = max(LEAST_DISTANCE, end // SNAPSHOTS)
    late = end - LATE_SNAPSHOTS * LATE_DISTANCE
    return [
        *range(distance, max(late, 0), distance),
        *range(max(late, LATE_DISTANCE), end, LATE_DISTANCE),
    ]


def index(recording: Recording, show: Show = nothing) -> Recording:
    """Replay once with snapshots taken on the way, and verify the end; the recording with them.

    Snapshots are what makes going back fast: QEMU starts at the nearest. They are made here and not
    while recording, so that where they lie does not depend on the host. A replay is then begun from
    each, and those that it does not go on from are removed. Raises Diverged.
    """
    end = recording.manifest.end.instructions
    made: list[int] = []
    setup = setup_of(recording)
    setup.files[EVENTS] = recording.folder / EVENTS
    folder = recording.folder.absolute()
    for name in (STATE, *([OVERLAY] if setup.disk else [])):
        setup.files[name] = folder / name
    with running("replay", setup, folder, show) as live:
        for wanted in places_of_snapshots(end):
            snapshot = _snapshot(live, wanted, end)
            if snapshot is not None:
                made.append(snapshot)
        advance(live, end, end)
        verify(live, recording)
        live.quit()
    if setup.disk:
        made = _sound(recording, setup, made, show)
    indexed = Recording(
        recording.folder, replace(recording.manifest, snapshots=tuple(made))
    )
    indexed.save()
    return indexed


def _sound(recording: Recording, setup: Setup, made: list[int], show: Show) -> list[int]:
    """The snapshots that a replay goes on from; the others are removed.

    QEMU keeps no disk request in a snapshot, and refuses to take one only when the host has
    answered the request and the guest does not know yet. When the host is still at it, the snapshot
    is taken, and a replay from it waits for ever where the log says that the request ended. The
    last is tried first: each must reach a sound one, past the end of every request of its time.
    """
    folder = recording.folder.absolute()
    end = recording.manifest.end.instructions
    left, sound, spoiled = list(made), [end], []
    while left:
        with running("replay", setup, folder, show) as live:
            try:
                while left:
                    _begin_at(live, left[-1])
                    advance(live, sound[-1], end, _SNAPSHOT_PATIENCE)
                    sound.append(left.pop())
            except Diverged:
                spoiled.append(left.pop())  # a QEMU that waits does nothing else any more
                continue
            live.quit()
    for snapshot in spoiled:
        for image in (STATE, OVERLAY):
            machine.delete_snapshot(folder / image, _name(snapshot))
    return sound[:0:-1]


def _begin_at(live: Live, snapshot: int) -> None:
    """Load a snapshot; raises Diverged when that is not the machine of its time."""
    said = live.monitor.human(f"loadvm {_name(snapshot)}").strip()
    if said:
        raise EnvironmentFault(
            f"a snapshot of the replay cannot be loaded: {machine.one_line(said)}")
    at = live.monitor.instructions
    if at != snapshot:
        raise Diverged(f"the snapshot of {snapshot} instructions has {at}")


def _name(snapshot: int) -> str:
    return f"at-{snapshot}"


def _snapshot(live: Live, wanted: int, end: int) -> int | None:
    """Make one at or soon after an instruction count; None where QEMU cannot."""
    for attempt in range(_RETRIES):
        at = wanted + attempt * _RETRY_DISTANCE
        if at >= end:
            return None
        advance(live, at, end)
        said = live.monitor.human(f"savevm {_name(at)}").strip()
        if not said:
            return at
        # While the disk works QEMU cannot: a little later it can.
        if "right now" not in said:
            raise EnvironmentFault(
                f"a snapshot of the replay cannot be made: {machine.one_line(said)}")
    return None
