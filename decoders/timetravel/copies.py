"""Where a stored value was copied from, read off straight-line machine code.

A wrong value is often stored rightly: `stloc` copies what lay on the evaluation stack. To find who
made it wrong one goes on from the place that the copy came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import capstone
from capstone import x86_const as x86

from decoders.frames.code_analysis import instructions
from decoders.runtime import MethodCode

# A copy lies closer together than this.
_MOST = 24


@dataclass(frozen=True, slots=True)
class Copy:
    """`mov [rbp+to], register` whose register came from `[rbp+source]`. size: bytes."""

    to: int
    source: int
    size: int


def _is_plain_move(found: Any) -> bool:
    return str(found.mnemonic).startswith("mov") and len(found.operands) == 2


def _full(found: Any, register: int) -> str:
    """A register's 64-bit name: eax and al are parts of rax."""
    name = str(found.reg_name(register))
    parts = {"a": "rax", "b": "rbx", "c": "rcx", "d": "rdx"}
    if name[:1] == "r" and name[1:2].isdigit():
        return name.rstrip("dwb")
    if name in ("rsi", "esi", "si", "sil", "rdi", "edi", "di", "dil"):
        return "r" + name.lstrip("re").rstrip("l")[:2]
    stem = name.lstrip("re")[:1]
    return parts.get(stem, name) if name[-1] in "xlh" else name


def stack_change(found: Any) -> int:
    """What an instruction adds to RSP, as far as it can be told from it (calls: nothing)."""
    mnemonic = str(found.mnemonic)
    if mnemonic == "push":
        return -8
    if mnemonic == "pop":
        return 8
    if mnemonic in ("add", "sub") and found.operands[0].type == x86.X86_OP_REG and (
        found.operands[0].reg == x86.X86_REG_RSP
    ) and found.operands[1].type == x86.X86_OP_IMM:
        amount = int(found.operands[1].imm)
        return amount if mnemonic == "add" else -amount
    return 0


def copy_of(code: MethodCode, pc: int) -> Copy | None:
    """The copy that a store to the frame is the end of; None when it is none."""
    listing = instructions(code.bytes, code.start)
    index = next((i for i, found in enumerate(listing) if found.address == pc), None)
    entry = code.map_at(pc - code.start)
    if index is None or entry is None:
        return None
    store = listing[index]
    if not _is_plain_move(store):
        return None
    into, value = store.operands
    if into.type != x86.X86_OP_MEM or value.type != x86.X86_OP_REG or (
        into.mem.base != x86.X86_REG_RBP or into.mem.index
    ):
        return None
    # RSP at the store, from the map's word on the start of this IL instruction.
    sp = -code.record.frame_size - entry.stack_bytes
    for found in listing:
        if code.start + entry.native <= found.address < pc:
            sp += stack_change(found)
    wanted = _full(store, value.reg)
    for found in reversed(listing[max(0, index - _MOST) : index]):
        if found.group(capstone.CS_GRP_CALL) or found.group(capstone.CS_GRP_JUMP):
            return None
        sp -= stack_change(found)
        if str(found.mnemonic) == "pop" and _full(found, found.operands[0].reg) == wanted:
            return Copy(into.mem.disp, sp, into.size)
        if not found.operands or found.operands[0].type != x86.X86_OP_REG or (
            _full(found, found.operands[0].reg) != wanted
        ):
            continue
        if str(found.mnemonic) in ("cmp", "test", "push"):
            continue
        if not _is_plain_move(found):
            return None
        source = found.operands[1]
        if source.type == x86.X86_OP_REG:
            wanted = _full(found, source.reg)
            continue
        if source.type != x86.X86_OP_MEM or source.mem.index:
            return None
        if source.mem.base == x86.X86_REG_RBP:
            return Copy(into.mem.disp, source.mem.disp, into.size)
        if source.mem.base == x86.X86_REG_RSP:
            return Copy(into.mem.disp, sp + source.mem.disp, into.size)
        return None
    return None
