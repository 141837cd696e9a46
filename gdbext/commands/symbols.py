"""clr-symbols: names, lines and call frames of compiled methods for gdb's own commands."""

from __future__ import annotations

import time

import decoders.render.symbols  # noqa: F401 (registers the renderers)
from decoders.symbols.report import SymbolReport
from gdbext.command import Arguments
from gdbext.deferred import without_collecting
from gdbext.session import Session
from gdbext.symbols import loader


def clr_symbols(session: Session, arguments: Arguments) -> SymbolReport:
    """Build and load the object, unless it is up to date."""
    began = time.perf_counter()
    with without_collecting():
        count, new = loader.build(session)
    path = loader.path
    assert path is not None
    return SymbolReport(
        str(path), count, new, path.stat().st_size, round(time.perf_counter() - began, 4),
        loader.generation, tuple(loader.problems))
