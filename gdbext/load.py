"""Loads everything that gdb gets from us, once; `init.py` prints the line that comes back."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil

import gdb

from gdbext import command, commands, parameters, target
from gdbext.session import session

_line: str | None = None


def _import(name: str) -> bool:
    """Import a module; False, and one sentence on stderr, when it does not load."""
    try:
        importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 (one broken part must not take the others along)
        where = f"{name.replace('.', '/')}.py"
        gdb.write(
            f"clrscope: {where} does not load and its commands are missing: "
            f"{type(error).__name__}: {error}\n",
            gdb.STDERR,
        )
        return False
    return True


def _aliases_wanted() -> bool:
    value = gdb.convenience_variable("clr_aliases")
    return value is None or bool(value)


def load() -> str:
    """Register parameters, events, frame support and commands; harmless when called again."""
    global _line
    if _line is not None:
        return _line
    parameters.register()
    target.connect_events()
    session()
    for part in ("unwinder", "frame_filter", "functions"):
        name = f"gdbext.{part}"
        if importlib.util.find_spec(name) is not None and _import(name):
            importlib.import_module(name).register()
    for module in sorted(m.name for m in pkgutil.iter_modules(commands.__path__)):
        _import(f"{commands.__name__}.{module}")
    count = command.register(with_aliases=_aliases_wanted())
    _line = f"clrscope: {count} commands; start with clr-frame or help clr"
    return _line
