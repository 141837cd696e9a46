"""What a method's machine code must do at calls and with callee-saved registers (Microsoft x64)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from capstone import CS_AC_WRITE
from capstone import x86_const as x86

from decoders.compare.model import Difference
from decoders.errors import DecodeError
from decoders.frames.code_analysis import PrologueFacts, instructions
from decoders.layout import frame_needs
from decoders.metadata import Method
from decoders.runtime import CallKind, MethodCode, Runtime
from decoders.runtime.records import JitCallSiteRecord

SHADOW_SPACE = 32
_SOURCE = "the machine code"
# Every width that is written in the body: a part is the whole to its owner.
PRESERVED = {
    getattr(x86, f"X86_REG_{part.upper()}"): name
    for name, parts in {
        "rbx": ("rbx", "ebx", "bx", "bl", "bh"), "rsi": ("rsi", "esi", "si", "sil"),
        "rdi": ("rdi", "edi", "di", "dil"),
        **{f"r{n}": (f"r{n}", f"r{n}d", f"r{n}w", f"r{n}b") for n in range(12, 16)},
    }.items()
    for part in parts
}
# Spares decoding the operands of what names none of them.
_NAMES = re.compile(r"\b(?:[re]?bx|b[lh]|[re]?si|sil|[re]?di|dil|r1[2-5][dwb]?)\b")


@dataclass(slots=True)
class Outgoing:
    """RSP's depth below the frame at an instruction, and what was stored relative to it."""

    depth: int | None
    stores: set[int]


def check_machine_code(
    runtime: Runtime, code: MethodCode, facts: PrologueFacts
) -> list[Difference]:
    """Callee-saved registers saved and restored; shadow space, alignment and stack arguments."""
    listing = instructions(code.bytes, 0)
    return [*_preserved(code, facts, listing), *_zeroing(code, facts),
            *_calls(runtime, code, facts, listing)]


def written_registers(code: MethodCode, listing: Iterable[Any]) -> dict[str, int]:
    """Callee-saved registers that a method's body writes, with the native offset of the first."""
    written: dict[str, int] = {}
    for instruction in listing:
        offset = instruction.address
        if code.in_prologue(offset) or code.in_epilogue(offset) or (
                not _NAMES.search(instruction.op_str)):
            continue
        for operand in instruction.operands:
            if operand.type == x86.X86_OP_REG and operand.access & CS_AC_WRITE:
                name = PRESERVED.get(operand.reg)
                if name is not None:
                    written.setdefault(name, offset)
    return written


def _preserved(code: MethodCode, facts: PrologueFacts, listing: list[Any]) -> list[Difference]:
    result = []
    written = written_registers(code, listing)
    restored: dict[str, int] = {}
    for instruction in listing:
        offset = instruction.address
        if code.in_epilogue(offset):
            operands = instruction.operands
            if instruction.id == x86.X86_INS_MOV and operands[0].type == x86.X86_OP_REG and (
                    operands[1].type == x86.X86_OP_MEM
                    and operands[1].mem.base == x86.X86_REG_RBP):
                name = PRESERVED.get(operands[0].reg)
                if name is not None:
                    restored[name] = operands[1].mem.disp
    for name, offset in written.items():
        if name not in facts.saves:
            result.append(Difference(
                f"register {name}", "use", f"written at +{offset:#x}",
                "that the prologue does not save it, so the caller's value is lost", _SOURCE))
    if code.epilogues:
        for name, slot in facts.saves.items():
            if restored.get(name) != slot:
                where = f"restored from {restored[name]}" if name in restored else "not restored"
                result.append(Difference(
                    f"register {name}", "save", f"saved at {slot}", f"that it is {where}",
                    _SOURCE))
    return result


def _zeroing(code: MethodCode, facts: PrologueFacts) -> list[Difference]:
    low, high = code.record.locals_low, code.record.locals_high
    return [
        Difference(
            "locals", "range", f"{low}..{high}",
            f"that {name} is saved at {slot}, inside it: zeroing locals wipes it", _SOURCE)
        for name, slot in facts.saves.items() if low < slot + 8 and slot < high
    ]


def _calls(
    runtime: Runtime, code: MethodCode, facts: PrologueFacts, listing: list[Any]
) -> list[Difference]:
    """Follow RSP from each IL boundary to the calls before the next one."""
    boundaries = {entry.native: entry.stack_bytes for entry in code.map}
    sites = {site.native: site for site in code.call_sites}
    frame = facts.frame_size if facts.frame_size is not None else code.record.frame_size
    state = Outgoing(None, set())
    result: list[Difference] = []
    for instruction in listing:
        offset = instruction.address
        if offset in boundaries:
            state = Outgoing(boundaries[offset], set())
        site = sites.get(offset)
        if site is not None and state.depth is not None:
            result += _site(runtime, code, site, state, frame)
        follow(instruction, state)
    return result


def follow(instruction: Any, state: Outgoing) -> None:
    """What one machine instruction does to RSP and to what is stored relative to it."""
    if state.depth is None:
        return
    operands, kind = instruction.operands, instruction.id
    if kind == x86.X86_INS_PUSH:
        state.depth += 8
        state.stores.add(-state.depth)
    elif kind == x86.X86_INS_POP:
        state.depth -= 8
    elif kind in (x86.X86_INS_SUB, x86.X86_INS_ADD) and operands[0].type == x86.X86_OP_REG and (
            operands[0].reg == x86.X86_REG_RSP):
        if operands[1].type == x86.X86_OP_IMM:
            amount = operands[1].imm
            state.depth += amount if kind == x86.X86_INS_SUB else -amount
        else:
            state.depth = None
    elif kind == x86.X86_INS_LEA and operands[0].reg == x86.X86_REG_RSP:
        if operands[1].mem.base == x86.X86_REG_RSP and not operands[1].mem.index:
            state.depth -= operands[1].mem.disp
        else:
            state.depth = None
    elif operands and operands[0].type == x86.X86_OP_MEM and (
            operands[0].mem.base == x86.X86_REG_RSP and operands[0].access & CS_AC_WRITE):
        state.stores.add(operands[0].mem.disp - state.depth)


def _site(
    runtime: Runtime, code: MethodCode, site: JitCallSiteRecord, state: Outgoing, frame: int
) -> list[Difference]:
    assert state.depth is not None
    subject = f"call at +{site.native:#x} (IL_{site.il:04x})"
    result = []
    room = state.depth - site.stack_bytes
    if room < SHADOW_SPACE:
        result.append(Difference(
            subject, "shadow space", f"{SHADOW_SPACE} bytes needed",
            f"{room} bytes between RSP and live evaluation-stack entries", _SOURCE))
    if (frame + state.depth) % 16:
        result.append(Difference(
            subject, "stack alignment", "a multiple of 16 needed",
            f"RSP is {(frame + state.depth) % 16} off", _SOURCE))
    if site.kind == CallKind.HELPER or not site.target:
        return result
    target = _target(runtime, site)
    if target is None:
        return result
    for home in frame_needs(runtime.layout, target).homes:
        if home.register is None and home.offset - 16 - state.depth not in state.stores:
            result.append(Difference(
                subject, f"stack argument {home.name}",
                f"expected at [rsp+{home.offset - 16:#x}]", "no store there", _SOURCE))
    return result


def _target(runtime: Runtime, site: JitCallSiteRecord) -> Method | None:
    try:
        return runtime.metadata_method(runtime.method(site.target))
    except DecodeError:
        return None  # array accessors and the like have no metadata: nothing to expect
