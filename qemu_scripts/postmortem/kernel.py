"""Which build a kernel's ELF file is."""

from __future__ import annotations

import struct
from pathlib import Path

from qemu_scripts.errors import UsageError

_PT_NOTE, _NT_GNU_BUILD_ID = 4, 3


def build_id(kernel: Path) -> str:
    """The GNU build id in hex, "" when the file has none. UsageError when it is no ELF64 file."""
    try:
        data = kernel.read_bytes()
    except OSError as error:
        raise UsageError(
            f"the kernel {kernel} cannot be read: {error.strerror}; run `clrscope build`, or name "
            "another with --kernel"
        ) from error
    if data[:6] != b"\x7fELF\x02\x01" or len(data) < 64:
        raise UsageError(f"the kernel {kernel} is not a 64-bit little-endian ELF file")
    (offset,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for index in range(count):
        at = offset + index * size
        if at + 56 > len(data):
            break
        kind, _, start, _, _, length = struct.unpack_from("<IIQQQQ", data, at)
        if kind == _PT_NOTE:
            found = _note(data[start : start + length])
            if found:
                return found
    return ""


def _note(data: bytes) -> str:
    at = 0
    while at + 12 <= len(data):
        name_size, size, kind = struct.unpack_from("<III", data, at)
        name_at = at + 12
        content_at = name_at + (name_size + 3 & ~3)
        if kind == _NT_GNU_BUILD_ID and data[name_at : name_at + 4] == b"GNU\0":
            return data[content_at : content_at + size].hex()
        at = content_at + (size + 3 & ~3)
    return ""
