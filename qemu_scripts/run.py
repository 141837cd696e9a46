"""`clrscope run`: boot the kernel, run a program or the driver scenario, say how it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from qemu_scripts import (
    accel,
    assemblies,
    faults,
    launch,
    outcome,
    paths,
    private_folder,
    qemu,
    sockets,
)
from qemu_scripts.errors import EnvironmentFault, Interrupted, UsageError
from qemu_scripts.guest import Guest, Pipes, Sink
from qemu_scripts.outcome import Kind, Outcome
from qemu_scripts.processes import Run
from qemu_scripts.progress import Progress
from qemu_scripts.scratch_disk import make as make_scratch_disk
from qemu_scripts.traces import plugin

#: Seconds for the driver scenario, which ends by itself in a healthy kernel.
DRIVER_SCENARIO_TIMEOUT = 60.0
#: Lines of the kernel's log that are shown when a program's run went wrong.
_TAIL = 40


@dataclass(frozen=True)
class RunOptions:
    """What `clrscope run` was asked for; names as on the command line.

    plugin: what follows QEMU's -plugin. output, errors: the descriptors that the guest's output and
    a program's Console.Error go to; output_limit: bytes that each of them, and the kernel log,
    takes at most. show_trace: whether a program's run shows the kernel's text on stderr, because
    what was asked for is in it. show_log: whether the driver scenario's log is output. show_tail:
    whether a log that was not shown is, from its end, when the run went wrong. kernel: the kernel's
    ELF file. inherit: descriptors that QEMU gets too. stay_on_reset: keep a machine that reset
    itself (a triple fault) for a debugger to look at.
    """

    program: Path | None = None
    arguments: tuple[str, ...] = ()
    fault: tuple[str, ...] = ()
    trace: tuple[str, ...] = ()
    accel: str = "tcg"
    disk: Path | None = None
    memory: str = "64M"
    memory_file: Path | None = None
    timeout: float | None = None
    gdb: Path | None = None
    paused: bool = False
    qmp: Path | None = None
    on_fault: str | None = None
    on_compile_fail: str = "stop"
    kernel_log: Path | None = None
    verbose: bool = False
    plugin: str | None = None
    output: int = 1
    errors: int = 2
    output_limit: int | None = None
    show_trace: bool = False
    show_log: bool = True
    show_tail: bool = True
    kernel: Path = field(default_factory=lambda: paths.KERNEL)
    inherit: tuple[int, ...] = ()
    stay_on_reset: bool = False

    @property
    def stops_on_fault(self) -> bool:
        """Whether the kernel stays after a fatal exception, for a debugger to take over."""
        return (self.on_fault or ("stop" if self.gdb else "exit")) == "stop"

    @property
    def carries_on(self) -> bool:
        """Whether the kernel goes on behind a method that the JIT refused."""
        return self.on_compile_fail == "continue"

    @property
    def seconds(self) -> float | None:
        """The time limit: as given, else 60 s for a driver scenario that nobody debugs."""
        if self.timeout is not None:
            return self.timeout
        if self.program is None and self.gdb is None and not self.stops_on_fault:
            return DRIVER_SCENARIO_TIMEOUT
        return None


def module_files(options: RunOptions) -> list[Path]:
    """The assemblies to hand over, korlib first."""
    if options.program is None:
        return [paths.MANAGED / f"{name}.dll" for name in paths.DRIVER_SCENARIO_ASSEMBLIES]
    files = assemblies.with_dependencies(options.program, bundled=paths.MANAGED)
    return [paths.MANAGED / "korlib.dll", *files]


def _require_build(files: list[Path]) -> None:
    for file in files:
        if not file.is_file():
            raise EnvironmentFault(f"{file} is missing; run `clrscope build` first")


def kernel_arguments(options: RunOptions) -> dict[str, str]:
    """The kernel command line's keys and values."""
    arguments = {}
    if options.program is not None:
        arguments["program"] = options.program.name
    arguments["onfault"] = "stop" if options.stops_on_fault else "exit"
    arguments["oncompilefail"] = options.on_compile_fail
    if options.fault:
        arguments["jit.fault"] = ",".join(faults.check(text) for text in options.fault)
    if options.trace:
        arguments["jit.trace"] = ",".join(dict.fromkeys(options.trace))
    return arguments


