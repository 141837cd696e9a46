"""A piece of generated code run on sample state in unicorn, with every store recorded.

The machine has the method's code at its own address, a frame filled with known bytes, a row of
sample objects, and the guest's memory behind everything else. Calls are not made: the owner of the
machine is asked at each call instruction and says what the callee would have returned.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import unicorn
from unicorn import x86_const as ux

from decoders.doctor.model import said
from decoders.errors import DecodeError, TargetError
from decoders.memory import Memory

STACK_BASE = 0x0000_1000_0000_0000
STACK_SIZE = 0x40_0000
# RBP of the frame under test: room above it for homes and stack arguments.
FRAME_BASE = STACK_BASE + STACK_SIZE - 0x8000
# Addresses whose lower halves mean something too, so that a lost half shows.
OBJECTS = 0x0000_2000_1357_0000
OBJECT_STEP = 0x2000
OBJECT_COUNT = 64
TABLES = 0x0000_2100_2468_0000
TARGETS = 0x0000_2200_3579_0000
PAGE = 0x1000
MAX_STEPS = 20000
# CF, PF, AF, ZF, SF and OF are set, and bit 1 always is (Intel SDM 1, 3.4.3).
FLAGS = 0x8D7
M64 = (1 << 64) - 1
# unicorn looks memory up by 52-bit physical addresses, which virtual ones are cut to.
PHYSICAL = (1 << 52) - 1

REGISTERS = {
    "rax": ux.UC_X86_REG_RAX, "rbx": ux.UC_X86_REG_RBX, "rcx": ux.UC_X86_REG_RCX,
    "rdx": ux.UC_X86_REG_RDX, "rsi": ux.UC_X86_REG_RSI, "rdi": ux.UC_X86_REG_RDI,
    "rbp": ux.UC_X86_REG_RBP, "rsp": ux.UC_X86_REG_RSP, "r8": ux.UC_X86_REG_R8,
    "r9": ux.UC_X86_REG_R9, "r10": ux.UC_X86_REG_R10, "r11": ux.UC_X86_REG_R11,
    "r12": ux.UC_X86_REG_R12, "r13": ux.UC_X86_REG_R13, "r14": ux.UC_X86_REG_R14,
    "r15": ux.UC_X86_REG_R15,
}
XMM = [getattr(ux, f"UC_X86_REG_XMM{i}") for i in range(6)]
VOLATILE = ("rcx", "rdx", "r8", "r9", "r10", "r11")


@dataclass(slots=True)
class Store:
    """A store that was executed: address, size in bytes, and the instruction's address."""

    address: int
    size: int
    pc: int


@dataclass(slots=True)
class Run:
    """How a run ended: at `stop` (an address), with the stores on the way.

    `error` says why it broke, `touched` the unmapped address where that was the reason.
    """

    stop: int = 0
    stores: list[Store] = field(default_factory=list)
    trace: list[int] = field(default_factory=list)
    error: str = ""
    touched: int | None = None


