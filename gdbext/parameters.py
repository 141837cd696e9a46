"""`set clr ...`: how results are shown, made from one table of parameters."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import gdb

if TYPE_CHECKING:
    from decoders.render import Style

_TABLE: tuple[tuple[str, int, Any, str], ...] = (
    ("color", gdb.PARAM_AUTO_BOOLEAN, None,
     "Colours in results: on, off, or auto (typed at a terminal, and NO_COLOR is not set). What "
     "gdb's `pipe` takes along looks the same to auto: switch them off for it."),
    ("json", gdb.PARAM_BOOLEAN, False, "Whether every command prints JSON as if --json was given."),
    ("elements", gdb.PARAM_ZUINTEGER, 32,
     "How many elements of an array are shown (of a string, eight times as many characters)."),
    ("depth", gdb.PARAM_ZUINTEGER, 1, "How deep nested objects are expanded."),
    ("aliases", gdb.PARAM_BOOLEAN, True,
     "Whether the SOS names (dumpobj, clrstack, ...) work. To keep them undefined, "
     "`set $clr_aliases = 0` before sourcing init.py."),
    ("ram", gdb.PARAM_OPTIONAL_FILENAME, "",
     "The file that backs guest RAM (QEMU's memory-backend-file with share=on); found by itself "
     "for a QEMU on this host."),
    ("path", gdb.PARAM_STRING, "",
     "Folders with the guest's assemblies and their .mdb or .pdb files, separated by colons; "
     "searched before the kernel's own."),
    ("contract", gdb.PARAM_STRING, "",
     "Address of the debug contract's descriptor, for a kernel without symbols."),
)


class _Parameter(gdb.Parameter):
    def __init__(self, name: str, kind: int, value: Any, text: str) -> None:
        self.__doc__ = text
        self.set_doc = f"Set: {text}"
        self.show_doc = f"Show: {text}"
        super().__init__(f"clr {name}", gdb.COMMAND_DATA, kind)
        self.value = value
        self._name = name

    def get_set_string(self) -> str:
        return ""

    def get_show_string(self, value: str) -> str:
        return f"clr {self._name} is {value or 'not set'}."


_parameters: dict[str, _Parameter] = {}


def register() -> None:
    """Define the `set clr` and `show clr` prefixes and all parameters (again: values are kept)."""
    if _parameters:
        return

    class _Set(gdb.Command):
        """Settings of the clr commands."""

        def __init__(self) -> None:
            super().__init__("set clr", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)

        def invoke(self, line: str, from_tty: bool) -> None:
            _list(line)

    class _Show(gdb.Command):
        """Show settings of the clr commands."""

        def __init__(self) -> None:
            super().__init__("show clr", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)

        def invoke(self, line: str, from_tty: bool) -> None:
            _list(line)

    _Set()
    _Show()
    for name, kind, value, text in _TABLE:
        _parameters[name] = _Parameter(name, kind, value, text)


def _list(line: str) -> None:
    """`set clr` and `show clr` alone: every setting, its value, and what it is."""
    if line.strip():
        raise gdb.GdbError(f"there is no setting {line.split()[0]!r}; `show clr` lists them")
    for name, _, _, text in _TABLE:
        gdb.execute(f"show clr {name}")
        gdb.write(f"    {text}\n")


def get(name: str) -> Any:
    """The value of `set clr NAME`."""
    return _parameters[name].value


def json_output() -> bool:
    """Whether results are JSON without being asked for it."""
    return bool(get("json"))


def style(typed: bool = True) -> Style:
    """How text results look right now. typed: it was not a script that asked."""
    from decoders.render import Style

    color = get("color")
    if color is None:
        wanted = "NO_COLOR" not in os.environ and bool(gdb.parameter("style enabled"))
        # sys.stdout is gdb's own object, which never says that it is a terminal.
        color = typed and wanted and os.isatty(1)
    return Style(color=bool(color), elements=int(get("elements")), depth=int(get("depth")))
