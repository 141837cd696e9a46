"""`clrscope trace`: what the guest's managed code does, told from outside."""

from __future__ import annotations

import argparse
import json
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from decoders.errors import DecodeError
from qemu_scripts import paths, run
from qemu_scripts.command import Command
from qemu_scripts.coverage.command import COVERAGE
from qemu_scripts.errors import EnvironmentFault, UsageError
from qemu_scripts.profile.command import PROFILE
from qemu_scripts.traces import guest_options
from qemu_scripts.traces.plugin import Count
from qemu_scripts.traces.session import (
    Finished,
    calls,
    every_store,
    managed_code,
    traced_run,
)

# The decoders take a fifth of a second to import: only the commands that need them pay for it.
if TYPE_CHECKING:
    from decoders.runtime import Runtime
    from decoders.stores import Sources
    from qemu_scripts.traces.filters import Filters
    from qemu_scripts.traces.kernel_image import KernelImage
    from qemu_scripts.traces.stfld import FieldStore, SiteTable


#: A store of 16 bytes makes two records, and a piece of the ring should be worth taking.
_SMALLEST_RING = 64


class Event(Protocol):
    """What a trace shows."""

    def to_json(self) -> dict[str, object]:
        """A JSON-ready dict."""
        ...

    def to_text(self) -> str:
        """One line."""
        ...


def _output_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--last", type=int, metavar="N", help="only the last N of them")
    add("--json-lines", type=Path, metavar="FILE", help="write a JSON object a line to FILE")
    add("--raw", type=Path, metavar="FILE", help="keep the plugin's records in FILE")


def _debugger_options(parser: argparse.ArgumentParser, command: str) -> None:
    add = parser.add_argument
    add("--gdb", type=Path, metavar="SOCKET", help="open QEMU's gdbstub on this unix socket: "
        f"{command} there shows this trace")  # fmt: skip
    add("--paused", action="store_true", help="stay stopped at reset until a debugger continues")


def _run_options(options: argparse.Namespace) -> run.RunOptions:
    """The run that was asked for; a debugger's does not end at a fault."""
    wanted = guest_options.run_options(options)
    if options.gdb is None and not options.paused:
        return wanted
    return replace(wanted, gdb=options.gdb, paused=options.paused, on_fault=None)


def _check_last(options: argparse.Namespace) -> None:
    if options.last is not None and options.last < 1:
        raise UsageError("--last needs a whole number of at least 1")


