"""The debugged target as decoders see it: memory, registers, symbols.

Whatever is read is kept by the page, and dropped whenever the target may have changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import gdb

from decoders.errors import DecodeError, ReadError
from decoders.memory import PageCache

GENERAL_REGISTERS = (
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
    "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
)


class NoTargetError(DecodeError):
    """There is nothing to look at yet."""


class GdbMemory:
    """Memory of the selected inferior, uncached. Live, it counts its reads for the benchmarks."""

    def __init__(self) -> None:
        self.reads = 0
        self.bytes = 0

    def read(self, address: int, size: int, purpose: str) -> bytes:
        """See decoders.memory.Memory.read."""
        self.reads += 1
        self.bytes += size
        try:
            return bytes(gdb.selected_inferior().read_memory(address, size))
        except gdb.MemoryError:
            raise ReadError(
                address, size, purpose, "the target has no memory mapped there",
                "the pointer is wrong, or its page is not mapped in the current address space",
            ) from None
        except gdb.error as error:
            raise ReadError(
                address, size, purpose, str(error), "attach first: target remote SOCKET"
            ) from None


memory = GdbMemory()
cache = PageCache(memory)


def drop_cache(*_: object) -> None:
    """Forget what was read: the target ran or its memory was written."""
    cache.drop()


def symbol_address(name: str) -> int | None:
    """Address of a linker symbol of the objects that gdb has loaded, None when there is none."""
    try:
        value = gdb.parse_and_eval(f"(unsigned long)&{name}")
    except gdb.error:
        return None
    return int(value)


def register(frame: gdb.Frame, name: str) -> int:
    """A general register's value in a frame, as unsigned 64 bits."""
    return int(frame.read_register(name)) & 0xFFFF_FFFF_FFFF_FFFF


@dataclass(frozen=True, slots=True)
class Registers:
    """Integer registers of one frame; `values` by lower-case name, rip included."""

    values: dict[str, int]

    @property
    def rip(self) -> int:
        return self.values["rip"]

    @property
    def rsp(self) -> int:
        return self.values["rsp"]

    @property
    def rbp(self) -> int:
        return self.values["rbp"]


def registers(frame: gdb.Frame | None = None) -> Registers:
    """The registers of a frame (default: the selected one)."""
    frame = frame or selected_frame()
    values = {name: register(frame, name) for name in GENERAL_REGISTERS}
    values["rip"] = frame.pc()
    return Registers(values)


def selected_frame() -> gdb.Frame:
    """gdb's selected frame, or NoTargetError."""
    try:
        return gdb.selected_frame()
    except gdb.error as error:
        raise NoTargetError(
            f"no frame is selected ({error}): attach with `target remote SOCKET` or load a dump "
            "with `core FILE`"
        ) from None


_connected = False


def connect_events() -> None:
    """Drop the cache whenever memory may have changed. Harmless when called again."""
    global _connected
    if _connected:
        return
    _connected = True
    for event in (
        gdb.events.stop, gdb.events.cont, gdb.events.memory_changed, gdb.events.exited,
        gdb.events.new_objfile, gdb.events.clear_objfiles, gdb.events.register_changed,
    ):
        event.connect(drop_cache)
