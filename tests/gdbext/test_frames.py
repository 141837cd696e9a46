"""clr-frame, clr-bt and their parts at the seed's page fault, each in a gdb of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qemu_scripts import paths

from .conftest import INIT, Guest, Guests, run_gdb, words

pytestmark = pytest.mark.guest

SOURCE = "reference_kernel/managed/ddk/PciDeviceInfo.cs"
STACK = (
    "clr_fatal_hook", "fatal_trap", "trap_dispatch", "<page fault, CR2 0x13>",
    "Ddk.PciDeviceInfo::ReadProgIf", "VirtioBlk.VirtioBlkEntry::Bind", "drv_bind_all",
    "Kernel.Init::Main", "rt_run_main", "rt_main", "run", "call_on_stack",
)


def test_the_faulting_frame_is_explained(faulted: Guest) -> None:
    done = faulted.gdb("clr-frame")
    assert "void Ddk.PciDeviceInfo.ReadProgIf()" in done.out, done.text
    assert re.search(rf"{SOURCE}:\d+\n", done.out)
    assert "stfld byte Ddk.PciDeviceInfo::ProgIf" in done.out
    assert "=> null PciDeviceInfo, field ProgIf at +19\n" in done.out
    assert "rbx = 0x0 + 0x13 (19), 1 byte" in done.out
    assert re.search(r"\[rbp\+16\] +this +Ddk\.PciDeviceInfo +null", done.out)
    assert "the prologue never stores rcx there" in done.out
    assert "less likely:\n     wild base" in done.out
    assert done.err.count("\n") <= 1, done.text  # gdb has no source file to show


def test_the_same_as_json(faulted: Guest) -> None:
    done = faulted.gdb("clr-frame --json")
    report = done.json
    frame, fault = report["frame"], report["fault"]
    assert frame["assembly"] == "ddk" and frame["file"].endswith(SOURCE)
    this = next(s for s in frame["slots"] if s["name"] == "this")
    assert this["value"]["scalar"] == 0 and this["type"] == "Ddk.PciDeviceInfo"
    assert fault["cr2"] == "0x13" and fault["access"]["displacement"] == 19
    assert fault["access"]["base"] == "0x0"
    first, *others = fault["explanations"]
    assert first["text"] == "null PciDeviceInfo, field ProgIf at +19"
    assert {e["text"] for e in others} >= {"wild base 0x3 plus field RevisionId at +16"}
    assert all(first["weight"] > e["weight"] for e in others)


def test_with_ram_from_a_file(faulted_ram: Guest) -> None:
    done = faulted_ram.gdb("clr-frame", "python from gdbext import target; "
                           "print('MAPPED', target.ram.is_mapped, target.memory.reads)")
    assert "=> null PciDeviceInfo, field ProgIf at +19\n" in done.out, done.text
    found = re.search(r"MAPPED True (\d+)", done.out)
    assert found and int(found[1]) <= 4, done.text


def test_backtrace_reaches_the_entry(faulted: Guest) -> None:
    done = faulted.gdb("clr-bt")
    lines = [line for line in done.out.splitlines() if line.startswith("#")]
    names = [re.sub(r"\(.*", "", line.split(None, 1)[1]) if "<" not in line.split()[1]
             else line.split(None, 1)[1] for line in lines]
    assert tuple(names) == STACK, done.text
    assert "ReadProgIf(this=null) IL_" in lines[4]
    assert "Bind(bus=0, device=1, function=0) IL_" in lines[5]
    assert "cannot be followed" not in done.out


def test_backtrace_with_locals_and_limit(faulted: Guest) -> None:
    done = faulted.gdb("clr-bt -a")
    assert re.search(r"#5 .*\n +pciDevice = PciDeviceInfo@0xffff8", done.out), done.text
    done = faulted.gdb("clr-bt -limit 3")
    assert len(re.findall(r"^#", done.out, re.M)) == 3 and "(truncated" in done.out, done.text
    assert "is not a number" in faulted.gdb("clr-bt -limit x").err


def test_parts(faulted: Guest) -> None:
    done = faulted.gdb("clr-args 5")
    assert re.findall(r"\[rbp\+\d+\] +(\w+) +byte +(\d+)", done.out) == [
        ("bus", "0"), ("device", "1"), ("function", "0")], done.text
    done = faulted.gdb("clr-locals 5")
    assert re.search(r"disk +VirtioBlk\.VirtioBlkDevice +null", done.out), done.text
    done = faulted.gdb("clr-evalstack")
    assert "before IL_" in done.out and re.search(r"stack\[1\] +Ddk\.PciDeviceInfo", done.out)


def test_which_frame(faulted: Guest) -> None:
    done = faulted.gdb("frame 5", "clr-frame")
    assert "static bool VirtioBlk.VirtioBlkEntry.Bind(byte bus" in done.out, done.text
    assert re.search(r"\[rbp\+8\] +return address .* <- drv_bind_all", done.out)
    assert re.search(r"    call qword ptr \[r10\], returns to 0x", done.out)
    done = faulted.gdb("clr-frame 6")
    assert "drv_bind_all  (native)" in done.out and "driver_core.c:" in done.out, done.text
    assert "there is no frame 99; the stack has 12 frames" in faulted.gdb("clr-frame 99").err
    assert "'x' is no frame number" in faulted.gdb("clr-frame x").err
    assert "is no managed frame" in faulted.gdb("clr-args 6").err


def test_aliases(faulted: Guest) -> None:
    assert "ReadProgIf" in faulted.gdb("clrstack").out
    done = faulted.gdb("set clr aliases off", "clrstack")
    assert "aliases are off (set clr aliases on); use clr-bt" in done.err, done.text
    done = faulted.gdb("clrstack", before=())
    undefined = faulted.gdb("clrstack", source=False)
    assert "Undefined command" in undefined.err


def test_gdbs_own_backtrace(faulted: Guest) -> None:
    done = faulted.gdb("bt")
    assert "in Ddk.PciDeviceInfo::ReadProgIf (this=null) at" in done.out, done.text
    assert "#3  <page fault, CR2 0x13>" in done.out
    assert "#11 " in done.out and "call_on_stack" in done.out
    done = faulted.gdb("bt full 7")
    assert re.search(r"        pciDevice = PciDeviceInfo@0x", done.out), done.text


def test_mi(faulted: Guest) -> None:
    done = faulted.gdb(
        'interpreter-exec mi "-enable-frame-filters"',
        'interpreter-exec mi "-stack-list-frames 4 5"',
        'interpreter-exec mi "-stack-list-arguments --all-values 5 5"',
        "frame 5", 'interpreter-exec mi "-stack-list-variables --all-values"',
        'interpreter-exec mi "-clr-frame 4"',
    )
    assert 'func="Ddk.PciDeviceInfo::ReadProgIf"' in done.out, done.text
    assert '{name="device",value="1"}' in done.out
    assert '{name="disk",value="null"}' in done.out
    assert 'text="null PciDeviceInfo, field ProgIf at +19"' in done.out


def test_registers_of_callers(faulted: Guest) -> None:
    """The C caller's cursor, which Bind saved, is back in its register."""
    done = faulted.gdb("frame 6", "p/x $rbx", "frame 5", "p/x *(unsigned long *)($rbp - 8)",
                       "p/x $cs", "p/x $cr3")
    values = re.findall(r"\$\d+ = (0x[0-9a-f]+)", done.out)
    assert len(values) == 4 and values[0] == values[1] and values[2] == "0x8", done.text


