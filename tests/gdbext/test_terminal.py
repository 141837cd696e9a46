"""At a terminal: colours, NO_COLOR, the pager, and what TAB offers."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios

import pytest

from qemu_scripts import paths

from .conftest import INIT, Guest, words

pytestmark = pytest.mark.guest

# gdb itself resets the style (ESC [ m) and switches bracketed paste (ESC [ ?).
COLOUR = re.compile("\x1b\\[\\d")


def at_terminal(
    guest: Guest, *commands: str, typed: str = "", rows: int = 0, no_color: bool = False
) -> str:
    """What gdb writes to a terminal; `typed` waits in it from the start. rows: 0 is no pager."""
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environment["TERM"] = "xterm-256color"
    if no_color:
        environment["NO_COLOR"] = "1"
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows or 50, 200, 0, 0))
    before = ["set confirm off", f"set pagination {'on' if rows else 'off'}",
              "set architecture i386:x86-64", "set style sources off",
              f"file {paths.KERNEL}", f"source {INIT}", f"target remote {guest.socket}",
              "echo @@\\n"]
    process = subprocess.Popen(
        ["gdb", "-nx", "-q", *words([*before, *commands, "disconnect", "quit"])],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True)
    os.close(theirs)
    os.write(ours, typed.encode())
    out = b""
    try:
        while select.select([ours], [], [], 60)[0] and (data := os.read(ours, 65536)):
            out += data
    except OSError:
        pass  # the terminal's other end is closed: gdb is gone
    finally:
        os.close(ours)
        process.terminate()
        process.wait(timeout=30)
    return out.decode().partition("@@")[2]


def test_colours_only_where_somebody_looks(faulted: Guest) -> None:
    assert "\x1b[36mvoid Ddk.PciDeviceInfo.ReadProgIf()" in at_terminal(faulted, "clr-frame")
    plain = at_terminal(
        faulted, "python made = gdb.execute('clr-frame', to_string=True)", "python print(made)",
        "set clr color off", "clr-frame", "clr-frame --json")
    assert plain.count("void Ddk.PciDeviceInfo.ReadProgIf()") == 3
    assert not COLOUR.search(plain), plain
    assert not COLOUR.search(at_terminal(faulted, "clr-frame", no_color=True))
    assert COLOUR.search(at_terminal(faulted, "set clr color on", "clr-frame", no_color=True))
    assert "\x1b" not in faulted.gdb("clr-frame").out


def test_long_output_goes_through_the_pager(faulted: Guest) -> None:
    out = at_terminal(faulted, "clr-types", "print 6 * 7", typed="q\n", rows=12)
    assert out.count("--Type <RET> for more") == 1 and "types\r\n" not in out, out
    assert "Ddk.Pci" in out and "Quit" in out and "Traceback" not in out


def test_what_tab_offers(faulted: Guest) -> None:
    asked = (
        "clr-heap -type Ddk.PciD", "clr-method ddk!Ddk.PciDeviceInfo::R", "clr-il ReadProg",
        "clr-break VirtioBlkEntry.Bi", "clr-contract JitSl", "clr-stfld-trace on -source k",
        "clr-catch pagefault unh", "clr-vm snaps", "clr-heap -min 8 -l", "clr-obj $clr_fatal_h",
        f"clr-dump {paths.ROOT}/pyproject.t", "clr-types -check Ddk.Dr", "clr-modules nothing")
    done = faulted.gdb(*(f"complete {one}" for one in asked))
    assert done.out.splitlines()[-len(asked):] == [
        "clr-heap -type Ddk.PciDeviceInfo", "clr-method ddk!Ddk.PciDeviceInfo::ReadProgIf",
        "clr-il ReadProgIf", "clr-break VirtioBlkEntry.Bind", "clr-contract JitSlot",
        "clr-stfld-trace on -source kernel", "clr-catch pagefault unhandled",
        "clr-vm snapshot", "clr-vm snapshots", "clr-heap -min 8 -limit",
        "clr-obj $clr_fatal_hook", f"clr-dump {paths.ROOT}/pyproject.toml",
        "clr-types -check Ddk.DriverCore"], done.text
