"""What clr-stfld-trace shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StoreReport:
    """The trace: whether it is on, sites under watch, stores seen, and those that were asked for.

    `stores` are FieldStore.to_json(), `_texts` the same as lines. `dropped`: older ones that the
    limit of records pushed out. `source`: who records. `stops`: conditions to stop at. `note`: what
    else there is to know.
    """

    on: bool
    sites: int
    seen: int
    kept: int
    dropped: int
    stores: tuple[dict[str, Any], ...]
    _texts: tuple[str, ...]
    source: str = "breakpoint"
    stops: tuple[str, ...] = ()
    note: str = ""
