"""What setting and listing breakpoints gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from decoders.runtime import Value
from decoders.stops.location import Place


@dataclass(frozen=True, slots=True)
class BreakpointReport:
    """A breakpoint on managed code; without places it waits for its methods to be compiled.

    `waits` says whether methods compiled later are added. `notes` says what is odd about it.
    """

    number: int
    location: str
    condition: str
    places: tuple[Place, ...]
    waits: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BreakpointList:
    """All breakpoints on managed code."""

    breakpoints: tuple[BreakpointReport, ...]


@dataclass(frozen=True, slots=True)
class StepReport:
    """Where a step ended.

    why: "step", "entered" (a callee), "returned" (to the caller), "breakpoint", "fault", "time"
    (it was still running, and was interrupted), "ended". method is empty in native code, where
    `function` is gdb's name. line 0: not known; source is that line's text where the file is here.
    """

    why: str
    method: str
    function: str
    pc: int = field(metadata={"address": True})
    il_offset: int | None
    il: str
    file: str
    line: int
    source: str
    moved: bool
    by_il: bool
    note: str


@dataclass(frozen=True, slots=True)
class FinishReport:
    """A method's end: its value (None: void or not known, see `problem`) and where it returned."""

    method: str
    type: str
    value: Value | None
    problem: str
    at: StepReport
