"""What clr-symbols did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SymbolReport:
    """The object of all compiled methods. `new`: encoded by this call; seconds: it took all told.

    `generation` is the contract's when it was made. `problems` names methods without lines.
    """

    path: str
    methods: int
    new: int
    bytes: int
    seconds: float
    generation: int
    problems: tuple[str, ...]