def test_jit_frame(faulted: Guest) -> None:
    done = faulted.gdb("clr-jit-frame ReadProgIf")
    assert re.search(r"\+16 +\+16 +8 +this +Ddk\.PciDeviceInfo +never stored", done.out), done.text
    assert "rcx is never stored there" in done.out
    done = faulted.gdb("clr-jit-frame VirtioBlk.VirtioBlkEntry.Bind")
    assert re.search(r"\+24 +\+24 +1 +argument device +byte +rdx stored here", done.out), done.text
    assert "!" not in done.out
    done = faulted.gdb("clr-jit-frame ReadProgI")
    assert "did you mean Ddk.PciDeviceInfo::ReadProgIf" in done.err, done.text


def test_contract(faulted: Guest) -> None:
    done = faulted.gdb("clr-contract")
    assert "KernelMethods k1" in done.out, done.text
    assert "nothing that the commands need is missing" in done.out
    done = faulted.gdb("clr-contract JitSlot")
    assert re.search(r"\+18 +SlotKind +uint8", done.out), done.text
    assert "the contract has no type or global 'Nope'" in faulted.gdb("clr-contract Nope").err


def test_software_faults_show_who_raised_them(guests: Guests) -> None:
    guest = guests.shared(fault="stack-arg-shift")
    done = guest.gdb("clr-frame", "clr-bt")
    assert "static void Scenarios.Check.Equal(" in done.out, done.text
    told = f'  "the fifth of five arguments": expected "{0x5EED0005}", actual "'
    assert "\n  check failed\n" + told in done.out
    assert 'what            string  "the fifth of five arguments"' in done.out
    assert re.search(r"#\d+ +Scenarios\.StackArgShift::Run\(\)", done.out)


def test_completion(faulted: Guest) -> None:
    done = faulted.gdb("complete clr-jit-frame Ddk.PciDeviceInfo::Read", "complete clr-b")
    assert "clr-jit-frame Ddk.PciDeviceInfo::ReadProgIf" in done.out, done.text
    assert "clr-bt" in done.out


def test_a_return_to_an_overwritten_address(guests: Guests) -> None:
    guest = guests.shared(fault="local-slot-8")
    done = guest.gdb("clr-frame", "clr-bt")
    assert "=> a method returned to 0xdead7000: its return address was overwritten" in done.out, (
        done.text)
    assert "which called Scenarios.LocalSlot8::Run" in done.out
    # Nothing tells the way back from there, but the next call on the stack can be found.
    assert "0xdead7000 ??()  [no code there" in done.out
    lines = [line for line in done.out.splitlines() if line.startswith("#")]
    assert "Scenarios.All::Run()" in lines[-6] and "call_on_stack" in lines[-1], done.text


def test_a_fault_in_c_code_behind_a_driver(guests: Guests) -> None:
    guest = guests.shared(fault="local0-over-save-area")
    done = guest.gdb("clr-frame", "clr-bt")
    assert "drv_bind_all  (native)" in done.out and "driver_core.c:" in done.out, done.text
    assert "=> null in rbx, access at +0x" in done.out
    assert "Kernel.Init::Main()" in done.out and "call_on_stack" in done.out


def test_on_a_dump(faulted_ram: Guest, tmp_path: Path) -> None:
    core = tmp_path / "guest.core"
    assert "stored" in faulted_ram.gdb(f"clr-dump {core}").out
    done = run_gdb(*words([f"file {paths.KERNEL}", f"core {core}", f"source {INIT}", "clr-frame",
                           "clr-bt", "clr-args 5"]))
    assert "=> null PciDeviceInfo, field ProgIf at +19\n" in done.out, done.text
    assert "#11  call_on_stack()" in done.out and "VirtioBlkEntry::Bind(bus=0," in done.out
    assert re.search(r"device +byte +1\n", done.out)
