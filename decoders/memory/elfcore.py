"""Guest dumps as ELF64 core files whose PT_LOAD segments carry virtual addresses.

Format: System V gABI chapter 5 (program headers), e_phnum escape PN_XNUM in `sh_info` of section 0.
The file is mapped and nothing but its headers is touched before it is asked for.
"""

from __future__ import annotations

import mmap
import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from construct import (
    Bytes,
    ConstructError,
    Int16ul,
    Int32ul,
    Int64ul,
    Struct,
)

from decoders.errors import ReadError
from decoders.memory.protocol import check_range

ET_CORE = 4
EM_X86_64 = 62
PT_LOAD = 1
PT_NOTE = 4
PN_XNUM = 0xFFFF
MAX_NOTES = 4096

Header = Struct(
    "ident" / Bytes(16), "type" / Int16ul, "machine" / Int16ul, "version" / Int32ul,
    "entry" / Int64ul, "phoff" / Int64ul, "shoff" / Int64ul, "flags" / Int32ul,
    "ehsize" / Int16ul, "phentsize" / Int16ul, "phnum" / Int16ul, "shentsize" / Int16ul,
    "shnum" / Int16ul, "shstrndx" / Int16ul,
)
ProgramHeader = Struct(
    "type" / Int32ul, "flags" / Int32ul, "offset" / Int64ul, "vaddr" / Int64ul,
    "paddr" / Int64ul, "filesz" / Int64ul, "memsz" / Int64ul, "align" / Int64ul,
)
NoteHeader = Struct("namesz" / Int32ul, "descsz" / Int32ul, "type" / Int32ul)


@dataclass(frozen=True, slots=True)
class Note:
    """One ELF note: owner name, type number, descriptor bytes."""

    name: str
    type: int
    desc: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """One PT_LOAD: `filesz` bytes at file `offset` appear at virtual `vaddr`."""

    vaddr: int
    offset: int
    filesz: int
    memsz: int
    flags: int


class ElfCore:
    """Memory over an ELF64 core file. `notes` holds the registers' raw notes."""

    def __init__(self, data: bytes | mmap.mmap, name: str = "core file") -> None:
        self._data = data
        self._name = name
        try:
            self._load()
        except ConstructError as error:
            raise self._bad(f"its headers are truncated ({type(error).__name__})") from error

    @classmethod
    def open(cls, path: str | Path) -> ElfCore:
        """Map a core file."""
        try:
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                data = mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ) if size else b""
                return cls(data, str(path))
        except OSError as error:
            raise ReadError(
                0, 0, f"core file {path}", error.strerror or str(error), "check the path"
            ) from error

    def _bad(self, reason: str) -> ReadError:
        return ReadError(0, 0, self._name, reason, "make the dump again")

    def _parse(self, struct: Any, offset: int) -> Any:
        return struct.parse(self._data[offset : offset + struct.sizeof()])

    def _load(self) -> None:
        header = self._parse(Header, 0)
        if header.ident[:6] != b"\x7fELF\x02\x01":
            raise self._bad("it is not a little-endian ELF64 file")
        if header.type != ET_CORE or header.machine != EM_X86_64:
            raise self._bad("it is not an x86-64 core file")
        if header.phentsize < ProgramHeader.sizeof():
            raise self._bad(f"its program headers have {header.phentsize} bytes each, not 56")
        count = header.phnum
        if count == PN_XNUM:
            count = Int32ul.parse(self._data[header.shoff + 44 : header.shoff + 48])
        if header.phoff + count * header.phentsize > len(self._data):
            raise self._bad(f"it is truncated: {count} program headers do not fit")
        segments = []
        self.notes: list[Note] = []
        for index in range(count):
            entry = self._parse(ProgramHeader, header.phoff + index * header.phentsize)
            if entry.type == PT_LOAD and entry.memsz:
                segments.append(
                    Segment(entry.vaddr, entry.offset, entry.filesz, entry.memsz, entry.flags)
                )
            elif entry.type == PT_NOTE:
                self._read_notes(entry.offset, entry.filesz)
        self.segments = sorted(segments, key=lambda s: s.vaddr)
        self._starts = [s.vaddr for s in self.segments]

    def _read_notes(self, offset: int, size: int) -> None:
        end = min(offset + size, len(self._data))
        while offset + 12 <= end and len(self.notes) < MAX_NOTES:
            head = self._parse(NoteHeader, offset)
            name_at = offset + 12
            desc_at = name_at + (head.namesz + 3 & ~3)
            following = desc_at + (head.descsz + 3 & ~3)
            if desc_at + head.descsz > end:
                raise self._bad(f"it is truncated: the note at {offset:#x} does not fit")
            name = self._data[name_at : name_at + head.namesz].rstrip(b"\0")
            desc = self._data[desc_at : desc_at + head.descsz]
            self.notes.append(Note(name.decode("utf-8", "replace"), head.type, desc))
            offset = following

    def read(self, address: int, size: int, purpose: str) -> bytes:
        """See Memory.read. Bytes past a segment's file part but inside memsz are zero."""
        check_range(address, size, purpose)
        result = bytearray()
        position = address
        while len(result) < size:
            index = bisect_right(self._starts, position) - 1
            segment = self.segments[index] if index >= 0 else None
            if segment is None or position - segment.vaddr >= segment.memsz:
                raise ReadError(
                    address, size, purpose, f"{self._name} has no memory at {position:#x}",
                    "check the pointer, or dump that range too",
                )
            inside = position - segment.vaddr
            count = min(size - len(result), segment.memsz - inside)
            have = max(0, min(count, segment.filesz - inside))
            start = segment.offset + inside
            piece = self._data[start : start + have]
            if len(piece) < have:
                raise ReadError(
                    address, size, purpose, f"{self._name} is truncated before {position:#x}",
                    "make the dump again",
                )
            result += piece + bytes(count - have)
            position += count
        return bytes(result)


