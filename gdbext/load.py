"""Tells gdb of everything that it gets from us, once; `init.py` prints the line that comes back.

Nothing that is imported here imports a decoder: what does the work is loaded when a machine comes,
or at its first use.
"""

from __future__ import annotations

import importlib
import pkgutil

import gdb

from gdbext import ahead, command, declared, finish, frame_filter, functions, parameters, unwinder

_line: str | None = None


def _import(name: str) -> None:
    """Import a module of declarations; one sentence on stderr when it does not load."""
    try:
        importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 (one broken part must not take the others along)
        where = f"{name.replace('.', '/')}.py"
        gdb.write(
            f"clrscope: {where} does not load and its commands are missing: "
            f"{type(error).__name__}: {error}\n",
            gdb.STDERR,
        )


def _aliases_wanted() -> bool:
    value = gdb.convenience_variable("clr_aliases")
    return value is None or bool(value)


def load() -> str:
    """Register parameters, frame support, functions and commands; harmless when called again."""
    global _line
    if _line is not None:
        return _line
    for part in (parameters, unwinder, frame_filter, functions, finish):
        part.register()
    for module in sorted(m.name for m in pkgutil.iter_modules(declared.__path__)):
        _import(f"{declared.__name__}.{module}")
    count = command.register(with_aliases=_aliases_wanted())
    ahead.register()
    _line = f"clrscope: {count} commands; start with clr-frame or help clr"
    return _line
