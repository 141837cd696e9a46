"""Make a recording: run the guest under QEMU's event log until it has said how it ended."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

from qemu_scripts import assemblies, launch, outcome, qemu, run
from qemu_scripts.errors import ClrscopeError, EnvironmentFault, Interrupted, UsageError
from qemu_scripts.outcome import FINAL_EVENTS, Kind, Outcome
from qemu_scripts.run import DRIVER_SCENARIO_TIMEOUT, RunOptions
from qemu_scripts.scratch_disk import make as make_scratch_disk
from qemu_scripts.timetravel import machine
from qemu_scripts.timetravel.machine import Live, Setup, Show, links, nothing, running
from qemu_scripts.timetravel.monitor import MonitorGone
from qemu_scripts.timetravel.recording import (
    CONSOLES,
    DISK,
    EVENTS,
    KERNEL,
    OVERLAY,
    STATE,
    End,
    Manifest,
    Recording,
    build_id,
    digest,
)
from qemu_scripts.timetravel.replay import index

_POLL = 0.1
_SETTLE_SECONDS = 5.0
# A snapshot of the driver scenario takes some 2 MB.
_SNAPSHOT_BYTES = 4 << 20
_DEBUG_SUFFIXES = (".mdb",)


@dataclass(frozen=True)
class Recorded:
    """A finished recording, how the guest ended, and how long what took, in seconds."""

    recording: Recording
    outcome: Outcome
    seconds: float
    index_seconds: float


def default_seconds(options: RunOptions) -> float | None:
    """The time limit: as given, else that of `clrscope run` for the driver scenario."""
    if options.timeout is not None or options.program is not None:
        return options.timeout
    return DRIVER_SCENARIO_TIMEOUT


def default_folder(options: RunOptions) -> Path:
    """Where a recording goes that nobody gave a name: beside nothing else, in this folder."""
    stem = options.program.stem if options.program else "driver-scenario"
    if options.fault:
        stem += "-" + options.fault[0].partition("@")[0]
    number = 1
    while (folder := Path(f"{stem}-{number}.rec")).exists():
        number += 1
    return folder


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=False)
    except FileExistsError:
        raise UsageError(
            f"--out {folder} exists; a recording gets a new folder: remove it or name another"
        ) from None
    except OSError as error:
        raise UsageError(f"--out {folder} cannot be made: {error.strerror}") from error


def _copy(file: Path, to: Path) -> None:
    try:
        shutil.copyfile(file, to)
    except OSError as error:
        raise EnvironmentFault(f"{file} cannot be copied to {to}: {error.strerror}") from error


def _is_full(folder: Path) -> bool:
    """Whether the disk has no room for one more snapshot."""
    try:
        return shutil.disk_usage(folder).free < _SNAPSHOT_BYTES
    except OSError:
        return False


def copy_guest(options: RunOptions, folder: Path) -> tuple[str, ...]:
    """Copy kernel, modules and their debug files; the modules' names in load order."""
    files = [file.absolute() for file in run.module_files(options)]
    names: list[str] = []
    for file in [options.kernel, *files]:
        if not file.is_file():
            raise EnvironmentFault(f"{file} is missing; run `clrscope build` first")
    _copy(options.kernel, folder / KERNEL)
    for file in files:
        launch.check_module_name(file.name)
        if file.name in names:
            raise UsageError(
                f"two assemblies are named {file.name} (one is {file}); rename the program"
            )
        _copy(file, folder / file.name)
        names.append(file.name)
        debug = [Path(f"{file}{suffix}") for suffix in _DEBUG_SUFFIXES] + [file.with_suffix(".pdb")]
        for path in debug:
            if path.is_file():
                _copy(path, folder / path.name)
    if options.arguments:
        (folder / "@args").write_bytes(assemblies.encode_arguments(options.arguments))
        names.append("@args")
    return tuple(names)


def copy_disk(options: RunOptions, folder: Path) -> bool:
    """The disk as it is before the run, raw, as DISK in the folder; whether there is one."""
    if options.disk is not None:
        if launch.disk_format(options.disk) != "raw":
            raise UsageError(
                f"--disk {options.disk} is not a raw image, and a recording keeps a raw copy: "
                "convert it with `qemu-img convert -O raw`"
            )
        _copy(options.disk, folder / DISK)
    elif options.program is None:
        make_scratch_disk(folder / DISK)
    else:
        return False
    return True


