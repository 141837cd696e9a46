"""Writes a stopped guest as a sparse ELF64 core file that gdb and `ElfCore` open.

The file holds RAM once, in physical order, at `ram_offset`: pages of zeros are holes, so that it
takes no more of the disk than the guest has written. Each run of mapped pages is a PT_LOAD whose
p_offset points into that image, so that aliases (a direct map, the writable view of JIT code) cost
a header each and every address that the page tables map can be read, in both halves.

Notes, in this order: CORE/NT_PRSTATUS and CORE/NT_FPREGSET (Linux's layouts, which gdb reads:
include/uapi/linux/elfcore.h, Intel SDM volume 1, table 10-2), then CLRSCOPE notes, see NoteType.
"""

from __future__ import annotations

import errno
import json
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from decoders.errors import DecodeError, ReadError
from decoders.memory.elfcore import (
    EM_X86_64,
    ET_CORE,
    PN_XNUM,
    PT_LOAD,
    PT_NOTE,
    ElfCore,
    Header,
    Note,
    NoteHeader,
    ProgramHeader,
)
from decoders.memory.guestram import GuestRam
from decoders.memory.pagewalk import (
    ADDRESS_MASK,
    LARGE,
    NO_EXECUTE,
    PRESENT,
    WRITABLE,
)

PAGE = 0x1000
OWNER = "CLRSCOPE"
VERSION = 1
# More page tables than this are corrupt.
MAX_TABLES = 1 << 16
# And so do more pieces than this that nothing joins.
MAX_RUNS = 1 << 17
_CHUNK = 1 << 20
_PF_X, _PF_W, _PF_R = 1, 2, 4
_NT_PRSTATUS, _NT_FPREGSET = 1, 2
_INTEGRITY = struct.Struct("<IIIQ")
# struct user_regs_struct of Linux, in order; orig_rax does not exist here.
_USER_REGS = (
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx",
    "rsi", "rdi", "", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es",
    "fs", "gs",
)


class NoteType(IntEnum):
    """Types of our own notes.

    CONTRACT: the descriptor's virtual address, u64 (0: there was none). MACHINE: JSON, registers
    that Linux's notes have no room for. ABOUT: JSON, how the run came here. SERIAL: the kernel's
    console. INTEGRITY: CRC-32 of all that stands before its own bytes, then of the RAM image's
    pages that are not holes in the order of their addresses, then the number of those, u32 each;
    then the file's size, u64.
    """

    CONTRACT = 1
    MACHINE = 2
    ABOUT = 3
    SERIAL = 4
    INTEGRITY = 5


class DumpError(DecodeError):
    """A dump cannot be written, or is not what it should be; the text says why."""


@dataclass(frozen=True, slots=True)
class PageRun:
    """Virtually and physically contiguous pages; `flags` are PF_*."""

    virtual: int
    physical: int
    size: int
    flags: int


@dataclass(frozen=True, slots=True)
class DumpInfo:
    """What was written: apparent size, bytes of RAM that were not zero, PT_LOADs."""

    path: str
    size: int
    stored: int
    segments: int


def mappings(ram: GuestRam, cr3: int | None) -> list[PageRun]:
    """Everything that the page tables map to RAM, adjacent pages joined, by address.

    Device memory is left out. Without paging (`cr3` None) addresses are physical. Raises DumpError
    where the tables make no sense.
    """
    if cr3 is None:
        return [PageRun(start, start, size, _PF_R | _PF_W | _PF_X) for start, size in ram.banks()]
    found: list[PageRun] = []
    tables = 0

    import numpy  # not at the top: it takes longer to load than all the commands of gdb together

    def level(table: int, shift: int, base: int, rights: int, above: tuple[int, ...]) -> None:
        nonlocal tables
        if table in above:
            return  # tables that map themselves: a window on what is reached otherwise
        tables += 1
        if tables > MAX_TABLES:
            raise DumpError(
                f"CR3 {cr3:#x} leads to more than {MAX_TABLES} page tables: it is wrong, or the "
                "tables are corrupt"
            )
        raw = ram.read_physical(table, PAGE, f"the page table at {table:#x}")
        entries = numpy.frombuffer(raw, dtype="<u8")
        for index in numpy.flatnonzero(entries & PRESENT):
            entry = int(entries[index])
            address = base | int(index) << shift
            if shift == 39 and index >= 256:
                address |= 0xFFFF << 48
            now = rights
            if not entry & WRITABLE:
                now &= ~_PF_W
            if entry & NO_EXECUTE:
                now &= ~_PF_X
            if shift == 12 or (entry & LARGE and shift in (21, 30)):
                size = 1 << shift
                leaf(PageRun(address, entry & ADDRESS_MASK & ~(size - 1), size, now))
            else:
                level(entry & ADDRESS_MASK, shift - 9, address, now, (*above, table))

    def leaf(one: PageRun) -> None:
        if not ram.contains(one.physical, one.size):
            if one.size == PAGE:
                return
            # A large page may reach from RAM into a hole of the address space.
            for offset in range(0, one.size, PAGE):
                leaf(PageRun(one.virtual + offset, one.physical + offset, PAGE, one.flags))
            return
        last = found[-1] if found else None
        if (
            last is not None and last.flags == one.flags
            and last.virtual + last.size == one.virtual
            and last.physical + last.size == one.physical
        ):
            found[-1] = PageRun(last.virtual, last.physical, last.size + one.size, last.flags)
        elif len(found) < MAX_RUNS:
            found.append(one)
        else:
            raise DumpError(
                f"the page tables under CR3 {cr3:#x} map more than {MAX_RUNS} pieces of memory: "
                "they are corrupt"
            )

    try:
        level(cr3 & ADDRESS_MASK, 39, 0, _PF_R | _PF_W | _PF_X, ())
    except ReadError as error:
        raise DumpError(
            f"the page tables under CR3 {cr3:#x} cannot be followed: {error}"
        ) from error
    return found


