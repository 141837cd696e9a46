"""Memories: the `Memory` protocol, a page cache, and back ends that need no debugger."""

from decoders.errors import ReadError
from decoders.memory.cache import CacheStatistics, PageCache
from decoders.memory.elfcore import ElfCore, Note, build_core
from decoders.memory.guestram import GuestRam, TranslatedRam, q35_below_4g
from decoders.memory.pagewalk import PhysicalMemory, Translation, is_canonical, walk
from decoders.memory.protocol import (
    MAX_READ,
    Memory,
    check_range,
    read_cstring,
    read_int,
    read_pointer,
    read_uint,
)
from decoders.memory.recorded import RecordedMemory

__all__ = [
    "MAX_READ", "CacheStatistics", "ElfCore", "GuestRam", "Memory", "Note", "PageCache",
    "PhysicalMemory", "ReadError", "RecordedMemory", "TranslatedRam", "Translation",
    "build_core", "check_range", "is_canonical", "q35_below_4g", "read_cstring", "read_int",
    "read_pointer", "read_uint", "walk",
]
