"""clr-symbols: gdb's own commands know managed code, and its frames agree with the unwinder's."""

from __future__ import annotations

import re

import pytest

from .conftest import Guest

pytestmark = pytest.mark.guest

BIND = "managed/drivers/virtioblk/VirtioBlkEntry.cs"


def frames(text: str) -> list[tuple[str, str]]:
    """(level, function) of each line of a backtrace."""
    return re.findall(r"^#(\d+) +(?:0x[0-9a-f]+ in )?([^(]+?) \(", text, re.M)


def test_gdbs_own_commands(faulted: Guest) -> None:
    done = faulted.gdb(
        "clr-symbols", "clr-symbols", "break VirtioBlk.VirtioBlkEntry.Bind",
        "break PciDeviceInfo.cs:59", "info breakpoints", "delete", "frame 4", "list",
        "info symbol $pc", "up", "disassemble /s $pc,+4", "info line")
    assert re.search(r"^\d+ methods \(\d+ new\) in \d+ bytes, \d+ ms: /", done.out, re.M), done.text
    assert re.search(r"^\d+ methods, up to date$", done.out, re.M)
    assert re.search(rf"Breakpoint 1 at 0x[0-9a-f]+: file \S+/{BIND}, line 27\.", done.out)
    assert re.search(r"^2 .* in Ddk.PciDeviceInfo.ReadProgIf at \S+PciDeviceInfo.cs:59$",
                     done.out, re.M)
    assert re.search(r"^#4 .* in Ddk.PciDeviceInfo.ReadProgIf \(\) at", done.out, re.M)
    assert "59\t            ProgIf = Pci.ReadSelected8(Pci.OffsetProgIf);" in done.out
    assert re.search(r"^Ddk\.PciDeviceInfo\.ReadProgIf \+ \d+ in section", done.out, re.M)
    assert re.search(r"^#5 .* in VirtioBlk.VirtioBlkEntry.Bind \(\) at", done.out, re.M)
    assert "<VirtioBlk.VirtioBlkEntry.Bind+" in done.out


def test_frames_with_and_without_the_unwinder(faulted: Guest) -> None:
    registers = ("frame 6", "p/x $rbx", "p/x $rsp", "p/x $r12")
    done = faulted.gdb("bt", *registers)
    before = frames(done.out), re.findall(r"\$\d = (0x\w+)", done.out)
    done = faulted.gdb("clr-symbols", "bt", *registers)
    assert (frames(done.out), re.findall(r"\$\d = (0x\w+)", done.out)) == before, done.text
    # The object's call frames alone, without ours.
    done = faulted.gdb("clr-symbols", "disable unwinder global clr", "bt", *registers)
    assert (frames(done.out), re.findall(r"\$\d = (0x\w+)", done.out)) == before, done.text
    done = faulted.gdb("clr-symbols", "disable unwinder global clr",
                       "disable frame-filter global clr", "bt")
    assert re.search(r"^#5 .* in VirtioBlk.VirtioBlkEntry.Bind \(\) at", done.out, re.M), done.text


def test_the_selected_frame_stays(faulted: Guest) -> None:
    """gdb goes back to frame 0 when objects come and go, which would be another frame's story."""
    done = faulted.gdb(
        "frame 6", "clr-symbols", "frame", "frame 5", "clr-symbols", "frame",
        "frame 4", "clr-break VirtioBlk.VirtioBlkEntry::Bind:IL_0001", "frame", "delete",
        "frame 6", "clr-postmortem")
    shown = re.findall(r"^#(\d+) .* in ([\w.]+) \(", done.out, re.M)
    chosen = [("6", "drv_bind_all"), ("5", "VirtioBlk.VirtioBlkEntry.Bind"),
              ("4", "Ddk.PciDeviceInfo.ReadProgIf")]
    assert [place for place in shown if place in chosen] == [
        ("6", "drv_bind_all"), ("6", "drv_bind_all"), chosen[1], chosen[1], chosen[2], chosen[2],
        ("6", "drv_bind_all")], done.text
    # What is wrong with the machine does not depend on where one looks.
    assert "to an unmapped page, CR2 0x13, in void Ddk.PciDeviceInfo.ReadProgIf()" in done.out


def test_as_json(faulted: Guest) -> None:
    report = faulted.gdb("clr-symbols --json").json
    assert report["methods"] == report["new"] > 50 and report["problems"] == []
    assert report["seconds"] > 0 and report["generation"] > 0
