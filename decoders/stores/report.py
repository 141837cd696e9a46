"""What clr-stfld-trace and clr-trace show."""

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


@dataclass(frozen=True, slots=True)
class EventReport:
    """What clr-trace shows: calls, objects or arrays.

    what: "calls", "alloc" or "newarr". sites: places under watch, 0 where the plugin records. seen:
    events altogether. events: to_json() of those that were asked for, `_texts` the same as lines.
    """

    what: str
    source: str
    on: bool
    sites: int
    seen: int
    events: tuple[dict[str, Any], ...]
    _texts: tuple[str, ...]
    note: str = ""
