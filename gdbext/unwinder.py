"""Unwinder for generated code: methods and thunks, which have no call-frame information.

Everything else (C code, stubs, the exception entry) is gdb's own business: None. It runs for every
frame at every stop, so a frame of the kernel's image costs no read at all.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import gdb
from gdb.unwinder import Unwinder, register_unwinder

from decoders.contract import SYMBOL
from decoders.errors import DecodeError
from decoders.frames import Frame
from decoders.frames.unwind import SCAN_BYTES
from decoders.runtime import CodeKind
from gdbext import target
from gdbext.session import drop_if_moving, session

_NEEDED = ("rsp", "rbp", "rbx", "rsi", "rdi", "r12", "r13", "r14", "r15")
# What no function changes on its way back, beside the registers that the rule restores.
_SAME = frozenset((
    "cs", "ss", "ds", "es", "fs", "gs", "fs_base", "gs_base", "k_gs_base", "cr0", "cr2", "cr3",
    "cr4", "cr8", "efer", "mxcsr", *(f"xmm{n}" for n in range(6, 16)),
))
_U64 = (1 << 64) - 1
_PF_X = 1
_PT_LOAD = 1


@dataclass(frozen=True, slots=True)
class _FrameId:
    """gdb 13 wants an object whose `sp` and `pc` are gdb.Values (later ones take it too)."""

    sp: gdb.Value
    pc: gdb.Value


@lru_cache(maxsize=16)
def _code_of_file(path: str) -> tuple[tuple[int, int], ...]:
    """Executable segments of an ELF file, [start, end) each; () when it is no ELF64 executable."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(64)
            if len(head) < 64 or head[:5] != b"\x7fELF\x02" or head[16:18] != b"\2\0":
                return ()
            offset, = struct.unpack_from("<Q", head, 32)
            size, count = struct.unpack_from("<HH", head, 54)
            file.seek(offset)
            table = file.read(size * count)
    except OSError:
        return ()  # no file to ask (a dump of another machine): frames are looked up instead
    segments = []
    for at in range(0, len(table) - 55, size):
        kind, flags = struct.unpack_from("<II", table, at)
        vaddr, = struct.unpack_from("<Q", table, at + 16)
        memory, = struct.unpack_from("<Q", table, at + 40)
        if kind == _PT_LOAD and flags & _PF_X:
            segments.append((vaddr, vaddr + memory))
    return tuple(segments)


def _known(pending: Any) -> dict[str, int]:
    """The registers that can be told in a frame: after a guess not all can."""
    found = {}
    for name in _NEEDED:
        value = pending.read_register(name)
        if not value.is_optimized_out:
            found[name] = int(value) & _U64
    return found


class JitUnwinder(Unwinder):
    """Finds the caller of frames in generated code. `problem` is why the last one failed."""

    def __init__(self) -> None:
        super().__init__("clr")
        self.problem = ""
        self._kernel: list[tuple[int, int]] | None = None
        self._passed: tuple[str, tuple[str, ...]] | None = None
        self._barren = (0, 0)

    def moved(self, *_: object) -> None:
        """The stack may have changed."""
        self._barren = (0, 0)

    def forget(self, *_: object) -> None:
        """Objects were loaded: look at them again."""
        self._kernel = self._passed = None

    def __call__(self, pending: Any) -> Any:
        """gdb's protocol: unwind information, or None for what is not ours. Never raises."""
        try:
            return self._unwind(pending)
        except (DecodeError, gdb.error) as error:
            self.problem = str(error)
            return None

    def _is_kernel(self, pc: int) -> bool:
        if self._kernel is None:
            # The object that publishes the contract, where its symbols tell: others may describe
            # generated code.
            files = [o for o in gdb.objfiles() if o.filename and o.lookup_global_symbol(SYMBOL)]
            self._kernel = [
                segment for objfile in files or gdb.objfiles() if objfile.filename
                for segment in _code_of_file(objfile.filename)
            ]
        return any(start <= pc < end for start, end in self._kernel)

    def _unwind(self, pending: Any) -> Any:
        pc = int(pending.read_register("rip")) & _U64
        if self._is_kernel(pc) or not self._kernel:
            return None
        drop_if_moving()
        # Asking gdb for a frame's register here would ask for this very frame's unwinder.
        target.ram.know_cr3(lambda: int(pending.read_register("cr3")) & _U64)
        place = session().codes.find(pc)
        if place is not None and place.kind is CodeKind.STUB:
            return None
        registers = _known(pending)
        frame = session().unwinder.frame({**registers, "rip": pc})
        caller: dict[str, int] | None
        cfa: int | None
        if place is None:
            if gdb.block_for_pc(pc) is not None or not session().codes.entries:
                return None
            # No code at all, as after a return to an overwritten address. gdb would take every
            # word on the stack for a frame; the next call that can be one is a better guess, and
            # without one the stack ends here: a caller like the frame itself is how to say so.
            caller = self._scan(frame) or dict(frame.registers)
            start, cfa = pc, caller["rsp"]
        else:
            caller = session().unwinder.caller(frame)
            start, cfa = place.start, frame.cfa
        if caller is None or cfa is None:
            return None
        machine = pending.architecture()
        word = machine.integer_type(64, False)
        identity = _FrameId(gdb.Value(cfa).cast(word), gdb.Value(start).cast(word))
        found = pending.create_unwind_info(identity)
        for name, value in caller.items():
            found.add_saved_register(name, gdb.Value(value).cast(word))
        for name in self._same(machine):
            found.add_saved_register(name, pending.read_register(name))
        return found

    def _scan(self, frame: Frame) -> dict[str, int] | None:
        # gdb asks for every word that it then takes for a frame: what held nothing once, still
        # does.
        low, high = self._barren
        if low <= frame.sp < high:
            return None
        caller = session().unwinder.scan(frame)
        if caller is None:
            self._barren = (frame.sp, frame.sp + SCAN_BYTES)
        return caller

    def _same(self, machine: Any) -> tuple[str, ...]:
        # A dump has fewer registers than the stub.
        if self._passed is None or self._passed[0] != machine.name():
            names = tuple(r.name for r in machine.registers() if r.name in _SAME)
            self._passed = (machine.name(), names)
        return self._passed[1]


unwinder = JitUnwinder()


def register() -> None:
    """Put it in front of gdb's own unwinders."""
    for event in (gdb.events.new_objfile, gdb.events.clear_objfiles):
        event.connect(unwinder.forget)
    for event in (gdb.events.cont, gdb.events.memory_changed, gdb.events.register_changed):
        event.connect(unwinder.moved)
    register_unwinder(None, unwinder, replace=True)
