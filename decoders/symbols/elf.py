"""A writer of ELF64 files that hold symbols and debug information but no code.

Format: System V ABI, chapters 4 and 5 (gABI), and its AMD64 supplement.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_NOBITS = 1, 2, 3, 8
SHF_ALLOC, SHF_EXECINSTR = 2, 4
_ET_EXEC, _EM_X86_64 = 2, 62
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_GLOBAL_FUNC = 1 << 4 | 2


@dataclass(frozen=True, slots=True)
class Section:
    """A section. One with `size` set has no bytes in the file: the code is in the target."""

    name: str
    data: bytes = b""
    address: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Symbol:
    """A function's symbol; `section` is the index among the sections given, from 0."""

    name: str
    address: int
    size: int
    section: int = 0


def write_elf(sections: Sequence[Section], symbols: Sequence[Symbol]) -> bytes:
    """The file: an executable without program headers, so that it claims to load nothing."""
    strings = bytearray(b"\0")
    table = bytearray(_SYMBOL.size)
    for symbol in symbols:
        table += _SYMBOL.pack(
            len(strings), _GLOBAL_FUNC, 0, symbol.section + 1, symbol.address, symbol.size)
        strings += symbol.name.encode() + b"\0"
    names = bytearray(b"\0")
    headers = [_SECTION.pack(*(0,) * 10)]
    body = bytearray(_HEADER.size)

    def add(name: str, kind: int, flags: int, address: int, data: bytes, size: int,
            link: int = 0, info: int = 0, entry: int = 0) -> None:
        body.extend(bytes(-len(body) % 8))
        headers.append(_SECTION.pack(
            len(names), kind, flags, address, len(body), size, link, info, 16 if flags else 1,
            entry))
        names.extend(name.encode() + b"\0")
        body.extend(data)

    for section in sections:
        if section.size:
            add(section.name, SHT_NOBITS, SHF_ALLOC | SHF_EXECINSTR, section.address, b"",
                section.size)
        else:
            add(section.name, SHT_PROGBITS, 0, 0, section.data, len(section.data))
    strtab = len(headers) + 1
    add(".symtab", SHT_SYMTAB, 0, 0, bytes(table), len(table), strtab, 1, _SYMBOL.size)
    add(".strtab", SHT_STRTAB, 0, 0, bytes(strings), len(strings))
    names_index = len(headers)
    final = len(names)
    names.extend(b".shstrtab\0")
    body.extend(bytes(-len(body) % 8))
    headers.append(_SECTION.pack(
        final, SHT_STRTAB, 0, 0, len(body), len(names), 0, 0, 1, 0))
    body.extend(names)
    body.extend(bytes(-len(body) % 8))
    _HEADER.pack_into(
        body, 0, b"\x7fELF\x02\x01\x01" + bytes(9), _ET_EXEC, _EM_X86_64, 1, 0, 0, len(body), 0,
        _HEADER.size, 0, 0, _SECTION.size, len(headers), names_index)
    return bytes(body) + b"".join(headers)
