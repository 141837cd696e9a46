"""The pieces of DWARF 4 that describe functions: entries, line numbers and call frames.

Format: DWARF Debugging Information Format, version 4; register numbers of the AMD64 ABI, 3.36.
Each function's pieces stand alone, so that they can be made once and put together many times.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

RBX, RBP, RSP, R12, R13, R14, R15, RIP = 3, 6, 7, 12, 13, 14, 15, 16

_DW_TAG_COMPILE_UNIT, _DW_TAG_SUBPROGRAM = 0x11, 0x2E
_DW_LANG_C99 = 0x0C
_FORM = {"addr": 1, "data2": 5, "data4": 6, "string": 8, "data1": 0x0B, "udata": 0x0F,
         "sec_offset": 0x17, "flag_present": 0x19}
_AT = {"name": 3, "stmt_list": 0x10, "low_pc": 0x11, "high_pc": 0x12, "language": 0x13,
       "comp_dir": 0x1B, "producer": 0x25, "decl_file": 0x3A, "decl_line": 0x3B,
       "external": 0x3F, "ranges": 0x55}
_UNIT = ("producer string", "language data1", "name string", "comp_dir string",
         "low_pc addr", "ranges sec_offset", "stmt_list sec_offset")
_FUNCTION = ("name string", "decl_file udata", "decl_line udata", "low_pc addr",
             "high_pc data4", "external flag_present")
_LINE_BASE, _LINE_RANGE, _OPCODE_BASE = -5, 14, 13


def uleb(value: int) -> bytes:
    """An unsigned LEB128 number."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def sleb(value: int) -> bytes:
    """A signed LEB128 number."""
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


def _abbreviation(code: int, tag: int, children: bool, pairs: Sequence[str]) -> bytes:
    out = uleb(code) + uleb(tag) + bytes([children])
    for pair in pairs:
        name, form = pair.split()
        out += uleb(_AT[name]) + uleb(_FORM[form])
    return out + b"\0\0"


def abbreviations() -> bytes:
    """.debug_abbrev: 1 is the unit, 2 a function."""
    return (_abbreviation(1, _DW_TAG_COMPILE_UNIT, True, _UNIT)
            + _abbreviation(2, _DW_TAG_SUBPROGRAM, False, _FUNCTION) + b"\0")


def function_entry(name: str, file: int, line: int, start: int, size: int) -> bytes:
    """A function's entry for .debug_info. `file` counts from 1, 0 means not known."""
    return (b"\x02" + name.encode() + b"\0" + uleb(file) + uleb(line)
            + struct.pack("<QI", start, size))


def unit(name: str, folder: str, entries: Iterable[bytes]) -> bytes:
    """.debug_info: one unit with these functions; ranges and lines are at offset 0."""
    body = (b"\x01" + b"clrscope\0" + bytes([_DW_LANG_C99]) + name.encode() + b"\0"
            + folder.encode() + b"\0" + struct.pack("<QII", 0, 0, 0)
            + b"".join(entries) + b"\0")
    return struct.pack("<IHIB", len(body) + 7, 4, 0, 8) + body


def ranges(pairs: Iterable[tuple[int, int]]) -> bytes:
    """.debug_ranges: [start, end) of each function."""
    return b"".join(struct.pack("<QQ", a, b) for a, b in pairs) + bytes(16)


def line_sequence(start: int, end: int, rows: Iterable[tuple[int, int, int]]) -> bytes:
    """A function's part of the line program. Rows are (address, file, line), ascending."""
    out = bytearray(b"\x00\x09\x02" + struct.pack("<Q", start))
    address, file, line = start, 1, 1
    for at, in_file, number in rows:
        if in_file != file:
            out += b"\x04" + uleb(in_file)
            file = in_file
        delta, advance = number - line, at - address
        special = (delta - _LINE_BASE) + _LINE_RANGE * advance + _OPCODE_BASE
        if _LINE_BASE <= delta < _LINE_BASE + _LINE_RANGE and special < 256:
            out.append(special)
        else:
            if advance:
                out += b"\x02" + uleb(advance)
            if delta:
                out += b"\x03" + sleb(delta)
            out += b"\x01"
        address, line = at, number
    return bytes(out + b"\x02" + uleb(end - address) + b"\x00\x01\x01")


def line_program(files: Sequence[str], sequences: Iterable[bytes]) -> bytes:
    """.debug_line, version 3: files (numbered from 1), then the functions' sequences."""
    tables = b"\0" + b"".join(f.encode() + b"\0\0\0\0" for f in files) + b"\0"
    header = (struct.pack("<BBbBB", 1, 1, _LINE_BASE, _LINE_RANGE, _OPCODE_BASE)
              + bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]) + tables)
    body = b"".join(sequences)
    rest = struct.pack("<HI", 3, len(header)) + header + body
    return struct.pack("<I", len(rest)) + rest


def common_frame() -> bytes:
    """The CIE: at a function's first byte the CFA is RSP + 8, the return address below it."""
    body = (struct.pack("<IB", 0xFFFFFFFF, 3) + b"\0" + uleb(1) + sleb(-8) + uleb(RIP)
            + b"\x0c" + uleb(RSP) + uleb(8) + bytes([0x80 | RIP, 1]))
    return _padded(body)


def frame_entry(start: int, size: int, program: bytes) -> bytes:
    """A function's FDE, of the CIE at offset 0."""
    return _padded(struct.pack("<IQQ", 0, start, size) + program)


def _padded(body: bytes) -> bytes:
    body += bytes(-(len(body) + 4) % 8)  # 0 is DW_CFA_nop
    return struct.pack("<I", len(body)) + body


def advance(delta: int) -> bytes:
    """DW_CFA_advance_loc in whichever form fits."""
    if delta < 0x40:
        return bytes([0x40 | delta]) if delta else b""
    if delta < 0x100:
        return b"\x02" + bytes([delta])
    return b"\x04" + struct.pack("<I", delta)


def cfa(register: int, offset: int) -> bytes:
    """DW_CFA_def_cfa."""
    return b"\x0c" + uleb(register) + uleb(offset)


def saved(register: int, offset: int) -> bytes:
    """DW_CFA_offset: the caller's register lies `offset` bytes (negative, by 8) from the CFA."""
    return bytes([0x80 | register]) + uleb(offset // -8)


def restored(register: int) -> bytes:
    """DW_CFA_same_value."""
    return b"\x08" + uleb(register)


REMEMBER, RESTORE = b"\x0a", b"\x0b"