def extents(path: str | Path) -> list[tuple[int, int]]:
    """The (start, end) parts of a sparse file that are not holes, in whole pages.

    Reading a hole of a shared mapping would allocate it.
    """
    result: list[tuple[int, int]] = []
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        position = 0
        while position < size:
            try:
                start = os.lseek(file.fileno(), position, os.SEEK_DATA)
            except OSError as error:
                if error.errno == errno.ENXIO:
                    break
                raise
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            result.append((start & ~(PAGE - 1), min(end + PAGE - 1 & ~(PAGE - 1), size)))
            position = end
    return result


def register_notes(registers: Mapping[str, int]) -> list[Note]:
    """NT_PRSTATUS, NT_FPREGSET and our MACHINE note of registers by gdb's names.

    xmm0..15 are 128-bit, st0..7 80-bit numbers; what is missing is 0 in Linux's notes.
    """
    general = struct.pack(
        "<27Q", *(registers.get(name, 0) & (1 << 64) - 1 for name in _USER_REGS))
    # struct elf_prstatus: signal and times are 0, pr_pid at 32 is the first processor.
    status = bytes(32) + struct.pack("<I", 1) + bytes(76) + general + bytes(8)
    mask = (1 << 128) - 1
    area = struct.pack(
        "<HHBBHQQII", registers.get("fctrl", 0x37F) & 0xFFFF, registers.get("fstat", 0) & 0xFFFF,
        0, 0, 0, 0, 0, registers.get("mxcsr", 0x1F80) & 0xFFFFFFFF, 0xFFFF)
    area += b"".join((registers.get(f"st{i}", 0) & mask).to_bytes(16, "little") for i in range(8))
    area += b"".join((registers.get(f"xmm{i}", 0) & mask).to_bytes(16, "little") for i in range(16))
    area += bytes(512 - len(area))
    rest = {
        name: f"{value:#x}" for name, value in sorted(registers.items())
        if name.startswith(("cr", "xmm")) or name in ("efer", "mxcsr", "k_gs_base")
    }
    return [
        Note("CORE", _NT_PRSTATUS, status), Note("CORE", _NT_FPREGSET, area),
        Note(OWNER, NoteType.MACHINE, _json({"version": VERSION, "registers": rest})),
    ]


def about_note(about: Mapping[str, object]) -> Note:
    """How the run came here, as clrscope tells it."""
    return Note(OWNER, NoteType.ABOUT, _json({"version": VERSION, **about}))


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _packed(note: Note) -> bytes:
    name = note.name.encode() + b"\0"
    head: bytes = NoteHeader.build(dict(namesz=len(name), descsz=len(note.desc), type=note.type))
    return head + name + bytes(-len(name) % 4) + note.desc + bytes(-len(note.desc) % 4)