def build_core(segments: Sequence[tuple[int, bytes, int]], notes: Sequence[Note] = ()) -> bytes:
    """Make a core file of (virtual address, bytes, PF_* flags) segments and notes."""
    note_bytes = b"".join(_note(note) for note in notes)
    count = len(segments) + (1 if note_bytes else 0)
    if count >= PN_XNUM:
        raise ValueError(f"{count} segments need the PN_XNUM escape: merge adjacent ones")
    offset = Header.sizeof() + count * ProgramHeader.sizeof()
    headers = []
    if note_bytes:
        headers.append(_program_header(PT_NOTE, 0, offset, 0, len(note_bytes)))
    offset += len(note_bytes)
    body = bytearray(note_bytes)
    for vaddr, data, flags in segments:
        pad = -offset % 0x1000
        body += bytes(pad) + data
        headers.append(_program_header(PT_LOAD, flags, offset + pad, vaddr, len(data)))
        offset += pad + len(data)
    header: bytes = Header.build(
        dict(
            ident=b"\x7fELF\x02\x01\x01" + bytes(9), type=ET_CORE, machine=EM_X86_64, version=1,
            entry=0, phoff=Header.sizeof(), shoff=0, flags=0, ehsize=Header.sizeof(),
            phentsize=ProgramHeader.sizeof(), phnum=count, shentsize=0, shnum=0, shstrndx=0,
        )
    )
    return header + b"".join(headers) + bytes(body)


def _note(note: Note) -> bytes:
    name = note.name.encode() + b"\0"
    head: bytes = NoteHeader.build(dict(namesz=len(name), descsz=len(note.desc), type=note.type))
    return head + name + bytes(-len(name) % 4) + note.desc + bytes(-len(note.desc) % 4)


def _program_header(kind: int, flags: int, offset: int, vaddr: int, size: int) -> bytes:
    built: bytes = ProgramHeader.build(
        dict(type=kind, flags=flags, offset=offset, vaddr=vaddr, paddr=0, filesz=size, memsz=size,
             align=0x1000 if kind == PT_LOAD else 4)
    )
    return built
