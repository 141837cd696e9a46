"""The last fault, its trap frame, and threads (contracts KernelFaults and KernelThreads k1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from decoders.errors import TargetError
from decoders.memory import read_cstring
from decoders.runtime.model import ADDRESS
from decoders.runtime.records import LastFaultRecord, ThreadRecord, TrapFrameRecord
from decoders.runtime.runtime import Runtime

MAX_THREADS = 4096
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
class Fault:
    """The last fault. `frame` is None for faults that software raised."""

    sequence: int
    vector: int
    error_code: int
    cr2: int = field(metadata=ADDRESS)
    message: str
    frame: TrapFrameRecord | None

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
    return Fault(
        record.sequence, record.vector, record.error_code, record.cr2, message, frame
    )


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
