"""gdb's own `finish` from functions of the Microsoft ABI.

gdb on Linux reads every return value by the System V ABI. Integers, pointers and floats are the
same in both; structs are not (Microsoft's "x64 calling convention", "Return values"): those of 1,
2, 4 or 8 bytes come in RAX, all others in memory that RAX points to. So gdb's reading of them is
not shown, and ours is. gcc says in its debug information for which ABI it compiled.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import gdb

_SWITCH = "-mabi=ms"
# A hook may be a user's own already, which stays; then gdb's values stay too.
_HOOK = "hook-finish"
_SCALARS = (
    gdb.TYPE_CODE_INT, gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL,
    gdb.TYPE_CODE_CHAR, gdb.TYPE_CODE_FLT,
)


class Where(Enum):
    """Where a value comes back."""

    AS_GDB_READS = "where gdb looks"
    RAX = "RAX"
    MEMORY = "memory that RAX points to"
    UNKNOWN = "not known"


def where(kind: gdb.Type) -> Where:
    """Where a function of the Microsoft ABI returns a value of a type."""
    kind = kind.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_VOID or (kind.code in _SCALARS and kind.sizeof <= 8):
        return Where.AS_GDB_READS
    if kind.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        return Where.RAX if kind.sizeof in (1, 2, 4, 8) else Where.MEMORY
    return Where.UNKNOWN


@dataclass
class _Pending:
    kind: gdb.Type
    caller: gdb.Frame
    back: int


_pending: _Pending | None = None


def before() -> None:
    """The `finish` that comes: keep gdb from showing a value that it reads from the wrong place."""
    global _pending
    try:
        frame = gdb.selected_frame()
        caller, function = frame.older(), frame.function()
        symtab = frame.find_sal().symtab
    except gdb.error:
        return  # gdb says why it cannot finish
    if caller is None or function is None or symtab is None or _pending is not None:
        return
    if frame.type() != gdb.NORMAL_FRAME:
        return  # an inlined function returns nothing
    kind = function.type.target()
    if kind is None or _SWITCH not in (symtab.producer or "").split():
        return
    if where(kind) is Where.AS_GDB_READS or not gdb.parameter("print finish"):
        return
    _pending = _Pending(kind, caller, caller.pc())
    gdb.execute("set print finish off")
    gdb.events.stop.connect(_stopped)


def _stopped(event: object) -> None:
    """gdb has said its part of the stop: say ours."""
    global _pending
    pending, _pending = _pending, None
    gdb.events.stop.disconnect(_stopped)
    gdb.execute("set print finish on")
    try:
        newest = gdb.newest_frame()
        if pending is None or newest != pending.caller or newest.pc() != pending.back:
            return  # it stopped somewhere else: nothing has returned
        value = _value(pending.kind)
        number = gdb.add_history(value) if value is not None else 0
        text = value.format_string() if value is not None else "not known"
    except gdb.error as error:
        number, text = 0, f"not known: {error}"
    shown = f"${number} = {text}" if number else text
    gdb.write(f"By the Microsoft ABI the value is {shown}\n")


def _value(kind: gdb.Type) -> gdb.Value | None:
    rax = gdb.newest_frame().read_register("rax")
    place = where(kind)
    if place is Where.RAX:
        raw = int(rax) & (1 << 64) - 1
        return gdb.Value(raw.to_bytes(8, "little")[: kind.sizeof], kind)
    if place is Where.MEMORY:
        value = rax.cast(kind.pointer()).dereference()
        value.fetch_lazy()
        return value
    return None


def register() -> None:
    """Have `finish` tell us before it runs, unless the user has such a hook already."""
    try:
        gdb.execute(f"show user {_HOOK}", to_string=True)
    except gdb.error:
        gdb.execute(f"define {_HOOK}\npython __import__('gdbext.finish').finish.before()\nend")
