"""A QEMU that records or replays: instructions counted, disk and consoles in its event log."""

from __future__ import annotations

import hashlib
import json
import os
import re
import selectors
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from qemu_scripts import launch, qemu
from qemu_scripts.console import ConsoleLog
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.guest import Pipes
from qemu_scripts.processes import Run
from qemu_scripts.timetravel.monitor import Monitor, MonitorGone
from qemu_scripts.timetravel.recording import (
    CONSOLES,
    DISK,
    EVENTS,
    FIRST_SNAPSHOT,
    KERNEL,
    OVERLAY,
    STATE,
    End,
)
from qemu_scripts.traces.plugin import explain
from qemu_scripts.traces.session import scratch_folder

#: 16 ns of virtual time for each instruction.
SHIFT = 4
_START_SECONDS = 30.0
Show = Callable[[str, bytes], None]


@dataclass(frozen=True)
class Setup:
    """What boots: everything by name in the folder that QEMU runs in.

    files: name to path on the host, for links. memory: bytes.
    """

    files: dict[str, Path]
    modules: tuple[str, ...]
    arguments: dict[str, str]
    memory: int
    disk: bool


def one_line(said: str) -> str:
    """What QEMU said, in one line."""
    return "; ".join(line.strip() for line in said.splitlines() if line.strip())


def nothing(_console: str, _data: bytes) -> None:
    """Shows nothing of the guest's output."""


class ConsoleReader(threading.Thread):
    """Empties the guest's consoles in the background, since QEMU waits when a pipe is full."""

    def __init__(self, pipes: Pipes, show: Show) -> None:
        super().__init__(daemon=True)
        self._ends = dict(pipes.read_ends)
        self._show = show
        self._log = ConsoleLog()
        self.written = {name: bytearray() for name in self._ends}
        self.text = bytearray()
        self.failed: OSError | None = None

    @property
    def events(self) -> list[dict[str, object]]:
        """The guest's `@@clr` events so far."""
        return list(self._log.events)

    @property
    def complaints(self) -> str:
        """What QEMU itself said."""
        return self.written["qemu"].decode(errors="replace").strip()

    def run(self) -> None:
        """Until QEMU has closed all of them."""
        with selectors.DefaultSelector() as selector:
            for name, descriptor in self._ends.items():
                selector.register(descriptor, selectors.EVENT_READ, name)
            while selector.get_map():
                for key, _ in selector.select():
                    data = os.read(key.fd, 65536)
                    if not data:
                        selector.unregister(key.fd)
                        continue
                    self.written[key.data] += data
                    shown = self._log.feed(data) if key.data == "log" else data
                    self.text += shown if key.data == "log" else b""
                    if shown and key.data != "qemu" and self.failed is None:
                        try:
                            self._show(key.data, shown)
                        except OSError as error:
                            self.failed = error  # our own output is closed: QEMU must not wait


@dataclass
class Live:
    """A QEMU that runs, its monitor, consoles and RAM."""

    process: subprocess.Popen[bytes]
    monitor: Monitor
    consoles: ConsoleReader
    ram: Path
    run: Run
    command_line: tuple[str, ...]

    def end(self) -> End:
        """What the stopped machine is."""
        registers = self.monitor.human("info registers").strip()
        # Where the instruction pointer came from is not part of the machine: lazily computed flags.
        registers = re.sub(r"\nCC[SDO][A-Z]*=.*", "", registers)
        memory = hashlib.sha256()
        with self.ram.open("rb") as stream:
            while piece := stream.read(1 << 22):
                memory.update(piece)
        output = {
            name: hashlib.sha256(self.consoles.written[name]).hexdigest() for name in CONSOLES
        }
        return End(self.monitor.instructions, registers, memory.hexdigest(), output)

    def quit(self) -> None:
        """End QEMU so that what it writes is whole."""
        try:
            self.monitor.execute("quit")
        except MonitorGone:
            pass  # it may close the monitor before it answers
        self.monitor.close()
        self.process.wait(timeout=30)
        self.consoles.join(timeout=10)


def emulator_id(emulator: qemu.Qemu) -> str:
    """The first line of `--version`: distributions patch QEMU, so a number is not enough."""
    said = subprocess.run(
        [emulator.path, "--version"], capture_output=True, text=True, timeout=20, check=False
    ).stdout
    return said.splitlines()[0] if said else ""


