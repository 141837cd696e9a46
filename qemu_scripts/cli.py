"""The `clrscope` command line: every subcommand is declared here, its work is done elsewhere."""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from qemu_scripts import accel, outcome
from qemu_scripts import build as build_module
from qemu_scripts import demo as demo_module
from qemu_scripts import kill as kill_module
from qemu_scripts import run as run_module
from qemu_scripts.command import Command, Parser, parser_for
from qemu_scripts.errors import EnvironmentFault, Interrupted, UsageError
from qemu_scripts.faults import FAULTS
from qemu_scripts.outcome import Kind, Outcome
from qemu_scripts.postmortem.command import POSTMORTEM
from qemu_scripts.processes import interruptible
from qemu_scripts.timetravel import command as timetravel_commands
from qemu_scripts.traces import command as trace_commands

_STATUSES = """\
exit status of `clrscope run`: the program's own status modulo 256 (the driver scenario's: 0), or
  120 guest fault      121 failed check    122 compile failure   123 time-out
  124 bad usage        125 environment     126 QEMU ended before the guest said how it ended
  128+N ended by signal N
--json-status FILE tells a program's status from clrscope's own."""


def _say(message: str) -> None:
    print(f"clrscope: {message}", file=sys.stderr)


# ---------------------------------------------------------------------------------------- build


def _build_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        nargs="*",
        metavar="TARGET",
        help=f"what to make: {', '.join(build_module.TARGETS)} "
        f"(default: {' '.join(build_module.DEFAULT_TARGETS)})",
    )
    parser.add_argument("-j", "--jobs", type=_positive_int, help="make's parallel jobs")


def _build(options: argparse.Namespace) -> int:
    for target in options.target:
        if target not in build_module.TARGETS:
            raise UsageError(
                f"there is no target {target!r}; the targets are {', '.join(build_module.TARGETS)}"
            )
    status = build_module.build(options.target or build_module.DEFAULT_TARGETS, options.jobs)
    if status:
        raise EnvironmentFault(f"the build failed (make ended with status {status}); see above")
    return 0


BUILD = Command(
    name="build",
    summary="build kernel, assemblies and host library",
    description="Builds what has changed: make in reference_kernel/, into build/. "
    "A second build waits for the first.",
    examples=(
        ("clrscope build", "everything"),
        ("clrscope build kernel managed", "what a run needs"),
    ),
    options=_build_options,
    action=_build,
)

# ------------------------------------------------------------------------------------------ run


def _positive_int(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return number


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return number


def _run_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[@ASM!TYPE::METHOD]",
        help="break code generation in one known way; may be repeated: " + ", ".join(FAULTS),
    )
    add(
        "--trace",
        action="append",
        default=[],
        choices=["stfld"],
        help="print what the JIT compiles and what that code stores (of a program: on stderr, "
        "or where --kernel-log says)",
    )
    add(
        "--accel",
        choices=accel.CHOICES,
        default="tcg",
        help="QEMU's accelerator (default tcg; auto takes KVM only where it is real)",
    )
    add(
        "--disk",
        type=Path,
        metavar="IMG",
        help="the virtio disk, raw or qcow2, written to by the driver scenario "
        "(default there: a scratch image made for the run)",
    )
    add("--memory", default="64M", metavar="SIZE", help="guest RAM (default 64M)")
    add(
        "--memory-file",
        type=Path,
        metavar="FILE",
        help="back guest RAM with this file, so that a debugger can map it",
    )
    add(
        "--timeout",
        type=_seconds,
        metavar="S",
        help="end the guest after S seconds (default: 60 for the driver scenario, else none)",
    )
    add("--json-status", type=Path, metavar="FILE", help="write how the run ended to FILE, as JSON")
    add("--gdb", type=Path, metavar="SOCKET", help="open QEMU's gdbstub on this unix socket")
    add("--paused", action="store_true", help="stay stopped at reset until a debugger continues")
    add("--qmp", type=Path, metavar="SOCKET", help="open QEMU's monitor on this unix socket")
    add(
        "--on-fault",
        choices=["stop", "exit"],
        help="after a fatal exception stay for a debugger, or end (default: exit, with --gdb stop)",
    )
    add(
        "--on-compile-fail",
        choices=["stop", "continue"],
        default="stop",
        help="when the JIT refuses a method (default stop)",
    )
    add("--kernel-log", type=Path, metavar="FILE", help="write the kernel's console to FILE, raw")
    add(
        "-v",
        "--verbose",
        action="store_true",
        help="show the kernel's console whole (a program's run: on stderr)",
    )
    add("command_line", nargs=argparse.REMAINDER, metavar="PROGRAM.exe [ARG...]",
        help="a .NET program and its arguments; without one the driver scenario runs")  # fmt: skip


