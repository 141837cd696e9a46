"""The disk that a driver scenario gets when the command line names none.

Each sector names itself, so that a reader can tell which one it got, and the rest of a sector
differs from its neighbours' in every byte.
"""

from __future__ import annotations

from pathlib import Path

SECTOR_SIZE = 512
SECTORS = 2048


def sector(number: int) -> bytes:
    """The 512 bytes of one sector: a line of text, then a pattern that depends on the number."""
    text = f"clrscope scratch disk, sector {number:08d}\n".encode()
    pattern = bytes((number * 7 + index * 13 + 1) & 0xFF for index in range(len(text), SECTOR_SIZE))
    return text + pattern


def make(path: Path, sectors: int = SECTORS) -> Path:
    """Write a new image of that many sectors; returns its path."""
    path.write_bytes(b"".join(sector(number) for number in range(sectors)))
    return path
