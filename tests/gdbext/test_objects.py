"""Types, objects and the heap at gdb's prompt, each group of commands in a gdb of its own."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from qemu_scripts import paths

from .conftest import INIT, Guest, Guests, run_gdb, words

pytestmark = pytest.mark.guest

# The device that Bind made: the local of frame 5.
OBJECT = "$dev"
SET = ("python import gdb; from gdbext.session import session; "
       "from decoders.runtime import References; r = References(session().runtime); "
       "gdb.set_convenience_variable('dev', next(a for a, t in r.objects().items() "
       "if r._type(t) == 'Ddk.PciDeviceInfo')); "
       "gdb.set_convenience_variable('text', next(a for a, t in r.objects().items() "
       "if r._type(t) == 'string' and session().values().string(a)[0][:1] == '['))")


def test_types(faulted: Guest) -> None:
    done = faulted.gdb(
        "clr-mt Ddk.PciDeviceInfo", "clr-layout PciBar", "clr-types Ddk.*",
        "clr-types *[] -limit 1", "clr-statics System.Console", "dumpmt Ddk.PciBar[]")
    assert "BaseSize       48\n" in done.out, done.text
    assert re.search(r"  19      1     ProgIf +byte\n", done.out)
    assert re.search(r"  3  0x[0-9a-f]+  System.Object::ToString\n", done.out)
    assert "  27      5     (padding)\n" in done.out
    assert re.search(r"0x[0-9a-f]+  16 +32 +szarray +ddk +Ddk\.PciBar\[\]\n", done.out)
    assert "the first 1 shown (truncated; see -limit)" in done.out
    assert "static constructor done\n  static  _out    System.IO.TextWriter" in done.out
    assert "ComponentSize  32\n" in done.out and "! " not in done.out
    assert done.out.count("(claimed by the kernel, and the same by metadata)\n") == 3, done.text


def test_a_keyword_is_found_by_its_type_too(faulted: Guest) -> None:
    done = faulted.gdb("clr-layout System.Int32", "clr-layout korlib!System.String",
                       "clr-layout ddk!System.Int32", "clr-layout System.DateTime")
    assert "int (primitive): instance size 4" in done.out, done.text
    assert "string (string): instance size 8" in done.out
    assert "no type 'ddk!int' is loaded" in done.err
    assert "'System.DateTime' exists, but the kernel has not loaded it yet" in done.err


def test_modules_and_methods(faulted: Guest) -> None:
    done = faulted.gdb(
        "clr-modules", "clr-methods Ddk.PciDeviceInfo::*", "clr-method ReadProgIf",
        "clr-method Console::WriteLine", "frame 4", "ip2md $pc", "clr-token ddk 0x06000023",
        "name2ee VirtioBlkEntry::Bind")
    assert re.search(r"  virtioblk +0x[0-9a-f]+ +\d+ +\d of \d", done.out), done.text
    assert re.search(r"0x[0-9a-f]+  \d+ +0x060000[0-9a-f]{2}  ddk +Ddk.PciDeviceInfo::ReadProgIf",
                     done.out)
    assert done.out.count("void Ddk.PciDeviceInfo.ReadProgIf()\n") == 2
    assert "PciDeviceInfo.cs:" in done.out and "static void System.Console.WriteLine(string" in (
        done.out)
    assert re.search(r"address +code at \+0x[0-9a-f]+\n  IL +IL_\w{4}: stfld byte Ddk", done.out)
    assert "ddk 0x06000023 (MethodDef): Ddk.PciDeviceInfo::" in done.out
    assert "static bool VirtioBlk.VirtioBlkEntry.Bind(byte bus, byte device" in done.out


def test_objects(faulted: Guest) -> None:
    done = faulted.gdb(
        SET, f"clr-obj {OBJECT}", "set clr depth 2", f"dumpobj {OBJECT}", "set clr depth 1",
        f"clr-array *(long*)({OBJECT}+32)", f"clr-array *(long*)({OBJECT}+32) 4:1",
        f"dumpvc Ddk.PciAddress {OBJECT}+8", "clr-str $text")
    assert re.search(r"\+12  VendorId +ushort +6900\n", done.out), done.text
    assert re.search(r"\+8   Address +Ddk.PciAddress  \{Bus=0, Device=\d, Function=0\}", done.out)
    assert done.out.count("  [5] ") == 2  # depth 2, and the array itself
    assert "32 bytes each: 208 bytes; the block of 208 holds them" in done.out
    assert re.search(r"\n  \[4\]  \{Index=0.*\n  ... \(truncated after element 4\)", done.out)
    assert re.search(r"Ddk\.PciAddress at 0x[0-9a-f]+: \{Bus=0", done.out)
    assert re.search(r'^0x[0-9a-f]+ length \d+: "\[', done.out, re.M), done.text


def test_functions(faulted: Guest) -> None:
    done = faulted.gdb(
        SET, f'p $clr_field({OBJECT}, "VendorId") == 0x1af4', f"p $clr_type({OBJECT})",
        f'p $clr_field({OBJECT}, "Bars[2].Index")', f'p $clr_field({OBJECT}, "Address.Bus")',
        "frame 4", "p $clr_method($pc)", "frame 0", "p $clr_method($pc)",
        'p $_streq($clr_method($pc), "")', 'p $clr_field(0, "VendorId")',
        f'p $clr_field({OBJECT}, "Nope")', "p $clr_type(1)")
    assert "$1 = 1\n" in done.out and '$2 = "Ddk.PciDeviceInfo"\n' in done.out, done.text
    assert '$5 = "Ddk.PciDeviceInfo::ReadProgIf"\n' in done.out and "$7 = 1\n" in done.out
    assert "$clr_field: the reference is null" in done.err
    assert "has no field 'Nope'; it has Address, VendorId" in done.err
    assert "$clr_type: 0x1 is misaligned" in done.err


def test_heap(faulted: Guest) -> None:
    done = faulted.gdb(
        SET, "clr-heap -stat", "clr-heap -type Ddk.* -limit 1", "clr-verify-heap",
        f"clr-gcroot {OBJECT}", f"gcroot *(long*)({OBJECT}+32)", "dso")
    assert re.search(r"0x[0-9a-f]+  1 +56 +Ddk.PciDeviceInfo\n", done.out), done.text
    assert "... (truncated after 1; see -limit)" in done.out
    assert re.search(r"the heap is sound: \d+ blocks", done.out)
    assert "VirtioBlk.VirtioBlkEntry.Bind, local" in done.out
    assert re.search(r"-> Ddk.PciDeviceInfo@0x[0-9a-f]+ .Bars\n  -> Ddk.PciBar\[\]@", done.out)
    assert re.search(r"Ddk.PciDeviceInfo +#5 VirtioBlk.VirtioBlkEntry.Bind, local", done.out)


def test_as_json_and_mi(faulted: Guest) -> None:
    done = faulted.gdb(SET, f"clr-obj {OBJECT} --json")
    fields = {f["name"]: f["value"]["scalar"] for f in done.json["object"]["fields"]}
    assert fields["VendorId"] == 0x1AF4 and done.json["object"]["type"] == "Ddk.PciDeviceInfo"
    done = faulted.gdb("set clr json on", "clr-heap -stat")
    start = done.out.index("\n{")
    rows = json.loads(done.out[start:])["statistics"]
    assert {"Ddk.PciBar[]", "string"} <= {r["type"] for r in rows}
    done = faulted.gdb('interpreter-exec mi "-clr-layout Ddk.PciBar"',
                       'interpreter-exec mi "-clr-modules ddk"')
    assert 'name="BaseAddress"' in done.out and 'name="ddk"' in done.out, done.text


def test_help_and_completion(faulted: Guest) -> None:
    done = faulted.gdb(
        "help clr-array", "complete clr-mt Ddk.PciDev", "complete clr-token vir",
        "complete clr-verify", "help function")
    assert "clr-array ADDR [RANGE] [--json]" in done.out and "Examples:" in done.out, done.text
    assert "clr-mt Ddk.PciDeviceInfo\n" in done.out and "clr-token virtioblk\n" in done.out
    assert "clr-verify-heap" in done.out and "clr_field" in done.out


BAD = ("0", "1", "8", "0x1000", "0xffffffffffffffff", "0xdead000000000000", "0x800000000000",
       "0xffff800000100000", f"{OBJECT}+1", f"{OBJECT}+8", f"{OBJECT}-8", "$rsp", "$pc",
       "&clr_fatal_hook", "nonsense_symbol", "*(long*)0", "0x7fffffff8",
       "0x1ffffffffffffffff")


def test_bad_addresses(faulted: Guest) -> None:
    """One line for each, no traceback, and gdb goes on."""
    names = ("clr-obj", "clr-array", "clr-str", "clr-mt", "clr-method", "clr-gcroot",
             "clr-vt Ddk.PciBar", "clr-layout", "clr-statics", "clr-token ddk")
    commands = [f"{name} {address}" for name in names for address in BAD]
    done = faulted.gdb(SET, *commands, "clr-modules ddk", timeout=120)
    assert "Traceback" not in done.text and "Python Exception" not in done.text, done.text
    assert "Error while executing" not in done.text
    assert done.err.count("'0x1ffffffffffffffff' has more than 64 bits") == len(names)
    said = [line for line in done.err.splitlines() if line.strip()]
    assert len(commands) * 0.8 < len(said) <= len(commands) + 2, (len(said), len(commands))
    assert re.search(r"^  ddk +0x", done.out, re.M)


@pytest.mark.parametrize(("fault", "command", "expected"), [
    ("array-stride-unaligned", "clr-mt Scenarios.ArrayStrideUnaligned+Bar[]",
     "ComponentSize  ! 16 (expected 32)"),
    ("embedded-vt-field-8", "clr-layout Ddk.PciDeviceInfo", "! 23 (expected 19)"),
    ("vt-field-offset", "clr-layout Scenarios.VtFieldOffset+Address", "! 8 (expected 0)"),
])
def test_what_a_fault_leaves(guests: Guests, fault: str, command: str, expected: str) -> None:
    guest = guests.shared(fault=fault)
    done = guest.gdb(command, "clr-verify-heap")
    assert expected in done.out, done.text


def test_every_type_of_a_healthy_kernel(guests: Guests) -> None:
    """At the end of the driver scenario, with every bundled scenario run."""
    guest = guests.shared(at=("hbreak clr_exit_hook", "continue", "delete"))
    done = guest.gdb("clr-types -check", "clr-verify-heap", "clr-types Scenarios.* -check --json")
    found = re.search(r"(\d+) types compared with their metadata, 0 differ", done.out)
    assert found and int(found[1]) > 90, done.text
    assert "the heap is sound" in done.out
    assert done.json["compared"] > 20 and done.json["differing"] == 0
    broken = guests.shared(fault="embedded-vt-field-8").gdb("clr-types -check")
    assert re.search(r"Ddk\.PciDeviceInfo +! field ProgIf: offset is 23, metadata says 19|"
                     r"Ddk\.PciDeviceInfo +! field VendorId", broken.out), broken.text


def test_conditions_on_fields(guests: Guests) -> None:
    """A breakpoint in C code whose condition looks at managed objects and methods."""
    guest = guests.start(at=())
    done = guest.gdb(
        "hbreak clr_check_failed_hook", "hbreak clr_fatal_hook",
        "hbreak clr_method_compiled_hook if $_streq($clr_method(((struct method_desc *)$rcx)->"
        'code->code_start), "Ddk.PciDeviceInfo::ReadProgIf")',
        "continue", "p $clr_method(((struct method_desc *)$rcx)->code->code_start)", timeout=120)
    assert '"Ddk.PciDeviceInfo::ReadProgIf"' in done.out, done.text


COMMANDS = ("clr-heap -stat", "clr-verify-heap", "clr-types Ddk.*", "clr-mt Ddk.PciDeviceInfo",
            "clr-modules", "clr-methods Ddk.*", "clr-dso", SET, f"clr-obj {OBJECT}",
            f"clr-array *(long*)({OBJECT}+32)", f"clr-gcroot {OBJECT}",
            "clr-statics System.Console")


def test_on_a_dump(faulted_ram: Guest, tmp_path: Path) -> None:
    """The same from a core file, and what there is from one that was cut off."""
    core = tmp_path / "guest.core"
    assert "stored" in faulted_ram.gdb(f"clr-dump {core}").out
    opened = [f"file {paths.KERNEL}", f"core {core}", f"source {INIT}"]
    done = run_gdb(*words(["set pagination off", *opened, *COMMANDS]))
    assert "the heap is sound" in done.out, done.text
    assert re.search(r"VendorId +ushort +6900\n", done.out)
    assert "Traceback" not in done.text and ".Bind, local" in done.out
    device = re.search(r"^(0x[0-9a-f]+) Ddk\.PciDeviceInfo, 48 bytes", done.out, re.M)
    assert device, done.text
    commands = [c.replace(OBJECT, device[1]) for c in COMMANDS if c != SET]
    size = core.stat().st_size
    for part in (0.5, 0.05):
        os.truncate(core, int(size * part))
        done = run_gdb(*words([
            "set pagination off", *opened, *commands, "echo still here\\n"]))
        assert "still here" in done.out, done.text
        assert "Traceback" not in done.text and "Python Exception" not in done.text, done.text
