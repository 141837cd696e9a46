"""clr-stfld-trace from reset into the seed's page fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.traces.test_events import EMBEDDED

from .conftest import StartGuest

pytestmark = pytest.mark.guest


def test_up_to_the_fault(start_guest: StartGuest) -> None:
    guest = start_guest(fault="this-not-homed", at=())
    done = guest.gdb(
        "clr-stfld-trace on", "clr-catch", "continue", "clr-stfld-trace show -type PciDeviceInfo",
        "clr-stfld-trace show -field PciAddress.Device -last 1", "clr-stfld-trace off",
        "clr-stfld-trace show -field ProgIf --json", "info breakpoints", timeout=120)
    lines = [re.sub(r"^ *\d+ ", "", line) for line in done.out.splitlines() if "PciDevice" in line]
    bind = "VirtioBlk.VirtioBlkEntry::Bind IL_"
    found = {m[1]: m[2] for line in lines if line.startswith(bind) and (
        m := re.search(r"heap Ddk.PciDeviceInfo 0xf\w+  PciDeviceInfo\.(\w+)@\d+ = (.*)$", line))}
    assert found["VendorId"] == "6900 (0x1af4) (was 0)", done.text
    assert found["DeviceId"] == "4162 (0x1042) (was 0)" and found["Address"].startswith("000100")
    assert re.search(
        r"Ddk.PciAddress::.ctor IL_000a PciDeviceInfo.cs:13  stack Ddk.PciAddress 0x\w+ "
        r"\(a temporary of VirtioBlk.VirtioBlkEntry::Bind\)  PciAddress.Device@1 = 1 \(was \d+\)",
        done.out), done.text
    # The store that faulted is the last one: its object is null.
    (store,) = done.json["stores"]
    assert store["object"] == {
        "kind": "null", "address": 0, "type": "Ddk.PciDeviceInfo", "offset": 0}
    assert store["method"] == "Ddk.PciDeviceInfo::ReadProgIf" and store["displacement"] == 19
    assert store["sequence"] == done.json["seen"] > 100
    assert "trace off: 0 store sites" in done.out and done.json["on"] is False


def test_narrowed_down(start_guest: StartGuest) -> None:
    guest = start_guest(fault="this-not-homed", at=())
    done = guest.gdb(
        "clr-catch", "clr-break -t VirtioBlkEntry.Bind:IL_0017", "continue",
        'clr-stfld-trace on -object $clr_var("pciDevice") -field *Id', "continue",
        "clr-stfld-trace", "clr-stfld-trace nonsense", "clr-stfld-trace show -last x")
    fields = re.findall(r"PciDeviceInfo\.(\w+)@", done.out)
    assert fields == ["VendorId", "DeviceId", "RevisionId"], done.text
    assert re.search(r"trace on: \d store sites, 3 stores seen", done.out)
    assert "'nonsense' is none of on, off, show, clear" in done.err
    assert "-last 'x' is no number of stores" in done.err


def test_stopping_at_a_store(start_guest: StartGuest) -> None:
    guest = start_guest(at=())
    on = "clr-stfld-trace on"
    done = guest.gdb(
        f"{on} -field Nothing -stop-when 'PciDeviceInfo.ProgIf or *.VendorId = 0x1af4 by Bind'",
        "continue", "continue",
        f'{on} -stop-when "PciDeviceInfo.*Id of $rcx"', f"{on} -stop-when 'A.'",
        "clr-stfld-trace show -stop-when A", "clr-stfld-trace show", "clr-stfld-trace off",
        timeout=120)
    first, second, *more = re.findall(r"clr-stfld-trace: about to store: (.*)\n(#0 .*)", done.out)
    assert more == []
    assert first[0].startswith("VirtioBlk.VirtioBlkEntry::Bind IL_0021 ")
    assert first[0].endswith("PciDeviceInfo.VendorId@12 = 6900 (0x1af4) (was 0)")
    bind = "VirtioBlk.VirtioBlkEntry::Bind(bus=0, device=1, function=0) IL_0021 "
    assert first[1].startswith(f"#0  {bind}")
    assert "PciDeviceInfo.ProgIf@19 = 0 (was 0)" in second[0]
    assert second[1].startswith("#0  Ddk.PciDeviceInfo::ReadProgIf(this=")
    assert re.search(r"0 stores seen; stops at PciDeviceInfo.\*Id of 0x\w+\n", done.out), done.text
    assert "'A.' is no store to stop at" in done.err
    assert "-stop-when belongs to `clr-stfld-trace on`, not to show" in done.err


def test_structs_within_objects(
    start_guest: StartGuest, mcs_compile: Callable[..., Path], tmp_path: Path
) -> None:
    source = tmp_path / "embedded.cs"
    source.write_text(EMBEDDED)
    guest = start_guest(mcs_compile(source), at=())
    done = guest.gdb(
        "clr-stfld-trace on -type Holder", "hbreak plat_exit", "continue",
        "clr-stfld-trace show -field B -last 1", "clr-stfld-trace --json", timeout=120)
    stores = done.json["stores"]
    assert [(s["field"], s["value"], s["before"]) for s in stores] == [
        ("A", "9", "0"), ("X", "1", "0"), ("A", "5", "0"), ("B", "6", "0"), ("B", "7", "0"),
        ("In", "0900000007000000", "0500000006000000")], done.text
    assert re.search(r"\n +5 Program::Main .* Pair.B@4 = 7 \(was 0\)\ntrace on", done.out)
    two = stores[1]["object"]["address"]
    again = start_guest(mcs_compile(source), at=())
    done = again.gdb(
        f"clr-stfld-trace on -object {two:#x} -stop-when 'B of {two:#x}'", "hbreak plat_exit",
        "continue", "continue", "clr-stfld-trace --json", timeout=120)
    assert done.out.count("about to store: ") == done.out.count("Pair.B@4 = 6 (was 0)") == 1
    assert [s["field"] for s in done.json["stores"]] == ["X", "A", "B", "In"], done.text
