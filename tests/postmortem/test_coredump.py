"""The dump writer over synthetic page tables, and what reads its files."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from decoders.errors import DecodeError, ReadError
from decoders.memory import ElfCore, GuestRam, Note, TranslatedRam
from decoders.memory.coredump import (
    DumpError,
    about_note,
    extents,
    mappings,
    read_notes,
    register_notes,
    verify,
    write_core,
)

PAGE = 0x1000
SIZE = 8 << 20
PRESENT, WRITE, LARGE, NX = 1, 2, 0x80, 1 << 63
LOW, HIGH = 0x40_0000, 0xFFFF_8000_0000_0000
ALIAS, BIG = 0xFFFF_9000_0000_0000, 0xFFFF_A000_0000_0000


class Tables:
    """RAM with page tables in it, made page by page from 0x1000 on."""

    def __init__(self) -> None:
        self.ram = bytearray(SIZE)
        self.next = 2 * PAGE
        self.root = PAGE

    def put(self, table: int, index: int, value: int) -> None:
        """Write an entry."""
        struct.pack_into("<Q", self.ram, table + 8 * index, value)

    def table(self, table: int, index: int) -> int:
        """The table that an entry leads to, made when it is missing."""
        (entry,) = struct.unpack_from("<Q", self.ram, table + 8 * index)
        if not entry:
            entry, self.next = self.next | PRESENT | WRITE, self.next + PAGE
            self.put(table, index, entry)
        return int(entry) & ~0xFFF

    def map(self, virtual: int, physical: int, flags: int = PRESENT | WRITE) -> None:
        """Map a page (2 MiB where flags have LARGE)."""
        table = self.root
        for shift in (39, 30) if flags & LARGE else (39, 30, 21):
            table = self.table(table, virtual >> shift & 511)
        self.put(table, virtual >> (21 if flags & LARGE else 12) & 511, physical | flags)


@pytest.fixture
def tables() -> Tables:
    made = Tables()
    for page in range(4):
        made.map(LOW + page * PAGE, 0x10_0000 + page * PAGE)
        made.map(HIGH + page * PAGE, 0x20_0000 + page * PAGE, PRESENT | NX)
        made.map(ALIAS + page * PAGE, 0x20_0000 + page * PAGE)
    # 2 MiB of which only the RAM's end is RAM, and a device.
    made.map(BIG, 6 << 20, PRESENT | WRITE | LARGE)
    made.map(BIG + (2 << 20), 0xFEE0_0000, PRESENT | WRITE | LARGE)
    made.ram[0x10_0010:0x10_0014] = b"low!"
    made.ram[0x20_3FF8:0x20_4000] = b"the high"
    made.ram[0x70_0000:0x70_0003] = b"big"
    return made


def dump(tables: Tables, path: Path) -> ElfCore:
    """Write the tables' RAM and open the dump."""
    registers = {"rip": 0xFFFF_8000_0000_0123, "cr3": tables.root, "xmm1": 1 << 100}
    notes = [*register_notes(registers), about_note({"ended": "fault"}),
             Note("CLRSCOPE", 4, b"serial")]
    write_core(path, GuestRam(bytes(tables.ram)), tables.root, notes)
    return ElfCore.open(path)


def test_every_mapped_address_reads_as_it_does_live(tables: Tables, tmp_path: Path) -> None:
    core = dump(tables, tmp_path / "core")
    live = TranslatedRam(GuestRam(bytes(tables.ram)), tables.root)
    for base, size in ((LOW, 4 * PAGE), (HIGH, 4 * PAGE), (ALIAS, 4 * PAGE), (BIG, 2 << 20)):
        assert core.read(base, size, "x") == live.read(base, size, "x")
    for hole in (LOW - 1, LOW + 4 * PAGE, HIGH + 4 * PAGE, BIG + (2 << 20), 0):
        with pytest.raises(ReadError):
            core.read(hole, 1, "x")


def test_aliases_and_zeros_take_no_room(tables: Tables, tmp_path: Path) -> None:
    dump(tables, tmp_path / "core")
    stored = (tmp_path / "core").stat().st_blocks * 512
    used = sum(any(tables.ram[i : i + PAGE]) for i in range(0, SIZE, PAGE)) * PAGE
    assert stored <= used + 4 * PAGE
    assert (tmp_path / "core").stat().st_size > SIZE


