"""clr-symbols: names, lines and call frames of compiled methods for gdb's own commands."""

from __future__ import annotations

from gdbext.command import Declare

declare = Declare("gdbext.commands.symbols")

declare(
    "clr-symbols", "Give gdb symbols, lines and call frames of everything compiled so far.",
    details="""
Afterwards `break Ns.Type.Method`, `break File.cs:42`, `list`, `info symbol`, `info line`,
`disassemble /s` and the names in `frame` and `up` are gdb's own. Methods compiled later are not in
it: call it again, which costs little. To break on what is not compiled yet, use clr-break.
""",
    examples=("clr-symbols", "clr-symbols --json"),
)
