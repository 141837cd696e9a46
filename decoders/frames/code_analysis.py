"""What the machine code itself does to the frame, read off with capstone.

Needed because the JIT's own records are claims, and because inside a prologue or epilogue RBP is
not the frame's yet, or any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import capstone
from capstone import x86_const as x86

MAX_INSTRUCTIONS = 4096


@cache
def _engine() -> Any:
    engine = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    engine.detail = True
    return engine


@dataclass(frozen=True, slots=True)
class CfaRule:
    """How to unwind at one place. CFA is the caller's RSP behind the return address's slot.

    `register` and `offset` give the CFA; `saved` maps registers to offsets from the CFA where their
    callers' values lie; registers not in it still hold them.
    """

    register: str
    offset: int
    saved: dict[str, int] = field(default_factory=dict)

    @property
    def has_frame(self) -> bool:
        """Whether RBP is this frame's."""
        return self.register == "rbp"


def instructions(code: bytes, address: int, count: int = MAX_INSTRUCTIONS) -> list[Any]:
    """Up to `count` capstone instructions with details."""
    return list(_engine().disasm(code, address, count))


def instruction_at(code: bytes, address: int) -> Any | None:
    """The one instruction at the start of `code`, None when it does not decode."""
    return next(iter(_engine().disasm(code, address, 1)), None)


def _name(instruction: Any, operand: Any) -> str:
    return str(instruction.reg_name(operand.reg))


def entry_rule(code: bytes, offset: int) -> CfaRule:
    """The rule at `offset` bytes into a function that begins with `code`, run straight through.

    Follows push, pop, mov rbp,rsp, lea rsp, sub/add rsp, leave and stores of registers relative to
    RBP. Once RBP is the frame's, the depth of RSP does not matter any more.
    """
    depth = 8  # bytes from RSP up to the CFA
    framed: int | None = None  # depth at which RBP was set
    saved: dict[str, int] = {}
    for instruction in instructions(code[:offset], 0):
        if instruction.address + instruction.size > offset:
            break
        operands = instruction.operands
        kind = instruction.id
        first = _name(instruction, operands[0]) if (
            operands and operands[0].type == x86.X86_OP_REG) else ""
        if kind == x86.X86_INS_PUSH:
            depth += 8
            if first and first not in saved:
                saved[first] = -depth
        elif kind == x86.X86_INS_POP:
            depth -= 8
            saved.pop(first, None)
            if first == "rbp":
                framed = None
        elif kind == x86.X86_INS_MOV and first == "rbp" and _is_register(operands[1], "rsp"):
            framed = depth
        elif kind in (x86.X86_INS_SUB, x86.X86_INS_ADD) and first == "rsp":
            if operands[1].type == x86.X86_OP_IMM:
                depth += operands[1].imm if kind == x86.X86_INS_SUB else -operands[1].imm
        elif kind == x86.X86_INS_LEAVE and framed is not None:
            depth, framed = framed - 8, None
            saved.pop("rbp", None)
        elif kind == x86.X86_INS_MOV and framed is not None and _is_rbp_slot(operands):
            register = _name(instruction, operands[1])
            # Only the first store of a callee-saved register saves it; homes lie above RBP.
            if operands[0].mem.disp < 0 and register in _CALLEE_SAVED and register not in saved:
                saved[register] = operands[0].mem.disp - framed
    if framed is not None:
        return CfaRule("rbp", framed, saved)
    return CfaRule("rsp", depth, saved)


_CALLEE_SAVED = frozenset({"rbx", "rsi", "rdi", "r12", "r13", "r14", "r15"})


def _is_register(operand: Any, name: str) -> bool:
    return bool(operand.type == x86.X86_OP_REG and operand.reg == {
        "rsp": x86.X86_REG_RSP, "rbp": x86.X86_REG_RBP}[name])


def _is_rbp_slot(operands: Any) -> bool:
    return bool(
        len(operands) == 2 and operands[0].type == x86.X86_OP_MEM
        and operands[0].mem.base == x86.X86_REG_RBP and operands[0].mem.index == 0
        and operands[1].type == x86.X86_OP_REG and operands[0].size == 8)


def torn_down(code: bytes, start: int, offset: int) -> bool:
    """Whether between `start` and `offset` of an epilogue the frame was left (leave or pop rbp)."""
    for instruction in instructions(code[start:offset], start):
        if instruction.address + instruction.size > offset:
            break
        if instruction.id == x86.X86_INS_LEAVE:
            return True
        if instruction.id == x86.X86_INS_POP and _is_register(instruction.operands[0], "rbp"):
            return True
    return False


@dataclass(frozen=True, slots=True)
class PrologueFacts:
    """What a prologue's machine code does: homes and saves as RBP offsets, the frame's size."""

    homes: dict[int, str]
    saves: dict[str, int]
    frame_size: int | None
    size: int


def read_prologue(code: bytes, prologue_size: int) -> PrologueFacts:
    """Read homes, saved registers and frame size off a prologue (no claims involved).

    `frame_size` is None when the stack is made in a loop that this does not count.
    """
    homes: dict[int, str] = {}
    saves: dict[str, int] = {}
    frame, pages, counted = 0, 0, True
    for instruction in instructions(code[:prologue_size], 0):
        operands, kind = instruction.operands, instruction.id
        if not operands:
            continue
        memory = operands[0].type == x86.X86_OP_MEM
        if memory and operands[0].mem.base == x86.X86_REG_RBP and len(operands) == 2 and (
                operands[1].type == x86.X86_OP_REG):
            register, displacement = _name(instruction, operands[1]), operands[0].mem.disp
            if displacement > 0:
                homes.setdefault(displacement, register)
            elif register in _CALLEE_SAVED and operands[0].size == 8:
                saves.setdefault(register, displacement)
        elif kind == x86.X86_INS_SUB and _is_register(operands[0], "rsp"):
            if operands[1].type == x86.X86_OP_IMM and operands[1].imm == 0x1000 and pages:
                frame += 0x1000 * pages
                pages = 0
            elif operands[1].type == x86.X86_OP_IMM:
                frame += operands[1].imm
            else:
                counted = False
        elif kind == x86.X86_INS_MOV and operands[0].type == x86.X86_OP_REG and (
                operands[0].reg in (x86.X86_REG_EAX, x86.X86_REG_RAX)
                and operands[1].type == x86.X86_OP_IMM):
            pages = operands[1].imm  # the probe loop's counter
    return PrologueFacts(homes, saves, frame if counted else None, prologue_size)