def test_rights_and_neighbours(tables: Tables) -> None:
    found = {r.virtual: r for r in mappings(GuestRam(bytes(tables.ram)), tables.root)}
    assert found[LOW].size == 4 * PAGE and found[LOW].flags == 7
    assert found[HIGH].flags == 4
    assert found[BIG].size == 2 << 20
    assert len(found) == 4


def test_tables_that_map_themselves_end(tables: Tables, tmp_path: Path) -> None:
    tables.put(tables.root, 510, tables.root | PRESENT)
    core = dump(tables, tmp_path / "core")
    assert core.read(LOW + 16, 4, "x") == b"low!"


def test_hostile_tables_end_with_a_sentence(tmp_path: Path) -> None:
    ram = bytearray(SIZE)
    generator = random.Random(7)
    for seed in range(3):
        for at in range(0, 1 << 20, 8):
            struct.pack_into("<Q", ram, at, generator.randrange(1 << 20) & ~0xFFF | 3)
        with pytest.raises(DumpError, match="page tables"):
            mappings(GuestRam(bytes(ram)), PAGE * seed)
    with pytest.raises(DumpError, match="CR3"):
        mappings(GuestRam(bytes(ram)), 0x7FFF_F000_0000)


def test_the_same_machine_makes_the_same_bytes(tables: Tables, tmp_path: Path) -> None:
    dump(tables, tmp_path / "one")
    dump(tables, tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_notes_come_back(tables: Tables, tmp_path: Path) -> None:
    notes = read_notes(dump(tables, tmp_path / "core"), "it")
    assert notes.machine["xmm1"] == 1 << 100 and notes.machine["cr3"] == tables.root
    assert notes.about["ended"] == "fault" and notes.serial == b"serial"


def test_any_flipped_bit_is_found(tables: Tables, tmp_path: Path) -> None:
    path = tmp_path / "core"
    dump(tables, path)
    verify(path)
    good = path.read_bytes()
    places = [i for start, end in extents(path) for i in range(start, min(end, len(good)))
              if good[i]]
    generator = random.Random(1)
    headers = [p for p in places if p < PAGE]
    for at in generator.sample(headers, 60) + generator.sample(places, 60):
        bad = bytearray(good)
        bad[at] ^= 1 << generator.randrange(8)
        path.write_bytes(bad)
        with pytest.raises(DecodeError):
            read_notes(ElfCore.open(path), "it")
            verify(path)


def test_any_truncation_is_found(tables: Tables, tmp_path: Path) -> None:
    path = tmp_path / "core"
    dump(tables, path)
    good = path.read_bytes()
    for length in (0, 1, 63, 64, 200, 500, PAGE, PAGE + 1, len(good) // 2, len(good) - PAGE,
                   len(good) - 1):
        path.write_bytes(good[:length])
        with pytest.raises(DecodeError):
            read_notes(ElfCore.open(path), "it")
            verify(path)


_FULL = """
import sys
from pathlib import Path
from tests.postmortem.test_coredump import Tables, LOW, dump
made = Tables()
for page in range(1024):
    made.map(LOW + page * 0x1000, 0x100000 + page * 0x1000)
    made.ram[0x100000 + page * 0x1000] = 1
try:
    dump(made, Path(sys.argv[1]) / "core")
except Exception as error:
    print(type(error).__name__, error)
"""


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    script = (f'mount -t tmpfs -o size=64k none "{tmp_path}" || exit 77; '
              f'"{sys.executable}" -c "$0" "{tmp_path}"; ls -A "{tmp_path}"')
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, _FULL],
        capture_output=True, text=True, cwd=root, check=False, env=dict(os.environ))
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"no private mounts here: {done.stderr.strip()}")
    assert done.stdout.strip().endswith("No space left on device; nothing was left there"), done
    assert done.stdout.startswith("DumpError the dump ") and done.stdout.count("\n") == 1


def test_a_folder_that_is_not_there_is_one_sentence(tables: Tables, tmp_path: Path) -> None:
    with pytest.raises(DumpError, match="No such file or directory"):
        dump(tables, tmp_path / "missing" / "core")