def _run(options: argparse.Namespace) -> int:
    words = list(options.command_line)
    if words and words[0] == "--":
        del words[0]
    if words and words[0].startswith("-"):
        raise UsageError(f"unrecognized option {words[0]!r} (see `clrscope run --help`)")
    wanted = run_module.RunOptions(
        program=Path(words[0]) if words else None,
        arguments=tuple(words[1:]),
        fault=tuple(options.fault),
        trace=tuple(options.trace),
        accel=options.accel,
        disk=options.disk,
        memory=options.memory,
        memory_file=options.memory_file,
        timeout=options.timeout,
        gdb=options.gdb,
        paused=options.paused,
        qmp=options.qmp,
        on_fault=options.on_fault,
        on_compile_fail=options.on_compile_fail,
        kernel_log=options.kernel_log,
        verbose=options.verbose,
        show_trace=bool(options.trace) and options.kernel_log is None,
    )
    if options.json_status is not None:
        _prepare_status_file(options.json_status)
    result = _outcome_of_run(wanted)
    if result.kind is not Kind.EXIT and result.status != 128 + signal.SIGPIPE:
        _say(result.message)
    if options.json_status is not None:
        outcome.write_status_file(options.json_status, result)
    return result.status


def _prepare_status_file(file: Path) -> None:
    """A status file of an earlier run must not be taken for this one's."""
    if not file.parent.is_dir():
        raise UsageError(f"--json-status {file}: the folder {file.parent} does not exist")
    if file.is_dir():
        raise UsageError(f"--json-status {file} is a folder; name a file")
    try:
        outcome.clear_status_file(file)
    except OSError as error:
        raise UsageError(f"--json-status {file} cannot be replaced: {error.strerror}") from error


def _outcome_of_run(wanted: run_module.RunOptions) -> Outcome:
    try:
        return run_module.run(wanted)
    except UsageError as error:
        return outcome.own(Kind.BAD_USAGE, str(error))
    except EnvironmentFault as error:
        return outcome.own(Kind.ENVIRONMENT, str(error))
    except Interrupted as interruption:
        return interruption.outcome or outcome.interrupted(interruption.signum)


RUN = Command(
    name="run",
    summary="boot the kernel; run a program in it, or the driver scenario",
    description="Boots the reference kernel in QEMU. With a program: its Console.Out is this "
    "command's stdout,\nits Console.Error stderr, its Main's result the exit status. Without: PCI, "
    "the virtio-blk driver\nand the fault scenarios run, and the kernel's log is shown.\n\n"
    + _STATUSES,
    examples=(
        ("clrscope run", "the driver scenario on a scratch disk"),
        ("clrscope run hello.exe world", "a program, compiled by mcs, with an argument"),
        ("clrscope run --fault this-not-homed", "the page fault at CR2=0x13"),
        ("clrscope run --fault this-not-homed --gdb /tmp/g --paused",
         "the same, stopped at reset; then: gdb build/kernel.elf -ex 'target remote /tmp/g'"),
    ),
    options=_run_options,
    action=_run,
)  # fmt: skip

# ----------------------------------------------------------------------------------------- kill


