"""`clrscope record`, `replay`, `who-wrote`, `debug` and `bench replay`: options and output."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qemu_scripts import paths, sockets
from qemu_scripts.command import Command, Parser
from qemu_scripts.errors import UsageError
from qemu_scripts.faults import FAULTS
from qemu_scripts.run import RunOptions

# asyncio, QMP and the decoders take a while to import: only the commands that need them pay.
if TYPE_CHECKING:
    from qemu_scripts.timetravel.record import Recorded
    from qemu_scripts.timetravel.recording import Recording

#: Exit status of a replay, or of two runs, that did not do the same.
DIVERGED = 1


def _say(message: str) -> None:
    print(f"clrscope: {message}", file=sys.stderr, flush=True)


def _guest_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--fault", action="append", default=[], metavar="NAME[@ASM!TYPE::METHOD]",
        help="break code generation in one known way; may be repeated: " + ", ".join(FAULTS),
    )  # fmt: skip
    add("--disk", type=Path, metavar="IMG", help="the virtio disk; it is not written to")
    add("--memory", default="64M", metavar="SIZE", help="guest RAM (default 64M)")


def _program(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "command_line", nargs=argparse.REMAINDER, metavar="PROGRAM.exe [ARG...]",
        help="a .NET program and its arguments; without one the driver scenario runs",
    )  # fmt: skip


def _guest(options: argparse.Namespace, name: str, timeout: float | None) -> RunOptions:
    words = list(options.command_line)
    if words and words[0] == "--":
        del words[0]
    if words and words[0].startswith("-"):
        raise UsageError(f"unrecognized option {words[0]!r} (see `clrscope {name} --help`)")
    if timeout is not None and not 0 < timeout < float("inf"):
        raise UsageError("--timeout needs a number of seconds above 0")
    return RunOptions(
        program=Path(words[0]) if words else None,
        arguments=tuple(words[1:]),
        fault=tuple(options.fault),
        disk=options.disk,
        memory=options.memory,
        timeout=timeout,
    )


def _passing_on(program: bool) -> Callable[[str, bytes], None]:
    """The guest's output as `clrscope run` shows it."""
    to = {"out": 1, "err": 2} if program else {"log": 1, "out": 1, "err": 2}

    def show(console: str, data: bytes) -> None:
        descriptor = to.get(console)
        while descriptor is not None and data:
            data = data[os.write(descriptor, data) :]

    return show


# --------------------------------------------------------------------------------------- record


def _record_options(parser: argparse.ArgumentParser) -> None:
    _guest_options(parser)
    add = parser.add_argument
    add("--out", type=Path, metavar="DIR", help="the recording's new folder (default: NAME-1.rec)")
    add("--timeout", type=float, metavar="S",
        help="end the recording after S seconds (default: 60 for the driver scenario, else none)")
    add("--json", action="store_true", help="print how it went as JSON; the guest's output: stderr")
    _program(parser)


def _record(options: argparse.Namespace) -> int:
    from qemu_scripts.timetravel import record
    from qemu_scripts.timetravel.machine import nothing
    from qemu_scripts.timetravel.replay import Diverged

    guest = _guest(options, "record", options.timeout)
    folder = options.out or record.default_folder(guest)
    show = nothing if options.json else _passing_on(guest.program is not None)
    try:
        made = record.record(guest, folder, show)
    except Diverged as error:
        _say(f"the recording cannot be replayed, so it was not kept: {error}")
        return DIVERGED
    if options.json:
        print(json.dumps(_recorded(made), indent=2))
    else:
        manifest = made.recording.manifest
        _say(made.outcome.message)
        _say(
            f"recorded {manifest.end.instructions:,} instructions in {made.seconds:.1f} s, "
            f"replayed and found equal, {len(manifest.snapshots)} snapshots: {folder}"
        )
        _say(f"go back in it with `clrscope debug --replay {folder}`")
    return 0


def _recorded(made: Recorded) -> dict[str, object]:
    manifest = made.recording.manifest
    return {
        "folder": str(made.recording.folder), "instructions": manifest.end.instructions,
        "snapshots": len(manifest.snapshots), "seconds": round(made.seconds, 3),
        "index_seconds": round(made.index_seconds, 3), "outcome": made.outcome.to_json(),
    }  # fmt: skip


RECORD = Command(
    name="record",
    summary="run, and record it so that it can be replayed and debugged backwards",
    description="Runs the guest like `clrscope run`, with QEMU's event log, disk included, and "
    "replays it once to take\nsnapshots and to make sure that it replays. The folder holds all "
    "that ran; later builds change nothing.\nThe guest stays stopped at a fault. Exit status: 0 "
    "when the recording is good, whatever the guest did;\n1 when it cannot be replayed; 124 and "
    "125 as `clrscope run`.",
    examples=(
        ("clrscope record --fault local-slot-8", "into driver-scenario-local-slot-8-1.rec"),
        ("clrscope record --out crash.rec program.exe 1 2", "a program with arguments"),
    ),
    options=_record_options,
    action=_record,
)

