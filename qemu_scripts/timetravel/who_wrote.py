"""`clrscope who-wrote`: the last store to some bytes before the end of a run, without a recording.

Two runs with time by instructions. In the first, gdb looks at the end which bytes are meant and
what they hold. The second has the plugin's store log. Where pc, registers and bytes are equal, the
log's last store to those bytes is the one.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from decoders.errors import DecodeError
from decoders.timetravel import LastWrite, Target
from qemu_scripts import launch, outcome, paths, run
from qemu_scripts.errors import ClrscopeError, EnvironmentFault, UsageError
from qemu_scripts.outcome import Outcome
from qemu_scripts.private_folder import OWNER, private_folder
from qemu_scripts.run import RunOptions
from qemu_scripts.timetravel import machine
from qemu_scripts.timetravel.machine import Live, Setup, links, running
from qemu_scripts.timetravel.record import (
    copy_disk,
    copy_guest,
    default_seconds,
    wait_for_end,
)
from qemu_scripts.timetravel.recording import KERNEL
from qemu_scripts.timetravel.store_log import LogReader, StoreLog
from qemu_scripts.traces import plugin
from qemu_scripts.traces.kernel_image import KernelImage, files_by_name, open_runtime
from qemu_scripts.traces.ring import RingReader
from qemu_scripts.traces.session import every_store
from qemu_scripts.traces.shared import SharedFile
from qemu_scripts.traces.trace_file import TraceFile, TraceWriter

_GDB_SECONDS = 120.0
_DRAIN_SECONDS = 30.0


class RunsDiverged(ClrscopeError):
    """The two runs did not do the same, so the log of one says nothing about the other."""


@dataclass(frozen=True)
class Question:
    """What is asked: an expression of clr-last-write (None: the overwritten return address)."""

    what: str | None = None
    size: int | None = None
    method: str | None = None
    follow: bool = True

    def command(self) -> str:
        """The gdb command that tells which bytes are meant."""
        words = ["clr-which-bytes", "--json"]
        words += ["-size", str(self.size)] if self.size is not None else []
        words += ["-in", self.method] if self.method is not None else []
        return " ".join([*words, *([self.what] if self.what is not None else [])])


@dataclass(frozen=True)
class Seen:
    """The end of one run: how it ended, and what clr-which-bytes said."""

    outcome: Outcome
    target: Target
    data: bytes
    registers: dict[str, int]

    @staticmethod
    def of(ended: Outcome, facts: Mapping[str, Any]) -> Seen:
        """From the JSON of clr-which-bytes."""
        meant = facts["target"]
        return Seen(
            ended, Target(int(meant["address"], 16), meant["size"], meant["what"]),
            bytes.fromhex(facts["data"]), facts["registers"],
        )  # fmt: skip

    def differences(self, other: Seen) -> list[str]:
        """What is not the same in another run."""
        found = []
        if self.outcome.message != other.outcome.message:
            found.append(f"one ended with {self.outcome.message!r}, the other with "
                         f"{other.outcome.message!r}")  # fmt: skip
        found += [
            f"{name} {value:#x} and {other.registers.get(name, 0):#x}"
            for name, value in self.registers.items()
            if other.registers.get(name) != value
        ]
        if self.target != other.target:
            found.append(f"the bytes lie at {self.target.address:#x} and {other.target.address:#x}")
        elif self.data != other.data:
            found.append(f"the bytes are {self.data.hex(' ')} and {other.data.hex(' ')}")
        return found


@dataclass(frozen=True)
class Answer:
    """The store, how the run ended that it is about, stores in the log, and seconds it all took."""

    found: LastWrite
    outcome: Outcome
    stores: int
    seconds: float


@contextmanager
def prepared(options: RunOptions) -> Iterator[Setup]:
    """The guest's files in a folder of their own, the same for both runs."""
    arguments = run.kernel_arguments(options)
    memory = launch.parse_memory(options.memory)
    with private_folder() as folder:
        modules = copy_guest(options, folder)
        with_disk = copy_disk(options, folder)
        names = {path.name for path in folder.iterdir()} - {OWNER}
        yield Setup(links(folder, names, with_disk), modules, arguments, memory, with_disk)


