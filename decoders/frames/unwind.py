"""Unwinding across JIT frames, stubs, trap frames and, as far as goes without DWARF, AOT ones."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from decoders.errors import DecodeError, TargetError
from decoders.frames.code_analysis import CfaRule, entry_rule, torn_down
from decoders.memory import read_pointer
from decoders.runtime import (
    CodeKind,
    CodePlace,
    CodeRegistry,
    Fault,
    MethodCode,
    Runtime,
    threads,
)
from decoders.runtime.model import ADDRESS

Registers = Mapping[str, int]
# Given the registers at an AOT frame, the caller's; None when it is none of its frames.
NativeUnwinder = Callable[[Registers], "dict[str, int] | None"]

GENERAL = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12",
           "r13", "r14", "r15")
# Microsoft x64: what a callee preserves, and so what is known of a caller.
PRESERVED = ("rbx", "rbp", "rsi", "rdi", "r12", "r13", "r14", "r15")
MAX_FRAMES = 100_000
SCAN_BYTES = 64 << 10
MAX_CALL_AREA = 4096


class FrameKind(Enum):
    """What a frame is."""

    MANAGED = "managed"
    STUB = "stub"
    THUNK = "thunk"
    NATIVE = "native"
    TRAP = "trap"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. `registers` holds those whose values are known in it, `rip` and `rsp` always.

    `offset` is the native offset that the frame's state is looked up by: that of `rip`, or for a
    caller one byte before its return address, so that it lies in the call. `cfa` is the RSP of its
    caller behind the call, None when it is not known.
    """

    level: int
    kind: FrameKind
    pc: int = field(metadata=ADDRESS)
    sp: int = field(metadata=ADDRESS)
    cfa: int | None = field(metadata=ADDRESS)
    registers: dict[str, int]
    place: CodePlace | None
    offset: int | None
    is_caller: bool
    guessed: bool = False
    note: str = ""

    @property
    def code(self) -> MethodCode | None:
        """The compiled method of a managed frame."""
        return self.place.code if self.place is not None else None

    @property
    def rbp(self) -> int | None:
        """Frame base of a managed frame that has one by now: CFA - 16."""
        return None if self.cfa is None else self.cfa - 16

    @property
    def il(self) -> int | None:
        """IL offset, None outside managed code and in prologues."""
        if self.code is None or self.offset is None:
            return None
        entry = self.code.map_at(self.offset)
        return entry.il if entry is not None else None


@dataclass(frozen=True, slots=True)
class Backtrace:
    """Frames, innermost first. `stopped` says why there are no more ("" at the stack's end)."""

    frames: tuple[Frame, ...]
    stopped: str
    truncated: bool


def trap_registers(fault: Fault) -> dict[str, int]:
    """The registers that a fault interrupted."""
    if fault.frame is None:
        raise TargetError(
            f"the last fault ({fault.name}) was raised by software and has no trap frame"
        )
    frame = fault.frame._asdict()
    return {name: frame[name] for name in (*GENERAL, "rip")}


