"""clr-stfld-trace: field stores as they happen."""

from __future__ import annotations

from pathlib import Path

import gdb

import decoders.render.stores  # noqa: F401 (registers the renderer)
from decoders.errors import DecodeError
from decoders.stores import Filters
from decoders.stores.report import StoreReport
from gdbext.command import Arguments, UsageError
from gdbext.session import Session
from gdbext.store_sources import kernel_stores, plugin_recording, plugin_stores
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


def _recorded(
    session: Session, source: str, arguments: Arguments, filters: Filters
) -> StoreReport:
    """What the plugin or the guest itself recorded, up to where the machine stands."""
    session.require_target()
    if source == "kernel":
        log = arguments.option("log")
        if log is None:
            raise UsageError("-source kernel needs -log FILE: that of `clrscope run --kernel-log`")
        found, sites, seen = kernel_stores(session, Path(log), filters)
    else:
        recording = plugin_recording()
        if recording is None:
            raise UsageError(
                "no store plugin is loaded in this QEMU: start the machine with `clrscope trace "
                "stfld --gdb SOCKET`, or use -source breakpoint"
            )
        found, sites, seen = plugin_stores(session, recording, filters)
    texts = tuple(store.to_text() for store in found)
    return StoreReport(True, sites, seen, seen, 0, tuple(s.to_json() for s in found), texts)


def _source(arguments: Arguments) -> str:
    """The one that was asked for; else the plugin, where it is loaded and no breakpoint records."""
    source = arguments.option("source")
    if source is None:
        by_breakpoints = trace.is_on or trace.records
        return "breakpoint" if by_breakpoints or plugin_recording() is None else "plugin"
    if source not in ("plugin", "breakpoint", "kernel"):
        raise UsageError(f"-source {source!r} is none of plugin, breakpoint, kernel")
    return source


def _report(stores: tuple[dict[str, object], ...], texts: tuple[str, ...]) -> StoreReport:
    kept = len(trace.records)
    dropped = kept == trace.records.maxlen and trace.seen - kept
    return StoreReport(
        trace.is_on, trace.sites, trace.seen, kept, int(dropped), stores, texts)


def clr_stfld_trace(session: Session, arguments: Arguments) -> StoreReport:
    """Switch it, or show it."""
    action = arguments.get("ACTION") or "show"
    filters = _filters(session, arguments)
    if action in ("on", "show"):
        source = _source(arguments)
        if source != "breakpoint":
            # Those record from the start and by themselves: `on` shows how they stand.
            none = Filters(method="") if action == "on" else filters
            return _recorded(session, source, arguments, none)
    if action == "on":
        now: Session | None = session
        try:
            _ = session.runtime
        except (DecodeError, gdb.error):
            now = None  # nothing has booted yet: sites come as methods are compiled
        trace.clear()
        trace.start(now, filters)
        return _report((), ())
    if action == "off":
        trace.stop()
        return _report((), ())
    if action == "clear":
        trace.clear()
        return _report((), ())
    if action != "show":
        raise UsageError(f"clr-stfld-trace: {action!r} is none of on, off, show, clear")
    if not trace.records:
        return _report((), ())
    stores = trace.stores(session, filters)
    return _report(tuple(s.to_json() for s in stores), tuple(s.to_text() for s in stores))
