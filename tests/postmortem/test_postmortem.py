"""Post-mortems of real runs: the verdict, the statuses, the files, live and from dumps."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from qemu_scripts import paths
from tests.conftest import Compile
from tests.postmortem.conftest import Result, postmortem, run_gdb

pytestmark = pytest.mark.guest
PROGRAMS = Path(__file__).parent / "programs"


def test_a_fault_is_status_1_with_its_cause_first(faulted: Result) -> None:
    assert faulted.status == 1, faulted.out + faulted.err
    first, *rest = faulted.out.splitlines()
    assert first.startswith("WRONG: argument-home: in Ddk.PciDeviceInfo::ReadProgIf")
    assert any("CR2 0x13" in line for line in rest)
    report = faulted.report
    assert (report["schema"], report["version"]) == ("clrscope-postmortem", 2)
    assert report["verdict"]["status"] == 1
    assert report["run"]["ended"] == "fault"
    assert report["fault"]["cr2"] == "0x13"
    assert report["frame"]["frame"]["method"] == "void Ddk.PciDeviceInfo.ReadProgIf()"
    assert report["problems"] == []


def test_a_healthy_run_is_status_0(healthy: Result) -> None:
    assert healthy.status == 0, healthy.out + healthy.err
    assert healthy.out.startswith("NOTHING WRONG: the kernel exited with status 0")
    report = healthy.report
    assert report["doctor"]["findings"] == [] and report["problems"] == []
    assert "[OK] Kernel initialization complete" in (healthy.folder / "serial.log").read_text()


def test_every_file_is_there_and_well_formed(faulted: Result) -> None:
    names = {p.name for p in faulted.folder.iterdir()}
    assert names == {"report.txt", "report.json", "report.html", "junit.xml", "findings.sarif",
                     "serial.log", "guest.core"}
    suite = ElementTree.parse(faulted.folder / "junit.xml").getroot()
    assert int(suite.get("failures", "0")) == len(suite.findall(".//failure")) >= 2
    log = json.loads((faulted.folder / "findings.sarif").read_text("utf-8"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["results"][0]["ruleId"] == "argument-home"
    assert run["invocations"][0]["executionSuccessful"] is True


def test_the_dump_is_sparse(faulted: Result) -> None:
    found = faulted.core.stat()
    assert found.st_size > 64 << 20
    assert found.st_blocks * 512 < 8 << 20


def test_the_dump_gives_the_same_report_byte_for_byte(faulted: Result, tmp_path: Path) -> None:
    one = postmortem(tmp_path / "one", "--core", faulted.core)
    two = postmortem(tmp_path / "two", "--core", faulted.core)
    assert (one.status, two.status) == (1, 1), one.err
    assert one.files() == two.files()
    # And they say of the dump what was said of the machine.
    assert one.files() == faulted.files()


def test_a_compressed_dump_is_as_good(faulted: Result, tmp_path: Path) -> None:
    made = postmortem(tmp_path / "made", "--fault", "this-not-homed", "--compress")
    packed = made.folder / "guest.core.gz"
    assert made.status == 1 and not made.core.exists()
    assert packed.stat().st_size < faulted.core.stat().st_blocks * 512
    again = postmortem(tmp_path / "again", "--core", packed)
    assert again.status == 1
    assert again.files()["report.json"] == made.files()["report.json"]


def test_a_run_that_does_not_end_is_status_3_and_says_where(
    mcs_compile: Compile, build: Path, tmp_path: Path
) -> None:
    program = mcs_compile(PROGRAMS / "spins.cs")
    result = postmortem(tmp_path / "out", "--program", program, "--timeout", "2")
    assert result.status == 3, result.out + result.err
    assert "HANG: the guest did not end within 2 seconds: it was in" in result.out
    assert "Spins.Spin(int k)" in result.out.splitlines()[0]
    assert (result.folder / "program.out").read_bytes() == b"spinning\n"
    again = postmortem(tmp_path / "again", "--core", result.core, "--path", program.parent)
    assert again.status == 3
    assert again.files() == result.files()


def test_a_program_that_ends_well_and_one_that_throws(
    mcs_compile: Compile, build: Path, tmp_path: Path
) -> None:
    program = mcs_compile(PROGRAMS / "throws.cs")
    well = postmortem(tmp_path / "well", "--program", program, "well")
    assert well.status == 0, well.out + well.err
    assert well.report["run"]["status"] == 7 and well.report["run"]["kind"] == "program"
    badly = postmortem(tmp_path / "badly", "--program", program)
    assert badly.status == 1, badly.out + badly.err
    assert "IndexOutOfRangeException" in badly.out


def test_plain_gdb_reads_registers_and_stack_of_a_dump(faulted: Result) -> None:
    shown = run_gdb(str(paths.KERNEL), "--core", str(faulted.core), "-ex", "info registers",
                    "-ex", "bt", "-ex", "x/s kernel_name_that_is_not_there", "-ex", "p $xmm3")
    assert "#0  clr_fatal_hook (last_fault=" in shown.out, shown.text
    assert "fatal_trap" in shown.out and "rip            0xffffffff80" in shown.out
    assert "v2_int64" in shown.out


def test_the_classic_script_ends_with_the_right_status(
    faulted: Result, healthy: Result, tmp_path: Path
) -> None:
    script = str(paths.ROOT / "qemu_scripts" / "postmortem" / "postmortem.gdb")
    for result, status in ((faulted, 1), (healthy, 0)):
        shown = run_gdb(str(paths.KERNEL), "--core", str(result.core), "-x", script)
        assert shown.status == status, shown.text
        assert result.out.splitlines()[0] in shown.out, shown.text
    assert run_gdb(str(paths.KERNEL), "-x", script).status == 2
    folder = tmp_path / "written"
    shown = run_gdb(str(paths.KERNEL), "--core", str(faulted.core),
                    "-ex", f"set $clr_out = \"{folder}\"", "-x", script)
    assert shown.status == 1
    assert (folder / "report.json").read_bytes() == faulted.files()["report.json"], shown.text


def test_a_dump_of_a_large_guest_opens_at_once(build: Path, tmp_path: Path) -> None:
    result = postmortem(
        tmp_path / "out", "--memory", "1G", "--fault", "this-not-homed", seconds=300)
    assert result.status == 1, result.err
    found = result.core.stat()
    assert found.st_size > 1 << 30 and found.st_blocks * 512 < 16 << 20
    before = os.times()
    shown = run_gdb(str(paths.KERNEL), "--core", str(result.core), "-ex", "bt 1")
    after = os.times()
    assert "clr_fatal_hook" in shown.out
    assert after.children_user - before.children_user < 2.0
