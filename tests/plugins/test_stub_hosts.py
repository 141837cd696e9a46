"""The plugin loaded by hosts that export the symbol sets of API 1 to 7."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from decoders.store_records import decode, expanded
from qemu_scripts.traces import table
from qemu_scripts.traces.plugin import Count, Frame, Mode, PluginOptions, argument
from qemu_scripts.traces.shared import SharedFile
from tests.plugins.conftest import BUILD, HERE

VERSIONS = range(1, 8)
#: What the plugin announces: 3 exports the same names as 2 and takes 2.
ANNOUNCED = {1: 1, 2: 2, 3: 2, 4: 4, 5: 5, 6: 6, 7: 7}
RAM_BASE = 0x400000


@pytest.fixture(scope="session", params=VERSIONS)
def host(request: pytest.FixtureRequest) -> tuple[int, Path]:
    """(API version, executable)."""
    api: int = request.param
    BUILD.mkdir(parents=True, exist_ok=True)
    program = BUILD / f"stub_host_{api}_{os.getpid()}"
    source = HERE / "stub_host.c"
    subprocess.run(
        [
            *(
                "gcc",
                "-std=gnu11",
                "-O1",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-rdynamic",
                f"-DAPI={api}",
            ),
            *("-o", str(program), str(source), "-ldl"),
        ],
        check=True,
    )
    request.addfinalizer(program.unlink)
    return api, program


def run_stub(
    host: tuple[int, Path], plugin: Path, folder: Path, options: PluginOptions, capacity: int = 4096
) -> tuple[subprocess.CompletedProcess[str], SharedFile]:
    """Let the stub run its guest; the shared file is still open."""
    ram = folder / "ram"
    ram.write_bytes(bytes(0x10000))
    shared = SharedFile.create(folder / "shared", capacity, options.record_size)
    words = argument(options, shared.path, ram, plugin).split(",")
    done = subprocess.run(
        [host[1], plugin, ram, *words[1:]], capture_output=True, text=True, check=False, timeout=20
    )
    return done, shared


@pytest.mark.parametrize("count", list(Count))
def test_stores(host: tuple[int, Path], plugin: Path, folder: Path, count: Count) -> None:
    done, shared = run_stub(
        host, plugin, folder, PluginOptions(Mode.STORES, values=True, count=count)
    )
    with shared:
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"announced {ANNOUNCED[host[0]]}\n"
        assert shared.ended
        assert shared.api == host[0]
        assert shared.value_source == ("guest RAM" if host[0] < 4 else "the plugin API")
        got = list(decode(shared.data[: shared.head * 32]))
        total = shared.instructions
    expected = []
    for turn in range(2):
        base = 6 * turn
        expected += [
            (0x1000, 0x100, 8, 0x1000 << 16 | turn, base),
            (0x1003, 0x203, 1, turn, base + 1),
            (0x1005, 0x800, 8, 0x1005 << 16 | turn, base + 2),
            (0x2000, 0x300, 16, 0x2000 << 16 | turn, base + 3),
            (0x2000, 0x308, 16, ~(0x2000 << 16 | turn) & (1 << 64) - 1, base + 3),
        ]
    if count is Count.OFF:
        expected = [(*row[:4], 0) for row in expected]
    rows = [(r.pc, r.address - RAM_BASE, r.size, r.value, r.instructions) for r in got]
    assert rows == expected
    assert [r.upper_half for r in got] == [False, False, False, False, True] * 2
    assert total == (0 if count is Count.OFF else 13)


def test_compact_stores(host: tuple[int, Path], plugin: Path, folder: Path) -> None:
    options = PluginOptions(Mode.STORES, count=Count.OFF)
    done, shared = run_stub(host, plugin, folder, options)
    with shared:
        assert (done.returncode, done.stderr) == (0, "")
        data = bytes(shared.data[: shared.head * 16])
    got = list(decode(expanded(data)))
    assert [(r.pc, r.address - RAM_BASE, r.size, r.upper_half) for r in got] == [
        (0x1000, 0x100, 8, False), (0x1003, 0x203, 1, False), (0x1005, 0x800, 8, False),
        (0x2000, 0x300, 16, False), (0x2000, 0x308, 16, True),
    ] * 2  # fmt: skip
    assert {(r.value, r.vcpu, r.instructions) for r in got} == {(None, 0, 0)}


def test_a_file_for_records_of_another_size(
    host: tuple[int, Path], plugin: Path, folder: Path
) -> None:
    with SharedFile.create(folder / "shared", 64) as shared:
        words = argument(PluginOptions(Mode.STORES, count=Count.OFF), shared.path, None, plugin)
        done = subprocess.run(
            [host[1], plugin, folder / "shared", *words.split(",")[1:]],
            capture_output=True, text=True, check=False, timeout=20,
        )  # fmt: skip
    assert done.returncode != 0
    assert "is not a file that this plugin can share with its reader" in done.stderr


def test_stores_of_a_scope_without_the_frame(
    host: tuple[int, Path], plugin: Path, folder: Path
) -> None:
    options = PluginOptions(Mode.STORES, scopes=[(0x1003, 0x2000)], frame=Frame.SKIP)
    done, shared = run_stub(host, plugin, folder, options)
    with shared:
        assert done.returncode == 0, done.stderr
        got = list(decode(shared.data[: shared.head * 32]))
    assert [(r.pc, r.value) for r in got] == [(0x1003, None)] * 2


@pytest.mark.parametrize("values", [False, True])
def test_calls_and_their_returns(
    host: tuple[int, Path], plugin: Path, folder: Path, values: bool
) -> None:
    options = PluginOptions(
        Mode.STORES, frame=Frame.CALLS, returns=True, values=values, count=Count.OFF
    )
    done, shared = run_stub(host, plugin, folder, options)
    with shared:
        assert (done.returncode, done.stderr) == (0, "")
        data = bytes(shared.data[: shared.head * options.record_size])
    got = list(decode(data if values else expanded(data)))
    found = [(r.pc, r.address - RAM_BASE, r.size, r.is_return) for r in got]
    assert found == [(0x1005, 0x800, 8, False), (0x2003, 0x800, 8, True)] * 2


def test_coverage(host: tuple[int, Path], plugin: Path, folder: Path) -> None:
    done, shared = run_stub(
        host, plugin, folder, PluginOptions(Mode.COVERAGE, scopes=[(0x1000, 0x2000)])
    )
    with shared:
        assert done.returncode == 0, done.stderr
        found = table.coverage(shared)
    assert found.instructions == {0x1000: 2, 0x1003: 2, 0x1005: 2, 0x100A: 2, 0x100C: 1}
    assert found.sizes[0x1005] == 5
    assert found.edges == {(0x100A, 0x1000): 1, (0x100A, 0x100C): 1}


def test_profile(host: tuple[int, Path], plugin: Path, folder: Path) -> None:
    options = PluginOptions(Mode.PROFILE, alloc=(0x1000, 0x1003), heap=(RAM_BASE, RAM_BASE + 0x200))
    done, shared = run_stub(host, plugin, folder, options)
    with shared:
        assert done.returncode == 0, done.stderr
        found = table.profile(shared)
    rows = sorted((s.calls, s.pc, s.size, s.count) for s in found.samples)
    assert rows == [
        ((), 0x1000, 3, 2), ((), 0x100A, 1, 2), ((), 0x100C, 1, 1), ((0x1005,), 0x2000, 2, 2),
    ]  # fmt: skip
    assert found.calls == {(0x1005,): 2}
    assert found.allocations == {((), 0x1000 << 16): 1, ((), 0x1000 << 16 | 1): 1}
    assert found.instructions == sum(s.instructions for s in found.samples) == 13


def test_a_full_table_counts_what_it_lost(
    host: tuple[int, Path], plugin: Path, folder: Path
) -> None:
    done, shared = run_stub(host, plugin, folder, PluginOptions(Mode.COVERAGE), capacity=4)
    with shared:
        assert done.returncode == 0, done.stderr
        assert (shared.head, shared.lost) == (4, 5)


def test_a_full_ring_counts_what_it_lost(
    host: tuple[int, Path], plugin: Path, folder: Path
) -> None:
    options = PluginOptions(Mode.STORES, block_when_full=False)
    done, shared = run_stub(host, plugin, folder, options, capacity=4)
    with shared:
        assert done.returncode == 0, done.stderr
        # Room is asked for two records, since a store may make two.
        assert (shared.head, shared.lost) == (3, 5)


def test_another_target_is_refused(host: tuple[int, Path], plugin: Path, folder: Path) -> None:
    with SharedFile.create(folder / "shared", 16) as shared:
        (folder / "ram").write_bytes(bytes(0x10000))
        done = subprocess.run(
            [host[1], plugin, folder / "ram", f"shared={shared.path}"],
            capture_output=True, text=True, check=False, env={"STUB_TARGET": "aarch64"},
        )  # fmt: skip
    assert done.returncode == 2
    assert "clrtrace: this plugin is for qemu-system-x86_64, not for aarch64\n" in done.stderr
