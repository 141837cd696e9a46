"""Running the machine to one of several places, bounded in time."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import gdb

from gdbext import compiled, limits, target

_FATAL = "clr_fatal_hook"


class Stop(gdb.Breakpoint):
    """A place to stop at while a register has a value: which frame of a method it is."""

    def __init__(self, address: int, register: str, value: int, kind: int | None = None) -> None:
        super().__init__(
            f"*{address:#x}", internal=True,
            type=compiled.breakpoint_kind() if kind is None else kind)
        self.silent = True
        self.address = address
        self._register = register
        self._value = value
        self.hit = False

    def stop(self) -> bool:
        """gdb's protocol."""
        now = int(gdb.parse_and_eval(f"(unsigned long)${self._register}"))
        self.hit = now == self._value
        return self.hit


class _FatalStop(gdb.Breakpoint):
    """The machine never comes back from here."""

    def __init__(self) -> None:
        super().__init__(_FATAL, internal=True, type=gdb.BP_HARDWARE_BREAKPOINT)
        self.silent = True
        self.hit = False

    def stop(self) -> bool:
        """gdb's protocol."""
        self.hit = True
        return True


def is_alive() -> bool:
    """Whether there is still a machine."""
    return bool(gdb.selected_inferior().pid)


def run(stops: Sequence[Stop], seconds: float = limits.STEP_SECONDS) -> tuple[Stop | None, str]:
    """Continue until one of the places: (that one, "") or (None, why it stopped elsewhere).

    Why: "fault", "time", "ended", "breakpoint". The stops are deleted. What gdb said of another
    breakpoint is shown.
    """
    fatal = _FatalStop() if target.symbol_address(_FATAL) is not None else None
    late = threading.Event()

    def interrupt() -> None:
        if not late.is_set():
            late.set()
            gdb.execute("interrupt")

    timer = threading.Timer(seconds, lambda: gdb.post_event(interrupt))
    timer.start()
    text = ""
    try:
        text = gdb.execute("continue", to_string=True) or ""
    finally:
        timer.cancel()
        timed_out = late.is_set()
        late.set()
        hit = next((s for s in stops if s.hit), None)
        crashed = fatal is not None and fatal.is_valid() and fatal.hit
        ours: list[gdb.Breakpoint] = [*stops]
        if fatal is not None:
            ours.append(fatal)
        for breakpoint in ours:
            if breakpoint.is_valid():
                breakpoint.delete()
    if hit is not None:
        return hit, ""
    if not is_alive():
        return None, "ended"
    if timed_out:
        return None, "time"
    if crashed:
        return None, "fault"
    gdb.write(text.replace("Continuing.\n", "", 1).lstrip("\n"))
    return None, "breakpoint"


def step_instruction() -> None:
    """One machine instruction, without gdb's text."""
    gdb.execute("with suppress-cli-notifications on -- stepi", to_string=True)