def _ended(live: Live) -> bool:
    return any(event.get("event") in FINAL_EVENTS for event in live.consoles.events)


def wait_for_end(live: Live, seconds: float | None) -> str:
    """Wait until the guest said how it ended and stands still; why the wait is over.

    "end", "time-out", "stopped" (the machine reset itself) or "refused" (a method).
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    settled_by: float | None = None
    before = -1
    while True:
        if live.monitor.wait(("STOP", "SHUTDOWN"), _POLL) is not None:
            return "stopped"
        now = time.monotonic()
        ended = _ended(live)
        refused = any(e.get("event") == "compile-failed" for e in live.consoles.events)
        if ended or refused:
            settled_by = settled_by or now + _SETTLE_SECONDS
            at = live.monitor.instructions
            if at == before or now > settled_by:
                return "end" if ended else "refused"
            before = at
        if deadline is not None and now > deadline:
            return "time-out"
        if live.consoles.failed is not None:
            return "output closed"


def record(options: RunOptions, folder: Path, show: Show = nothing) -> Recorded:
    """Record a run into a new folder, then replay it once to make snapshots and to verify it.

    A time-out and a Ctrl-C end the recording, which is good up to there. Raises UsageError,
    EnvironmentFault and Diverged; a recording that is not finished is removed.
    """
    arguments = run.kernel_arguments(replace(options, on_fault="stop"))
    memory = launch.parse_memory(options.memory)
    emulator = qemu.find()
    _prepare(folder)
    try:
        modules = copy_guest(options, folder)
        with_disk = copy_disk(options, folder)
        if with_disk:
            machine.make_image(folder / OVERLAY, DISK)
        machine.make_image(folder / STATE)
        names = {path.name for path in folder.iterdir()} - {STATE, OVERLAY, DISK}
        setup = Setup(links(folder, names, disk=False), modules, arguments, memory, with_disk)
        started = time.monotonic()
        with running("record", setup, folder.absolute(), show) as live:
            result = _record(live, options)
            end = live.end()
            _keep_consoles(live, folder)
            live.quit()
            command_line = live.command_line
        seconds = time.monotonic() - started
        fixed = [*names, EVENTS, *([DISK] if with_disk else [])]
        manifest = Manifest(
            emulator.version, machine.emulator_id(emulator), build_id(folder / KERNEL), modules,
            {name: digest(folder / name) for name in sorted(fixed)}, arguments, memory, with_disk,
            command_line, result.to_json(), end,
        )  # fmt: skip
        recording = Recording(folder, manifest)
        recording.save()
        indexed = time.monotonic()
        recording = index(recording)
        return Recorded(recording, result, seconds, time.monotonic() - indexed)
    except BaseException as error:
        full = _is_full(folder)
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError | ClrscopeError) and full:
            raise EnvironmentFault(
                f"the disk of {folder} has no room for the recording, which takes some hundred MB: "
                "make room, or name another folder with --out; nothing was left there"
            ) from error
        if isinstance(error, OSError):
            raise EnvironmentFault(
                f"the recording {folder} cannot be written: {error.strerror or error}"
            ) from error
        raise


def _record(live: Live, options: RunOptions) -> Outcome:
    """Let the guest run to its end; leaves it stopped."""
    seconds = default_seconds(options)
    try:
        why = wait_for_end(live, seconds)
    except Interrupted as interruption:
        why = f"interrupted by signal {interruption.signum}"
    except MonitorGone:
        live.consoles.join(timeout=5)
        raise EnvironmentFault(
            "QEMU ended while it recorded: "
            f"{machine.one_line(live.consoles.complaints) or 'it did not say why'}"
        ) from None
    live.monitor.execute("stop")
    said = outcome.from_events(live.consoles.events)
    if said is not None:
        return said
    if why == "time-out":
        return outcome.own(
            Kind.TIMEOUT,
            f"the guest did not end within {seconds:g} seconds (--timeout); recorded until then",
        )
    if why == "stopped":
        return outcome.own(Kind.LOST, "the machine was reset (a triple fault?); recorded to there")
    return outcome.own(Kind.LOST, f"{why}; recorded until then")


def _keep_consoles(live: Live, folder: Path) -> None:
    for name in CONSOLES:
        (folder / name).write_bytes(bytes(live.consoles.written[name]))


__all__ = ["End", "Recorded", "default_folder", "record"]
