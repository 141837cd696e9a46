"""A post-mortem of a run: boot, wait for the end under gdb, collect, dump."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from decoders.report import Ended
from qemu_scripts import launch, outcome, run
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.guest import Guest
from qemu_scripts.outcome import FINAL_EVENTS, Kind, Outcome
from qemu_scripts.postmortem import folder as files
from qemu_scripts.postmortem.debugger import Debugger, find_gdb, start
from qemu_scripts.postmortem.kernel import build_id
from qemu_scripts.postmortem.mi import GdbGone, Mi, MiError
from qemu_scripts.private_folder import private_folder
from qemu_scripts.processes import Run, wait_until

#: Bytes of the kernel's console, and of each of a program's, that are kept.
OUTPUT_LIMIT = 16 << 20
#: Bytes of the kernel's console that a dump keeps.
SERIAL_LIMIT = 1 << 20
_EVENT_SECONDS = 0.5
_ATTACH_SECONDS = 10.0
#: What collecting may take, on top of the guest's own time.
_GRACE_SECONDS = 300.0


@dataclass
class Findings:
    """What came out of a run. `facts` is None when no debugger could look; `problem` says why.

    dump_problem: why there is no dump, "" when there is one.
    """

    run: dict[str, Any]
    facts: dict[str, Any] | None
    serial: bytes
    dumped: bool
    problem: str = ""
    dump_problem: str = ""


@dataclass
class _Session:
    """What the thread that talks to gdb shares with the one that pumps the consoles."""

    options: run.RunOptions
    folder: Path
    seconds: float
    ram: str
    done: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    watched: threading.Event = field(default_factory=threading.Event)
    guest: Guest | None = None
    private: Path = Path()
    ended: Ended = Ended.LOST
    about: dict[str, Any] | None = None
    facts: dict[str, Any] | None = None
    serial: bytes = b""
    dumped: bool = False
    problem: str = ""
    dump_problem: str = ""
    error: BaseException | None = None


def clipped(serial: bytes) -> bytes:
    """A console's first and last half megabyte, and a line between that says what is missing."""
    if len(serial) <= SERIAL_LIMIT:
        return serial
    half = SERIAL_LIMIT // 2
    left = len(serial) - 2 * half
    return serial[:half] + f"\n[clrscope: {left} bytes left out]\n".encode() + serial[-half:]


def examine(
    options: run.RunOptions, folder: Path, seconds: float, again: bool = True
) -> Findings:
    """Run a guest to its end, or for `seconds`, and find out what there is to know.

    again: run it a second time where that tells who overwrote memory. Raises UsageError and
    EnvironmentFault for what keeps it from starting.
    """
    found = _examined(options, folder, seconds)
    if again and found.run["ended"] in (Ended.FAULT.value, Ended.END.value) and (
        _is_unanswered(found.facts)
    ):
        assert found.facts is not None
        # At first use: no guest has to wait until they are loaded, and few runs need them.
        from decoders.memory.coredump import DumpError, retell
        from qemu_scripts.postmortem import second_run

        found.run["stores"] = second_run.store_answers(
            replace(options, on_fault="stop"), found.run, found.facts)
        if found.dumped:
            # The dump tells it as well: it cannot run again.
            try:
                retell(folder / files.CORE, found.run)
            except DumpError as error:
                found.dump_problem = str(error)
    return found


def _is_unanswered(facts: Mapping[str, Any] | None) -> bool:
    """Whether findings show overwritten bytes, and nobody has said who wrote them."""
    if not facts or not facts["doctor"]:
        return False
    return any(answer["next_look"] for answer in facts["doctor"]["stores"])


def _examined(options: run.RunOptions, folder: Path, seconds: float) -> Findings:
    gdb = find_gdb()
    size = launch.parse_memory(options.memory)
    with ExitStack() as stack:
        sockets = stack.enter_context(private_folder())
        ram = _anonymous_file(size, stack)
        # QEMU and gdb inherit the descriptor: RAM has no name that could be left behind.
        name = f"/proc/self/fd/{ram}"
        program_output = _program_files(options, folder, stack)
        options = replace(
            options, gdb=sockets / "gdb", paused=True, on_fault="stop", memory_file=Path(name),
            inherit=(ram,), stay_on_reset=True, show_log=False, show_tail=False,
            output_limit=OUTPUT_LIMIT, kernel_log=folder / files.SERIAL,
            timeout=seconds + _GRACE_SECONDS, output=program_output[0], errors=program_output[1],
        )  # fmt: skip
        session = _Session(options, folder, seconds, name)
        threads: list[threading.Thread] = []

        def started(this: Run) -> None:
            session.private = this.folder
            process = start(this, gdb, (ram,))
            thread = threading.Thread(target=_talk, args=(session, process), daemon=True)
            threads.append(thread)
            thread.start()

        def watch(guest: Guest) -> None:
            session.guest = guest
            session.watched.set()

        try:
            result = run.run(options, started, session.done.is_set, watch)
        finally:
            session.gone.set()
            for thread in threads:
                thread.join(5.0)
        if session.error is not None:
            raise session.error
        return _findings(session, result)


