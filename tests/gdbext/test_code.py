"""clr-il and clr-disas at the seed's page fault."""

from __future__ import annotations

import re

import pytest

from .conftest import Guest

pytestmark = pytest.mark.guest

SOURCE = "reference_kernel/managed/ddk/PciDeviceInfo.cs"


def test_il(faulted: Guest) -> None:
    done = faulted.gdb("clr-il", "clr-il Ddk.PciDeviceInfo::ReadProgIf", "dumpil $pc")
    assert done.out.count("void Ddk.PciDeviceInfo.ReadProgIf()\n  ddk, token 0x06") == 2, done.text
    assert "IL_0004: call byte Ddk.Pci::ReadSelected8(int)    [Ddk.PciDeviceInfo, int32]" in (
        done.out)
    assert re.search(rf"; \S*{SOURCE}:\d+\n  IL_0001: ldarg.0\n", done.out)
    assert re.search(r"0x[0-9a-f]+ is not in any managed method's code", done.err)


def test_il_of_overloads_and_uncompiled_methods(faulted: Guest) -> None:
    done = faulted.gdb("clr-il System.Console.WriteLine")
    assert len(re.findall(r"^static void System.Console.WriteLine\(", done.out, re.M)) > 5
    assert "did you mean" in faulted.gdb("clr-il ReadProgI").err


def test_disas(faulted: Guest) -> None:
    done = faulted.gdb("clr-disas", "clr-disas -around 1", "frame 5", "clru -around 0")
    assert re.search(
        r"stfld byte Ddk.PciDeviceInfo::ProgIf\n.*pop rbx\n"
        r"  >>> 0x[0-9a-f]+  mov byte ptr \[rbx \+ 0x13\], al\n", done.out), done.text
    assert "  prologue:\n" in done.out and "  epilogue:\n" in done.out
    assert re.search(r"call qword ptr \[r10\]  ; direct Ddk.Pci::ReadSelected8", done.out)
    # In a frame that waits for a call, the call is the current instruction.
    assert re.search(r">>> 0x[0-9a-f]+  call .*; direct Ddk.PciDeviceInfo::ReadProgIf", done.out)


def test_disas_of_addresses_and_names(faulted: Guest) -> None:
    done = faulted.gdb("python from gdbext.session import session; "
                       "print('AT %#x' % next(e.start for e in session().codes.entries "
                       "if e.kind == 2))")
    found = re.search(r"AT (0x\w+)", done.out)
    assert found, done.text
    done = faulted.gdb(f"clr-disas {found[1]}", "clr-disas VirtioBlkEntry.Bind",
                       "clr-disas $rip")
    assert re.search(
        r"thunk of \S+\n.*, 16 bytes.*\n +0x[0-9a-f]+  movabs r10, .*\n.* jmp ",
        done.out), done.text
    assert "; helper new\n" in done.out and "; MethodTable of Ddk.PciDeviceInfo" in done.out
    assert "is not in generated code; gdb's own" in done.err
