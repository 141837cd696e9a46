"""clr-break: set at reset, before anything is compiled or even loaded, and hit."""

from __future__ import annotations

import re

import pytest

from .conftest import Guest, StartGuest

pytestmark = pytest.mark.guest

BIND = "managed/drivers/virtioblk/VirtioBlkEntry.cs"


def test_pending_from_reset(start_guest: StartGuest) -> None:
    guest = start_guest(at=())
    done = guest.gdb(
        "clr-break -t VirtioBlkEntry::Bind if device == 1", "clr-break PciDeviceInfo.cs:59",
        "clr-break -hw Ddk.Pci::ReadSelected8:IL_0001", "clr-break Nowhere.Nothing if x == 1",
        "info breakpoints", "continue", "bt 1", "clr-args",
        "continue", "clr-frame", "continue", "bt 1", "info breakpoints", "clr-break", "delete 2",
        "clr-break")
    out = done.out
    assert out.count("<PENDING>") == 5, done.text
    assert 'if $clr_var("device") == 1' in out
    assert re.search(rf"Temporary breakpoint 1, VirtioBlk.VirtioBlkEntry.Bind \(\) at \S+{BIND}:27",
                     out), done.text
    assert re.search(r"#0  VirtioBlk.VirtioBlkEntry::Bind \(bus=0, device=1, function=0\)", out)
    assert re.search(r"\[rbp\+24\] +device +byte +1\n", out)
    assert re.search(r"Breakpoint 2, Ddk.PciDeviceInfo.ReadProgIf \(\) at \S+PciDeviceInfo.cs:59",
                     out)
    assert re.search(r"\[rbp\+16\] +this +Ddk.PciDeviceInfo +PciDeviceInfo@0x", out)
    assert re.search(r"Breakpoint 3, \S* ?(in )?Ddk.Pci.ReadSelected8 \(", out), done.text
    assert re.search(r"^2 +breakpoint +keep y +0x[0-9a-f]+ in Ddk.PciDeviceInfo.ReadProgIf at .*\n"
                     r"\tbreakpoint already hit 1 time", out, re.M)
    assert re.search(r"^3 +hw breakpoint +keep y", out, re.M)
    listed = out[out.rindex("Breakpoint 3: "):]
    assert "Nowhere.Nothing if x == 1 (pending" in listed and "Breakpoint 2:" not in listed
    assert "Error" not in done.err, done.text


def test_conditions_and_overloads(start_guest: StartGuest) -> None:
    guest = start_guest(at=())
    done = guest.gdb(
        "clr-break Ddk.Pci::Read16 if offset == 44", "continue", "clr-args", "delete",
        "clr-break System.Console.WriteLine", "info breakpoints", "delete",
        'clr-break System.Console::WriteLine if $_streq(format, "[Drivers] {0} bound")',
        "continue", "clr-args")
    assert re.search(r"\[rbp\+40\] +offset +int +44\n", done.out), done.text
    assert "<MULTIPLE>" in done.out and "(and what is compiled later)" in done.out
    assert '"[Drivers] {0} bound"' in done.out.rpartition("delete")[2]


def test_what_is_no_location(faulted: Guest) -> None:
    done = faulted.gdb("clr-break ReadProgIf:IL_0003", "clr-break Bind when 1", "clr-break",
                       "clr-break ReadProgI", "bpmd a,b", "bpmd ddk ReadProgIf",
                       "clr-break --json")
    assert "Ddk.PciDeviceInfo::ReadProgIf has no code for IL_0003" in done.err, done.text
    assert "the nearest is IL_0002" in done.err
    assert "expected `if EXPRESSION`, not 'when 1'\n" in done.err
    assert "not 'ReadProgIf'; of one assembly: clr-break ddk!ReadProgIf\n" in done.err
    assert "no breakpoints on managed code" in done.out
    assert "did you mean Ddk.PciDeviceInfo::ReadProgIf" in done.out
    assert "'a,b' is no location" in done.err
    assert done.json["breakpoints"][0]["waits"] is True


def test_together_with_symbols(start_guest: StartGuest) -> None:
    """Objects come and go under gdb's breakpoints; each keeps its one place."""
    guest = start_guest(at=())
    done = guest.gdb(
        "clr-break VirtioBlk.VirtioBlkEntry.Bind", "clr-break PciDeviceInfo.cs:59", "continue",
        "clr-symbols", "continue", "clr-symbols", "info breakpoints", "up", "next", "step",
        "step",
        "finish", 'interpreter-exec mi "-clr-finish"', 'interpreter-exec mi "-clr-next"')
    assert re.search(r"\d+ methods \(\d new\) in", done.out), done.text
    assert "<MULTIPLE>" not in done.out and "<PENDING>" not in done.out
    assert len(re.findall(r"^[12] .* in \S+ at \S+\.cs:\d+$", done.out, re.M)) == 2
    # gdb's own commands, by the object's lines and frames.
    assert re.search(r"^#1 .* in VirtioBlk.VirtioBlkEntry.Bind \(\) at", done.out, re.M)
    assert re.search(r"^39\t", done.out, re.M), done.text
    assert re.search(r"^Ddk\.Pci\.Read16 \(\) at \S+Pci\.cs:37$", done.out, re.M)
    assert '^done,result={method="VirtioBlk.VirtioBlkEntry::Bind",type="bool"' in done.out
    assert done.out.count("^done,result={") == 2 or "is not managed code" in done.out
