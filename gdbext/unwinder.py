"""Unwinder for generated code: methods and thunks, which have no call-frame information.

Everything else (C code, stubs, the exception entry) is gdb's own business: None. It runs for every
frame at every stop, so a frame of the kernel's image costs no read at all; what unwinds the others
is loaded when the first of them comes.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path
from typing import Any

import gdb
from gdb.unwinder import Unwinder, register_unwinder

from gdbext import deferred

# decoders.contract.SYMBOL, without loading the decoders; a test holds the two together.
_CONTRACT = "DotNetRuntimeContractDescriptor"
_U64 = (1 << 64) - 1
_PF_X = 1
_PT_LOAD = 1


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


def publishing() -> list[Any]:
    """The loaded objects that publish the contract, by their symbols."""
    return [o for o in gdb.objfiles() if o.filename and o.lookup_global_symbol(_CONTRACT)]


class JitUnwinder(Unwinder):
    """Has frames in generated code unwound. `problem` is why the last one could not be."""

    def __init__(self) -> None:
        super().__init__("clr")
        self.problem = ""
        self._kernel: list[tuple[int, int]] | None = None
        self._unwind: Any = None

    def forget(self, *_: object) -> None:
        """Objects were loaded: look at them again."""
        self._kernel = None

    def __call__(self, pending: Any) -> Any:
        """gdb's protocol: unwind information, or None for what is not ours. Never raises."""
        try:
            pc = int(pending.read_register("rip")) & _U64
            if self._is_kernel(pc) or not self._kernel:
                return None
        except gdb.error as error:
            self.problem = str(error)
            return None
        if self._unwind is None:
            try:
                self._unwind = deferred.load("gdbext.generated_frames", "unwind")
            except deferred.LoadFailure as error:
                gdb.write(f"clrscope: managed frames cannot be unwound: {error}\n", gdb.STDERR)
                self._unwind = _not_ours
        found, self.problem = self._unwind(pending, pc)
        return found

    def _is_kernel(self, pc: int) -> bool:
        if self._kernel is None:
            # The object that publishes the contract, where its symbols tell: others may describe
            # generated code.
            self._kernel = [
                segment for objfile in publishing() or gdb.objfiles() if objfile.filename
                for segment in _code_of_file(objfile.filename)
            ]
        return any(start <= pc < end for start, end in self._kernel)


def _not_ours(pending: Any, pc: int) -> tuple[None, str]:
    return None, ""


unwinder = JitUnwinder()


def register() -> None:
    """Put it in front of gdb's own unwinders."""
    for event in (gdb.events.new_objfile, gdb.events.clear_objfiles):
        event.connect(unwinder.forget)
    register_unwinder(None, unwinder, replace=True)
