"""A dump of the attached guest: registers from gdb, memory from QEMU's mapped RAM."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import gdb

from decoders.errors import DecodeError
from decoders.memory import GuestRam
from decoders.memory.coredump import (
    DumpError,
    DumpInfo,
    Note,
    NoteType,
    about_note,
    extents,
    register_notes,
    write_core,
)
from decoders.memory.elfcore import Note as ElfNote
from decoders.runtime import last_fault
from gdbext import target
from gdbext.session import Session

_NAMES = (
    *target.GENERAL_REGISTERS, "rip", "eflags", "cs", "ss", "ds", "es", "fs", "gs", "fs_base",
    "gs_base", "k_gs_base", "cr0", "cr2", "cr3", "cr4", "cr8", "efer", "fctrl", "fstat", "mxcsr",
    *(f"xmm{i}" for i in range(16)),
)
_U64 = (1 << 64) - 1
_CR0_PG, _EFER_LMA = 1 << 31, 1 << 10


def machine_registers() -> dict[str, int]:
    """The processor's registers by gdb's names; those that this target lacks are absent."""
    frame = gdb.newest_frame()
    found: dict[str, int] = {}
    for name in _NAMES:
        try:
            value = frame.read_register(name)
        except ValueError:
            continue  # gdb knows no such register here: a dump has no control registers
        if name.startswith("xmm"):
            # gdb 13's Python takes no integers of 16 bytes.
            low, high = (int(value["v2_int64"][i]) & _U64 for i in range(2))
            found[name] = high << 64 | low
        else:
            found[name] = int(value) & _U64
    return found


def write(session: Session, path: Path, about: Mapping[str, object], serial: bytes) -> DumpInfo:
    """Dump the attached guest. Raises DumpError with one sentence where that cannot be."""
    target.selected_frame()
    if not target.connection_details():
        raise DumpError("the target is no live guest: a dump can be copied, not dumped again")
    ram_path = target.ram.path
    if ram_path is None:
        raise DumpError(
            "guest RAM is not mapped: start QEMU with memory-backend-file,share=on "
            "(clrscope run --memory-file FILE), or name the file with `set clr ram FILE`"
        )
    registers = machine_registers()
    contract = 0
    try:
        contract = session.contract_address()
        fault = last_fault(session.runtime)
        if fault is not None and fault.frame is not None and fault.vector == 14:
            # A later fault may have changed the register; the record holds the one at hand.
            registers["cr2"] = fault.cr2
    except (DecodeError, gdb.error):
        pass  # the guest stopped before there was a contract: the dump is what can be had
    notes: list[ElfNote] = [
        *register_notes(registers), about_note(about),
        Note("CLRSCOPE", NoteType.CONTRACT, contract.to_bytes(8, "little")),
        Note("CLRSCOPE", NoteType.SERIAL, serial),
    ]
    ram = GuestRam.open(ram_path)
    return write_core(path, ram, _root(registers), notes, extents(ram_path))


def _root(registers: Mapping[str, int]) -> int | None:
    """The page tables in use, None before there is paging (CR0.PG)."""
    if not registers.get("cr0", 0) & _CR0_PG:
        return None
    if not registers.get("efer", 0) & _EFER_LMA:
        raise DumpError("the guest pages in 32-bit mode, and dumps are of 64-bit address spaces")
    return registers["cr3"]
