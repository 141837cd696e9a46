"""How a run ended, and the exit status that says so.

A program's own status is passed on modulo 256, so a program may return any of the numbers below
itself; `--json-status` tells the two apart. clrscope's own outcomes:

====== ================ ==========================================================================
status outcome          meaning
====== ================ ==========================================================================
120    guest-fault      the kernel's fatal hook ran: hardware exception or unhandled managed one
121    check-failed     managed code called CheckFailed(expected, actual)
122    compile-failure  the JIT refused a method and the kernel stopped there
123    time-out         --timeout passed first
124    bad-usage        the command line, or a file that it names, cannot be used
125    environment      this machine lacks something: QEMU, a build, permissions
126    lost             QEMU ended, or was ended, before the guest said how it ended
====== ================ ==========================================================================
"""

from __future__ import annotations

import enum
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from decoders.report.text import printable
from qemu_scripts.errors import EnvironmentFault

Event = Mapping[str, Any]


class Kind(enum.Enum):
    """What a run's status number stands for; the value is the name in `--json-status`."""

    EXIT = "exit"
    GUEST_FAULT = "guest-fault"
    CHECK_FAILED = "check-failed"
    COMPILE_FAILURE = "compile-failure"
    TIMEOUT = "time-out"
    BAD_USAGE = "bad-usage"
    ENVIRONMENT = "environment"
    LOST = "lost"
    INTERRUPTED = "interrupted"


STATUS = {
    Kind.GUEST_FAULT: 120,
    Kind.CHECK_FAILED: 121,
    Kind.COMPILE_FAILURE: 122,
    Kind.TIMEOUT: 123,
    Kind.BAD_USAGE: 124,
    Kind.ENVIRONMENT: 125,
    Kind.LOST: 126,
}

#: Events after which the kernel does not carry on, and what each means.
_FATAL = {
    "fault": Kind.GUEST_FAULT,
    "unhandled": Kind.GUEST_FAULT,
    "check-failed": Kind.CHECK_FAILED,
    "load-failed": Kind.BAD_USAGE,
}

#: Events after which a kernel that was told to exit does so.
FINAL_EVENTS = frozenset({*_FATAL, "exit"})


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    status: this process's exit status, 0..255.
    guest_status: the whole number that the guest reported (a program's `Main` may return 300), or
    None when it reported none.
    event: the console event that decided, if one did.
    """

    kind: Kind
    status: int
    message: str
    guest_status: int | None = None
    event: Event | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready dict; keys are stable, `extra` is merged in at the top level."""
        return {
            "outcome": self.kind.value,
            "status": self.status,
            "guest_status": self.guest_status,
            "message": self.message,
            "event": None if self.event is None else dict(self.event),
            **self.extra,
        }

    def with_extra(self, **extra: Any) -> Outcome:
        """The same outcome with more members for the JSON status file."""
        return Outcome(
            self.kind,
            self.status,
            self.message,
            self.guest_status,
            self.event,
            {**self.extra, **extra},
        )


def own(kind: Kind, message: str, event: Event | None = None) -> Outcome:
    """One of clrscope's own outcomes, with its fixed status."""
    return Outcome(kind, STATUS[kind], message, event=event)


def interrupted(signum: int) -> Outcome:
    """Ended by a signal: 128 + its number, as shells report it."""
    return Outcome(Kind.INTERRUPTED, 128 + signum, f"interrupted by signal {signum}")


def from_events(events: Iterable[Event], carries_on: bool = False) -> Outcome | None:
    """What the guest's own `@@clr` events say about the run's end; None when they do not say.

    The first fatal event decides (what follows one is not to be trusted). A `compile-failed` event
    decides unless the guest went on to an exit of its own: a program's exit, or a kernel's with
    status 0. carries_on: the guest was told to go on behind a refused method, so that without an
    exit this says nothing.
    """
    refused: Event | None = None
    for event in events:
        name = event.get("event")
        if name in _FATAL:
            return own(_FATAL[name], describe(event), event)
        if name == "compile-failed":
            refused = refused or event
        elif name == "exit":
            status = int(event["status"])
            if refused is not None and event.get("kind") == "kernel" and status != 0:
                return own(Kind.COMPILE_FAILURE, describe(refused), refused)
            return Outcome(
                Kind.EXIT, status % 256, describe(event), guest_status=status, event=event
            )
    if refused is None or carries_on:
        return None
    return own(Kind.COMPILE_FAILURE, describe(refused), refused)


_VECTORS = {
    0: "divide error", 1: "debug exception", 2: "non-maskable interrupt", 3: "breakpoint",
    4: "overflow", 5: "bound range exceeded", 6: "invalid opcode", 7: "device not available",
    8: "double fault", 10: "invalid TSS", 11: "segment not present", 12: "stack fault",
    13: "general protection fault", 14: "page fault", 16: "x87 error", 17: "alignment check",
    18: "machine check", 19: "SIMD error",
}  # fmt: skip


def describe(event: Event) -> str:
    """One sentence for a person about one event; the guest's control characters are spelt out."""
    name = event.get("event")

    def told(key: str, otherwise: object = None) -> str:
        return printable(event.get(key, otherwise))

    if name == "fault":
        vector = event.get("vector")
        if "message" in event:
            return f"the kernel panicked at RIP={told('rip', '?')}: {told('message')}"
        what = _VECTORS.get(vector, "exception") if isinstance(vector, int) else "exception"
        where = f"RIP={told('rip', '?')}"
        if vector == 14:
            where = f"CR2={told('cr2', '?')}, {where}"
        return f"the guest took a {what} (vector {told('vector')}) at {where}"
    if name == "unhandled":
        return f"unhandled {told('type', 'exception')} in the guest: {told('message')}"
    if name == "check-failed":
        what = f" ({told('what')})" if event.get("what") else ""
        return (
            f"a check failed in the guest{what}: expected {told('expected')}, "
            f"got {told('actual')}"
        )
    if name == "load-failed":
        return f"the kernel cannot load what it was given: {told('message')}"
    if name == "compile-failed":
        il = event.get("il")
        place = f"IL_{il:04x} {told('opcode', '')}" if isinstance(il, int) else "IL ?"
        return (
            f"the JIT cannot compile [{told('assembly')}] {told('method')} at "
            f"{place.rstrip()}: {told('message')}"
        )
    if name == "exit":
        return f"the {told('kind', 'guest')} exited with status {told('status')}"
    return json.dumps(dict(event))


def _is_stream(path: Path) -> bool:
    """A device, a pipe or /dev/stdout, which is written into and never removed or replaced."""
    return (path.exists() and not path.is_file()) or path.absolute().parts[1:2] == ("dev",)


def clear_status_file(path: Path) -> None:
    """Remove an earlier run's file, which must not be taken for this one's; raises OSError."""
    if not _is_stream(path):
        path.resolve().unlink(missing_ok=True)


def write_status_file(path: Path, outcome: Outcome) -> None:
    """Write the outcome as JSON so that a reader sees the whole file or none.

    A file of its own is written beside `path` and renamed over it: where links lead, not over them.
    A device or a pipe is written into.
    """
    try:
        text = json.dumps(outcome.to_json(), indent=2) + "\n"
        if _is_stream(path):
            with path.open("a", encoding="utf-8") as stream:
                stream.write(text)
            return
        path = path.resolve()
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o666 & ~umask)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise EnvironmentFault(
            f"cannot write the status file {path}: {error.strerror}; "
            "name a file in a folder that exists and is writable"
        ) from error
