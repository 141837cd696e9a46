"""`clrscope trace`: what the guest's managed code does, told from outside."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from decoders.errors import DecodeError
from qemu_scripts import paths, run
from qemu_scripts.command import Command
from qemu_scripts.coverage.command import COVERAGE
from qemu_scripts.errors import EnvironmentFault, UsageError
from qemu_scripts.faults import FAULTS
from qemu_scripts.outcome import Kind
from qemu_scripts.profile.command import PROFILE
from qemu_scripts.traces.plugin import Count
from qemu_scripts.traces.session import Finished, managed_code, traced_run

# The decoders take a fifth of a second to import: only the commands that need them pay for it.
if TYPE_CHECKING:
    from qemu_scripts.traces.columns import ColumnDecoder
    from qemu_scripts.traces.kernel_image import KernelImage
    from qemu_scripts.traces.stfld import FieldStore


def _options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--fault", action="append", default=[], metavar="NAME[@ASM!TYPE::METHOD]",
        help="break code generation in one known way; may be repeated: " + ", ".join(FAULTS),
    )  # fmt: skip
    add("--type", metavar="GLOB", help="only objects of this type, or fields that it declares")
    add("--method", metavar="GLOB", help="only stores by this method")
    add("--field", metavar="GLOB", help="only this field: NAME or TYPE.NAME")
    add("--object", metavar="ADDRESS", help="only this object")
    add("--value", metavar="NUMBER", help="only this new value")
    add("--last", type=int, metavar="N", help="only the last N of them")
    add("--json-lines", type=Path, metavar="FILE", help="write a JSON object a line to FILE")
    add(
        "--count", choices=["off", "block", "exact"], default="off",
        help="count the instructions before each store (default off: it slows all code down)",
    )  # fmt: skip
    add("--raw", type=Path, metavar="FILE", help="keep the plugin's records in FILE")
    add("--memory", default="64M", metavar="SIZE", help="guest RAM (default 64M)")
    add("--timeout", type=float, metavar="S", help="end the guest after S seconds")
    add("-v", "--verbose", action="store_true", help="show the kernel's console too, on stderr")
    add(
        "command_line", nargs=argparse.REMAINDER, metavar="PROGRAM.exe [ARG...]",
        help="a .NET program and its arguments; without one the driver scenario runs",
    )  # fmt: skip


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


def _stores(finished: Finished, options: run.RunOptions, image: KernelImage) -> ColumnDecoder:
    """The decoder of a finished run."""
    from qemu_scripts.traces.columns import ColumnDecoder
    from qemu_scripts.traces.kernel_image import files_by_name, open_runtime
    from qemu_scripts.traces.stfld import Places, SiteTable

    runtime = open_runtime(image, finished.ram)
    files = files_by_name(run.module_files(options))
    return ColumnDecoder(SiteTable(runtime, files), Places(runtime))


def _trace_stfld(options: argparse.Namespace) -> int:
    from qemu_scripts.traces.filters import Filters, number
    from qemu_scripts.traces.kernel_image import KernelImage

    words = list(options.command_line)
    if words and words[0] == "--":
        del words[0]
    if words and words[0].startswith("-"):
        raise UsageError(f"unrecognized option {words[0]!r} (see `clrscope trace stfld --help`)")
    if options.timeout is not None and not 0 < options.timeout < float("inf"):
        raise UsageError("--timeout needs a number of seconds above 0")
    if options.last is not None and options.last < 1:
        raise UsageError("--last needs a whole number of at least 1")
    filters = Filters(
        type=options.type,
        method=options.method,
        field=options.field,
        object=None if options.object is None else number(options.object, "--object"),
        value=None if options.value is None else number(options.value, "--value"),
        last=options.last,
    )
    wanted = run.RunOptions(
        program=Path(words[0]) if words else None,
        arguments=tuple(words[1:]),
        fault=tuple(options.fault),
        memory=options.memory,
        timeout=options.timeout,
        on_fault="exit",
        verbose=options.verbose,
        output=2,
        show_log=options.verbose,
    )
    image = KernelImage(paths.KERNEL)
    with (
        _output(options.json_lines) as stream,
        traced_run(
            wanted, managed_code(image, Count(options.count)), trace_to=options.raw
        ) as finished,
    ):
        result = finished.outcome
        if result.kind in (Kind.ENVIRONMENT, Kind.BAD_USAGE) or finished.trace is None:
            raise EnvironmentFault(result.message)
        try:
            decoder = _stores(finished, wanted, image)
            stores = filters.tail(decoder.decode(finished.trace.pieces(), filters))
            shown = _print(stores, stream, as_json=options.json_lines is not None)
        except DecodeError as error:
            raise EnvironmentFault(
                f"the guest's memory after the run cannot be understood: {error}"
            ) from error
        rip = (result.event or {}).get("rip")
        cut_off = decoder.describe(int(rip, 16)) if isinstance(rip, str) else None
        if cut_off:
            print(f"clrscope: the store that faulted: {cut_off}", file=sys.stderr)
        lost = finished.shared.lost
        note = f"{shown} field stores shown of {decoder.count}, {len(finished.trace)} stores traced"
        if lost:
            note += f", {lost} LOST"
        print(f"clrscope: {note}; {result.message}", file=sys.stderr)
        return result.status


def _print(stores: Iterator[FieldStore], stream: TextIO, as_json: bool) -> int:
    count = 0
    for store in stores:
        count += 1
        if as_json:
            stream.write(json.dumps(store.to_json(), separators=(",", ":")) + "\n")
        else:
            stream.write(store.to_text() + "\n")
    return count


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
        ("clrscope trace stfld --json-lines out.jsonl hello.exe", "a program's, as JSON"),
    ),
    options=_options,
    action=_trace_stfld,
)  # fmt: skip


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

COMMANDS = [TRACE_STFLD, COVERAGE, PROFILE, BENCH_TRACE]