def _qemu_img(*words: str, path: Path, what: str) -> str:
    tool = shutil.which("qemu-img")
    if tool is None:
        raise EnvironmentFault(
            "qemu-img is not installed; recordings need it (`apt-get install qemu-utils`)"
        )
    done = subprocess.run(
        [tool, *words], cwd=path.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentFault(f"cannot {what} {path}: {done.stderr.strip()}")
    return done.stdout


def make_image(path: Path, backing: str | None = None) -> None:
    """A qcow2 image: empty, or over `backing` (a raw image's name in the same folder)."""
    words = ["-b", backing, "-F", "raw", path.name] if backing else [path.name, "1M"]
    _qemu_img("create", "-q", "-f", "qcow2", *words, path=path, what="make the image")


def delete_snapshot(path: Path, name: str) -> None:
    """Remove a snapshot from a qcow2 image that no QEMU has open.

    The recorded disk has each twice: QEMU takes one for the image and one for the replay over it.
    """
    for _ in range(snapshots_of(path).count(name)):
        _qemu_img("snapshot", "-q", "-d", name, path.name, path=path,
                  what=f"remove the snapshot {name} from")


def snapshots_of(path: Path) -> list[str]:
    """Names of the snapshots in a qcow2 image that no QEMU has open."""
    found = json.loads(_qemu_img("info", "--output=json", path.name, path=path, what="read"))
    return [one["name"] for one in found.get("snapshots", [])]


def _counting_arguments(disk: bool) -> list[str]:
    """Time by instructions and a fixed date: two such runs do the same, but for when disks answer.

    What the guest writes to the disk goes to a file of QEMU's own.
    """
    argv = ["-icount", "shift=1,sleep=off", "-rtc", "base=2024-01-01T00:00:00,clock=vm"]
    if disk:
        argv += ["-drive", f"file={DISK},format=raw,if=none,id=disk,snapshot=on"]
        argv += ["-device", "virtio-blk-pci,drive=disk,disable-legacy=on"]
    return argv


def _debugging_arguments(disk: bool) -> list[str]:
    """Images that snapshots can be taken into."""
    argv = ["-drive", f"file={STATE},format=qcow2,if=none,id=state"]
    if disk:
        argv += ["-drive", f"file={OVERLAY},format=qcow2,if=none,id=disk"]
        argv += ["-device", "virtio-blk-pci,drive=disk,disable-legacy=on"]
    return argv


def _mode_arguments(mode: str, folder: Path, disk: bool) -> list[str]:
    if mode == "count":
        return _counting_arguments(disk)
    if mode == "debug":
        return _debugging_arguments(disk)

    def escaped(name: str) -> str:
        return str(folder / name).replace(",", ",,")

    argv = ["-global", "apic-common.vapic=off"]
    argv += ["-icount", f"shift={SHIFT},rr={mode},rrfile={escaped(EVENTS)},"
             f"rrsnapshot={FIRST_SNAPSHOT}"]  # fmt: skip
    argv += ["-drive", f"file={escaped(STATE)},format=qcow2,if=none,id=state"]
    if disk:
        argv += ["-drive", f"file={escaped(OVERLAY)},format=qcow2,if=none,id=disk-image"]
        argv += ["-drive", "driver=blkreplay,if=none,image=disk-image,id=disk"]
        argv += ["-device", "virtio-blk-pci,drive=disk,disable-legacy=on"]
    return argv


def _without_exit_device(argv: Sequence[str]) -> list[str]:
    """Writing to the exit device would end QEMU, in the replay too, before anybody can look."""
    kept: list[str] = []
    for word in argv:
        if word.startswith("isa-debug-exit"):
            kept.pop()
        else:
            kept.append(word)
    return kept


@contextmanager
def running(
    mode: str, setup: Setup, images: Path | None, show: Show = nothing, gdb: Path | None = None,
    plugin: Callable[[Path], str] | None = None,
) -> Iterator[Live]:  # fmt: skip
    """Start QEMU with its images in `images` (None: its own folder).

    mode: "record"; "replay" and "debug", which begin paused; or "count": a run that can be had a
    second time. gdb: where its gdbstub listens. plugin: what follows -plugin, by the path of the
    file that backs guest RAM. The machine has a second monitor, `qmp` in its folder, for clr-vm.
    """
    emulator = qemu.find()
    with ExitStack() as stack:
        memory_folder = stack.enter_context(scratch_folder(setup.memory, 0))
        this = stack.enter_context(Run([Path(sys.argv[0]).name, *sys.argv[1:]]))
        pipes = stack.enter_context(Pipes())
        for name, path in setup.files.items():
            (this.folder / name).symlink_to(path.absolute())
        machine = launch.Machine(
            kernel=KERNEL,
            modules=setup.modules,
            consoles=pipes.consoles,
            kernel_arguments=setup.arguments,
            memory=setup.memory,
            memory_file=memory_folder / "ram",
            gdb=gdb,
            qmp=this.folder / "monitor",
            paused=mode in ("replay", "debug"),
            stay_on_reset=True,
            plugin=None if plugin is None else plugin(memory_folder / "ram"),
        )
        argv = _without_exit_device(launch.command_line(emulator.path, machine))
        argv += _mode_arguments(mode, images or this.folder, setup.disk)
        argv += ["-qmp", "unix:qmp,server=on,wait=off"]
        process = this.start(
            argv, cwd=this.folder, stdin=subprocess.DEVNULL,
            stdout=pipes.complaints, stderr=pipes.complaints, pass_fds=_descriptors(machine),
        )  # fmt: skip
        pipes.given_away()
        reader = ConsoleReader(pipes, show)
        reader.start()
        monitor: Monitor | None = None
        try:
            monitor = _connect(this.folder / "monitor", process, reader)
            yield Live(process, monitor, reader, memory_folder / "ram", this, tuple(argv))
        finally:
            # In this order: the reader ends when QEMU does, and its pipes are closed after that.
            if monitor is not None:
                monitor.close()
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            reader.join(timeout=10)


def _descriptors(machine: launch.Machine) -> tuple[int, int, int]:
    return machine.consoles.log, machine.consoles.out, machine.consoles.err


def _connect(
    socket: Path, process: subprocess.Popen[bytes], reader: ConsoleReader
) -> Monitor:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None:
        # The socket's file is there a moment before QEMU listens on it.
        try:
            return Monitor(socket)
        except MonitorGone:
            if process.poll() is None and time.monotonic() > deadline:
                raise
        time.sleep(0.01)
    reader.join(timeout=5)
    said = reader.complaints
    raise EnvironmentFault(
        explain(said) or f"QEMU could not start: {one_line(said) or 'it did not say why'}")


def links(folder: Path, names: Iterable[str], disk: bool) -> dict[str, Path]:
    """Files of a recording as `Setup.files` wants them."""
    found = {name: folder / name for name in names}
    if disk:
        found[DISK] = folder / DISK
    return found
