"""`clrscope run` without a program: the kernel boots, drives its disk from C#, and says so."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qemu_scripts import faults
from qemu_scripts.scratch_disk import SECTOR_SIZE, make, sector

pytestmark = pytest.mark.guest

RunGuest = Callable[..., Any]
SECTORS = 256


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A disk of 256 sectors that name themselves."""
    return make(tmp_path / "disk.img", sectors=SECTORS)


def test_it_ends_well_without_a_disk_being_named(run_guest: RunGuest) -> None:
    done = run_guest(check=0)
    assert "[OK] Kernel initialization complete" in done.log
    assert re.search(r"^\[Drivers\] \d+ bound$", done.log, re.MULTILINE)
    assert done.json["event"]["kind"] == "kernel"


def test_every_fault_s_scenario_passes_in_a_healthy_kernel(run_guest: RunGuest) -> None:
    passed = re.findall(r"^\[Scenario\] (\S+) ok$", run_guest(check=0).log, re.MULTILINE)
    assert sorted(passed) == sorted(faults.FAULTS)


def test_a_sector_is_read_as_it_is_in_the_image(run_guest: RunGuest, image: Path) -> None:
    log = run_guest("--disk", image, check=0).log
    found = re.search(r"^\[Disk\] sector 0: crc32 0x(\w{8}), bytes (\w+)$", log, re.MULTILINE)
    assert found, log
    assert int(found[1], 16) == zlib.crc32(sector(0))
    assert bytes.fromhex(found[2]) == sector(0)[:16]


def test_a_write_is_found_in_the_image_and_nowhere_else(run_guest: RunGuest, image: Path) -> None:
    before = image.read_bytes()
    run_guest("--disk", image, check=0)
    after = image.read_bytes()
    last = SECTORS - 1
    assert len(after) == len(before)
    assert after[: last * SECTOR_SIZE] == before[: last * SECTOR_SIZE]
    marker = after[last * SECTOR_SIZE :]
    assert marker[:8] == b"CLRSCOPE"
    assert int.from_bytes(marker[8:16], "little") == last
    assert marker[16:] == bytes((index * 7 + 3) & 0xFF for index in range(16, SECTOR_SIZE))


def test_a_disk_of_another_size(run_guest: RunGuest, tmp_path: Path) -> None:
    image = make(tmp_path / "big.img", sectors=70000)
    log = run_guest("--disk", image, check=0).log
    assert "[Disk] 70000 sectors" in log
    assert image.read_bytes()[-SECTOR_SIZE:][:8] == b"CLRSCOPE"


@pytest.mark.parametrize("memory", ["32M", "64M", "1G", "3G"])
def test_sizes_of_memory(run_guest: RunGuest, memory: str) -> None:
    run_guest("--memory", memory, check=0)


def test_the_stfld_trace(run_guest: RunGuest) -> None:
    log = run_guest("--trace", "stfld", check=0).log
    assert re.search(r"^\[JIT stfld\] token=0x[0-9A-Fa-f]{8} offset=\d+ size=\d+$", log, re.M)
    assert re.search(r"^\[stfld RT\] obj=0x[0-9A-F]{16} off=\d+ at=0x[0-9A-F]{16}$", log, re.M)
    assert "[OK] Kernel initialization complete" in log


def test_the_stfld_trace_of_a_program_leaves_its_output_alone(
    run_guest: RunGuest, mcs_compile: Callable[..., Path], tmp_path: Path
) -> None:
    program = mcs_compile(Path(__file__).parents[1] / "programs" / "shapes.cs")
    plain, traced = run_guest(program), run_guest("--trace", "stfld", program)
    assert traced.out == plain.out and traced.status == plain.status
    assert b"[stfld RT] obj=0x" in traced.err and b"stfld" not in plain.err
    log = tmp_path / "log"
    kept = run_guest("--trace", "stfld", "--kernel-log", log, program)
    assert b"stfld" not in kept.err and b"[stfld RT] obj=0x" in log.read_bytes()


def test_no_trace_unless_asked_for(run_guest: RunGuest) -> None:
    assert "stfld" not in run_guest(check=0).log


def test_two_runs_say_the_same(run_guest: RunGuest) -> None:
    def steady(log: str) -> str:
        return re.sub(r"0x[0-9A-Fa-f]{9,16}", "0x...", log)

    assert steady(run_guest(check=0).log) == steady(run_guest(check=0).log)