def _kill_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="*", metavar="RUN", help="a run's name (default: all)")
    parser.add_argument("--list", action="store_true", help="only say what runs")


def _kill(options: argparse.Namespace) -> int:
    if options.list:
        for folder in kill_module.runs():
            state = kill_module.read_state(folder)
            live = "alive" if state is not None and state.alive() else "left over"
            print(f"{folder.name}  {live}  {' '.join(state.command) if state else ''}".rstrip())
        return 0
    for ended in kill_module.kill(options.run):
        print(f"{ended.run}  {ended.how}  {' '.join(ended.command)}".rstrip())
    return 0


KILL = Command(
    name="kill",
    summary="end what clrscope started",
    description="Ends this user's runs, and removes what a killed clrscope left behind.",
    examples=(
        ("clrscope kill", "end all runs"),
        ("clrscope kill --list", "show them"),
    ),
    options=_kill_options,
    action=_kill,
)

# ----------------------------------------------------------------------------------------- demo


def _demo_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, default=Path("postmortem"), metavar="DIR",
        help="where the report goes (default ./postmortem)",
    )  # fmt: skip
    parser.add_argument("--gdb", action="store_true", help="show what gdb shows there instead")


def _demo(options: argparse.Namespace) -> int:
    if options.gdb:
        print(demo_module.demo().message)
        return 0
    demo_module.postmortem(options.out)
    return 0


DEMO = Command(
    name="demo",
    summary="a page fault in managed code, and its cause",
    description="Boots the kernel with the fault this-not-homed, lets it crash, and says why: the "
    "post-mortem's\nverdict, and the path of the HTML report.",
    examples=(
        ("clrscope demo", "needs a finished build (clrscope build)"),
        ("clrscope demo --gdb", "the frame and the stack as gdb shows them at the fatal hook"),
    ),
    options=_demo_options,
    action=_demo,
)

# ------------------------------------------------------------------------------------- bench jit


def _bench_jit_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-guest", action="store_true", help="leave the emulated guest out")
    parser.add_argument(
        "--rounds", type=_positive_int, default=20, help="rounds of each program (default 20)"
    )
    parser.add_argument("--json", action="store_true", help="print the measurements as JSON")


def _bench_jit(options: argparse.Namespace) -> int:
    # Only this command needs tabulate and the benchmark's modules.
    from qemu_scripts.bench import jit

    report = jit.measure(_note_on_terminal, guest=not options.no_guest, rounds=options.rounds)
    print(json.dumps(report.to_json(), indent=2) if options.json else report.to_text())
    return 0


def _bench_boot_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=_positive_int, default=10, help="boots (default 10)")


def _bench_boot(options: argparse.Namespace) -> int:
    from qemu_scripts.bench import boot

    print(boot.measure(options.runs).to_text())
    return 0


BENCH_BOOT = Command(
    name="bench boot",
    summary="time the boot and the driver scenario",
    description="Times the driver scenario from the start of QEMU to its end.",
    examples=(("clrscope bench boot", "ten boots"),),
    options=_bench_boot_options,
    action=_bench_boot,
)


def _note_on_terminal(what: str) -> None:
    if sys.stderr.isatty():
        print(f"clrscope: {what}", file=sys.stderr)


BENCH_JIT = Command(
    name="bench jit",
    summary="time the JIT and its code",
    description="Times the JIT over a generated assembly of 2,000 methods of some 190 IL bytes, "
    "and its code\nover three small programs: host library, guest, mono, and RyuJIT if dotnet is "
    "installed.",
    examples=(
        ("clrscope bench jit", "two tables, in a minute or two"),
        ("clrscope bench jit --no-guest --json", "without QEMU, as JSON"),
    ),
    options=_bench_jit_options,
    action=_bench_jit,
)


def _bench_gdb_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tries", type=_positive_int, default=5, help="of each (default 5)")
    parser.add_argument("--json", action="store_true", help="print the measurements as JSON")