@contextmanager
def _output(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    try:
        with path.open("w", encoding="utf-8") as stream:
            yield stream
    except OSError as error:
        raise EnvironmentFault(f"{path} cannot be written: {error.strerror}") from error


def _print(events: Iterator[Event], stream: TextIO, as_json: bool) -> int:
    count = 0
    for event in events:
        count += 1
        if as_json:
            stream.write(json.dumps(event.to_json(), separators=(",", ":")) + "\n")
        else:
            stream.write(event.to_text() + "\n")
    return count


def _print_blocks(blocks: Iterator[tuple[int, str]], last: int | None, stream: TextIO) -> int:
    """Write texts of many lines, or only their last lines; returns how many lines."""
    if last is None:
        count = 0
        for lines, text in blocks:
            count += lines
            stream.write(text)
        return count
    kept: deque[tuple[int, str]] = deque()
    lines_kept = 0
    for block in blocks:
        kept.append(block)
        lines_kept += block[0]
        while lines_kept - kept[0][0] >= last:
            lines_kept -= kept.popleft()[0]
    shown = "".join(text for _, text in kept).splitlines(keepends=True)[-last:]
    stream.writelines(shown)
    return len(shown)


def _opened(
    finished: Finished, options: run.RunOptions, image: KernelImage
) -> tuple[Runtime, Sources]:
    """The contract of a finished run, and line tables."""
    from qemu_scripts.traces.kernel_image import files_by_name, open_runtime
    from qemu_scripts.traces.stfld import sources_of

    runtime = open_runtime(image, finished.ram)
    return runtime, sources_of(runtime, files_by_name(run.module_files(options)))


def _say_end(note: str, finished: Finished, message: str) -> None:
    lost = finished.shared.lost
    if lost:
        note += f", {lost} LOST"
    print(f"clrscope: {note}; {message}", file=sys.stderr)


# ---------------------------------------------------------------------------------------- stfld


def _stfld_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--type", metavar="GLOB", help="only objects of this type, or fields that it declares")
    add("--method", metavar="GLOB", help="only stores by this method")
    add("--field", metavar="GLOB", help="only this field: NAME or TYPE.NAME")
    add("--object", metavar="ADDRESS", help="only this object")
    add("--value", metavar="NUMBER", help="only this new value")
    add(
        "--stop-when", action="append", default=[], metavar="CONDITION",
        help="end the guest when a store is '[TYPE.]FIELD [= NUMBER] [by METHOD] [of OBJECT] "
        "[or ...]', and show what came before it; may be repeated",
    )  # fmt: skip
    add(
        "--old", action="store_true",
        help="show what each field held before: all stores of kernel and managed code are traced "
        "(slower)",
    )  # fmt: skip
    add(
        "--source", choices=["plugin", "kernel"], default="plugin",
        help="plugin: from outside, complete (default); kernel: the guest's own lines on its "
        "serial console (slow, no statics)",
    )  # fmt: skip
    add(
        "--count", choices=["off", "block", "exact"], default="off",
        help="count the instructions before each store (default off: it slows all code down)",
    )  # fmt: skip
    add(
        "--full", choices=["block", "count"], default="block",
        help="when the ring of records is full: block the guest until there is room (default), or "
        "let it go on and count what is lost; stores of structs and names of stack slots are left "
        "out then",
    )  # fmt: skip
    add("--ring", type=int, metavar="N", help="records that the ring holds, a power of two "
        "(default 1048576)")  # fmt: skip
    _debugger_options(parser, "clr-stfld-trace")
    _output_options(parser)
    guest_options.add(parser)


def _filters(options: argparse.Namespace) -> Filters:
    from qemu_scripts.traces.filters import Filters, number

    _check_last(options)
    return Filters(
        type=options.type,
        method=options.method,
        field=options.field,
        object=None if options.object is None else number(options.object, "--object"),
        value=None if options.value is None else number(options.value, "--value"),
        last=options.last,
    )


def _check_ring(options: argparse.Namespace) -> None:
    size = options.ring
    if size is not None and (size < _SMALLEST_RING or size & size - 1):
        raise UsageError(f"--ring needs a power of two of at least {_SMALLEST_RING}, not {size}")
    if options.full == "count" and options.old:
        raise UsageError("--old needs every store: leave out --full count")


class _Stores:
    """The field stores of a finished run, up to the one to stop at."""

    def __init__(
        self, finished: Finished, options: run.RunOptions, image: KernelImage, old: bool,
        stops: Sequence[Filters],
    ) -> None:  # fmt: skip
        from qemu_scripts.traces.kernel_image import files_by_name
        from qemu_scripts.traces.stfld import SiteTable

        self.runtime, self.sources = _opened(finished, options, image)
        self.sites: SiteTable = SiteTable(self.runtime, files_by_name(run.module_files(options)))
        self.lost = finished.shared.lost
        if self.lost:
            # What is left of a struct's copy may be of several executions.
            self.sites.keep_whole()
        self._finished = finished
        self._old = old
        self._stops = stops
        self.count = 0
        self.stopped: FieldStore | None = None

    def __call__(self, filters: Filters) -> Iterator[FieldStore]:
        """Those that pass, `last` aside."""
        from decoders.stores.conditions import is_met

        assert self._finished.trace is not None
        pieces = self._finished.trace.pieces()
        for store in self._decoded(pieces, filters):
            if not self._stops or filters.matches(store):
                yield store
            if self._stops and is_met(self._stops, store):
                self.stopped = store
                self.count = store.sequence
                return

    def _decoded(self, pieces: Iterator[memoryview], filters: Filters) -> Iterator[FieldStore]:
        from decoders.stores.before import Memory
        from decoders.stores.columns import ColumnDecoder
        from decoders.stores.frames import FrameTracker
        from qemu_scripts.traces.filters import Filters
        from qemu_scripts.traces.stfld import Decoder, Places

        places = Places(self.runtime)
        frames = None if self.lost else FrameTracker(self.runtime, self.sources)
        # A store to stop at has to be seen, whatever the filters say of it.
        wanted = Filters() if self._stops else filters
        if self._old:
            slow = Decoder(self.sites, places, frames, Memory())
            yield from (store for store in slow.decode(pieces) if wanted.matches(store))
            self.count = slow.count
        else:
            fast = ColumnDecoder(self.sites, places, frames)
            yield from fast.decode(pieces, wanted)
            self.count = fast.count

    def blocks(self, filters: Filters) -> Iterator[tuple[int, str]]:
        """The same as text, many lines at once, `last` aside; faster where no store is waited for.

        (lines, text with a line feed after each).
        """
        if self._stops or self._old:
            yield from ((1, f"{store.to_text()}\n") for store in self(filters))
            return
        from decoders.stores.frames import FrameTracker
        from decoders.stores.text import TextDecoder
        from qemu_scripts.traces.stfld import Places

        assert self._finished.trace is not None
        frames = None if self.lost else FrameTracker(self.runtime, self.sources)
        decoder = TextDecoder(self.sites, Places(self.runtime), frames)
        yield from decoder.blocks(self._finished.trace.pieces(), filters)
        self.count = decoder.count

    def describe(self, pc: int) -> str | None:
        """The field store that an instruction belongs to."""
        site = self.sites.find(pc)
        return None if site is None else f"{site.prefix}, {site.suffix}"


def _trace_stfld(options: argparse.Namespace) -> int:
    from qemu_scripts.traces.kernel_image import KernelImage, files_by_name
    from qemu_scripts.traces.watch import StopWatch, conditions

    wanted = _run_options(options)
    filters = _filters(options)
    stops = conditions(options.stop_when)
    image = KernelImage(paths.KERNEL)
    if options.source == "kernel":
        return _from_kernel(options, wanted, filters, stops, image)
    _check_ring(options)
    count = Count(options.count)
    if options.old:
        plugin = replace(every_store(image, count), returns=True)
    else:
        plugin = managed_code(image, count)
    plugin = replace(plugin, block_when_full=options.full == "block")
    files = files_by_name(run.module_files(wanted))
    watch = StopWatch(stops, image, files) if stops else None
    with (
        _output(options.json_lines) as stream,
        traced_run(
            wanted, plugin, trace_to=options.raw, capacity=options.ring, leave=watch
        ) as finished,
    ):
        result = finished.outcome
        guest_options.require_run(result)
        assert finished.trace is not None
        try:
            stores = _Stores(finished, wanted, image, options.old, stops)
            if options.json_lines is not None:
                shown = _print(filters.tail(stores(filters)), stream, as_json=True)
            else:
                shown = _print_blocks(stores.blocks(filters), filters.last, stream)
        except DecodeError as error:
            raise EnvironmentFault(
                f"the guest's memory after the run cannot be understood: {error}"
            ) from error
        message, status = result.message, result.status
        rip = (result.event or {}).get("rip")
        cut_off = stores.describe(int(rip, 16)) if isinstance(rip, str) else None
        if stores.stopped is not None:
            message, status = f"stopped at store {stores.stopped.sequence}", 0
        elif cut_off:
            print(f"clrscope: the store that faulted: {cut_off}", file=sys.stderr)
        note = f"{shown} field stores shown of {stores.count}, {len(finished.trace)} records traced"
        _say_end(note, finished, message)
        return status


def _from_kernel(
    options: argparse.Namespace, wanted: run.RunOptions, filters: Filters,
    stops: Sequence[Filters], image: KernelImage,
) -> int:  # fmt: skip
    from qemu_scripts.traces.kernel_lines import kernel_trace

    plugins = options.ring is not None or options.full != "block" or options.count != "off"
    if options.old or options.raw or options.value or stops or plugins:
        raise UsageError(
            "--source kernel has neither values nor records: leave out --old, --raw, --value, "
            "--count, --full, --ring and --stop-when"
        )
    with _output(options.json_lines) as stream, kernel_trace(wanted, image) as traced:
        guest_options.require_run(traced.outcome)
        found = (store for store in traced.stores() if filters.matches(store))
        shown = _print(filters.tail(found), stream, as_json=options.json_lines is not None)
        print(
            f"clrscope: {shown} field stores shown of {traced.count}; {traced.outcome.message}",
            file=sys.stderr,
        )
        return traced.outcome.status


# --------------------------------------------------------------------------- calls, alloc, newarr


def _call_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--method", metavar="GLOB", help="only calls from or to this method")
    add("--depth", type=int, metavar="N", help="only where at most N managed frames are live")
    add("--helpers", action="store_true", help="also calls of the runtime's helpers (new, box, ..)")
    _debugger_options(parser, "clr-trace")
    _output_options(parser)
    guest_options.add(parser)


def _trace_calls(options: argparse.Namespace) -> int:
    from decoders.stores.calls import CallDecoder, CallFilters, CallSites
    from decoders.stores.frames import FrameTracker
    from qemu_scripts.traces.filters import tail
    from qemu_scripts.traces.kernel_image import KernelImage

    wanted = _run_options(options)
    _check_last(options)
    if options.depth is not None and options.depth < 1:
        raise UsageError("--depth needs a whole number of at least 1")
    image = KernelImage(paths.KERNEL)
    with (
        _output(options.json_lines) as stream,
        traced_run(wanted, calls(image), trace_to=options.raw) as finished,
    ):
        guest_options.require_run(finished.outcome)
        assert finished.trace is not None
        try:
            runtime, sources = _opened(finished, wanted, image)
            decoder = CallDecoder(
                CallSites(runtime, sources), FrameTracker(runtime, sources), options.helpers
            )
            filters = CallFilters(options.method, options.depth)
            found = filter(filters.matches, decoder.decode(finished.trace.pieces()))
            shown = _print(tail(found, options.last), stream, options.json_lines is not None)
        except DecodeError as error:
            raise EnvironmentFault(f"the run cannot be understood: {error}") from error
        note = f"{shown} calls shown of {decoder.count}"
        _say_end(note, finished, finished.outcome.message)
        return finished.outcome.status


def _alloc_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--type", metavar="GLOB", help="only objects of this type")
    add("--method", metavar="GLOB", help="only those that this method asked for")
    _debugger_options(parser, "clr-trace")
    _output_options(parser)
    guest_options.add(parser)


def _trace_allocations(options: argparse.Namespace, arrays: bool) -> int:
    from decoders.stores.allocations import (
        ALLOCATOR,
        HEAP_REGION,
        SIZERS,
        AllocationDecoder,
        AllocationFilters,
    )
    from decoders.stores.calls import CallSites
    from qemu_scripts.traces.filters import tail
    from qemu_scripts.traces.kernel_image import KernelImage

    wanted = _run_options(options)
    _check_last(options)
    image = KernelImage(paths.KERNEL)
    with (
        _output(options.json_lines) as stream,
        traced_run(wanted, calls(image, allocations=True), trace_to=options.raw) as finished,
    ):
        guest_options.require_run(finished.outcome)
        assert finished.trace is not None
        try:
            runtime, sources = _opened(finished, wanted, image)
            decoder = AllocationDecoder(
                runtime, CallSites(runtime, sources), image.span(ALLOCATOR),
                [image.span(name) for name in SIZERS], image.span(HEAP_REGION),
            )  # fmt: skip
            filters = AllocationFilters(options.type, options.method, arrays)
            found = filter(filters.matches, decoder.decode(finished.trace.pieces()))
            shown = _print(tail(found, options.last), stream, options.json_lines is not None)
        except DecodeError as error:
            raise EnvironmentFault(f"the run cannot be understood: {error}") from error
        what = "arrays" if arrays else "objects"
        _say_end(f"{shown} {what} shown of {decoder.count} objects", finished,
                 finished.outcome.message)  # fmt: skip
        return finished.outcome.status


def _trace_alloc(options: argparse.Namespace) -> int:
    return _trace_allocations(options, arrays=False)


def _trace_newarr(options: argparse.Namespace) -> int:
    return _trace_allocations(options, arrays=True)


TRACE_STFLD = Command(
    name="trace stfld",
    summary="run, and show every field store that managed code executed",
    description="Boots the kernel with the TCG plugin and shows each executed stfld and stsfld: "
    "its number, method,\nIL offset and line, the object, the field and its new value. The guest "
    "needs no change and writes\nnothing. Its own output goes to stderr; the exit status is that "
    "of `clrscope run`.",
    examples=(
        ("clrscope trace stfld", "the driver scenario"),
        ("clrscope trace stfld --type PciDeviceInfo --last 5", "the last stores to that type"),
        ("clrscope trace stfld --fault vt-field-offset --method 'PciAddress::.ctor'",
         "where a value type's fields go under that fault"),
        ("clrscope trace stfld --stop-when PciDeviceInfo.ProgIf --last 5",
         "what was written before a field was, with the guest ended there"),
        ("clrscope trace stfld --json-lines out.jsonl hello.exe", "a program's, as JSON"),
    ),
    options=_stfld_options,
    action=_trace_stfld,
)  # fmt: skip


_RUNS = (
    "\nThe guest needs no change. Its own output goes to stderr; the exit status is that of "
    "`clrscope run`."
)

TRACE_CALLS = Command(
    name="trace calls",
    summary="run, and show every call that managed code made",
    description="Boots the kernel with the TCG plugin and shows each executed call of managed "
    "code: where it stands\nand what ran, of a virtual or interface call the method that was "
    "chosen." + _RUNS,
    examples=(
        ("clrscope trace calls --method Bind", "what a driver's Bind calls, and who calls it"),
        ("clrscope trace calls --last 10 --fault this-not-homed", "the calls before a fault"),
    ),
    options=_call_options,
    action=_trace_calls,
)

TRACE_ALLOC = Command(
    name="trace alloc",
    summary="run, and show every object that was made",
    description="Boots the kernel with the TCG plugin and shows each object as it was made: "
    "address, type, size, and\nthe instruction that asked for it." + _RUNS,
    examples=(("clrscope trace alloc --type Node hello.exe", "a program's objects of one type"),),
    options=_alloc_options,
    action=_trace_alloc,
)

TRACE_NEWARR = Command(
    name="trace newarr",
    summary="run, and show every array that managed code made",
    description="Like trace alloc, but only arrays, with the ComponentSize of their MethodTable; "
    "one that is not\nwhat the element type of newarr needs is pointed out." + _RUNS,
    examples=(
        ("clrscope trace newarr --type 'PciBar*'", "arrays of one element type"),
        ("clrscope trace newarr --fault array-stride-unaligned", "arrays that are too small"),
    ),
    options=_alloc_options,
    action=_trace_newarr,
)


def _bench_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--rounds", type=int, metavar="N", help="of the loop, 2 million stores each (default 20)")
    add("--tries", type=int, default=3, metavar="N", help="the least of N counts (default 3)")
    add("--json", action="store_true", help="print JSON")


def _bench_trace(options: argparse.Namespace) -> int:
    from qemu_scripts.bench import trace

    def note(what: str) -> None:
        if sys.stderr.isatty():
            print(f"clrscope: {what}", file=sys.stderr)

    if options.tries < 1 or (options.rounds is not None and options.rounds < 1):
        raise UsageError("--tries and --rounds need a whole number of at least 1")
    report = trace.measure(note, options.rounds or trace.ROUNDS, options.tries)
    print(json.dumps(report.to_json(), indent=2) if options.json else report.to_text())
    return 0


BENCH_TRACE = Command(
    name="bench trace",
    summary="time what tracing stores costs",
    description="Times a C# loop that does little but store to fields, and the driver scenario: "
    "without a trace,\nwith the plugin (with and without values), and with the guest's own trace; "
    "and how fast the\nrecords are decoded.",
    examples=(("clrscope bench trace", "two tables, in a minute or two"),),
    options=_bench_options,
    action=_bench_trace,
)

COMMANDS = [
    TRACE_STFLD, TRACE_CALLS, TRACE_ALLOC, TRACE_NEWARR, COVERAGE, PROFILE, BENCH_TRACE,
]  # fmt: skip
