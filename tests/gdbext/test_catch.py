"""clr-catch on guests that run from reset into their fault."""

from __future__ import annotations

import pytest

from .conftest import StartGuest

pytestmark = pytest.mark.guest


def test_page_fault_from_reset(start_guest: StartGuest) -> None:
    guest = start_guest(fault="this-not-homed", at=())
    done = guest.gdb("clr-catch pagefault", "continue", "p/x $rbx", "x/i $pc", "clr-frame")
    assert "Catchpoint 1 (pagefault)" in done.out, done.text
    assert "clr-catch: page fault at CR2 0x13\n#4   Ddk.PciDeviceInfo::ReadProgIf(this=null)" in (
        done.out.replace("#4  D", "#4   D")), done.text
    assert "$1 = 0x0" in done.out and "0x13(%rbx)" in done.out
    assert "=> null PciDeviceInfo, field ProgIf at +19" in done.out


def test_other_faults_pass_by(start_guest: StartGuest) -> None:
    guest = start_guest(fault="stack-arg-shift", at=())
    done = guest.gdb("clr-catch pagefault", "clr-catch check", "continue", "info breakpoints")
    assert "clr-catch: check failed" in done.out, done.text
    assert "Scenarios.Check::Equal(" in done.out


def test_names(start_guest: StartGuest) -> None:
    guest = start_guest(at=())
    done = guest.gdb("clr-catch nonsense")
    assert "'nonsense' is neither a fault (" in done.err, done.text
    done = guest.gdb("clr-catch System.InvalidCastException *Range*")
    assert "Catchpoint 1 (System.InvalidCastException, *Range*)" in done.out, done.text
    assert "load its symbols with `file kernel.elf`" in guest.gdb("clr-catch", symbols=False).err
