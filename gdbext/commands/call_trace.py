"""clr-trace: calls, objects and arrays of managed code."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

import gdb

import decoders.render.stores  # noqa: F401 (registers the renderer)
from decoders.errors import DecodeError
from decoders.stores.allocations import Allocation, AllocationFilters
from decoders.stores.calls import Call, CallDecoder, CallFilters, CallSites
from decoders.stores.frames import FrameTracker
from decoders.stores.report import EventReport
from gdbext.call_trace import allocation_decoder, allocations, calls
from gdbext.command import Arguments, UsageError, require_live
from gdbext.session import Session
from gdbext.store_sources import (
    Kind,
    plugin_kind,
    plugin_recording,
    require_whole,
    sources_of,
)

_PLUGIN = {"calls": Kind.CALLS, "alloc": Kind.ALLOC, "newarr": Kind.ALLOC}


def _positive(arguments: Arguments, name: str) -> int | None:
    text = arguments.option(name)
    if text is None:
        return None
    if not text.isdigit() or not int(text):
        raise UsageError(f"-{name} needs a whole number of at least 1, not {text!r}")
    return int(text)


def _source(arguments: Arguments, what: str) -> str:
    source = arguments.option("source")
    if source == "kernel":
        raise UsageError(
            "-source kernel: the guest's own trace tells of field stores alone (clr-stfld-trace); "
            "use -source plugin or breakpoint"
        )
    if source not in (None, "plugin", "breakpoint"):
        raise UsageError(f"-source {source!r} is none of plugin, breakpoint")
    if source is not None:
        return source
    trace = calls if what == "calls" else allocations
    kinds = (Kind.CALLS, Kind.ALLOC) if what == "calls" else (Kind.ALLOC,)
    loaded = plugin_kind() in kinds
    return "plugin" if loaded and not (trace.is_on or trace.records) else "breakpoint"


def _call_filters(arguments: Arguments) -> CallFilters:
    return CallFilters(
        arguments.option("method"), _positive(arguments, "depth"), _positive(arguments, "last"))


def _allocation_filters(arguments: Arguments, what: str) -> AllocationFilters:
    return AllocationFilters(
        arguments.option("type"), arguments.option("method"), what == "newarr",
        _positive(arguments, "last"))


def _switch(session: Session, arguments: Arguments, what: str, action: str) -> None:
    now: Session | None = session
    try:
        _ = session.runtime
    except (DecodeError, gdb.error):
        now = None  # nothing has booted yet: sites come as methods are compiled
    trace = calls if what == "calls" else allocations
    if action in ("on", "clear"):
        trace.clear()
    if action == "off":
        trace.stop()
    elif action == "on" and what == "calls":
        calls.start(now, _call_filters(arguments), arguments.flag("helpers"))
    elif action == "on":
        allocations.start(now)


def _calls(session: Session, arguments: Arguments, source: str) -> Iterator[Call]:
    if source == "breakpoint":
        return calls.calls(session)
    recording = plugin_recording(Kind.CALLS)
    require_whole(recording)
    runtime, sources = session.runtime, sources_of(session)
    decoder = CallDecoder(
        CallSites(runtime, sources), FrameTracker(runtime, sources), arguments.flag("helpers"))
    return decoder.decode(recording.pieces())


def _allocations(session: Session, source: str) -> Iterator[Allocation]:
    if source == "breakpoint":
        return allocations.allocations(session)
    recording = plugin_recording(Kind.ALLOC)
    require_whole(recording)
    return allocation_decoder(session).decode(recording.pieces())


T = TypeVar("T")


def _kept(
    events: Iterator[T], matches: Callable[[T], bool], last: int | None
) -> tuple[list[T], int]:
    """(the last events that pass, events altogether)."""
    count = 0
    kept: deque[T] = deque(maxlen=last)
    for event in events:
        count += 1
        if matches(event):
            kept.append(event)
    return list(kept), count


def clr_trace(session: Session, arguments: Arguments) -> EventReport:
    """Switch a trace, or show it."""
    what, action = arguments["WHAT"], arguments.get("ACTION") or "show"
    if what not in _PLUGIN:
        raise UsageError(f"clr-trace: {what!r} is none of calls, alloc, newarr")
    if action not in ("on", "off", "show", "clear"):
        raise UsageError(f"clr-trace: {action!r} is none of on, off, show, clear")
    if action == "on":
        require_live(session, "clr-trace on")
    source = _source(arguments, what)
    trace = calls if what == "calls" else allocations
    # Bad words are told of before anything is switched.
    _ = _call_filters(arguments) if what == "calls" else _allocation_filters(arguments, what)
    if source == "plugin" and action != "show":
        plugin_recording(_PLUGIN[what])
        return EventReport(
            what, source, True, 0, 0, (), (),
            "the plugin records by itself, from reset on: `show` takes the filters")
    if action != "show":
        _switch(session, arguments, what, action)
        return EventReport(what, source, trace.is_on, trace.sites, trace.seen, (), ())
    if source == "breakpoint" and not trace.records:
        return EventReport(what, source, trace.is_on, trace.sites, trace.seen, (), ())
    shown: list[Call] | list[Allocation]
    if what == "calls":
        wanted = _call_filters(arguments)
        shown, count = _kept(_calls(session, arguments, source), wanted.matches, wanted.last)
    else:
        some = _allocation_filters(arguments, what)
        shown, count = _kept(_allocations(session, source), some.matches, some.last)
    on, sites = (True, 0) if source == "plugin" else (trace.is_on, trace.sites)
    return EventReport(
        what, source, on, sites, count, tuple(one.to_json() for one in shown),
        tuple(one.to_text() for one in shown))