class Unwinder:
    """Walks stacks of one runtime."""

    def __init__(
        self, runtime: Runtime, registry: CodeRegistry, native: NativeUnwinder | None = None
    ) -> None:
        self.runtime = runtime
        self.registry = registry
        self.native = native
        self._bodies: dict[int, CfaRule] = {}

    def frame(
        self, registers: Registers, level: int = 0, is_caller: bool = False,
        guessed: bool = False, note: str = "",
    ) -> Frame:
        """The frame that these registers are in."""
        pc, sp = registers["rip"], registers["rsp"]
        place = self.registry.find(pc - 1 if is_caller else pc)
        kind = FrameKind.NATIVE
        offset: int | None = None
        cfa: int | None = None
        if place is not None:
            kind = {
                CodeKind.METHOD: FrameKind.MANAGED, CodeKind.STUB: FrameKind.STUB,
            }.get(place.kind, FrameKind.THUNK)
            offset = pc - place.start - (1 if is_caller else 0)
            try:
                cfa = _cfa(self._rule(place, offset, pc - place.start), registers)
            except DecodeError as error:
                note = note or str(error)
        return Frame(level, kind, pc, sp, cfa, dict(registers), place, offset, is_caller,
                     guessed, note)

    def _rule(self, place: CodePlace, offset: int, exact: int) -> CfaRule:
        """The unwind rule; `exact` is the instruction pointer's own offset."""
        code = place.code
        if code is None:
            if place.kind is not CodeKind.STUB:
                return CfaRule("rsp", 8)  # a thunk changes no stack
            data = self.runtime.memory.read(place.start, min(exact, place.size), "a stub's code")
            return entry_rule(data, exact)
        if code.in_prologue(exact):
            return entry_rule(code.bytes, exact)
        for epilogue in code.epilogues:
            if epilogue.start <= offset < epilogue.end and torn_down(
                    code.bytes, epilogue.start, exact):
                return CfaRule("rsp", 8)
        rule = self._bodies.get(code.start)
        if rule is None:
            rule = entry_rule(code.bytes, min(code.record.prologue_size, len(code.bytes)))
            self._bodies[code.start] = rule
        return rule

    def caller(self, frame: Frame) -> dict[str, int] | None:
        """The caller's registers: those that are preserved, `rip` and `rsp`; None if unknown."""
        if frame.place is None:
            return self._native_caller(frame)
        rule = self._rule(frame.place, frame.offset or 0, frame.pc - frame.place.start)
        cfa = _cfa(rule, frame.registers)
        memory = self.runtime.memory
        result = {n: v for n, v in frame.registers.items() if n in PRESERVED}
        for register, offset in rule.saved.items():
            if register in PRESERVED:
                result[register] = read_pointer(memory, cfa + offset, f"saved {register}")
        result["rip"] = read_pointer(memory, cfa - 8, "return address")
        result["rsp"] = cfa
        return result

    def _native_caller(self, frame: Frame) -> dict[str, int] | None:
        return self.native(frame.registers) if self.native is not None else None

    def scan(self, frame: Frame) -> dict[str, int] | None:
        """Above an AOT frame: the next return address behind a known call site of managed code.

        A guess for when nothing knows the AOT code's own frames. Its frame base is the word that
        fits the claimed frame size best, of those between the two, or RBP itself.
        """
        limit = self._stack_end(frame.sp)
        size = min(SCAN_BYTES, limit - frame.sp) & ~7
        data = self._read_up(frame.sp, size)
        data = data[: len(data) & ~7]  # RSP of a broken machine may be misaligned
        words = struct.unpack(f"<{len(data) // 8}Q", data)
        for index, word in enumerate(words):
            place = self.registry.find(word - 1)
            if place is None or place.code is None:
                continue
            site = place.code.call_returning_to(word - place.start)
            if site is None:
                continue
            sp = frame.sp + 8 * index + 8
            least = sp + place.code.record.frame_size + site.stack_bytes
            candidates = [*words[:index]]
            if "rbp" in frame.registers:
                candidates.append(frame.registers["rbp"])
            fitting = [c for c in candidates if 0 <= c - least <= MAX_CALL_AREA and not c % 8]
            if fitting:
                return {"rip": word, "rsp": sp, "rbp": min(fitting)}
        return None

    def _read_up(self, address: int, size: int) -> bytes:
        """As much of a range as is mapped, page by page."""
        result = bytearray()
        while len(result) < size:
            position = address + len(result)
            count = min(size - len(result), 0x1000 - (position & 0xFFF))
            try:
                result += self.runtime.memory.read(position, count, "the stack")
            except DecodeError:
                break  # the end of the stack's mapping
        return bytes(result)

    def _stack_end(self, sp: int) -> int:
        try:
            for thread in threads(self.runtime):
                if thread.stack_low <= sp < thread.stack_high:
                    return thread.stack_high
        except DecodeError:
            pass  # without a thread record the window alone bounds the scan
        return sp + SCAN_BYTES

    def backtrace(
        self, registers: Registers, limit: int = 256, scan: bool = True, first_level: int = 0
    ) -> Backtrace:
        """The frames from these registers outwards, at most `limit`."""
        frames: list[Frame] = []
        current = self.frame(registers, first_level)
        stopped = ""
        while True:
            frames.append(current)
            if len(frames) >= min(limit, MAX_FRAMES):
                return Backtrace(tuple(frames), "", True)
            guessed = False
            try:
                caller = self.caller(current)
                if caller is None and scan:
                    caller, guessed = self.scan(current), True
            except DecodeError as error:
                stopped = str(error)
                break
            if caller is None:
                stopped = "" if current.kind is not FrameKind.NATIVE else "no unwind data"
                break
            if not caller["rip"]:
                break
            if caller["rsp"] <= current.sp:
                stopped = f"the caller's stack pointer {caller['rsp']:#x} is not above this frame's"
                break
            current = self.frame(
                caller, current.level + 1, True, guessed,
                "found by scanning the stack" if guessed else "",
            )
        return Backtrace(tuple(frames), stopped, False)

    def fault_backtrace(self, fault: Fault, limit: int = 256, scan: bool = True) -> Backtrace:
        """The stack of the last fault: its trap frame, then what was interrupted."""
        registers = trap_registers(fault)
        inner = self.backtrace(registers, limit, scan, 1)
        assert fault.frame is not None
        trap = Frame(
            0, FrameKind.TRAP, registers["rip"], fault.frame.address, None, {}, None, None, False,
            False, f"{fault.name}, CR2 {fault.cr2:#x}" if fault.vector == 14 else fault.name,
        )
        return Backtrace((trap, *inner.frames), inner.stopped, inner.truncated)


def _cfa(rule: CfaRule, registers: Registers) -> int:
    base = registers.get(rule.register)
    if base is None:
        raise TargetError(f"{rule.register} is not known in this frame")
    return (base + rule.offset) & (1 << 64) - 1
