"""What the driver core's machine code promises: its cursor lives in a callee-saved register."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import capstone
import pytest

from qemu_scripts import paths

CALLEE_SAVED = {"rbx", "r12", "r13", "r14", "r15"}
STATE = 40  # offset of `state` in struct pci_device


def code_of(kernel: Path, symbol: str) -> tuple[int, bytes]:
    """Address and bytes of a function in an ELF file."""
    listing = subprocess.run(
        ["nm", "--print-size", str(kernel)], capture_output=True, text=True, check=True
    ).stdout
    for line in listing.splitlines():
        words = line.split()
        if len(words) == 4 and words[3] == symbol:
            address, size = int(words[0], 16), int(words[1], 16)
            return address, read_elf(kernel, address, size)
    pytest.fail(f"{kernel} has no function {symbol}")


def read_elf(kernel: Path, address: int, size: int) -> bytes:
    """Bytes at a virtual address, by the ELF program headers."""
    image = kernel.read_bytes()
    (offset,) = struct.unpack_from("<Q", image, 32)
    (count,) = struct.unpack_from("<H", image, 56)
    for index in range(count):
        kind, _, at, start, _, length = struct.unpack_from("<IIQQQQ", image, offset + 56 * index)
        if kind == 1 and start <= address and address + size <= start + length:
            return image[at + address - start :][:size]
    pytest.fail(f"{address:#x} lies in no segment of {kernel}")


def check_cursor(kernel: Path) -> None:
    """Find Bind's call in drv_bind_all and what the cursor is kept in.

    The call goes through memory (`call [reg+n]`, the bind pointer in the driver's record), and the
    first thing behind it is the load of the device's state, through the cursor's register.
    """
    address, code = code_of(kernel, "drv_bind_all")
    decoder = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    decoder.detail = True
    instructions = list(decoder.disasm(code, address))
    assert sum(instruction.size for instruction in instructions) == len(code)
    proved = 0
    for position, call in enumerate(instructions):
        if call.mnemonic != "call" or call.operands[0].type == capstone.x86.X86_OP_IMM:
            continue
        target = call.operands[0]
        registers = {call.reg_name(target.reg)}
        if target.type == capstone.x86.X86_OP_MEM:
            registers = {call.reg_name(target.mem.base)}
        # gcc may move stores to its own variables (RIP-relative) in front of it.
        after, memory = next(
            (i, o)
            for i in instructions[position + 1 : position + 5]
            for o in i.operands
            if o.type == capstone.x86.X86_OP_MEM and i.reg_name(o.mem.base) != "rip"
        )
        cursor = after.reg_name(memory.mem.base)
        assert cursor in CALLEE_SAVED, f"cursor in {cursor}: {after.mnemonic} {after.op_str}"
        assert cursor not in registers, "the cursor and the driver are two pointers"
        proved += memory.mem.disp == STATE
        # The same register carried the device before the call: its bus number came from there.
        before = [i for i in instructions if call.address - 32 <= i.address < call.address]
        assert any(
            i.mnemonic == "movzx"
            and i.operands[1].type == capstone.x86.X86_OP_MEM
            and i.reg_name(i.operands[1].mem.base) == cursor
            for i in before
        )
    assert proved == 2, "the state is loaded right behind the calls of Probe and Bind"


def test_cursor_lives_in_a_callee_saved_register(nucleus: Path) -> None:
    check_cursor(nucleus)


def test_cursor_in_the_built_kernel() -> None:
    kernel = paths.BUILD / "kernel.elf"
    if not kernel.exists():
        pytest.fail("build/kernel.elf is not built")
    check_cursor(kernel)
