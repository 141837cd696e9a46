"""Moving a replay: where it stands, its recording, steps back, and the return to a position."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gdb

from decoders.errors import TargetError
from gdbext import target
from gdbext.session import LookupFailure
from gdbext.timetravel_recording import recording

_COUNT = re.compile(r"instruction count = (\d+)")
# A way back over a whole recording takes some; a QEMU that hangs must not take gdb along.
SECONDS = 60.0
# The return to where a command began, from a snapshot near it.
_RETURN_SECONDS = 60.0


class NotAReplay(LookupFailure):
    """The machine cannot go back."""


def position() -> int:
    """Instructions executed since the start of the replay; NotAReplay when this is none."""
    try:
        said = gdb.execute("monitor info replay", to_string=True) or ""
    except gdb.error as error:
        raise NotAReplay(f"this target cannot go back in time: {error}") from None
    found = _COUNT.search(said)
    if found is None or "Replaying" not in said:
        raise NotAReplay(
            "this machine is not a replay and cannot go back: `clrscope record` makes a "
            "recording, `clrscope debug --replay DIR` goes back in it; `clrscope who-wrote` "
            "answers without one"
        )
    return int(found[1])


# The end of the recording. Past it QEMU ends, since that is what it recorded.

_FORWARD = ("continue", "step", "stepi", "next", "nexti", "finish", "until", "advance")
_guard_is_on = True
_installed = False


def manifest() -> dict[str, Any]:
    """The recording's manifest, empty when there is none."""
    found = recording()
    return found[1] if found is not None else {}


def recording_end() -> int | None:
    """Instructions of the recording behind the connection; None when its files are not known."""
    try:
        return int(manifest()["end"]["instructions"])
    except (KeyError, TypeError, ValueError):
        return None  # a recording that others made


def _snapshot_between(low: int, high: int) -> int | None:
    """The latest of the recording's snapshots in (low, high]; None when there is none."""
    found = manifest().get("snapshots", ())
    return max((s for s in found if low < s <= high), default=None)


class _StopAtEnd(gdb.Command):
    """Before commands that run forward in a replay: have QEMU stop at the recording's end."""

    def __init__(self) -> None:
        super().__init__("clr-stop-at-end", gdb.COMMAND_OBSCURE)

    def invoke(self, _line: str, _from_tty: bool) -> None:
        """gdb's protocol; an error keeps the command behind the hook from running."""
        # reverse-stepi runs stepi's hook as well.
        direction = gdb.execute("show exec-direction", to_string=True) or ""
        end = recording_end() if _guard_is_on and "Reverse" not in direction else None
        if end is None:
            return
        if position() >= end:
            raise gdb.GdbError(
                "the recording ends here: go back with reverse-continue, reverse-stepi or "
                "clr-last-write"
            )
        gdb.execute(f"monitor replay_break {end}", to_string=True)


def guard_end() -> None:
    """Make commands that run forward stop at the recording's end. Harmless when called again."""
    global _installed
    if _installed or recording_end() is None:
        return
    _installed = True
    _StopAtEnd()
    for name in _FORWARD:
        gdb.execute(f"define hook-{name}\nclr-stop-at-end\nend")


@contextmanager
def _unguarded() -> Iterator[None]:
    """What we do ourselves knows where the end is."""
    global _guard_is_on
    _guard_is_on = False
    try:
        yield
    finally:
        _guard_is_on = True


@contextmanager
def others_disabled() -> Iterator[None]:
    """Breakpoints of the user must not stop the way back."""
    enabled = [b for b in gdb.breakpoints() or () if b.is_valid() and b.enabled]
    for breakpoint in enabled:
        breakpoint.enabled = False
    try:
        yield
    finally:
        for breakpoint in enabled:
            if breakpoint.is_valid():
                breakpoint.enabled = True


def _speaks_mi() -> bool:
    words = Path("/proc/self/cmdline").read_bytes().split(b"\0")
    return any(b"interpreter=mi" in w or w.startswith((b"-i=mi", b"mi")) for w in words)


@contextmanager
def _muted() -> Iterator[None]:
    """Without gdb's words about signals, which no setting takes away.

    An IDE needs them, and gets them.
    """
    if _speaks_mi():
        yield
        return
    gdb.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    try:
        yield
    finally:
        gdb.flush()
        os.dup2(kept, 1)
        os.close(kept)


def quietly(command: str, seconds: float | None = None) -> str:
    """Run a gdb command that moves the machine, without its words about stops.

    seconds: after which it is interrupted (default SECONDS), which raises TargetError.
    """
    late = threading.Event()
    seconds = SECONDS if seconds is None else seconds

    def interrupt() -> None:
        late.set()
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(seconds, interrupt)
    timer.start()
    said, stopped = "", False
    try:
        with _unguarded(), _muted():
            said = gdb.execute(
                f"with suppress-cli-notifications on -- {command}", to_string=True) or ""
    except KeyboardInterrupt:
        stopped = True
    finally:
        timer.cancel()
    if not stopped and not late.is_set():
        return said
    # What QEMU wanted to stop at would lie in its way to any other place.
    gdb.execute("monitor replay_delete_break", to_string=True)
    if not late.is_set():
        raise KeyboardInterrupt
    raise TargetError(
        f"the replay did not come to an end of `{command}` within {seconds:g} seconds and was "
        "interrupted; if that comes again, record again"
    )


def back_one() -> None:
    """One machine instruction back."""
    quietly("reverse-stepi")


def forward_one() -> None:
    """One machine instruction on."""
    quietly("stepi")


def back_to(wanted: int) -> None:
    """Return to a later position, where a command began."""
    start_at(_snapshot_between(position(), wanted))
    while (now := position()) < wanted:
        if wanted - now == 1:
            forward_one()
            continue
        with others_disabled():
            said = gdb.execute(f"monitor replay_break {wanted}", to_string=True) or ""
            if said.strip():
                raise TargetError(f"the replay cannot go on to where it was: {said.strip()}")
            quietly("continue", _RETURN_SECONDS)
        if position() <= now:
            raise TargetError("the replay does not go on to where it was")


def start_at(snapshot: int | None) -> None:
    """Have the machine stand at one of the recording's snapshots."""
    if snapshot is None:
        return
    said = gdb.execute(f"monitor loadvm at-{snapshot}", to_string=True) or ""
    # gdb thinks that nothing ran: what it and we remember of registers and memory is old.
    gdb.execute("maintenance flush register-cache", to_string=True)
    gdb.execute("maintenance flush dcache", to_string=True)
    target.drop_cache()
    if said.strip():
        raise TargetError(f"the replay cannot go on to where it was: {said.strip()}")
