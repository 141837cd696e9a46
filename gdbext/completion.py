"""What TAB offers after a command's name: options, fixed words, and names that the kernel has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gdb

from decoders.errors import DecodeError
from gdbext import deferred

if TYPE_CHECKING:
    from gdbext.command import Arg, Option, Spec


def complete(spec: Spec, text: str, word: str | None) -> Any:
    """Candidates for the word being typed, or what gdb itself can complete.

    gdb asks twice: first without a word, only to learn which characters break words.
    """
    *before, typed = text.split(" ")
    words = [piece for piece in before if piece]
    options = {f"-{option.name}": option for option in spec.options}
    named = options.get(re.sub("^--", "-", words[-1])) if words else None
    if named is not None and named.value is not None:
        found = _values(named, named.value, typed)
    elif typed.startswith("-"):
        found = [*options, "--json"]
    else:
        arg = _current(spec, words, options)
        found = _values(arg, arg.kind, typed) if arg is not None else []
    if isinstance(found, int):
        return found
    # gdb completes from the last character that breaks words (a dash, a dot, a colon) on.
    cut = len(typed) - len(typed if word is None else word)
    fitting = [name[cut:] for name in found if name.startswith(typed)]
    return fitting or gdb.COMPLETE_NONE


def _current(spec: Spec, words: list[str], options: dict[str, Option]) -> Arg | None:
    """The positional argument that the word behind these belongs to."""
    done = 0
    pending = iter(words)
    for piece in pending:
        option = options.get(re.sub("^--", "-", piece))
        if option is not None and option.value is not None:
            next(pending, None)
        elif not piece.startswith("-"):
            done += 1
    if done < len(spec.args):
        return spec.args[done]
    last = spec.args[-1] if spec.args else None
    return last if last is not None and last.kind in ("rest", "expression") else None


def _values(what: Arg | Option, kind: str, typed: str) -> Iterable[str] | int:
    """Everything that may stand there, or the number of one of gdb's own completers."""
    if what.words:
        return what.words
    if kind == "file":
        return _files(typed)
    if kind in ("address", "expression"):
        return int(gdb.COMPLETE_EXPRESSION)
    if kind not in ("method", "type", "module", "contract"):
        return ()
    try:
        session = deferred.session()
        module, mark, _ = typed.rpartition("!")
        if mark:
            return [f"{module}!{name}" for name in session.names(kind, module)]
        names = session.names(kind)
    except (DecodeError, deferred.LoadFailure, gdb.error):
        return ()  # no kernel to ask: nothing is known
    if not typed or any(name.startswith(typed) for name in names):
        return names
    # Commands take the end of a name too (`Bind`, `VirtioBlkEntry::Bind`), and dots before methods.
    if "::" not in typed:
        names = [*names, *(name.replace("::", ".") for name in names if "::." not in name)]
    return sorted({tail for name in names for tail in _tails(name) if tail.startswith(typed)})


def _files(typed: str) -> list[str]:
    """Files and folders; gdb's own completer would take the words before along."""
    head = typed[: typed.rfind("/") + 1]
    try:
        return [f"{head}{found.name}{'/' if found.is_dir() else ''}"
                for found in sorted(Path(head or ".").expanduser().iterdir())]
    except OSError:
        return []  # there is no such folder: nothing to offer


def _tails(name: str) -> Iterable[str]:
    yield name
    for mark in re.finditer(r"::|(?<!:)\.", name):
        yield name[mark.end():]