def _place_modules(folder: Path, files: list[Path], arguments: tuple[str, ...]) -> list[str]:
    """Link the assemblies into QEMU's folder under the names that the guest sees."""
    names: list[str] = []
    for file in files:
        launch.check_module_name(file.name)
        if file.name in names:
            raise UsageError(
                f"two assemblies are named {file.name} (one is {file}); rename the program"
            )
        (folder / file.name).symlink_to(file)
        names.append(file.name)
    if arguments:
        (folder / "@args").write_bytes(assemblies.encode_arguments(arguments))
        names.append("@args")
    return names


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except BrokenPipeError:
        # The reader of our output is gone: end as a process that SIGPIPE ends.
        raise Interrupted(signal.SIGPIPE) from None
    except OSError as error:
        name = {1: "standard output", 2: "standard error"}.get(descriptor, "the kernel log")
        raise EnvironmentFault(f"cannot write to {name}: {error.strerror}") from error


class _Display:
    """Where the guest's output goes, by the kind of run."""

    def __init__(self, options: RunOptions, stack: ExitStack, progress: Progress) -> None:
        self._progress = progress
        self.tail: deque[bytes] = deque(maxlen=_TAIL)
        self._open_line = b""
        self._log_file: int | None = None
        if options.kernel_log is not None:
            try:
                self._log_file = os.open(
                    options.kernel_log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666
                )
            except OSError as error:
                raise UsageError(
                    f"--kernel-log {options.kernel_log} cannot be written: {error.strerror}"
                ) from error
            stack.callback(os.close, self._log_file)
        # In the driver scenario the log is the output; a program's stdout is its own alone.
        if options.program is None and options.show_log:
            self._text_to: int | None = options.output
        else:
            self._text_to = 2 if options.verbose or options.show_trace else None
        self._raw = options.verbose
        self._limit = options.output_limit
        self._log_room = options.output_limit
        self.out = self._passing_to(options.output)
        self.err = self._passing_to(options.errors)

    def _show(self, descriptor: int, data: bytes) -> None:
        self._progress.clear(data)
        _write_all(descriptor, data)

    def _passing_to(self, descriptor: int) -> Sink:
        room = self._limit

        def pass_on(data: bytes) -> None:
            nonlocal room
            kept = data if room is None else data[:room]
            if room is not None:
                room -= len(kept)
            self._show(descriptor, kept)

        return pass_on

    def log(self, data: bytes) -> None:
        """COM1's raw bytes."""
        if self._log_file is not None:
            kept = data if self._log_room is None else data[: self._log_room]
            if self._log_room is not None:
                self._log_room -= len(kept)
            _write_all(self._log_file, kept)
        if self._raw and self._text_to is not None:
            self._show(self._text_to, data)

    def text(self, data: bytes) -> None:
        """COM1 without its machine-readable lines."""
        *lines, self._open_line = (self._open_line + data).split(b"\n")
        self.tail.extend(lines)
        if not self._raw and self._text_to is not None:
            self._show(self._text_to, data)

    def show_tail(self) -> None:
        """Show a program's kernel log, which went nowhere so far, now that it is needed."""
        if self._text_to is None and (self.tail or self._open_line):
            lines = [*self.tail, *([self._open_line] if self._open_line else [])]
            self._show(2, b"".join(line + b"\n" for line in lines))