class Machine:
    """The emulated processor. One for all methods; `load` puts a method's code in."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.uc: Any = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_64)
        self._random = random.Random(1)
        self._noise = [self._random.getrandbits(64) for _ in REGISTERS]
        self._code: tuple[int, int] | None = None
        # Told of guest memory that the code under test sees: address and bytes.
        self.watch: Callable[[int, bytes], None] = lambda address, data: None
        # Pages of the guest's memory: address, size, the hook on reading them.
        self._guest: list[tuple[int, int, Any]] = []
        self.uc.mem_map(STACK_BASE, STACK_SIZE)
        self.uc.mem_map(OBJECTS, OBJECT_STEP * OBJECT_COUNT)
        self.uc.mem_map(TABLES, 0x10000)
        self.uc.mem_map(TARGETS, PAGE)
        self.uc.mem_write(OBJECTS, self._random.randbytes(OBJECT_STEP * OBJECT_COUNT))
        self.uc.mem_write(TABLES, TARGETS.to_bytes(8, "little") * (0x10000 // 8))
        for number, noise in zip(REGISTERS.values(), self._noise, strict=True):
            self.uc.reg_write(number, noise)
        for number in XMM:  # no numbers, whether read as a float32 or as a float64
            low = 0x7FF8_1000_7FC0_1000 | self._random.getrandbits(12)
            self.uc.reg_write(number, self._random.getrandbits(64) << 64 | low)
        self.uc.reg_write(ux.UC_X86_REG_EFLAGS, FLAGS)
        self._scrambled = self.uc.context_save()
        self._stops: frozenset[int] = frozenset()
        self._calls: frozenset[int] = frozenset()
        self._run = Run()
        self._first = True
        self.uc.hook_add(unicorn.UC_HOOK_CODE, self._on_code)
        self.uc.hook_add(unicorn.UC_HOOK_MEM_WRITE, self._on_write)
        self.uc.hook_add(unicorn.UC_HOOK_MEM_UNMAPPED, self._on_unmapped)
        # One that is there from the beginning: without any, reads are translated so that hooks
        # which are added later do not see them.
        self.uc.hook_add(unicorn.UC_HOOK_MEM_READ, self._on_read, begin=TARGETS, end=TARGETS)

    def load(self, start: int, code: bytes) -> None:
        """Map a method's code at its address; what lies around it is int3.

        The noise begins anew, so that a method's report does not hang on what was run before it.
        """
        self._random = random.Random(start)
        if self._code is not None:
            self.uc.mem_unmap(*self._code)
        for base, size, hook in self._guest:
            self.uc.hook_del(hook)
            self.uc.mem_unmap(base, size)
        self._guest.clear()
        start &= PHYSICAL
        base = start & -PAGE
        size = (start + len(code) - base + PAGE - 1) & -PAGE
        self.uc.mem_map(base, size)
        self.uc.mem_write(base, b"\xcc" * size)
        self.uc.mem_write(start, code)
        self._code = (base, size)

    # Access.

    def read(self, address: int, size: int) -> bytes:
        """Bytes of the emulated memory; guest memory where nothing else is mapped."""
        try:
            data = bytes(self.uc.mem_read(address & PHYSICAL, size))
        except unicorn.UcError:
            return self._seen(address, size)
        if self._is_guest(address):
            self._seen(address, size)
        return data

    def _is_guest(self, address: int) -> bool:
        return any(base <= address & PHYSICAL < base + size for base, size, _ in self._guest)

    def _seen(self, address: int, size: int) -> bytes:
        """Guest memory as it is there, whatever the code under test has made of it here."""
        data = self.memory.read(address, size, "memory that the code under test uses")
        self.watch(address, data)
        return data

    def word(self, address: int) -> int:
        """A 64-bit word."""
        return int.from_bytes(self.read(address, 8), "little")

    def write(self, address: int, data: bytes) -> None:
        """Set bytes (of the emulated memory only); TargetError where the guest has none either."""
        try:
            self.uc.mem_write(address & PHYSICAL, data)
            return
        except unicorn.UcError:
            for page in range(address & -PAGE, address + len(data), PAGE):
                self._bring_in(page)
        try:
            self.uc.mem_write(address & PHYSICAL, data)
        except unicorn.UcError as error:
            raise TargetError(
                f"{len(data)} bytes are to be written at {address:#x}, which is no memory of the "
                "code under test") from error

    def _bring_in(self, page: int) -> None:
        """Map a page of the guest's memory, unless it is mapped already."""
        base = page & PHYSICAL
        if any(low <= base <= high for low, high, _ in self.uc.mem_regions()):
            return
        content = self.memory.read(page, PAGE, "memory that the code under test uses")
        self.uc.mem_map(base, PAGE)
        self.uc.mem_write(base, content)
        hook = self.uc.hook_add(
            unicorn.UC_HOOK_MEM_READ, self._on_read, begin=base, end=base + PAGE - 1)
        self._guest.append((base, PAGE, hook))

    def get(self, name: str) -> int:
        """A general register."""
        return int(self.uc.reg_read(REGISTERS[name]))

    def set(self, name: str, value: int) -> None:
        """Set a general register."""
        self.uc.reg_write(REGISTERS[name], value & M64)

    def scramble(self, **fixed: int) -> None:
        """Those general registers that are given; noise in the others and in XMM0-5."""
        self.uc.context_restore(self._scrambled)
        for name, value in fixed.items():
            self.uc.reg_write(REGISTERS[name], value & M64)

    def xmm(self, number: int) -> bytes:
        """16 bytes of an XMM register."""
        return int(self.uc.reg_read(XMM[number])).to_bytes(16, "little")

    def set_xmm(self, number: int, data: bytes) -> None:
        """Set an XMM register's low bytes."""
        self.uc.reg_write(XMM[number], int.from_bytes(data, "little"))

    def clobber(self, rax: int) -> None:
        """What a callee leaves: a result, and noise in the other volatile registers."""
        self.uc.reg_write_batch([
            (REGISTERS["rax"], rax & M64),
            *((REGISTERS[name], self._random.getrandbits(64)) for name in VOLATILE),
            *((number, self._random.getrandbits(128)) for number in XMM)])

    def noise(self, size: int) -> bytes:
        """Bytes that nothing else has."""
        return self._random.randbytes(size)

    def number(self) -> int:
        """A 64-bit number that nothing else has."""
        return self._random.getrandbits(64)

    # Running.

    def run(
        self, start: int, stops: frozenset[int], calls: frozenset[int],
        on_call: Callable[[int, Run], int | None],
    ) -> Run:
        """Run from `start` until an address of `stops` is reached after the first instruction.

        At an address of `calls` on_call(address, run) is asked where to go on; None ends the run.
        """
        run = Run()
        self._run, self._stops, self._calls = run, stops, calls
        pc = start
        self._first = True
        for _ in range(64):
            try:
                self.uc.emu_start(pc, 0, count=MAX_STEPS)
            except unicorn.UcError as error:
                run.error = run.error or str(error)
            run.stop = int(self.uc.reg_read(ux.UC_X86_REG_RIP))
            if run.error or run.stop not in calls:
                return run
            following = on_call(run.stop, run)
            if following is None:
                return run
            pc = following
            # The address behind the call may be a boundary itself.
            if pc in stops:
                run.stop = pc
                return run
            self._first = True
        run.error = "more than 64 calls within one IL instruction"
        return run

    def _on_code(self, uc: Any, address: int, size: int, data: Any) -> None:
        if self._first:
            self._first = False
            if address not in self._calls:
                self._run.trace.append(address)
                return
        if address in self._stops or address in self._calls:
            uc.emu_stop()
            return
        self._run.trace.append(address)

    def _on_read(
        self, uc: Any, kind: int, address: int, size: int, value: int, data: Any
    ) -> None:
        self._seen(_whole(address), size)

    def _on_write(
        self, uc: Any, kind: int, address: int, size: int, value: int, data: Any
    ) -> None:
        pc = self._run.trace[-1] if self._run.trace else 0
        self._run.stores.append(Store(_whole(address), size, pc))

    def _on_unmapped(
        self, uc: Any, kind: int, address: int, size: int, value: int, data: Any
    ) -> bool:
        """Guest memory (statics, string cells) is brought in when the code touches it."""
        address = _whole(address)
        try:
            self._bring_in(address & -PAGE)
            if kind == unicorn.UC_MEM_READ_UNMAPPED:
                self._seen(address, size)
        except DecodeError as error:
            self._run.error = f"it touches {address:#x}: {said(error)}"
            self._run.touched = address
            return False
        return True


def _whole(address: int) -> int:
    """An address as the processor has it: kernel addresses have their upper bits set."""
    address &= PHYSICAL
    return address | M64 ^ PHYSICAL if address >> 47 else address
