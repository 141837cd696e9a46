"""Symbol objects of compiled methods, and their loading into gdb.

One object holds everything compiled so far (clr-symbols); small ones hold single methods that
somebody set a breakpoint on before they were compiled.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import gdb

from decoders.runtime import MethodCode
from decoders.symbols import Collector
from gdbext import target
from gdbext.session import Session


class SymbolLoader:
    """The objects that gdb has of one runtime's methods."""

    def __init__(self) -> None:
        self._collector = Collector()
        self._folder: Path | None = None
        self._root = ""
        self._merged: Path | None = None
        self._in_merged: dict[int, int] = {}
        self._small: dict[int, Path] = {}
        self._labels: dict[int, dict[str, int]] = {}
        self._count = 0
        self.generation = -1

    def forget(self) -> None:
        """The machine is another one: take all objects away."""
        for path in [*self._small.values(), *([self._merged] if self._merged else [])]:
            self._remove(path)
        folder = self._folder
        self.__init__()  # type: ignore[misc]
        self._folder = folder

    @property
    def problems(self) -> list[str]:
        """What could not be had for single methods."""
        return self._collector.problems

    @property
    def path(self) -> Path | None:
        """The merged object, None before it was made."""
        return self._merged

    def build(self, session: Session) -> tuple[int, int]:
        """Encode and load all methods compiled so far: (methods, those that are new)."""
        if session.runtime.generation < self.generation:
            self.forget()  # it only ever rises: this is another boot
        codes = session.codes.methods()
        new = self._collector.add(session.runtime, codes, session.method_source)
        starts = [code.start for code in codes]
        if self._merged is not None and not new and len(starts) == len(self._in_merged):
            self.generation = session.runtime.generation
            return len(starts), 0
        labels = [
            (name, address) for found in self._labels.values() for name, address in found.items()
        ]
        old = [*self._small.values(), *([self._merged] if self._merged else [])]
        # The old ones go first: of two objects over the same code gdb would use either one.
        for path in old:
            self._remove(path)
        self._small.clear()
        self._merged = self._load(starts, labels)
        self._in_merged = dict.fromkeys(starts, 1)
        self.generation = session.runtime.generation
        return len(starts), new

    def label(self, session: Session, code: MethodCode, name: str, offset: int) -> None:
        """Let gdb know a method and, by a name of its own, one place in it."""
        labels = self._labels.setdefault(code.start, {})
        if labels.get(name) == code.start + offset:
            return
        labels[name] = code.start + offset
        self._collector.add(session.runtime, [code], session.method_source)
        if code.start in self._in_merged:
            merged = self._merged
            assert merged is not None
            self._remove(merged)
            every = [(n, a) for found in self._labels.values() for n, a in found.items()]
            self._merged = self._load(list(self._in_merged), every)
            return
        if code.start in self._small:
            self._remove(self._small.pop(code.start))
        self._small[code.start] = self._load([code.start], labels.items())

    def know(self, session: Session, code: MethodCode) -> None:
        """Let gdb know a method by its own name."""
        if code.start not in self._in_merged and code.start not in self._small:
            self._collector.add(session.runtime, [code], session.method_source)
            self._small[code.start] = self._load([code.start], ())

    def unlabel(self, name: str) -> None:
        """Forget a label: it goes when its object is next made."""
        for labels in self._labels.values():
            labels.pop(name, None)

    def _load(self, starts: list[int], labels: Iterable[tuple[str, int]]) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="clr-symbols-"))
            atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        self._root = self._root or _source_root(self._collector.object.files)
        self._count += 1
        path = self._folder / f"managed-{self._count}.elf"
        path.write_bytes(self._collector.object.write(starts, self._root, labels))
        with target.loading:
            gdb.execute(f"add-symbol-file {path}", to_string=True)
        return path

    @staticmethod
    def _remove(path: Path) -> None:
        if any(o.filename == str(path) for o in gdb.objfiles()):
            with target.loading:
                gdb.execute(f"remove-symbol-file {path}", to_string=True)
        path.unlink(missing_ok=True)


def _source_root(files: list[str]) -> str:
    """The folder that relative source names start from: the checkout, or above the kernel."""
    relative = next((f for f in files if not Path(f).is_absolute()), None)
    found = source_file(relative) if relative is not None else None
    return str(found).removesuffix(str(Path(relative or ""))) if found is not None else ""


def source_file(name: str) -> Path | None:
    """A source file by the name that the compiler gave it, None when it is not on this host."""
    places = [Path(__file__).resolve().parent.parent]
    for objfile in gdb.objfiles():
        if objfile.filename:
            places += Path(objfile.filename).resolve().parents
    return next((p / name for p in places if (p / name).is_file()), None)


def source_line(name: str, line: int) -> str:
    """A source line's text, "" when it is not here."""
    path = source_file(name) if name and line else None
    if path is None:
        return ""
    try:
        return path.read_text(errors="replace").splitlines()[line - 1]
    except (OSError, IndexError):
        return ""  # another version of the file: the number alone is shown


loader = SymbolLoader()
