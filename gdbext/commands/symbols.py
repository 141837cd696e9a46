"""clr-symbols: names, lines and call frames of compiled methods for gdb's own commands."""

from __future__ import annotations

import time

import decoders.render.symbols  # noqa: F401 (registers the renderers)
from decoders.symbols.report import SymbolReport
from gdbext.command import Arguments, command
from gdbext.session import Session
from gdbext.symbols import loader


@command(
    "clr-symbols", "Give gdb symbols, lines and call frames of everything compiled so far.",
    details="""
Afterwards `break Ns.Type.Method`, `break File.cs:42`, `list`, `info symbol`, `info line`,
`disassemble /s` and the names in `frame` and `up` are gdb's own. Methods compiled later are not in
it: call it again, which costs little. To break on what is not compiled yet, use clr-break.
""",
    examples=("clr-symbols", "clr-symbols --json"),
)
def clr_symbols(session: Session, arguments: Arguments) -> SymbolReport:
    """Build and load the object, unless it is up to date."""
    began = time.perf_counter()
    count, new = loader.build(session)
    path = loader.path
    assert path is not None
    return SymbolReport(
        str(path), count, new, path.stat().st_size, round(time.perf_counter() - began, 4),
        loader.generation, tuple(loader.problems))
