"""Functions put together to one object file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from decoders.symbols import dwarf
from decoders.symbols.elf import Section, Symbol, write_elf


@dataclass(frozen=True, slots=True)
class Line:
    """From `offset` in the function on, code of this source line."""

    offset: int
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Function:
    """A compiled method, encoded. Made by SymbolObject.add, once for each."""

    name: str
    start: int
    size: int
    entry: bytes
    lines: bytes
    frame: bytes


class SymbolObject:
    """Gathers functions; `write` makes the file of those asked for. What is encoded is kept."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._functions: dict[int, Function] = {}

    @property
    def files(self) -> list[str]:
        """Source files, in the order of their numbers from 1 on."""
        return list(self._files)

    def has(self, start: int) -> bool:
        """Whether the function at an address is there already."""
        return start in self._functions

    def add(
        self, name: str, start: int, size: int, lines: Sequence[Line], frame_program: bytes
    ) -> Function:
        """Encode a function. `lines` ascend; the first one's is where it is declared."""
        rows = []
        for item in lines:
            file = self._files.setdefault(item.file, len(self._files) + 1)
            rows.append((start + item.offset, file, item.line))
        made = Function(
            name, start, size,
            dwarf.function_entry(
                name, rows[0][1] if rows else 0, rows[0][2] if rows else 0, start, size),
            dwarf.line_sequence(start, start + size, rows) if rows else b"",
            dwarf.frame_entry(start, size, frame_program))
        self._functions[start] = made
        return made

    def write(
        self, starts: Iterable[int] | None = None, folder: str = "",
        labels: Iterable[tuple[str, int]] = (),
    ) -> bytes:
        """The object file of the functions at `starts` (default: all).

        folder: what relative file names start from. labels: more symbols, as (name, address).
        """
        chosen = sorted(self._functions if starts is None else starts)
        functions = [self._functions[start] for start in chosen]
        low = functions[0].start if functions else 0
        high = max((f.start + f.size for f in functions), default=1)
        sections = [
            Section(".text", address=low, size=high - low),
            Section(".debug_abbrev", dwarf.abbreviations()),
            Section(".debug_info", dwarf.unit("managed code", folder,
                                              (f.entry for f in functions))),
            Section(".debug_ranges", dwarf.ranges((f.start, f.start + f.size)
                                                  for f in functions)),
            Section(".debug_line", dwarf.line_program(self.files, (f.lines for f in functions))),
            Section(".debug_frame", dwarf.common_frame()
                    + b"".join(f.frame for f in functions)),
        ]
        symbols = [Symbol(f.name, f.start, f.size) for f in functions]
        symbols += [Symbol(name, address, 0) for name, address in labels]
        return write_elf(sections, symbols)