class _Look:
    """A gdb that answers clr-which-bytes at the stopped guest, while others work."""

    def __init__(
        self, live: Live, socket: Path, kernel: Path, questions: Sequence[Question]
    ) -> None:
        gdb = shutil.which("gdb")
        if gdb is None:
            raise EnvironmentFault("gdb is not installed; run ./install.sh")
        commands = [
            "set confirm off", "set architecture i386:x86-64", f"file {kernel}",
            f"source {paths.ROOT / 'gdbext' / 'init.py'}", f"target remote {socket}",
            *(question.command() for question in questions),
        ]  # fmt: skip
        argv = [gdb, "-nx", "-batch", "-q", *(word for c in commands for word in ("-ex", c))]
        self._events = live.consoles.events
        self._questions = questions
        self._child = live.run.start(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def seen(self) -> list[Seen]:
        """What it said to each question; raises UsageError and EnvironmentFault."""
        try:
            out, err = self._child.communicate(timeout=_GDB_SECONDS)
        except subprocess.TimeoutExpired:
            raise EnvironmentFault(
                f"gdb did not answer within {_GDB_SECONDS:g} seconds") from None
        text = out.decode(errors="replace")
        answers, at = [], text.find("\n{")
        while at >= 0:
            answer, length = json.JSONDecoder().raw_decode(text[at + 1 :])
            answers.append(answer)
            at = text.find("\n{", at + 1 + length)
        if len(answers) != len(self._questions):
            said = [line for line in err.decode(errors="replace").splitlines() if line.strip()]
            what = self._questions[len(answers)].what or "the question"
            raise UsageError(f"{what}: {said[-1] if said else text[-300:]}")
        ended = outcome.from_events(self._events)
        if ended is None:
            ended = outcome.own(outcome.Kind.TIMEOUT, "the guest did not say how it ended")
        return [Seen.of(ended, answer) for answer in answers]


def _run_to_end(live: Live, seconds: float | None) -> None:
    if wait_for_end(live, seconds) == "time-out":
        raise EnvironmentFault(
            f"the guest did not end within {seconds:g} seconds: who-wrote asks about the end of a "
            "run; give it --timeout, or use `clrscope record`"
        )
    live.monitor.execute("stop")


def who_wrote(options: RunOptions, question: Question) -> Answer:
    """The last store before the end of the run; raises RunsDiverged, UsageError, EnvironmentFault.
    """
    started = time.monotonic()
    plugin.require()
    seconds = default_seconds(options)
    with prepared(options) as setup:
        with private_folder() as sockets:
            socket = sockets / "gdb"
            with running("count", setup, None, gdb=socket) as live:
                _run_to_end(live, seconds)
                first = _Look(live, socket, setup.files[KERNEL], [question]).seen()
        with logged_run(setup, [question], seconds) as second:
            second.verify(first)
            found = second.last_write(second.seen[0].target, question.follow)
            return Answer(found, first[0].outcome, second.stores, time.monotonic() - started)


@dataclass(frozen=True)
class Logged:
    """A run that has ended, with a log of its stores. seen: its end, for each question."""

    seen: list[Seen]
    reader: LogReader
    stores: int

    def verify(self, first: Sequence[Seen]) -> None:
        """Raise RunsDiverged when another run's end was not the same."""
        for one, other in zip(first, self.seen, strict=True):
            differences = one.differences(other)
            if differences:
                raise RunsDiverged(
                    f"two runs diverged ({'; '.join(differences[:3])}), so the store log of one "
                    "says nothing about the other: record the run (`clrscope record`) and go back "
                    "in it"
                )

    def last_write(self, target: Target, follow: bool) -> LastWrite:
        """The last store to some bytes before the end; raises EnvironmentFault."""
        now = next((seen.data for seen in self.seen if seen.target == target), None)
        try:
            before = self.reader.fault()
            found = self.reader.last_write(target, before, follow)
            left = self.reader.bytes_left(target, before)
        except DecodeError as error:
            raise EnvironmentFault(
                f"the guest's memory after the run cannot be understood: {error}") from error
        if now is not None and any(
            a is not None and a != b for a, b in zip(left, now, strict=True)
        ):
            note = ("the bytes there now are not what that store left: an exception entry, the "
                    "fault's handler or a device wrote them since")  # fmt: skip
            return replace(found, notes=(*found.notes, note))
        return found


@contextmanager
def logged_run(
    setup: Setup, questions: Sequence[Question], seconds: float | None
) -> Iterator[Logged]:
    """Run the guest to its end with a log of all stores; raises UsageError, EnvironmentFault.

    seconds: that the guest may take.
    """
    kernel = setup.files[KERNEL]
    image = KernelImage(kernel)
    with (
        machine.scratch_folder(setup.memory, plugin.RING) as folder,
        SharedFile.create(folder / "shared", plugin.RING) as shared,
        TraceWriter(folder / "trace", shared) as writer,
        private_folder() as sockets,
    ):
        socket = sockets / "gdb"
        wanted = every_store(image)
        reader = RingReader(shared, writer.write)
        try:
            with running(
                "count", setup, None, gdb=socket,
                plugin=lambda ram: plugin.argument(wanted, shared.path, ram),
            ) as live:  # fmt: skip
                _run_to_end(live, seconds)
                look = _Look(live, socket, kernel, questions)
                _wait_until_drained(shared, reader)
                trace = TraceFile(folder / "trace")
                count = len(trace)
                trace.close()
                log = StoreLog(folder / "trace", count)
                files = files_by_name([setup.files[m] for m in setup.modules if m != "@args"])
                try:
                    names = LogReader(log, open_runtime(image, live.ram), image, files)
                except DecodeError as error:
                    raise EnvironmentFault(
                        f"the guest's memory after the run cannot be understood: {error}"
                    ) from error
                yield Logged(look.seen(), names, count)
        finally:
            reader.finish()


def _wait_until_drained(shared: SharedFile, reader: RingReader) -> None:
    deadline = time.monotonic() + _DRAIN_SECONDS
    while shared.tail < shared.head and not reader.failed:
        if time.monotonic() > deadline:
            raise EnvironmentFault(
                f"the store log was not read within {_DRAIN_SECONDS:g} seconds; is the disk full?"
            )
        time.sleep(0.01)


__all__ = [
    "Answer", "Logged", "Question", "RunsDiverged", "Seen", "logged_run", "prepared", "who_wrote",
]
