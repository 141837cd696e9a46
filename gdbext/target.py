"""The debugged target as decoders see it: memory, registers, symbols.

Whatever is read is kept by the page, and dropped whenever the target may have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import gdb

from decoders.errors import DecodeError, ReadError
from decoders.memory import GuestRam, PageCache, TranslatedRam
from gdbext import parameters, qemu_process

GENERAL_REGISTERS = (
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
    "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
)


class NoTargetError(DecodeError):
    """There is nothing to look at yet."""


class RamFileError(DecodeError):
    """The file that `set clr ram` names cannot be used."""


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


class MappedRam:
    """Memory read from QEMU's RAM file through the guest's page tables; the stub for the rest.

    `set clr ram FILE` names the file; without it the QEMU behind the connection is asked for. CR3
    comes from the stub, once after each stop.
    """

    def __init__(self, stub: GdbMemory) -> None:
        self._stub = stub
        self._ram: TranslatedRam | None = None
        self._opened: tuple[str, str] | None = None
        self._path: Path | None = None
        self._current = False
        self._wanted = ""
        self._cr3: int | None = None
        self._refused: RamFileError | None = None
        self.pages = 0

    def read(self, address: int, size: int, purpose: str) -> bytes:
        """See decoders.memory.Memory.read."""
        ram = self._mapped()
        if ram is not None:
            try:
                data = ram.read(address, size, purpose)
            except ReadError:
                pass  # device memory is not in the file, and the stub's error is the exact one
            else:
                self.pages += 1
                return data
        return self._stub.read(address, size, purpose)

    def drop(self) -> None:
        """Forget translations and CR3: the target ran."""
        self._current = False
        self._cr3 = None

    def know_cr3(self, read: Callable[[], int]) -> None:
        """For unwinders, which must not ask gdb for a frame: where to get CR3, if it is needed."""
        if self._cr3 is None and not self._current:
            try:
                self._cr3 = read()
            except (gdb.error, ValueError):
                self._cr3 = None  # a dump has no CR3, and no RAM file

    def _mapped(self) -> TranslatedRam | None:
        wanted = str(parameters.get("ram") or "")
        if self._current and self._wanted == wanted:
            return self._usable()
        self._current, self._wanted = True, wanted
        connection = connection_details()
        if self._opened != (connection, wanted):
            self._opened = (connection, wanted)
            self._ram = self._refused = None
            path = Path(wanted) if wanted else _memory_file(connection)
            if path is not None and connection:
                self._path = path
                try:
                    self._ram = TranslatedRam(GuestRam.open(path), 0)
                except ReadError as error:
                    # A file that was found is a convenience; one that was named has to be right.
                    self._refused = RamFileError(
                        f"set clr ram {wanted}: {error.reason}; name the mem-path of QEMU's "
                        "memory-backend-file, or give no name to have it found"
                    ) if wanted else None
        if self._ram is not None:
            try:
                if self._cr3 is None:
                    self._cr3 = register(gdb.newest_frame(), "cr3")
                if self._cr3 == 0:
                    return None  # no paging yet: the stub knows what the processor sees
                self._ram.cr3 = self._cr3
            except (gdb.error, ValueError):
                self._ram, self._opened = None, None
        return self._usable()

    def _usable(self) -> TranslatedRam | None:
        if self._refused is not None:
            raise self._refused
        return self._ram

    @property
    def path(self) -> Path | None:
        """The file that backs guest RAM, None when it is not mapped."""
        self._mapped()
        return self._path if self._ram is not None else None

    @property
    def is_mapped(self) -> bool:
        """Whether reads come from the file."""
        return self._mapped() is not None


def connection_details() -> str:
    """Socket path or host:port of the remote connection, "" without one."""
    connection = gdb.selected_inferior().connection
    if connection is None or not connection.type.endswith("remote"):
        return ""
    return connection.details or ""


def _memory_file(connection: str) -> Path | None:
    process = qemu_process.find(connection)
    return process.memory_file if process else None


memory = GdbMemory()
ram = MappedRam(memory)
# QEMU's stub takes packets of 4096 bytes, and memory travels in hex: 2 KiB at once.
_AT_ONCE = 0x800
cache = PageCache(ram, page=_AT_ONCE)


class _Loading:
    """While clr-symbols adds or removes an object, gdb's events about objects mean nothing else.

    gdb would go back to frame 0 then; the frame that was selected stays selected.
    """

    def __init__(self) -> None:
        self.active = False
        self._frame: gdb.Frame | None = None

    def __enter__(self) -> None:
        self.active = True
        try:
            selected = gdb.selected_frame()
        except gdb.error:
            self._frame = None  # nothing runs here yet, or it runs now
        else:
            self._frame = selected if selected.level() else None

    def __exit__(self, *_: object) -> None:
        self.active = False
        if self._frame is not None and self._frame.is_valid():
            self._frame.select()
        self._frame = None


loading = _Loading()


def drop_cache(*_: object) -> None:
    """Forget what was read: the target ran or its memory was written."""
    if loading.active:
        return
    cache.drop()
    ram.drop()


def symbol_address(name: str) -> int | None:
    """Address of a linker symbol of the objects that gdb has loaded, None when there is none."""
    # Debug information first: an expression needs a frame, which the unwinder may be busy making.
    symbol = gdb.lookup_global_symbol(name)
    if symbol is not None:
        address = symbol.value().address
        return int(address) if address is not None else None
    try:
        value = gdb.parse_and_eval(f"(unsigned long)&{name}")
    except gdb.error:
        return None
    return int(value)


def register(frame: gdb.Frame, name: str) -> int:
    """A general register's value in a frame, as unsigned 64 bits."""
    return int(frame.read_register(name)) & 0xFFFF_FFFF_FFFF_FFFF


def known_registers(frame: gdb.Frame, names: Iterable[str]) -> dict[str, int]:
    """Those of some registers whose values can be told in a frame."""
    found = {}
    for name in names:
        value = frame.read_register(name)
        if not value.is_optimized_out:
            found[name] = int(value) & 0xFFFF_FFFF_FFFF_FFFF
    return found


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


def connect_events() -> None:
    """Drop the cache whenever memory may have changed. For the session, once."""
    for event in (
        gdb.events.stop, gdb.events.cont, gdb.events.memory_changed, gdb.events.exited,
        gdb.events.new_objfile, gdb.events.clear_objfiles, gdb.events.register_changed,
    ):
        event.connect(drop_cache)
