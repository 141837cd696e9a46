"""What a memory is: something that reads bytes at a virtual address for a stated purpose."""

from __future__ import annotations

from typing import Protocol

from decoders.errors import ReadError

ADDRESS_SPACE = 1 << 64
# A corrupt length must not make the debugger allocate gigabytes; no honest read is this large.
MAX_READ = 256 << 20


class Memory(Protocol):
    """Virtual memory of a target. `read` returns exactly `size` bytes or raises ReadError."""

    def read(self, address: int, size: int, purpose: str) -> bytes:
        """Read `size` bytes at virtual `address`; `purpose` is named in the error."""
        ...


def check_range(address: int, size: int, purpose: str) -> None:
    """Raise ReadError unless [address, address+size) is a sane 64-bit range."""
    if size < 0 or size > MAX_READ:
        raise ReadError(
            address, size, purpose, f"no object is that large (limit {MAX_READ:#x} bytes)",
            "the length it was computed from is probably corrupt",
        )
    if address < 0 or address + size > ADDRESS_SPACE:
        raise ReadError(
            address, size, purpose, "the range leaves the 64-bit address space",
            "the pointer it was computed from is probably corrupt",
        )


def read_uint(memory: Memory, address: int, size: int, purpose: str) -> int:
    """Read a little-endian unsigned integer of `size` bytes."""
    return int.from_bytes(memory.read(address, size, purpose), "little")


def read_int(memory: Memory, address: int, size: int, purpose: str) -> int:
    """Read a little-endian signed integer of `size` bytes."""
    return int.from_bytes(memory.read(address, size, purpose), "little", signed=True)


def read_pointer(memory: Memory, address: int, purpose: str) -> int:
    """Read a 64-bit pointer."""
    return read_uint(memory, address, 8, purpose)


def read_cstring(memory: Memory, address: int, purpose: str, limit: int = 4096) -> str:
    """Read a NUL-terminated UTF-8 string of at most `limit` bytes.

    Bytes that are not UTF-8 come out as U+FFFD: a name is shown, not executed. A string with no
    terminator within `limit` ends in "... (truncated)".
    """
    chunks = bytearray()
    position = address
    stride = 64
    while len(chunks) < limit:
        # Never read past the page the string is known to reach into.
        step = min(limit - len(chunks), 0x1000 - (position & 0xFFF), stride)
        try:
            piece = memory.read(position, step, purpose)
        except ReadError:
            if step == 1:
                raise
            stride = 1  # what can be read may end right behind the string
            continue
        end = piece.find(b"\0")
        if end >= 0:
            return (bytes(chunks) + piece[:end]).decode("utf-8", "replace")
        chunks += piece
        position += step
    return bytes(chunks).decode("utf-8", "replace") + "... (truncated)"
