"""Text of catchpoints."""

from __future__ import annotations

from decoders.frames.catch import Catchpoint
from decoders.render.base import Style, renders


@renders(Catchpoint)
def catchpoint(made: Catchpoint, style: Style) -> str:
    """`Catchpoint 2: page faults ...`."""
    what = ", ".join(made.names) or "every fault, unhandled exception and failed check"
    return f"Catchpoint {made.number} ({what})"
