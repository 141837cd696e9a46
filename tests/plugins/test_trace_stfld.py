"""`clrscope trace stfld` on the real kernel."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qemu_scripts import paths
from qemu_scripts.traces import plugin as plugin_module
from qemu_scripts.traces.shared import SharedFile
from qemu_scripts.traces.trace_file import TraceFile

Trace = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def trace(build: Path) -> Trace:
    """Run `clrscope trace stfld WORDS...`."""
    assert (build / "plugins" / "clrtrace.so").is_file()

    def run(
        *words: str | Path, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "qemu_scripts.cli", "trace", "stfld", *map(str, words)]
        return subprocess.run(
            argv, capture_output=True, text=True, timeout=120, check=False, cwd=paths.ROOT,
            env={**os.environ, **(env or {})},
        )  # fmt: skip

    return run


def stores(trace: Trace, folder: Path, *words: str | Path) -> list[dict[str, Any]]:
    """The field stores of one run, as JSON."""
    file = folder / "stores.jsonl"
    done = trace("--json-lines", file, *words)
    assert done.stdout == ""
    assert "LOST" not in done.stderr
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_it_agrees_with_the_guests_own_trace(trace: Trace, tmp_path: Path) -> None:
    """Store for store and in order: object and offset, and how many there are."""
    log = tmp_path / "log"
    subprocess.run(
        [
            *(sys.executable, "-m", "qemu_scripts.cli", "run", "--trace", "stfld"),
            *("--kernel-log", str(log)),
        ],
        check=True, capture_output=True, cwd=paths.ROOT, timeout=120,
    )  # fmt: skip
    said = re.findall(r"\[stfld RT\] obj=0x([0-9A-F]+) off=(\d+)", log.read_text(errors="replace"))
    seen = [s for s in stores(trace, tmp_path) if s["object"]["kind"] != "static"]
    assert len(said) == len(seen) > 500
    # The trace's own calls make frames larger, so a stack address may differ; a heap address not.
    for (address, offset), store in zip(said, seen, strict=True):
        assert int(offset) == store["displacement"]
        if store["object"]["kind"] == "heap":
            inside = store["object"]["address"] + store["object"]["offset"]
            assert int(address, 16) == inside


def test_a_device_is_filled_in(trace: Trace, tmp_path: Path) -> None:
    found = stores(trace, tmp_path, "--type", "PciDeviceInfo", "--count", "exact")
    assert {s["object"]["type"] for s in found} == {"Ddk.PciDeviceInfo"}
    by_field = {s["field"]: s for s in found}
    vendor = by_field["VendorId"]
    assert int.from_bytes(bytes.fromhex(vendor["raw"]), "little") == 0x1AF4
    assert by_field["ProgIf"]["displacement"] == 19
    assert by_field["ProgIf"]["method"] == "Ddk.PciDeviceInfo::ReadProgIf"
    assert by_field["ProgIf"]["file"].endswith("PciDeviceInfo.cs")
    counts = [s["instructions"] for s in found]
    assert counts == sorted(counts)
    assert counts[0] > 0


def test_the_same_run_twice_is_the_same(trace: Trace, tmp_path: Path) -> None:
    def essence(run: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        return [(s["method"], s["il"], s["owner"], s["field"], s["address"]) for s in run]

    program = ("--type", "System.Console*")
    assert essence(stores(trace, tmp_path, *program)) == essence(stores(trace, tmp_path, *program))


def test_a_value_type_on_the_stack_goes_to_the_wrong_place(trace: Trace, tmp_path: Path) -> None:
    words = ("--method", "*VtFieldOffset+Address::.ctor")
    good = stores(trace, tmp_path, *words)
    bad = stores(trace, tmp_path, "--fault", "vt-field-offset", *words)
    assert [s["displacement"] for s in good][:3] == [0, 1, 2]
    assert [s["displacement"] for s in bad][:3] == [8, 9, 10]
    assert {s["object"]["kind"] for s in good} == {"stack"}


def test_the_store_that_faulted_is_named(trace: Trace) -> None:
    done = trace("--fault", "this-not-homed", "--last", "1")
    assert done.returncode == 120
    assert "clrscope: the store that faulted: Ddk.PciDeviceInfo::ReadProgIf IL_0009 " in done.stderr
    assert "PciDeviceInfo.ProgIf@19" in done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_a_programs_structs_and_statics(
    trace: Trace, tmp_path: Path, mcs_compile: Callable[..., Path]
) -> None:
    source = tmp_path / "fields.cs"
    source.write_text(PROGRAM)
    program = mcs_compile(source, options=["-unsafe"])
    found = stores(trace, tmp_path, "--type", "Holder", program)
    rows = [(s["field"], s["object"]["kind"], s["value"]) for s in found if "Main" in s["method"]]
    assert rows == [
        ("Count", "static", "7"),
        ("Flag", "heap", "true"),
        ("Letter", "heap", "90 'Z'"),
        ("Small", "heap", "-2"),
        ("Wide", "heap", "1311768467463790320 (0x123456789abcdef0)"),
        ("Half", "heap", "0.5"),
        ("Ratio", "heap", "-2.25"),
        ("Other", "heap", "null"),
        ("Big", "heap", " ".join(f"{i:02x}00000000000000" for i in range(1, 6))),
    ]
    (big,) = [s for s in found if s["field"] == "Big"]
    assert big["size"] == 40
    assert big["whole"]
    lines = {s["field"]: s["line"] for s in found}
    assert lines["Flag"] == 1 + PROGRAM.splitlines().index("        h.Flag = true;")


PROGRAM = """\
struct Five { public long A, B, C, D, E; }
class Holder
{
    public static int Count;
    public bool Flag;
    public char Letter;
    public sbyte Small;
    public long Wide;
    public float Half;
    public double Ratio;
    public Holder Other;
    public Five Big;
}
static class Program
{
    static Five Make(long from)
    {
        Five five;
        five.A = from; five.B = from + 1; five.C = from + 2; five.D = from + 3; five.E = from + 4;
        return five;
    }
    static int Main()
    {
        Holder.Count = 7;
        Holder h = new Holder();
        h.Flag = true;
        h.Letter = 'Z';
        h.Small = -2;
        h.Wide = 0x123456789ABCDEF0;
        h.Half = 0.5f;
        h.Ratio = -2.25;
        h.Other = null;
        h.Big = Make(1);
        return 0;
    }
}
"""


# ---- what can go wrong ----


def one_sentence(done: subprocess.CompletedProcess[str], status: int = 125) -> str:
    """The complaint of a command that failed; it is one line and nothing else."""
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("clrscope: ")
    return line.removeprefix("clrscope: ")


def fake_qemu(folder: Path, complaint: str, status: int = 1) -> dict[str, str]:
    """An environment whose QEMU only complains."""
    program = folder / "qemu"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && { echo QEMU emulator version 9.0.0; exit 0; }\n'
        f"echo '{complaint}' >&2\nexit {status}\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"CLRSCOPE_QEMU": str(program)}


def test_qemu_without_plugin_support(trace: Trace, tmp_path: Path) -> None:
    env = fake_qemu(tmp_path, "qemu-system-x86_64: -plugin x: invalid option")
    assert one_sentence(trace(env=env)).startswith("this QEMU was built without plugin support")


def test_a_plugin_for_another_qemu(trace: Trace, tmp_path: Path) -> None:
    env = fake_qemu(
        tmp_path,
        "qemu-system-x86_64: Could not load plugin x.so: plugin requires API version 2, "
        "but this QEMU supports only a minimum version of 9",
    )
    assert one_sentence(trace(env=env)).startswith(
        "this QEMU's plugin API does not fit the TCG plugin"
    )


def test_no_plugin(tmp_path: Path) -> None:
    with pytest.raises(plugin_module.EnvironmentFault, match=r"is missing; run `clrscope build`"):
        plugin_module.require(tmp_path / "clrtrace.so")


def test_bad_words(trace: Trace) -> None:
    assert "is not a number" in one_sentence(trace("--value", "x"), 124)
    assert "at least 1" in one_sentence(trace("--last", "0"), 124)
    assert "--ring needs a power of two" in one_sentence(trace("--ring", "100"), 124)
    assert "--old needs every store" in one_sentence(trace("--old", "--full", "count"), 124)


def test_an_output_that_cannot_be_written(trace: Trace, tmp_path: Path) -> None:
    assert "cannot be written" in one_sentence(trace("--json-lines", tmp_path / "no" / "x"))
    assert "cannot be written" in one_sentence(trace("--raw", tmp_path / "no" / "x"))


def test_a_full_disk_ends_the_trace_and_not_the_guest(trace: Trace, tmp_path: Path) -> None:
    done = trace("--raw", "/dev/full", "--verbose")
    assert done.returncode == 125
    assert done.stderr.splitlines()[-1].startswith("clrscope: the trace file /dev/full cannot be")
    assert done.stdout == ""


def test_a_full_disk_under_the_json_lines_is_one_sentence(trace: Trace) -> None:
    # The error goes up through a reader that still holds the trace file's mapping.
    assert "/dev/full cannot be written" in one_sentence(trace("--json-lines", "/dev/full"))


def test_a_reader_that_goes_ends_the_command_without_words(trace: Trace) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "qemu_scripts.cli", "trace", "newarr"], stdout=writer,
            stderr=subprocess.PIPE, text=True, timeout=120, check=False, cwd=paths.ROOT,
        )
    finally:
        os.close(writer)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.parametrize("capacity", [1 << 50, 1 << 60])
def test_no_room_for_the_buffer(tmp_path: Path, capacity: int) -> None:
    with pytest.raises(plugin_module.EnvironmentFault, match="cannot make the trace buffer"):
        SharedFile.create(tmp_path / "shared", capacity)
    assert not (tmp_path / "shared").exists()


def test_a_full_ring_blocks_the_guest_or_counts(trace: Trace) -> None:
    waited = trace("--ring", "64", "--type", "Pci*")
    lossy = trace("--ring", "64", "--full", "count")
    assert waited.returncode == lossy.returncode == 0
    assert "LOST" not in waited.stderr
    whole = trace("--type", "Pci*")
    assert waited.stdout == whole.stdout != ""
    found = re.search(r"(\d+) records traced, (\d+) LOST; ", lossy.stderr)
    assert found
    # How often a driver polls its device differs a little.
    assert int(found[1]) + int(found[2]) > 10_000
    # What is left of a struct or of the frames would be guessed.
    assert " (local " not in lossy.stdout


def test_the_raw_file_is_kept_and_readable(trace: Trace, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    done = trace("--raw", raw)
    assert done.returncode == 0, done.stderr
    records = list(TraceFile(raw))
    found = re.search(r"(\d+) records traced", done.stderr)
    assert found
    assert len(records) == int(found[1]) > 10_000
    with pytest.raises(plugin_module.UsageError, match="is not a trace file"):
        TraceFile(paths.KERNEL)


def test_the_benchmark_runs_and_loses_nothing(build: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "qemu_scripts.cli", "bench", "trace", "--json"),
            *("--rounds", "1", "--tries", "1"),
        ],
        capture_output=True, text=True, check=True, cwd=paths.ROOT, timeout=300,
    )  # fmt: skip
    report = json.loads(done.stdout)
    by_source = {(c["guest"], c["source"]): c for c in report["costs"]}
    assert all(cost["lost"] == 0 for cost in report["costs"])
    assert by_source["store loop", "plugin, values"]["stores"] >= 2_000_000
    assert len(report["decoding"]) == 4
