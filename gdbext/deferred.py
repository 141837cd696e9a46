"""Loading what does the work at its first use.

`source` tells gdb of every command, function, unwinder and filter. What is needed for that imports
nothing that decodes: the decoders and their packages take several times as long to load as gdb.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gdbext.session import Session


class LoadFailure(Exception):
    """A module of ours does not load; the text says which and why."""


def load(module: str, name: str) -> Any:
    """`name` of `module`, which is imported if it is not yet; LoadFailure when that fails."""
    if module in sys.modules:
        return getattr(sys.modules[module], name)
    try:
        with without_collecting():
            return getattr(importlib.import_module(module), name)
    except Exception as error:
        raise LoadFailure(
            f"{module.replace('.', '/')}.py does not load: {type(error).__name__}: {error}"
        ) from error


def session() -> Session:
    """The one session of this gdb."""
    found: Session = load("gdbext.session", "session")()
    return found


@contextmanager
def without_collecting() -> Iterator[None]:
    """For code that makes very many objects and drops none: looking for garbage is in vain.

    Nor is it looked for among them later, until `gc.unfreeze` when what was read is dropped.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
