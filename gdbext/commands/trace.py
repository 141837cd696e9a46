"""clr-stfld-trace: field stores as they happen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gdb

import decoders.render.stores  # noqa: F401 (registers the renderer)
from decoders.errors import DecodeError
from decoders.stores import Filters
from decoders.stores.conditions import parse_conditions
from decoders.stores.conditions import to_text as condition_text
from decoders.stores.recording import Recording
from decoders.stores.report import StoreReport
from gdbext.command import Arguments, UsageError, require_live
from gdbext.session import Session
from gdbext.store_sources import (
    Kind,
    kernel_stores,
    plugin_kind,
    plugin_recording,
    plugin_stores,
    require_log,
)
from gdbext.store_trace import trace


def _filters(session: Session, arguments: Arguments) -> Filters:
    last = arguments.option("last")
    if last is not None and not last.isdigit():
        raise UsageError(f"-last {last!r} is no number of stores")
    wanted = arguments.option("object")
    return Filters(
        type=arguments.option("type"), method=arguments.option("method"),
        field=arguments.option("field"),
        object=session.address(wanted) if wanted is not None else None,
        value=_value(arguments.option("value")),
        last=int(last) if last is not None else None)


def _value(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(text, 0)
    except ValueError:
        raise UsageError(f"-value {text!r} is no number; write 19 or 0x13") from None


def _stops(session: Session, arguments: Arguments, action: str) -> list[Filters]:
    text = arguments.option("stop-when")
    if text is None:
        return []
    if action != "on":
        raise UsageError(f"-stop-when belongs to `clr-stfld-trace on`, not to {action}")
    return parse_conditions(text, session.address)


def _recorded(
    session: Session, source: str, arguments: Arguments, filters: Filters
) -> StoreReport:
    """What the plugin or the guest itself recorded, up to where the machine stands."""
    session.require_target()
    if source == "kernel":
        found, sites, seen = kernel_stores(session, _log(arguments), filters)
    else:
        found, sites, seen = plugin_stores(session, _recording(), filters)
    texts = tuple(store.to_text() for store in found)
    note = ""
    if source == "kernel" and filters.value is not None:
        note = "the guest prints no values: known is what the last store to each field left"
    return StoreReport(
        True, sites, seen, seen, 0, tuple(s.to_json() for s in found), texts, source,
        _stop_texts(), note)


def _log(arguments: Arguments) -> Path:
    log = arguments.option("log")
    if log is None:
        raise UsageError("-source kernel needs -log FILE: that of `clrscope run --kernel-log`")
    return Path(log)


def _recording() -> Recording:
    return plugin_recording(Kind.STFLD)


def _on(session: Session, source: str, arguments: Arguments, filters: Filters) -> StoreReport:
    """Start breakpoints: to record, or only to stop where somebody else records."""
    stops = _stops(session, arguments, "on")
    note = ""
    if source != "breakpoint":
        if source == "plugin":
            _recording()
        else:
            require_log(_log(arguments))
        who = "the plugin" if source == "plugin" else "the guest"
        note = f"{who} records every store by itself, from reset on: `show` takes the filters"
    now: Session | None = session
    try:
        _ = session.runtime
    except (DecodeError, gdb.error):
        now = None  # nothing has booted yet: sites come as methods are compiled
    trace.stop()
    trace.clear()
    if source == "breakpoint":
        trace.start(now, filters, stops)
    elif stops:
        trace.start(now, None, stops)
    return replace(_report((), ()), on=True, source=source, note=note)


def _source(arguments: Arguments) -> str:
    """The one that was asked for; else the plugin, where it is loaded and no breakpoint records."""
    source = arguments.option("source")
    if source is None:
        by_breakpoints = trace.is_on or trace.records
        return "breakpoint" if by_breakpoints or plugin_kind() is not Kind.STFLD else "plugin"
    if source not in ("plugin", "breakpoint", "kernel"):
        raise UsageError(f"-source {source!r} is none of plugin, breakpoint, kernel")
    return source


def _stop_texts() -> tuple[str, ...]:
    return tuple(map(condition_text, trace.stops))


def _report(stores: tuple[dict[str, object], ...], texts: tuple[str, ...]) -> StoreReport:
    return StoreReport(
        trace.is_on, trace.sites, trace.seen, len(trace.records), trace.dropped, stores, texts,
        "breakpoint", _stop_texts())


def clr_stfld_trace(session: Session, arguments: Arguments) -> StoreReport:
    """Switch it, or show it."""
    action = arguments.get("ACTION") or "show"
    if action not in ("on", "off", "show", "clear"):
        raise UsageError(f"clr-stfld-trace: {action!r} is none of on, off, show, clear")
    if action == "on":
        require_live(session, "clr-stfld-trace on")
    filters = _filters(session, arguments)
    _stops(session, arguments, action)
    if action == "on":
        return _on(session, _source(arguments), arguments, filters)
    if action == "show":
        source = _source(arguments)
        if source != "breakpoint":
            return _recorded(session, source, arguments, filters)
        if trace.records:
            stores = trace.stores(session, filters)
            return _report(tuple(s.to_json() for s in stores), tuple(s.to_text() for s in stores))
    if action == "off":
        trace.stop()
    if action == "clear":
        trace.clear()
    return _report((), ())
