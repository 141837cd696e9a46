"""`METHOD[:IL_offset]` and `FILE:LINE` as people type them, and where they lie in machine code."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from decoders.errors import DecodeError
from decoders.metadata import Method
from decoders.metadata.names import method_matches
from decoders.runtime import MethodCode
from decoders.source import MethodSource, SourceReader, find_line

_SOURCE = re.compile(r"(.*\.(?:cs|vb|fs|il|cpp|h)|.*/[^:]*):(\d+)$", re.I)
_IL = re.compile(r"(.*[^:]):(?:IL_([0-9a-fA-F]+)|(0x[0-9a-fA-F]+|\d+))$")
_TOKEN = re.compile(
    r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|([$\w.]*[A-Za-z_$]\w*(?:\.[A-Za-z_]\w*)*)(\s*\()?""")
_WORDS = frozenset(
    "sizeof unsigned signed long short int char float double void struct union enum".split())


class LocationError(DecodeError):
    """The text is no location, or there is no code where it says."""


@dataclass(frozen=True, slots=True)
class Location:
    """Either a method (a name with wildcards) with perhaps an IL offset, or a source line."""

    text: str
    method: str = ""
    il: int | None = None
    file: str = ""
    line: int = 0

    @property
    def is_pattern(self) -> bool:
        """Whether it may mean many methods."""
        return any(c in self.method for c in "*?[")


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a location: an IL offset of a method and where its code begins."""

    method: str
    il: int
    native: int
    address: int = field(metadata={"address": True})
    file: str
    line: int


def parse_location(text: str) -> Location:
    """Read a location; LocationError when it is none."""
    word = text.strip()
    if not word:
        raise LocationError("a location is METHOD, METHOD:IL_0012 or FILE:LINE")
    source = _SOURCE.match(word)
    if source:
        return Location(word, file=source[1], line=int(source[2]))
    il = _IL.match(word)
    if il:
        offset = int(il[2], 16) if il[2] else int(il[3], 0)
        return Location(f"{_plain(il[1])}:IL_{offset:04x}", method=il[1], il=offset)
    if re.search(r"[\s,;()]", word):
        raise LocationError(f"{word!r} is no location: METHOD, METHOD:IL_0012 or FILE:LINE")
    return Location(_plain(word), method=word)


def _plain(name: str) -> str:
    return name.replace("::", ".").replace("+", ".").replace("/", ".")


class LineIndex:
    """Which methods of an assembly have code for a source line; asked once for each."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, int], dict[int, int]] = {}

    def il_of(self, reader: SourceReader | None, method: Method, location: Location) -> int | None:
        """IL offset of the line in a method, None when it is not there."""
        if reader is None:
            return None
        key = (method.assembly.key, location.file, location.line)
        if key not in self._found:
            self._found[key] = {
                token: point.il for token, point in find_line(reader, location.file, location.line)
            }
        return self._found[key].get(method.token)

    def tokens(self, reader: SourceReader, key: str, location: Location) -> list[int]:
        """Tokens of all methods that have code for the line."""
        found = self._found.setdefault((key, location.file, location.line), {
            token: point.il for token, point in find_line(reader, location.file, location.line)
        })
        return list(found)


def matches(
    location: Location, method: Method, lines: LineIndex,
    reader: Callable[[], SourceReader | None],
) -> bool:
    """Whether a method has a place that the location means."""
    if location.file:
        return lines.il_of(reader(), method, location) is not None
    return method_matches(method, location.method)


def places_in(
    location: Location, code: MethodCode, method: Method, lines: LineIndex,
    reader: SourceReader | None,
) -> Place:
    """The location's place in the code of a method that it matches; LocationError if it has none.

    A method's own place is behind its prologue, where all homes are filled.
    """
    if location.file:
        il = lines.il_of(reader, method, location)
    else:
        il = location.il
    if il is None:
        native = code.record.prologue_size
        first = code.map_at(native)
        il = first.il if first is not None else 0
    else:
        found = code.native_of(il)
        if found is None:
            raise LocationError(_no_code(code, method, il))
        native = found
    source: MethodSource | None = reader.method(method.token) if reader is not None else None
    point = source.at(il) if source is not None else None
    return Place(
        method.full_name, il, native, code.start + native, point.file if point else "",
        point.line if point else 0)


def _no_code(code: MethodCode, method: Method, il: int) -> str:
    offsets = sorted({m.il for m in code.map})
    near = min(offsets, key=lambda o: abs(o - il), default=0)
    return (f"{method.full_name} has no code for IL_{il:04x}: no instruction begins there, or it "
            f"is never reached; the nearest is IL_{near:04x}")


def managed_names(method: Method, source: MethodSource | None) -> set[str]:
    """Names that a condition in a method may use."""
    names = {n for n in method.param_names if n}
    if not method.is_static:
        names.add("this")
    if source is not None:
        names |= {local.name for local in source.locals}
    return names


def rewrite_condition(text: str, is_managed: Callable[[str], bool]) -> str:
    """A condition with managed names, for gdb: `bus == 1` becomes `$clr_var("bus") == 1`.

    Fields go along (`this.VendorId`); `null`, `true` and `false` become numbers. What is_managed
    does not know stays as it is.
    """
    def change(found: re.Match[str]) -> str:
        quoted, name, call = found[1], found[2], found[3] or ""
        if quoted or name.startswith("$") or name[0].isdigit() or call or name[0] == ".":
            return found[0]
        constant = {"null": "0", "true": "1", "false": "0"}.get(name)
        if constant is not None:
            return constant
        head = name.partition(".")[0]
        if head in _WORDS or not is_managed(head):
            return found[0]
        return f'$clr_var("{name}")'

    return _TOKEN.sub(change, text)
