"""The last fault, its trap frame, and threads (contracts KernelFaults and KernelThreads k1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from decoders.errors import DecodeError, TargetError
from decoders.memory import read_cstring, read_pointer
from decoders.metadata import quote
from decoders.runtime.model import ADDRESS
from decoders.runtime.records import (
    OPTIONAL,
    CheckRecord,
    LastFaultRecord,
    ThreadRecord,
    TrapFrameRecord,
)
from decoders.runtime.runtime import Runtime
from decoders.runtime.values import Values

MAX_THREADS = 4096
MAX_CHECK_TEXT = 256
# Intel SDM volume 3, table 6-1.
VECTORS = {
    0: "divide error", 1: "debug exception", 2: "NMI", 3: "breakpoint", 4: "overflow",
    5: "bound range exceeded", 6: "invalid opcode", 7: "device not available", 8: "double fault",
    10: "invalid TSS", 11: "segment not present", 12: "stack-segment fault",
    13: "general protection", 14: "page fault", 16: "x87 error", 17: "alignment check",
    18: "machine check", 19: "SIMD exception",
}


class SoftwareVector(IntEnum):
    """Vectors above 255: faults that the kernel raised itself."""

    PANIC = 0x100
    UNHANDLED = 0x101
    CHECK_FAILED = 0x102
    COMPILE_FAILED = 0x103


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A check that failed: what was checked, which value was expected and which was there.

    Texts are the guest's own, at most MAX_CHECK_TEXT characters of each; None where a reference was
    null or its string could not be read. `problem` says what could not be had, "" when all was.
    """

    address: int = field(metadata=ADDRESS)
    what: str | None
    expected: str | None
    actual: str | None
    problem: str = ""

    @property
    def text(self) -> str:
        """All of it on one line, quoted."""
        if not self.address:
            return self.problem
        what, expected, actual = (
            "(unknown)" if t is None else quote(t)
            for t in (self.what, self.expected, self.actual)
        )
        told = f"{what}: expected {expected}, actual {actual}"
        return f"{told} ({self.problem})" if self.problem else told


@dataclass(frozen=True, slots=True)
class Fault:
    """The last fault. `frame` is None for faults that software raised.

    `check` is there for failed checks and only for them; where the contract does not publish their
    record, it says so.
    """

    sequence: int
    vector: int
    error_code: int
    cr2: int = field(metadata=ADDRESS)
    message: str
    frame: TrapFrameRecord | None
    check: FailedCheck | None = None

    @property
    def detail(self) -> str:
        """What else is known of it in words: the kernel's message, or the check that failed."""
        return self.check.text if self.check is not None else self.message

    @property
    def name(self) -> str:
        """The vector's name."""
        if self.vector in VECTORS:
            return VECTORS[self.vector]
        try:
            return SoftwareVector(self.vector).name.lower().replace("_", " ")
        except ValueError:
            return f"vector {self.vector:#x}"

    @property
    def access(self) -> str:
        """What a page fault's access was (error code: SDM volume 3, figure 4-12)."""
        if self.vector != 14:
            return ""
        what = "fetch from" if self.error_code & 16 else (
            "write to" if self.error_code & 2 else "read of")
        why = "a protected page" if self.error_code & 1 else "an unmapped page"
        return f"{what} {why}"


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread and the bounds of its stack."""

    address: int = field(metadata=ADDRESS)
    id: int
    name: str
    stack_low: int = field(metadata=ADDRESS)
    stack_high: int = field(metadata=ADDRESS)


def last_fault(runtime: Runtime) -> Fault | None:
    """The last fault, None when there was none."""
    record = runtime.records.one(
        LastFaultRecord, runtime.contract.number("LastFaultRecord"), "last-fault record"
    )
    if not record.sequence:
        return None
    frame = (
        runtime.records.one(TrapFrameRecord, record.trap_frame, "trap frame")
        if record.trap_frame else None
    )
    message = (
        read_cstring(runtime.memory, record.message, "fault message", 1024)
        if record.message else ""
    )
    check = _failed_check(runtime) if record.vector == SoftwareVector.CHECK_FAILED else None
    return Fault(
        record.sequence, record.vector, record.error_code, record.cr2, message, frame, check
    )


def _failed_check(runtime: Runtime) -> FailedCheck:
    """The record of the check that failed: it lies on the stack of who called it."""
    absent = runtime.contract.missing(OPTIONAL)
    if absent:
        return FailedCheck(
            0, None, None, None,
            f"the contract has no {', '.join(absent)}: what was checked is not known",
        )
    where = (
        runtime.contract.number("LastFaultRecord")
        + runtime.contract.type("LastFault").field("Check").offset
    )
    address = 0
    try:
        address = read_pointer(runtime.memory, where, "LastFault.Check")
        if not address:
            return FailedCheck(0, None, None, None, "the kernel left no record of the check")
        record = runtime.records.one(CheckRecord, address, "the failed check's record")
    except DecodeError as error:
        return FailedCheck(address, None, None, None, str(error))
    texts: dict[str, str | None] = {}
    problems = []
    for name in ("what", "expected", "actual"):
        try:
            texts[name] = _string(runtime, getattr(record, name))
        except DecodeError as error:
            texts[name] = None
            problems.append(f"{name}: {error}")
    return FailedCheck(address, **texts, problem="; ".join(problems))


def _string(runtime: Runtime, address: int) -> str | None:
    """A managed string, cut to MAX_CHECK_TEXT characters; None for null."""
    if not address:
        return None
    found = Values(runtime).object(address, 0)
    if found.string is None:
        raise TargetError(f"at {address:#x} lies a {found.type}, no string")
    text = found.string
    return text if len(text) <= MAX_CHECK_TEXT else text[:MAX_CHECK_TEXT] + "..."


def threads(runtime: Runtime) -> list[Thread]:
    """All threads."""
    result: list[Thread] = []
    address = runtime.global_pointer("Threads")
    while address:
        if any(t.address == address for t in result) or len(result) >= MAX_THREADS:
            raise TargetError(f"the list of threads is cyclic at {address:#x}")
        record = runtime.records.one(ThreadRecord, address)
        name = read_cstring(runtime.memory, record.name, "thread name", 256) if record.name else ""
        result.append(Thread(address, record.id, name, record.stack_low, record.stack_high))
        address = record.next
    return result