def _head(found: Sequence[PageRun], ram: GuestRam, notes: bytes, integrity: int) -> bytes:
    """ELF header, program headers and notes, up to where the RAM image begins."""
    count = 1 + len(found)
    escape = count >= PN_XNUM
    section = 64 if escape else 0
    notes_at = Header.sizeof() + section + count * ProgramHeader.sizeof()
    data_at = -(-(notes_at + len(notes) + integrity) // PAGE) * PAGE
    head: bytes = Header.build(dict(
        # ELFOSABI_GNU: gdb takes register notes to be Linux's by it.
        ident=b"\x7fELF\x02\x01\x01\x03" + bytes(8), type=ET_CORE, machine=EM_X86_64, version=1,
        entry=0, phoff=Header.sizeof() + section, shoff=Header.sizeof() if escape else 0, flags=0,
        ehsize=Header.sizeof(), phentsize=ProgramHeader.sizeof(),
        phnum=PN_XNUM if escape else count, shentsize=section, shnum=1 if escape else 0, shstrndx=0,
    ))
    if escape:
        head += bytes(44) + struct.pack("<I", count) + bytes(16)
    rows = [ProgramHeader.build(dict(
        type=PT_NOTE, flags=0, offset=notes_at, vaddr=0, paddr=0, filesz=len(notes) + integrity,
        memsz=0, align=4))]
    rows += [
        ProgramHeader.build(dict(
            type=PT_LOAD, flags=one.flags, offset=data_at + ram.offset_of(one.physical),
            vaddr=one.virtual, paddr=one.physical, filesz=one.size, memsz=one.size, align=PAGE))
        for one in found
    ]
    return head + b"".join(rows) + notes


def _pages(ram: GuestRam, parts: Sequence[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
    """(offset, bytes) of runs of pages that are not all zero."""
    import numpy

    for start, end in parts:
        for at in range(start, end, _CHUNK):
            chunk = ram.raw(at, min(_CHUNK, end - at))
            used = numpy.frombuffer(chunk, dtype="<u8").reshape(-1, PAGE // 8).any(axis=1)
            edges = numpy.flatnonzero(numpy.diff(numpy.concatenate(([0], used.view("i1"), [0]))))
            for first, last in edges.reshape(-1, 2):
                yield at + int(first) * PAGE, chunk[int(first) * PAGE : int(last) * PAGE]


def write_core(
    path: str | Path, ram: GuestRam, cr3: int | None, notes: Sequence[Note],
    parts: Sequence[tuple[int, int]] | None = None,
) -> DumpInfo:
    """Write a stopped guest to `path`, whole or not at all.

    parts: the offsets in RAM that may hold anything (see `extents`); default: all. Raises DumpError
    with one sentence when the page tables make no sense or the disk is full.
    """
    path = Path(path)
    found = mappings(ram, cr3)
    packed = b"".join(_packed(note) for note in notes)
    trailer = _packed(Note(OWNER, NoteType.INTEGRITY, bytes(_INTEGRITY.size)))
    head = _head(found, ram, packed, len(trailer))
    data_at = -(-(len(head) + len(trailer)) // PAGE) * PAGE
    head += trailer[: -_INTEGRITY.size]
    checksum, pages = 0, 0
    try:
        with _Whole(path) as file:
            os.truncate(file, data_at + ram.size)
            for at, data in _pages(ram, parts if parts is not None else [(0, ram.size)]):
                _write_all(file, data, data_at + at)
                checksum = zlib.crc32(data, checksum)
                pages += len(data) // PAGE
            size = data_at + ram.size
            sums = _INTEGRITY.pack(zlib.crc32(head), checksum, pages, size)
            _write_all(file, head + sums, 0)
    except OSError as error:
        raise DumpError(
            f"the dump {path} cannot be written: {error.strerror or error}; nothing was left there"
        ) from error
    return DumpInfo(str(path), data_at + ram.size, pages * PAGE, len(found))


def retell(path: str | Path, about: Mapping[str, object]) -> None:
    """Replace what a dump of ours says of its run; its memory and registers stay as they are.

    Raises DumpError when the disk is full.
    """
    path = Path(path)
    core = ElfCore.open(path)
    packed = b"".join(
        _packed(about_note(about) if (note.name, note.type) == (OWNER, NoteType.ABOUT) else note)
        for note in core.notes if (note.name, note.type) != (OWNER, NoteType.INTEGRITY))
    trailer = _packed(Note(OWNER, NoteType.INTEGRITY, bytes(_INTEGRITY.size)))
    first = min(segment.offset for segment in core.segments)
    with path.open("rb") as stream:
        old = stream.read(first)
    header = Header.parse(old)
    count = header.phnum
    if count == PN_XNUM:
        (count,) = struct.unpack_from("<I", old, header.shoff + 44)
    rows = [ProgramHeader.parse(old[header.phoff + n * header.phentsize :]) for n in range(count)]
    notes = next(row for row in rows if row.type == PT_NOTE)
    old_at = -(-(notes.offset + notes.filesz) // PAGE) * PAGE
    new_at = -(-(notes.offset + len(packed) + len(trailer)) // PAGE) * PAGE
    for row in rows:
        if row.type == PT_NOTE:
            row.filesz = len(packed) + len(trailer)
        else:
            row.offset += new_at - old_at
    head = old[: header.phoff] + b"".join(ProgramHeader.build(row) for row in rows) + packed
    head += trailer[: -_INTEGRITY.size]
    ram = GuestRam.open(path)
    checksum, pages = 0, 0
    try:
        with _Whole(path) as file:
            os.truncate(file, new_at + ram.size - old_at)
            parts = [(max(a, old_at), b) for a, b in extents(path) if b > old_at]
            for at, data in _pages(ram, parts):
                _write_all(file, data, at + new_at - old_at)
                checksum = zlib.crc32(data, checksum)
                pages += len(data) // PAGE
            size = new_at + ram.size - old_at
            _write_all(file, head + _INTEGRITY.pack(zlib.crc32(head), checksum, pages, size), 0)
    except OSError as error:
        raise DumpError(
            f"the dump {path} cannot be written again: {error.strerror or error}") from error


def _write_all(file: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        count = os.pwrite(file, view, offset)
        view, offset = view[count:], offset + count


class _Whole:
    """A file that appears under its name when it is complete; no other name is ever left.

    O_TMPFILE has no name at all until then, so that even a SIGKILL leaves nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name: Path | None = None

    def __enter__(self) -> int:
        try:
            self._file = os.open(self._path.parent, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o666)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL):
                raise
            self._file, name = tempfile.mkstemp(prefix=".dump-", dir=self._path.parent)
            self._name = Path(name)
        return self._file

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                if self._name is None:
                    # A name to rename from: linkat does not replace what is there.
                    self._name = self._path.with_name(f".{self._path.name}.{os.getpid()}")
                    # With a folder descriptor (unused: the path is absolute) this is linkat(2), and
                    # only that follows the link.
                    os.link(
                        f"/proc/self/fd/{self._file}", self._name, src_dir_fd=self._file,
                        follow_symlinks=True)
                self._name.replace(self._path)
                self._name = None
        finally:
            os.close(self._file)
            if self._name is not None:
                self._name.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class DumpNotes:
    """Our notes of a dump, decoded."""

    contract: int
    machine: dict[str, int]
    about: dict[str, object]
    serial: bytes


def read_notes(core: ElfCore, name: str) -> DumpNotes:
    """Our notes. Raises DumpError for a dump that clrscope did not make."""
    ours = {note.type: note.desc for note in core.notes if note.name == OWNER}
    if NoteType.MACHINE not in ours or NoteType.ABOUT not in ours:
        raise DumpError(
            f"{name} is a core file, but not a dump of a clrscope guest (it has no CLRSCOPE "
            "notes); make one with `clrscope postmortem` or gdb's `clr-dump`"
        )
    try:
        machine, about = (json.loads(ours[kind]) for kind in (NoteType.MACHINE, NoteType.ABOUT))
        if machine["version"] != VERSION or about["version"] != VERSION:
            raise DumpError(
                f"{name} has notes of version {machine['version']}; this clrscope reads version "
                f"{VERSION}"
            )
        registers = {str(k): int(v, 16) for k, v in machine["registers"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DumpError(f"{name} is damaged: its notes cannot be read ({error})") from error
    contract = int.from_bytes(ours.get(NoteType.CONTRACT, bytes(8))[:8], "little")
    return DumpNotes(contract, registers, about, ours.get(NoteType.SERIAL, b""))


def verify(path: str | Path) -> None:
    """Check a dump's checksums, reading what is not a hole; DumpError says what is damaged."""
    marker = _packed(Note(OWNER, NoteType.INTEGRITY, bytes(_INTEGRITY.size)))[: -_INTEGRITY.size]
    core = ElfCore.open(path)
    if not core.segments:
        raise DumpError(f"{path} is damaged: it has no memory in it")
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        first = min((s.offset for s in core.segments), default=size)
        head = file.read(min(first, 64 << 20))
        at = head.rfind(marker)
        if at < 0 or at + len(marker) + _INTEGRITY.size > len(head):
            raise DumpError(f"{path} is damaged or was not made by clrscope: it has no checksum")
        end = at + len(marker)
        headers, memory, pages, whole = _INTEGRITY.unpack_from(head, end)
        if zlib.crc32(head[:end]) != headers:
            raise DumpError(f"{path} is damaged: its headers do not have the recorded checksum")
        data_at = -(-(end + _INTEGRITY.size) // PAGE) * PAGE
        if size != whole:
            raise DumpError(f"{path} is truncated: it has {size} bytes of {whole}")
        checksum, counted = 0, 0
        ram = GuestRam.open(path)
        parts = [(max(a, data_at), b) for a, b in extents(path) if b > data_at]
        for _, data in _pages(ram, parts):
            checksum = zlib.crc32(data, checksum)
            counted += len(data) // PAGE
    if (checksum, counted) != (memory, pages):
        raise DumpError(
            f"{path} is damaged: its memory does not have the recorded checksum; copy or make "
            "the dump again"
        )
