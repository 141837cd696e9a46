"""Memories: exact bytes or ReadError, whatever the address."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.memory import (
    ElfCore,
    GuestRam,
    Memory,
    Note,
    PageCache,
    ReadError,
    RecordedMemory,
    TranslatedRam,
    build_core,
    q35_below_4g,
    read_cstring,
    read_int,
)

segments = st.lists(
    st.tuples(st.integers(0, 40), st.binary(min_size=1, max_size=0x1800)),
    max_size=5,
    unique_by=lambda s: s[0],
)


def spaced(items: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    return [(slot * 0x1800 + 0x400, data) for slot, data in items]


@given(segments, st.integers(0, 0x40000), st.integers(0, 0x3000))
def test_recorded_is_exact_or_error(
    items: list[tuple[int, bytes]], address: int, size: int
) -> None:
    flat: dict[int, int] = {}
    for start, data in spaced(items):
        flat.update({start + i: b for i, b in enumerate(data)})
    memory = RecordedMemory(spaced(items))
    wanted = [flat.get(address + i) for i in range(size)]
    for reader in (memory, PageCache(memory)):
        if None in wanted:
            with pytest.raises(ReadError):
                reader.read(address, size, "test")
        else:
            assert list(reader.read(address, size, "test")) == wanted


@given(st.integers(-(2**65), 2**65), st.integers(-5, 2**40))
def test_absurd_ranges(address: int, size: int) -> None:
    memory = PageCache(RecordedMemory([(0x1000, bytes(0x1000))]))
    try:
        assert len(memory.read(address, size, "test")) == size
    except ReadError as error:
        assert "test" in str(error) and hex(address) in str(error)


def test_cache_counts_and_drops() -> None:
    cache = PageCache(RecordedMemory([(0x1000, bytes(range(256)) * 32)]))
    for address in range(0x1000, 0x1100, 8):
        cache.read(address, 8, "words")
    assert cache.statistics.misses == 1
    assert cache.read(0x1FFC, 8, "crossing") == bytes([252, 253, 254, 255, 0, 1, 2, 3])
    assert cache.statistics.misses == 2
    cache.drop()
    cache.read(0x1000, 1, "again")
    assert cache.statistics.misses == 3


def test_cstring_and_signed() -> None:
    memory = RecordedMemory([(0xFF0, b"h\xc3\xa9llo\0" + b"x" * 100 + b"\xff\xff")])
    assert read_cstring(memory, 0xFF0, "name") == "héllo"
    assert read_cstring(memory, 0xFF7, "name", 10) == "xxxxxxxxxx... (truncated)"
    assert read_int(memory, 0xFF0 + 107, 2, "number") == -1


def paged_ram() -> tuple[bytearray, int]:
    """4 KiB page at 0xFFFF800000100000 (NX), 2 MiB page at 0x40000000, 1 GiB page at 0x80000000."""
    ram = bytearray(8 << 20)

    def put(address: int, value: int) -> None:
        struct.pack_into("<Q", ram, address, value)

    put(0x1000 + 256 * 8, 0x2003)
    put(0x1000 + 0, 0x5007)
    put(0x2000 + 0, 0x3003)
    put(0x3000 + 0, 0x4003)
    put(0x4000 + 256 * 8, 0x7003 | 1 << 63)
    put(0x5000 + 1 * 8, 0x6003)
    put(0x5000 + 2 * 8, 0x0 | 0x83)
    put(0x6000, 0x400083 | 1 << 12)
    ram[0x7000:0x7005] = b"small"
    ram[0x4FFFFC:0x500004] = b"twomegab"
    return ram, 0x1000


def test_page_walk() -> None:
    ram, cr3 = paged_ram()
    memory = TranslatedRam(GuestRam(bytes(ram)), cr3 | 0x18)
    assert memory.read(0xFFFF800000100000, 5, "small page") == b"small"
    where = memory.translate(0xFFFF800000100004, "small page")
    assert (where.page_size, where.executable, where.user, where.remaining) == (
        4096,
        False,
        False,
        4092,
    )
    assert memory.read(0x400FFFFC, 8, "large page") == b"twomegab"
    assert memory.translate(0x40000000, "x").page_size == 2 << 20
    assert memory.read(0x80007000, 5, "1 GiB page") == b"small"
    with pytest.raises(ReadError, match=r"PT\[257\] is not present"):
        memory.read(0xFFFF800000100FFF, 2, "over the border")
    with pytest.raises(ReadError, match="not canonical"):
        memory.read(0x8000_0000_0000_0000, 1, "pointer")
    memory.cr3 = 0x2000
    with pytest.raises(ReadError, match="PML4"):
        memory.read(0xFFFF800000100000, 5, "other address space")


@pytest.mark.parametrize("pages", [1, 16, 40, 700])
def test_bulk_reads_are_the_same_as_small_ones(pages: int) -> None:
    """Pages in and out of order, over the border of a page table, and a hole."""
    cr3, tables, base = 0x1000, 0x2000, 0x4000_0000 - 40 * 0x1000
    ram = bytearray(0x10000 + 800 * 0x1000)
    struct.pack_into("<Q", ram, cr3, 0x2003)
    for index in (0, 1):
        struct.pack_into("<Q", ram, tables + 8 * index, (0x3000 + 0x1000 * index) | 3)
    struct.pack_into("<Q", ram, 0x3000 + 8 * 511, 0x5003)
    for index in (0, 1):
        struct.pack_into("<Q", ram, 0x4000 + 8 * index, (0x6000 + 0x1000 * index) | 3)
    for number in range(760):
        physical = 0x10000 + 0x1000 * (number if number % 50 else 799 - number // 50)
        slot = (base >> 12) + number
        table = 0x5000 if slot < 0x40000 else 0x6000 + 0x1000 * ((slot - 0x40000) // 512)
        struct.pack_into("<Q", ram, table + 8 * (slot % 512), physical | 3)
        ram[physical : physical + 8] = number.to_bytes(8, "little")
    memory = TranslatedRam(GuestRam(bytes(ram)), cr3)
    start = base + 0x7F8
    size = pages * 0x1000
    small = b"".join(memory.read(start + at, 0x800, "small") for at in range(0, size, 0x800))
    assert memory.read(start, size, "bulk") == small
    with pytest.raises(ReadError, match="not present"):
        memory.read(base + 700 * 0x1000, 100 * 0x1000, "into the hole")
    with pytest.raises(ReadError, match="canonical"):
        memory.read(0x8000_0000_0000, 0x20000, "no such address")


def test_q35_split(tmp_path: Path) -> None:
    assert q35_below_4g(512 << 20) == 512 << 20
    assert q35_below_4g(0xA000_0000) == 0xA000_0000
    assert q35_below_4g(3 << 30) == 2 << 30
    ram = GuestRam(b"low-" + b"high", below_4g=4)
    assert ram.read_physical(0, 4, "low") == b"low-"
    assert ram.read_physical(1 << 32, 4, "high") == b"high"
    for bad in (1, 4, 1 << 31, (1 << 32) + 1):
        with pytest.raises(ReadError, match="not RAM"):
            ram.read_physical(bad, 4, "hole")
    path = tmp_path / "ram"
    path.write_bytes(b"abcd" * 1024)
    assert GuestRam.open(path).read_physical(0, 4, "x") == b"abcd"
    with pytest.raises(ReadError, match="No such file"):
        GuestRam.open(tmp_path / "none")


@settings(max_examples=50)
@given(st.binary(max_size=0x3000), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_random_page_tables(data: bytes, cr3: int, address: int) -> None:
    memory = TranslatedRam(GuestRam(data or b"x"), cr3)
    try:
        memory.read(address, 16, "random")
    except ReadError:
        pass


def core() -> bytes:
    return build_core(
        [(0xFFFF800000100000, b"heap" * 2048, 6), (0xFFFFFFFF80100000, b"text" * 16, 5)],
        [Note("CORE", 1, b"registers"), Note("CLRSCOPE", 2, b"")],
    )


def test_core_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "core"
    path.write_bytes(core())
    memory: Memory = ElfCore.open(path)
    assert isinstance(memory, ElfCore)
    assert memory.read(0xFFFF800000100000 + 4094, 8, "heap") == b"apheaphe"
    assert memory.read(0xFFFFFFFF80100000, 4, "text") == b"text"
    assert memory.notes == [Note("CORE", 1, b"registers"), Note("CLRSCOPE", 2, b"")]
    with pytest.raises(ReadError, match="no memory at"):
        memory.read(0xFFFF800000102000 - 2, 4, "past the end")


@given(st.integers(0, 0x4100), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255))))
def test_damaged_core(length: int, changes: list[tuple[int, int]]) -> None:
    data = bytearray(core()[:length])
    for where, value in changes:
        if where < len(data):
            data[where] = value
    try:
        memory = ElfCore(bytes(data))
        memory.read(0xFFFF800000100000, 64, "heap")
    except ReadError:
        pass