def run(
    options: RunOptions,
    started: Callable[[Run], None] | None = None,
    leave: Callable[[], bool] | None = None,
    watch: Callable[[Guest], None] | None = None,
) -> Outcome:
    """Boot, pump the consoles, return how it ended.

    `started` is called once QEMU runs, then `watch` with the guest; when `leave` gives True the
    run is ended (it is asked now and then). Raises UsageError, EnvironmentFault and, with the
    outcome so far, Interrupted.
    """
    if options.paused and options.gdb is None and options.qmp is None:
        raise UsageError("--paused needs --gdb or --qmp: nothing else could start the guest")
    words = kernel_arguments(options)
    memory = launch.parse_memory(options.memory)
    files = [file.absolute() for file in module_files(options)]
    disk = None
    if options.disk is not None:
        disk = options.disk.absolute()
        launch.disk_format(disk)
    memory_file = None
    if options.memory_file is not None:
        memory_file = options.memory_file.absolute()
        launch.check_memory_file(memory_file, memory)
    gdb = sockets.prepare(options.gdb, "--gdb") if options.gdb else None
    qmp = sockets.prepare(options.qmp, "--qmp") if options.qmp else None
    emulator = qemu.find()
    accelerator = accel.choose(options.accel)
    _require_build([options.kernel, *files])

    with ExitStack() as stack:
        started_at = time.monotonic()
        progress = Progress("running the guest")
        display = _Display(options, stack, progress)
        for socket in (gdb, qmp):
            if socket is not None:
                stack.callback(socket.unlink, missing_ok=True)
        this = stack.enter_context(Run([Path(sys.argv[0]).name, *sys.argv[1:]]))
        private_folder.sweep()
        pipes = stack.enter_context(Pipes())
        (this.folder / "kernel.elf").symlink_to(options.kernel.absolute())
        modules = _place_modules(this.folder, files, options.arguments)
        if disk is None and options.program is None:
            disk = make_scratch_disk(this.folder / "disk.img")
        machine = launch.Machine(
            kernel="kernel.elf",
            modules=tuple(modules),
            consoles=pipes.consoles,
            kernel_arguments=words,
            accelerator=accelerator,
            memory=memory,
            memory_file=memory_file,
            disk=disk,
            gdb=gdb,
            qmp=qmp,
            paused=options.paused,
            plugin=options.plugin,
            stay_on_reset=options.stay_on_reset,
        )
        process = this.start(
            launch.command_line(emulator.path, machine),
            cwd=this.folder,
            stdin=subprocess.DEVNULL,
            stdout=pipes.complaints,
            stderr=pipes.complaints,
            pass_fds=(
                machine.consoles.log, machine.consoles.out, machine.consoles.err, *options.inherit
            ),
        )
        pipes.given_away()
        if started is not None:
            started(this)
        guest = Guest(
            process, pipes, progress, display.log, display.text, display.out, display.err,
            ends_by_itself=gdb is None and not options.stops_on_fault,
        )  # fmt: skip
        if watch is not None:
            watch(guest)
        cut_short: Interrupted | None = None
        try:
            guest.pump(options.seconds, leave)
            result = _judge(guest, options)
        except Interrupted as interruption:
            cut_short = interruption
            said = outcome.from_events(guest.log.events, options.carries_on)
            result = said or outcome.interrupted(interruption.signum)
        if result.kind is not Kind.EXIT and options.show_tail:
            display.show_tail()
        result = result.with_extra(
            elapsed_seconds=round(time.monotonic() - started_at, 3),
            program=None if options.program is None else str(options.program),
            accelerator=accelerator,
            qemu_version="{}.{}".format(*emulator.version),
            kernel_arguments=words,
            events=list(guest.log.events),
        )
        if cut_short is not None:
            # Raised on: whoever runs guests one after the other must not start the next.
            cut_short.outcome = result
            raise cut_short
        return result


def _judge(guest: Guest, options: RunOptions) -> Outcome:
    """How the run ended; the guest's own word counts first."""
    said = outcome.from_events(guest.log.events, options.carries_on)
    if said is not None:
        return said
    if guest.timed_out:
        return outcome.own(
            Kind.TIMEOUT, f"the guest did not end within {options.seconds:g} seconds (--timeout)"
        )
    if guest.process.poll() is None and guest.left:
        return outcome.own(Kind.LOST, "the guest was ended before it said how it ended")
    status = guest.process.wait()
    complaint = guest.complaints.decode(errors="replace").strip()
    about_plugin = plugin.explain(complaint) if options.plugin and not guest.spoke else None
    if about_plugin:
        return outcome.own(Kind.ENVIRONMENT, about_plugin)
    if complaint and not guest.spoke and status != 0:
        return outcome.own(Kind.ENVIRONMENT, f"QEMU could not start: {complaint}")
    ended = f"by signal {-status}" if status < 0 else f"with status {status}"
    hint = complaint or (
        "the guest was reset (a triple fault?) or a debugger ended QEMU" if status == 0 else ""
    )
    return outcome.own(
        Kind.LOST,
        f"QEMU ended {ended} before the guest said how it ended" + (f": {hint}" if hint else ""),
    )
