"""What setting and listing breakpoints gives."""

from __future__ import annotations

from dataclasses import dataclass

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
