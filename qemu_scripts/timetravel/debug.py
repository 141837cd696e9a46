"""`clrscope debug`: QEMU and gdb in one terminal, commands loaded, stopped where asked."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qemu_scripts import launch, paths, run
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.private_folder import OWNER, private_folder
from qemu_scripts.processes import uninterrupted
from qemu_scripts.run import RunOptions
from qemu_scripts.timetravel import machine, replay
from qemu_scripts.timetravel.machine import Live, Setup, Show, links, running
from qemu_scripts.timetravel.record import copy_disk, copy_guest
from qemu_scripts.timetravel.recording import DISK, KERNEL, OVERLAY, STATE, Recording


@dataclass(frozen=True)
class Wanted:
    """Where to stop and what gdb is told.

    at: "fault", "entry", "reset" or, of a replay, "end" or "start". breaks: locations of
    clr-break. commands: gdb commands to run then. batch: end after them.
    """

    at: str
    breaks: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    batch: bool = False


def _gdb(kernel: Path, socket: Path, commands: Sequence[str], batch: bool) -> list[str]:
    gdb = shutil.which("gdb")
    if gdb is None:
        raise EnvironmentFault("gdb is not installed; run ./install.sh")
    start = [
        "set architecture i386:x86-64", f"file {kernel}", f"directory {paths.ROOT}",
        f"source {paths.ROOT / 'gdbext' / 'init.py'}", f"target remote {socket}",
    ]  # fmt: skip
    argv = [gdb, "-q", *(["-nx", "-batch"] if batch else [])]
    # Detaching would let the guest go on.
    end = ["disconnect"] if batch else []
    return [*argv, *(word for c in (*start, *commands, *end) for word in ("-ex", c))]


def _stops(wanted: Wanted, entry: str) -> list[str]:
    """gdb commands that bring a machine at reset to where it is wanted."""
    commands = [f"clr-break {place}" for place in wanted.breaks]
    if wanted.at == "entry":
        commands.append(f"clr-break {entry}")
    if commands or wanted.at == "fault":
        # A run that ends stops too, to be looked at: without it `continue` would never return.
        commands += ["clr-catch", "hbreak clr_exit_hook"]
    return [*commands, "continue"] if commands else []


def _talk(live: Live, argv: list[str]) -> int:
    """Run gdb on this terminal until it ends; its exit status. Ctrl-C is for gdb alone."""
    with uninterrupted():
        try:
            child = subprocess.Popen(argv)
        except OSError as error:
            raise EnvironmentFault(f"cannot start {argv[0]}: {error.strerror}") from error
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return child.wait()
    finally:
        signal.signal(signal.SIGINT, before)
        if child.poll() is None:
            child.terminate()
            child.wait()


@contextmanager
def _prepared(options: RunOptions) -> Iterator[tuple[Setup, Path]]:
    arguments = run.kernel_arguments(options)
    memory = launch.parse_memory(options.memory)
    with private_folder() as folder:
        modules = copy_guest(options, folder)
        with_disk = copy_disk(options, folder)
        machine.make_image(folder / STATE)
        if with_disk:
            machine.make_image(folder / OVERLAY, DISK)
        names = {path.name for path in folder.iterdir()} - {OWNER}
        yield Setup(links(folder, names, with_disk), modules, arguments, memory, with_disk), folder


def debug(options: RunOptions, wanted: Wanted, show: Show) -> int:
    """Debug a new run; gdb's exit status."""
    entry = "Kernel.Init::Main"
    if options.program is not None:
        entry = f"{options.program.stem}!*::Main"
    with _prepared(options) as (setup, folder):
        socket = folder / "gdb"
        with running("debug", setup, None, show, socket) as live:
            commands = [*_stops(wanted, entry), *wanted.commands]
            return _talk(live, _gdb(setup.files[KERNEL], socket, commands, wanted.batch))


def debug_recording(recording: Recording, wanted: Wanted, show: Show) -> int:
    """Debug a recording, backwards from its end or forwards from its start; gdb's exit status."""
    going_back = False

    def show_once(console: str, data: bytes) -> None:
        # Going back and forth, the guest writes the same again and again.
        if not going_back:
            show(console, data)

    with private_folder() as folder:
        socket = folder / "gdb"
        with replay.replaying(recording, show_once, socket) as live:
            if wanted.at != "start":
                replay.stand_at_end(live, recording)
                going_back = True
            commands = [
                "python from gdbext import timetravel_replay as replay; replay.guard_end()",
                *wanted.commands,
            ]
            return _talk(live, _gdb(recording.kernel, socket, commands, wanted.batch))
