"""Runs inside gdb, not under pytest: steps through an exception's entry, one instruction after the
other, and checks at each that the backtrace goes on into the interrupted code. The stub's socket
comes in CLR_SOCKET."""

from __future__ import annotations

import os

import gdb

MARKER = 0x1122334455667788  # payload.c: innermost's argument
LIMIT = 80


def names() -> list[str]:
    frame, found = gdb.newest_frame(), []
    while frame is not None:
        found.append(frame.name() or hex(frame.pc()))
        frame = frame.older()
    return found


def interrupted() -> gdb.Frame:
    frame = gdb.newest_frame()
    while frame is not None and frame.name() != "innermost":
        frame = frame.older()
    if frame is None:
        raise AssertionError(f"innermost is not in the backtrace: {names()}")
    return frame


def check(where: str) -> None:
    frame = interrupted()
    tail = names()[-5:]
    assert tail == ["innermost", "middle", "rt_main", "run", "call_on_stack"], (where, tail)
    r12 = int(frame.read_register("r12")) & (2**64 - 1)
    assert r12 == MARKER, (where, hex(r12))
    rsp = int(frame.read_register("rsp")) & (2**64 - 1)
    assert 0xFFFFB00000001000 <= rsp < 0xFFFFB00000801000, (where, hex(rsp))
    xmm = int(frame.read_register("xmm7")["v2_int64"][0]) & (2**64 - 1)
    assert xmm == MARKER, (where, hex(xmm))


def main() -> None:
    gdb.execute("set pagination off")
    gdb.execute("set architecture i386:x86-64")
    gdb.execute(f"target remote {os.environ['CLR_SOCKET']}")
    gdb.execute("hbreak *(trap_entries + 14 * 16)")
    gdb.execute("continue")
    gdb.execute("delete")
    steps = 0
    while "trap_dispatch" not in names():
        check(f"step {steps} at {gdb.newest_frame().pc():#x}")
        gdb.execute("stepi", to_string=True)
        steps += 1
        assert steps < LIMIT
    check("trap_dispatch")
    gdb.execute("hbreak clr_fatal_hook")
    gdb.execute("continue")
    check("hook")
    fault = gdb.parse_and_eval("*(struct last_fault *)$rcx")
    assert int(fault["sequence"]) == 1 and int(fault["cr2"]) == 0x13, str(fault)
    assert int(fault["frame"]["r12"]) == MARKER
    assert int(fault["frame"]["rip"]) == interrupted().pc()
    image = gdb.selected_inferior().read_memory(int(fault["frame"]) - 512, 512)
    assert bytes(image[160 + 7 * 16 :][:8]) == MARKER.to_bytes(8, "little")
    gdb.execute("delete")
    # A fault while the fault is reported: must end, and must leave the first frame alone.
    gdb.execute("set $rip = 0x2000")
    gdb.execute("hbreak cpu_stop")
    gdb.execute("continue")
    fault = gdb.parse_and_eval("g_last_fault")
    assert int(fault["sequence"]) == 1 and int(fault["frame"]["r12"]) == MARKER, str(fault)
    print(f"UNWOUND {steps}")
    gdb.execute("kill")


main()  # an exception is printed by gdb, and UNWOUND is then missing
