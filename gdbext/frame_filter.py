"""Frame filter: managed names, arguments, locals and lines in gdb's own `bt`, `bt full` and MI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import gdb

from gdbext import deferred


class ManagedFilter:
    """Decorates our frames and leaves the others as they are."""

    def __init__(self) -> None:
        self.name = "clr"
        self.priority = 100
        self.enabled = True

    def filter(self, iterator: Iterable[Any]) -> Iterator[Any]:
        """gdb's protocol."""
        try:
            return map(deferred.load("gdbext.decorators", "decorate"), iterator)
        except deferred.LoadFailure as error:
            gdb.write(f"clrscope: managed frames cannot be named: {error}\n", gdb.STDERR)
            return iter(iterator)


def register() -> None:
    """Switch it on: for all objects, so that it is there before a file is."""
    gdb.frame_filters["clr"] = ManagedFilter()
