"""How to get from a frame of generated code to its caller (contract KernelMethods k1).

A rule says where the canonical frame address (CFA: RSP before the call pushed the return address)
is, and where the caller's registers lie. It follows what the code at PC has done so far.
"""

from __future__ import annotations

from dataclasses import dataclass

from decoders.memory import Memory, read_pointer
from decoders.runtime import CodeKind, CodePlace, MethodCode

# Register of JitCode.SavedRegisters' bit (x64 encoding) and its slot from RBP (docs/contract.md).
SAVE_SLOTS = {3: ("rbx", -8), 12: ("r12", -16), 13: ("r13", -24), 14: ("r14", -32),
              15: ("r15", -40)}
# What a callee must give back as it found it (Microsoft x64), RSP and RIP aside.
PRESERVED = ("rbx", "rbp", "rsi", "rdi", "r12", "r13", "r14", "r15")
# push rbp; mov rbp, rsp in both encodings.
_ENTRIES = (b"\x55\x48\x89\xe5", b"\x55\x48\x8b\xec")
_RET = 0xC3
_CFA_FROM_RBP = 16


@dataclass(frozen=True, slots=True)
class FrameRule:
    """CFA = `base` register + `offset`; the return address is at CFA-8.

    `saved` maps a register to where the caller's value lies, as an offset from the CFA; registers
    that are not in it still hold the caller's values.
    """

    start: int
    base: str
    offset: int
    saved: dict[str, int]


@dataclass(frozen=True, slots=True)
class CallerFrame:
    """The caller's registers: `values` holds rip, rsp and every register of PRESERVED."""

    cfa: int
    values: dict[str, int]


def rule_for(place: CodePlace, memory: Memory) -> FrameRule | None:
    """The rule at a PC, or None where the machine's own unwind information has to do (stubs)."""
    if place.kind in (CodeKind.THUNKS, CodeKind.UNBOX_THUNKS):
        # Thunks touch no stack: they jump to the method with the frame of its caller.
        return FrameRule(place.start, "rsp", 8, {})
    if place.kind is not CodeKind.METHOD or place.code is None:
        return None
    return method_rule(place.code, place.address, memory)


def method_rule(code: MethodCode, pc: int, memory: Memory) -> FrameRule:
    """The rule of a compiled method at a PC; reads at most its first bytes and one at PC."""
    offset = pc - code.start
    if code.in_prologue(offset):
        entry = memory.read(code.start, 4, "first instructions of a method")
        if offset == 0 and entry[0] == _ENTRIES[0][0]:
            return FrameRule(code.start, "rsp", 8, {})
        if offset < 4 and entry in _ENTRIES:
            return FrameRule(code.start, "rsp", 16, {"rbp": -16})
        # The body has not run: whatever the prologue has stored, the registers still hold it.
        return FrameRule(code.start, "rbp", _CFA_FROM_RBP, {"rbp": -16})
    if code.in_epilogue(offset) and memory.read(pc, 1, "an epilogue's instruction")[0] == _RET:
        return FrameRule(code.start, "rsp", 8, {})
    saved = {"rbp": -16}
    for bit, (name, slot) in SAVE_SLOTS.items():
        if code.record.saved_registers >> bit & 1:
            saved[name] = slot - _CFA_FROM_RBP
    return FrameRule(code.start, "rbp", _CFA_FROM_RBP, saved)


def unwind(rule: FrameRule, registers: dict[str, int], memory: Memory) -> CallerFrame:
    """Apply a rule to a frame's registers."""
    cfa = (registers[rule.base] + rule.offset) & (1 << 64) - 1
    values = {name: registers[name] for name in PRESERVED if name in registers}
    for name, offset in rule.saved.items():
        values[name] = read_pointer(memory, cfa + offset, f"the caller's {name}")
    values["rip"] = read_pointer(memory, cfa - 8, "a return address")
    values["rsp"] = cfa
    return CallerFrame(cfa, values)