# --------------------------------------------------------------------------------------- replay


def _replay_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("recording", type=Path, metavar="DIR", help="a recording's folder")
    add("--gdb", type=Path, metavar="SOCKET",
        help="stand still at the end (see --at) and open QEMU's gdbstub on this unix socket")
    add("--at", choices=["end", "start"], default="end",
        help="where it stands still for gdb (default end)")


def open_recording(folder: Path) -> Recording:
    """A recording by its folder, with a note on stderr when another build made it."""
    from qemu_scripts.timetravel.recording import load, note_on_build

    recording = load(folder)
    note = note_on_build(recording, paths.KERNEL)
    if note:
        _say(note)
    return recording


def _replay(options: argparse.Namespace) -> int:
    from qemu_scripts.timetravel import replay
    from qemu_scripts.timetravel.machine import nothing

    recording = open_recording(options.recording)
    manifest = recording.manifest
    end = manifest.end.instructions
    socket = sockets.prepare(options.gdb, "--gdb") if options.gdb else None
    show = nothing if socket else _passing_on("program" in manifest.arguments)
    try:
        with replay.replaying(recording, show, socket) as live:
            if socket is None:
                replay.advance(live, end, end)
                replay.verify(live, recording)
                _say(f"replayed {end:,} instructions: registers, memory and output as recorded")
                return 0
            if options.at == "end":
                replay.stand_at_end(live, recording)
            _say(
                f"replay stands at its {options.at}; attach with: gdb {recording.kernel} -ex "
                f"'source {paths.ROOT / 'gdbext' / 'init.py'}' -ex 'target remote {socket}' "
                "(Ctrl-C here ends it)"
            )
            live.process.wait()
            return 0
    except replay.Diverged as error:
        _say(str(error))
        return DIVERGED
    finally:
        if socket is not None:
            socket.unlink(missing_ok=True)


REPLAY = Command(
    name="replay",
    summary="run a recording again, instruction for instruction",
    description="Replays a recording and compares registers, memory and output at its end. With "
    "--gdb it stands there\nfor a debugger: reverse-continue, reverse-stepi, clr-last-write, "
    "clr-history. The recording is only read.\nExit status: 0, or 1 when the replay diverged from "
    "the recording.",
    examples=(
        ("clrscope replay crash.rec", "is it still the same?"),
        ("clrscope replay crash.rec --gdb /tmp/g", "to be debugged backwards"),
    ),
    options=_replay_options,
    action=_replay,
)

# ------------------------------------------------------------------------------------ who-wrote


def _who_wrote_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", metavar="EXPR",
        help="which bytes, as clr-last-write takes it: ADDRESS, $register, LOCAL, OBJECT.FIELD, "
        "*LOCAL, a frame slot's name; - for the overwritten return address",
    )  # fmt: skip
    _who_wrote_rest(parser)


