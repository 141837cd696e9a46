"""gdb's own `finish` from C functions of the kernel, which return structs by Microsoft's ABI."""

from __future__ import annotations

import re

import pytest

from .conftest import INIT, StartGuest

pytestmark = pytest.mark.guest


def test_structs_come_back_as_microsoft_says(start_guest: StartGuest) -> None:
    guest = start_guest(at=())
    done = guest.gdb(
        "hbreak rt_type_layout", "continue", "delete", "finish",
        # 16 bytes: System V would return them in RAX and RDX.
        "hbreak rt_arena_mark if s_arena.used > 0", "continue", "print s_arena.chunk",
        "print s_arena.used", "finish", "show print finish", "delete",
        # 8 bytes, in RAX in both.
        "hbreak argument_place", "continue", "finish", "print/x $rax", "delete",
        # Another stop on the way: nothing has returned.
        "hbreak jc_pop_to", "continue", "hbreak *$pc+4", "finish", "show print finish")
    assert "Value returned is $1 = true\n" in done.out, done.text  # a scalar is gdb's
    chunk, used = re.findall(r"^\$[23] = .*?(0x[0-9a-f]+|\d+)$", done.out, re.M)
    shown = re.findall(r"^By the Microsoft ABI the value is \$\d+ = (.*)$", done.out, re.M)
    assert len(shown) == 2, done.text
    assert shown[0] == f"{{chunk = {chunk}, used = {used}}}" and int(used) > 0, done.text
    rax = int(re.findall(r"^\$\d+ = 0x([0-9a-f]+)$", done.out, re.M)[-1], 16)
    base, index = re.findall(r"base = (\d+) .*index = (\d+) ", shown[1])[0]
    disp = re.findall(r"disp = (-?\d+)", shown[1])[0]
    assert (rax & 255, rax >> 8 & 255, rax >> 32) == (int(base), int(index), int(disp) & 0xFFFFFFFF)
    assert done.out.count("= <not displayed>\n") == 2, done.text
    assert done.out.count("Printing of return value after `finish' is on.") == 2, done.text


def test_a_hook_of_the_user_stays(start_guest: StartGuest) -> None:
    guest = start_guest(at=())
    done = guest.gdb(
        "python gdb.execute('define hook-finish\\necho mine\\\\n\\nend')", f"source {INIT}",
        "hbreak plat_code_region", "continue", "finish", source=False)
    assert "mine" in done.out, done.text
