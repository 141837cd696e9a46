"""The callers of frames in generated code, for gdb. Loaded by unwinder.py at the first such frame.

It runs inside gdb's own frame code: nothing that it calls may ask gdb for a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gdb

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


@dataclass(frozen=True, slots=True)
class _FrameId:
    """gdb 13 wants an object whose `sp` and `pc` are gdb.Values (later ones take it too)."""

    sp: gdb.Value
    pc: gdb.Value


def _known(pending: Any) -> dict[str, int]:
    """The registers that can be told in a frame: after a guess not all can."""
    found = {}
    for name in _NEEDED:
        value = pending.read_register(name)
        if not value.is_optimized_out:
            found[name] = int(value) & _U64
    return found


class GeneratedFrames:
    """Makes gdb's unwind information; keeps what need not be looked at again."""

    def __init__(self) -> None:
        self._passed: tuple[str, tuple[str, ...]] | None = None
        self._barren = (0, 0)

    def moved(self, *_: object) -> None:
        """The stack may have changed."""
        self._barren = (0, 0)

    def forget(self, *_: object) -> None:
        """Objects were loaded, as when another target comes: ask for its registers again."""
        self._passed = None

    def unwind(self, pending: Any, pc: int) -> Any:
        """Unwind information for a frame at `pc`, None for what is gdb's business."""
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


_frames = GeneratedFrames()
for _event in (gdb.events.cont, gdb.events.memory_changed, gdb.events.register_changed):
    _event.connect(_frames.moved)
for _event in (gdb.events.new_objfile, gdb.events.clear_objfiles):
    _event.connect(_frames.forget)


def unwind(pending: Any, pc: int) -> tuple[Any, str]:
    """(unwind information or None, why it could not be made)."""
    try:
        return _frames.unwind(pending, pc), ""
    except (DecodeError, gdb.error) as error:
        return None, str(error)
