"""The file that the plugin and the host map; the other side is qemu_scripts/plugins/shared.h.

Little-endian. Offsets in bytes: configuration at 0, the producer's line at 128, the reader's at
192, the control area at 4096, the ring or table at DATA_OFFSET.
"""

from __future__ import annotations

import errno
import mmap
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from decoders.store_records import COMPACT_SIZE as COMPACT_SIZE
from decoders.store_records import RECORD_SIZE as RECORD_SIZE
from qemu_scripts.errors import EnvironmentFault

MAGIC = int.from_bytes(b"CLRTRACE", "little")
VERSION = 1
HEADER_SIZE = 4096
CONTROL_OFFSET = 4096
DATA_OFFSET = 4096 + 65536
MAX_RANGES = 4094

_STATE, _API, _VALUES, _VCPUS = 32, 36, 40, 44
_HEAD, _LOST, _WAITS, _TRUNCATED = 128, 136, 144, 152
_TAIL, _READER, _READER_PID = 192, 200, 204
_INSTRUCTIONS = 256

ATTACHED, ENDED = 1, 2
READING, CLOSED = 1, 2
VALUE_SOURCES = ("none", "guest RAM", "the plugin API")

Range = tuple[int, int]


class SharedFile:
    """One such file, made by `create` and mapped as long as the object is open."""

    def __init__(
        self, path: Path, mapping: mmap.mmap, capacity: int, record_size: int = RECORD_SIZE
    ) -> None:
        self.path = path
        self.capacity = capacity
        self.record_size = record_size
        self._mapping = mapping
        self._words = memoryview(mapping).cast("Q")
        self._halves = memoryview(mapping).cast("I")
        self.data = memoryview(mapping)[DATA_OFFSET : DATA_OFFSET + capacity * record_size]

    @classmethod
    def create(
        cls, path: Path, capacity: int, record_size: int = RECORD_SIZE
    ) -> SharedFile:
        """Make the file with room for `capacity` records (a ring's is a power of two).

        Its blocks are allocated at once: a disk that is full is an error here and not a crash of
        QEMU later. Raises EnvironmentFault.
        """
        size = DATA_OFFSET + capacity * record_size
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise EnvironmentFault(
                f"cannot make the trace buffer {path}: {error.strerror}"
            ) from error
        try:
            os.posix_fallocate(fd, 0, size)
            flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
            mapping = mmap.mmap(fd, size, flags=flags)
        except (OSError, OverflowError) as error:
            path.unlink()
            number = error.errno if isinstance(error, OSError) else errno.EFBIG
            room = "no room is left there" if number == errno.ENOSPC else os.strerror(number or 0)
            raise EnvironmentFault(
                f"cannot make the trace buffer {path} of {size >> 20} MiB: {room}; "
                "free some space or ask for a smaller buffer"
            ) from error
        finally:
            os.close(fd)
        mapping[:32] = struct.pack("<QIIQQ", MAGIC, VERSION, record_size, size, capacity)
        file = cls(path, mapping, capacity, record_size)
        file.set_ranges(None)
        return file

    def __enter__(self) -> SharedFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Tell the plugin that nobody reads any more, unmap, remove the file."""
        self.stop_reading()
        self.data.release()
        self._words.release()
        self._halves.release()
        self._mapping.close()
        self.path.unlink(missing_ok=True)

    # ---- what the plugin says ----

    @property
    def attached(self) -> bool:
        """Whether the plugin took the file."""
        return self._halves[_STATE // 4] >= ATTACHED

    @property
    def ended(self) -> bool:
        """Whether QEMU has ended in order."""
        return self._halves[_STATE // 4] == ENDED

    @property
    def api(self) -> int:
        """The plugin API's version in this QEMU, 0 before the plugin is attached."""
        return self._halves[_API // 4]

    @property
    def value_source(self) -> str:
        """Where store values come from, one of VALUE_SOURCES."""
        return VALUE_SOURCES[self._halves[_VALUES // 4]]

    @property
    def head(self) -> int:
        """Records (or table entries) ever written."""
        return self._words[_HEAD // 8]

    @property
    def lost(self) -> int:
        """Records that found no room; 0 as long as the guest waits for its reader."""
        return self._words[_LOST // 8]

    @property
    def waits(self) -> int:
        """How often the guest had to wait for the reader."""
        return self._words[_WAITS // 8]

    @property
    def truncated(self) -> int:
        """Calls that lay deeper than the shadow stack."""
        return self._words[_TRUNCATED // 8]

    @property
    def instructions(self) -> int:
        """Instructions that the guest executed, where they were counted; final once `ended`."""
        return self._words[_INSTRUCTIONS // 8]

    def header(self) -> bytes:
        """The first page, for a trace file."""
        return bytes(self._mapping[:HEADER_SIZE])

    # ---- what the host says ----

    @property
    def tail(self) -> int:
        """Records taken."""
        return self._words[_TAIL // 8]

    @tail.setter
    def tail(self, value: int) -> None:
        self._words[_TAIL // 8] = value

    def start_reading(self) -> None:
        """This process reads: a guest that waits for room may go by whether it lives."""
        self._halves[_READER_PID // 4] = os.getpid()
        self._halves[_READER // 4] = READING

    def stop_reading(self) -> None:
        """Nobody reads any more: a guest must not wait."""
        self._halves[_READER // 4] = CLOSED

    def set_ranges(self, ranges: Sequence[Range] | None) -> None:
        """Record only stores from these [from, to) of the scope; None: from all of it.

        Counts at once, also for code that was translated before. Raises ValueError for more than
        MAX_RANGES.
        """
        if ranges is not None and len(ranges) > MAX_RANGES:
            raise ValueError(f"{len(ranges)} ranges; the plugin takes {MAX_RANGES}")
        words = self._words
        at = CONTROL_OFFSET // 8
        generation = words[at]
        words[at] = generation + 1
        for index, (start, end) in enumerate(ranges or ()):
            words[at + 2 + 2 * index] = start
            words[at + 3 + 2 * index] = end
        words[at + 1] = int(ranges is None) | len(ranges or ()) << 32
        words[at] = generation + 2