def _bench_gdb(options: argparse.Namespace) -> int:
    from qemu_scripts.bench import debugger

    report = debugger.measure(_note_on_terminal, options.tries)
    print(json.dumps(report.to_json(), indent=2) if options.json else report.to_text())
    return 0


BENCH_GDB = Command(
    name="bench gdb",
    summary="time the gdb commands",
    description="Times loading the commands into gdb, clr-frame at a fault (and counts its reads "
    "over the\ngdbstub), and clr-bt of 1,000 managed frames.",
    examples=(("clrscope bench gdb", "a line for each figure"),),
    options=_bench_gdb_options,
    action=_bench_gdb,
)

def _bench_heap_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tries", type=_positive_int, default=3, help="of each (default 3)")
    parser.add_argument("--json", action="store_true", help="print the measurements as JSON")


def _bench_heap(options: argparse.Namespace) -> int:
    from qemu_scripts.bench import heap

    report = heap.measure(_note_on_terminal, options.tries)
    print(json.dumps(report.to_json(), indent=2) if options.json else report.to_text())
    return 0


BENCH_HEAP = Command(
    name="bench heap",
    summary="time the heap commands",
    description="Times clr-heap -stat and clr-verify-heap on a heap of a million objects.",
    examples=(("clrscope bench heap", "three figures, in a minute or so"),),
    options=_bench_heap_options,
    action=_bench_heap,
)

COMMANDS = [
    BUILD, RUN, POSTMORTEM, KILL, DEMO, BENCH_JIT, BENCH_BOOT, BENCH_GDB, BENCH_HEAP,
    *trace_commands.COMMANDS, *timetravel_commands.COMMANDS,
]


def make_parser() -> Parser:
    """The whole command line."""
    return parser_for(
        "clrscope",
        "Boots a managed kernel in QEMU and helps to debug it.",
        "`clrscope COMMAND --help` tells more about each.",
        COMMANDS,
    )


def _usage_status(error: UsageError, words: list[str]) -> int:
    """The exit status of bad usage, which a command may have of its own."""
    if error.status is not None:
        return error.status
    chosen = next((c for c in COMMANDS if c.name.split() == words[: len(c.name.split())]), None)
    if chosen is not None and chosen.usage_status is not None:
        return chosen.usage_status
    return outcome.STATUS[Kind.BAD_USAGE]


def _status_file(words: Sequence[str]) -> Path | None:
    """The FILE of `run --json-status FILE`, found without a parser, in front of the program."""
    if not words or words[0] != "run":
        return None
    before = ""
    for word in words[1:]:
        if before == "--json-status":
            return Path(word)
        if word.startswith("--json-status="):
            return Path(word.partition("=")[2])
        if not word.startswith("-") and not before.startswith("-"):
            return None
        before = word
    return None


def _parse(words: Sequence[str]) -> argparse.Namespace:
    """The options; also a command line that is refused leaves its status file."""
    try:
        return make_parser().parse_args(words)
    except UsageError as error:
        file = _status_file(words)
        if file is not None:
            outcome.write_status_file(file, outcome.own(Kind.BAD_USAGE, str(error)))
        raise


def _reader_is_gone() -> bool:
    """Whether nobody reads stdout any more, as after `| head -1`; it then leads nowhere."""
    poll = select.poll()
    poll.register(1, 0)
    if not any(found & select.POLLERR for _, found in poll.poll(0)):
        return False
    # What is still buffered would be tried again when Python ends.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parse(words)
        command: Command = options.command
        with interruptible():
            status = command.action(options)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except BrokenPipeError:
        if not _reader_is_gone():
            raise
        return outcome.interrupted(signal.SIGPIPE).status
    except UsageError as error:
        _say(str(error))
        return _usage_status(error, words)
    except EnvironmentFault as error:
        _say(str(error))
        return outcome.STATUS[Kind.ENVIRONMENT]
    except Interrupted as interruption:
        return outcome.interrupted(interruption.signum).status


if __name__ == "__main__":
    sys.exit(main())
