"""Whether the machine executed anything since it stopped at a breakpoint last.

gdb takes a breakpoint away and steps once to go on from it. QEMU ends such a step without having
executed anything when its vCPU thread is kicked just then (cpu_tb_exec of accel/tcg raises
EXCP_DEBUG for a block that did not begin), and gdb reports the breakpoint once more. The processor
itself tells the two apart: it clears RF in RFLAGS when an instruction is done (Intel SDM volume 3,
"Instruction-Breakpoint Exception Condition"), so RF is set at each stop and looked for at the next.
"""

from __future__ import annotations

import gdb

from gdbext.target import GENERAL_REGISTERS

_RF = 1 << 16
# Number of eflags in gdb's remote protocol (feature org.gnu.gdb.i386.core).
_EFLAGS = 17
_STATE = ("rip", *GENERAL_REGISTERS)


class Progress:
    """Asked once at each stop, by the breakpoints of one trace."""

    def __init__(self) -> None:
        self._marked: tuple[int, ...] | None = None
        self._tells = True

    def reset(self) -> None:
        """What was marked is not waited for any more."""
        self._marked = None
        self._tells = True

    def stands_still(self) -> bool:
        """Whether this stop is the last one over again; marks it if it is not."""
        frame = gdb.newest_frame()
        flags = int(frame.read_register("eflags").cast(_unsigned()))
        state = tuple(int(frame.read_register(name)) for name in _STATE)
        if self._tells and self._marked is not None and flags & _RF:
            if state == self._marked:
                return True
            # Something was executed and RF is still there: this processor does not clear it.
            self._tells = False
        self._marked = state
        if self._tells:
            self._mark(flags | _RF)
        return False

    def _mark(self, flags: int) -> None:
        """Past gdb, which would forget all frames and tell everybody of a changed register."""
        connection = gdb.selected_inferior().connection
        if isinstance(connection, gdb.RemoteTargetConnection):
            text = flags.to_bytes(4, "little").hex()
            self._tells = connection.send_packet(f"P{_EFLAGS:x}={text}") == b"OK"


def _unsigned() -> gdb.Type:
    return gdb.lookup_type("unsigned int")
