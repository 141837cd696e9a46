"""clr-stfld-trace: field stores as they happen."""

from __future__ import annotations

import gdb

import decoders.render.stores  # noqa: F401 (registers the renderer)
from decoders.errors import DecodeError
from decoders.stores import Filters
from decoders.stores.report import StoreReport
from gdbext.command import Arg, Arguments, Option, UsageError, command
from gdbext.session import Session
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
        last=int(last) if last is not None else None)


def _report(stores: tuple[dict[str, object], ...], texts: tuple[str, ...]) -> StoreReport:
    kept = len(trace.records)
    dropped = kept == trace.records.maxlen and trace.seen - kept
    return StoreReport(
        trace.is_on, trace.sites, trace.seen, kept, int(dropped), stores, texts)


@command(
    "clr-stfld-trace", "Record field stores of managed code as they happen, and show them.",
    args=(Arg("ACTION", "on, off, show or clear; default: show", "text", optional=True),),
    options=(
        Option("type", "of the object or of the field's owner (glob)", "type"),
        Option("field", "NAME or Type.NAME (globs)", "text"),
        Option("method", "that stores (glob)", "method"),
        Option("object", "the object's address", "address"),
        Option("last", "with show: only the last N", "integer"),
    ),
    details="""
`on` puts a breakpoint on each store site, of methods compiled later too; the options narrow them
down, which is what keeps the machine fast (about a thousand stores a second are recorded). Each
store has method, IL offset and line, the object (heap, stack with frame and local, static), field,
value and what was there before. To record millions, use `clrscope trace stfld`, from outside.
""",
    examples=("clr-stfld-trace on -type PciDeviceInfo", "continue", "clr-stfld-trace show -last 5",
              "clr-stfld-trace show -field ProgIf --json", "clr-stfld-trace off"),
)
def clr_stfld_trace(session: Session, arguments: Arguments) -> StoreReport:
    """Switch it, or show it."""
    action = arguments.get("ACTION") or "show"
    filters = _filters(session, arguments)
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