def _who_wrote_rest(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--size", type=int, metavar="N", help="so many bytes")
    add("--in", dest="method", metavar="METHOD",
        help="look names up in the newest frame of this method")
    add("--no-follow", action="store_true", help="where a store only copied, stop there")
    add("--timeout", type=float, metavar="S", help="end each run after S seconds (default 60 for "
        "the driver scenario, else none)")
    add("--json", action="store_true", help="print JSON")
    _guest_options(parser)
    _program(parser)


def _who_wrote(options: argparse.Namespace) -> int:
    import decoders.render.timetravel  # noqa: F401 (registers the renderer)
    from decoders.render import Style, to_plain, to_text
    from qemu_scripts.timetravel.who_wrote import Question, RunsDiverged, who_wrote

    words = options.command_line
    if words and words[0].startswith("-") and words[0] != "--":
        # argparse gives everything behind EXPR to the program: options may stand there too.
        rest = Parser(prog="clrscope who-wrote")
        _who_wrote_rest(rest)
        options = rest.parse_args(words, options)
    guest = _guest(options, "who-wrote", options.timeout)
    what = None if options.what == "-" else options.what
    try:
        answer = who_wrote(
            guest, Question(what, options.size, options.method, not options.no_follow)
        )
    except RunsDiverged as error:
        _say(str(error))
        return DIVERGED
    if options.json:
        made = {
            "found": to_plain(answer.found), "outcome": answer.outcome.to_json(),
            "stores": answer.stores, "seconds": round(answer.seconds, 3),
        }  # fmt: skip
        print(json.dumps(made, indent=2))
    else:
        print(to_text(answer.found, Style(color=sys.stdout.isatty())))
        _say(f"{answer.outcome.message}; two equal runs, {answer.stores:,} stores searched")
    return 0


WHO_WROTE = Command(
    name="who-wrote",
    summary="name the store that last wrote some bytes before a fault, without a recording",
    description="Runs the guest twice, time going by instructions: once to see at the end which "
    "bytes are meant, once with a\nlog of all stores. Where pc, registers and bytes are equal in "
    "both, the last store before the fault is named,\nand what it copied, back to where the value "
    "was made. Exit status: 0; 1 when the runs diverged.",
    examples=(
        ("clrscope who-wrote - --fault local-slot-8", "who overwrote the return address"),
        ("clrscope who-wrote pair --fault shadow-space-missing", "a local of the faulting frame"),
        ("clrscope who-wrote --in 'ArrayMtElement::Run' '*next' --fault array-mt-element",
         "the MethodTable pointer of the object that a caller's local refers to"),
        ("clrscope who-wrote '$rsp-24' program.exe 1", "a program"),
    ),
    options=_who_wrote_options,
    action=_who_wrote,
)

# ---------------------------------------------------------------------------------------- debug


def _debug_options(parser: argparse.ArgumentParser) -> None:
    _guest_options(parser)
    add = parser.add_argument
    add("--break", dest="breaks", action="append", default=[], metavar="PLACE",
        help="stop at METHOD, METHOD:IL_0012 or FILE:LINE (clr-break); may be repeated")
    add("--at", choices=["fault", "entry", "reset", "end", "start"],
        help="stop at the fault (or where a run that ends well ends), at Main, or stay at reset; "
        "with --replay: end (default) or start. Default: fault with --fault, nothing with --break, "
        "else entry. A run that was let go stops at a fault and at its end in any case")
    add("--replay", type=Path, metavar="DIR", help="debug a recording instead of a new run")
    add("--ex", action="append", default=[], metavar="COMMAND",
        help="a gdb command to run then; may be repeated")
    add("--batch", action="store_true", help="end after the commands")
    _program(parser)


def _debug(options: argparse.Namespace) -> int:
    from qemu_scripts.timetravel import debug
    from qemu_scripts.timetravel.replay import Diverged

    guest = _guest(options, "debug", None)
    at = options.at
    if options.replay is not None:
        if guest.program is not None or guest.fault or options.breaks:
            raise UsageError("--replay debugs what was recorded: no program, --fault or --break")
        if at not in (None, "end", "start"):
            raise UsageError(f"--at {at} is not for a replay, which stands at its end or start")
    elif at in ("end", "start"):
        raise UsageError(f"--at {at} needs --replay DIR")
    if at is None:
        at = "fault" if guest.fault else "reset" if options.breaks else "entry"
    wanted = debug.Wanted(at, tuple(options.breaks), tuple(options.ex), options.batch)
    show = _passing_on(guest.program is not None)
    if options.replay is None:
        return debug.debug(guest, wanted, show)
    try:
        return debug.debug_recording(open_recording(options.replay), wanted, show)
    except Diverged as error:
        _say(str(error))
        return DIVERGED


DEBUG = Command(
    name="debug",
    summary="QEMU and gdb in one terminal, stopped where asked",
    description="Boots the guest under gdb with the clr commands loaded; or, with --replay, stands "
    "at the end of a\nrecording, from where one goes back. The guest's output appears in between. "
    "When gdb ends, QEMU does.\nSockets and images are private to each debug, so any number can "
    "run side by side. Exit status: gdb's.",
    examples=(
        ("clrscope debug --fault this-not-homed", "stopped in the frame that faulted"),
        ("clrscope debug --break Ddk.PciDeviceInfo.ReadProgIf", "at a method, when it is called"),
        ("clrscope debug --replay crash.rec", "then: clr-last-write, clr-reverse-next, ..."),
        ("clrscope debug --batch --ex clr-bt --ex clr-frame --fault local-slot-8", "in a script"),
    ),
    options=_debug_options,
    action=_debug,
)

# --------------------------------------------------------------------------------- bench replay


def _bench_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--tries", type=int, default=3, metavar="N", help="the least of N counts (default 3)")
    add("--json", action="store_true", help="print JSON")


def _bench(options: argparse.Namespace) -> int:
    from qemu_scripts.timetravel import bench

    if options.tries < 1:
        raise UsageError("--tries needs a whole number of at least 1")
    report = bench.measure(_say if sys.stderr.isatty() else lambda _: None, options.tries)
    print(json.dumps(report.to_json(), indent=2) if options.json else report.to_text())
    return 0


BENCH_REPLAY = Command(
    name="bench replay",
    summary="time recordings, and the way back to the guilty store",
    description="Records each fault that overwrites memory, replays it, and times clr-last-write "
    "at its end.",
    examples=(("clrscope bench replay", "a table, in some two minutes"),),
    options=_bench_options,
    action=_bench,
)

COMMANDS = [RECORD, REPLAY, WHO_WROTE, DEBUG, BENCH_REPLAY]