def _anonymous_file(size: int, stack: ExitStack) -> int:
    try:
        made = os.memfd_create("clrscope-guest-ram")
        stack.callback(os.close, made)
        os.truncate(made, size)
    except OSError as error:
        raise EnvironmentFault(
            f"no {size >> 20} MiB of guest RAM can be had: {error.strerror}"
        ) from error
    return made


def _program_files(
    options: run.RunOptions, folder: Path, stack: ExitStack
) -> tuple[int, int]:
    """Descriptors for a program's two streams; the driver scenario has none."""
    if options.program is None:
        return 1, 2
    made = []
    for name in (files.PROGRAM_OUT, files.PROGRAM_ERR):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        made.append(os.open(folder / name, flags, 0o644))
        stack.callback(os.close, made[-1])
    return made[0], made[1]


def _talk(session: _Session, process: subprocess.Popen[bytes]) -> None:
    """The thread: everything that is said to gdb."""
    try:
        _examine(session, Mi(process, session.gone.is_set))
    except (MiError, GdbGone) as error:
        session.problem = str(error)
    except BaseException as error:  # noqa: BLE001 (raised again where the run was started)
        session.error = error
    finally:
        # It has nothing left to save, and taking its leave of QEMU costs it a third of a second.
        process.kill()
        session.done.set()


def _examine(session: _Session, mi: Mi) -> None:
    assert session.options.gdb is not None
    debugger = Debugger(mi, session.options.kernel)
    if not wait_until(session.options.gdb.is_socket, _ATTACH_SECONDS):
        raise EnvironmentFault("QEMU did not open its gdbstub within 10 seconds")
    debugger.attach(session.options.gdb, session.ram)
    stop = debugger.wait(session.seconds)
    session.ended = stop.ended
    session.watched.wait(_ATTACH_SECONDS)
    guest = session.guest
    if guest is None:
        raise GdbGone("QEMU ended")
    if stop.ended in (Ended.FAULT, Ended.END):
        # What the kernel said of its end is still on its way to us.
        wait_until(lambda: _has_final(guest), _EVENT_SECONDS)
    session.about = _about(session, list(guest.log.events), stop.ended)
    session.serial = clipped(_console(session))
    if not stop.answered:
        session.problem = "QEMU does not stop the guest, so no debugger can look at it"
        return
    try:
        debugger.dump(session.private, session.folder / files.CORE, session.about, session.serial)
        session.dumped = True
    except MiError as error:
        session.dump_problem = str(error)
    session.facts = debugger.facts(session.private)


def _has_final(guest: Guest) -> bool:
    return any(event["event"] in FINAL_EVENTS for event in list(guest.log.events))


def _console(session: _Session) -> bytes:
    log = session.options.kernel_log
    return log.read_bytes() if log is not None and log.exists() else b""


def _about(session: _Session, events: list[Mapping[str, Any]], ended: Ended) -> dict[str, Any]:
    """The run as the report and the dump tell it: nothing of this machine or this minute."""
    options = session.options
    made: dict[str, Any] = {
        "ended": ended.value, "message": _message(events, ended, session.seconds),
        "program": options.program.name if options.program else None,
        "kernel_arguments": run.kernel_arguments(options),
        "kernel_build_id": build_id(options.kernel),
        "events": [dict(e) for e in events], "kind": None, "status": None,
    }
    final = next((e for e in events if e["event"] == "exit"), None)
    if final is not None:
        made["kind"], made["status"] = final.get("kind"), final.get("status")
    return made


def _message(events: list[Mapping[str, Any]], ended: Ended, seconds: float) -> str:
    said = outcome.from_events(events)
    if ended is Ended.HANG:
        return f"the guest did not end within {seconds:g} seconds"
    if said is not None:
        return said.message
    return {
        Ended.RESET: "the machine reset itself (a triple fault)",
        Ended.HALTED: "the kernel gave up without calling its fatal hook",
        Ended.FAULT: "the kernel called its fatal hook without saying why",
        Ended.END: "the kernel ended without saying why",
    }.get(ended, "the guest stopped")


def _findings(session: _Session, result: Outcome) -> Findings:
    if session.about is None:
        # gdb saw no stop: QEMU went away first, or gdb itself failed.
        if result.kind in (Kind.ENVIRONMENT, Kind.BAD_USAGE):
            raise EnvironmentFault(result.message)
        session.about = _about(session, list(result.extra.get("events", [])), Ended.LOST)
        session.about["message"] = (
            result.message if result.kind is Kind.LOST and not session.problem
            else f"{session.problem or result.message}; {result.message}")
        session.serial = clipped(_console(session))
    return Findings(
        session.about, session.facts, session.serial, session.dumped, session.problem,
        session.dump_problem)
