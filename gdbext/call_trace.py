"""Calls and allocations of managed code, seen by breakpoints.

Calls: a breakpoint on each call instruction; where it goes, the instruction's operand tells.
Allocations: breakpoints on what the allocator stores make the records that the plugin makes of the
same stores, so that one decoder reads both; the call that asked is found along the frames.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import gdb
from capstone import CS_AC_WRITE, CS_ARCH_X86, CS_MODE_64, Cs, CsInsn, x86

from decoders import store_records
from decoders.errors import TargetError
from decoders.runtime import CallKind, CodeKind, MethodCode, MethodFlags, MethodInfo
from decoders.runtime.records import JitCallSiteRecord
from decoders.stores.allocations import (
    ALLOCATOR,
    HEAP_REGION,
    MAKERS,
    SIZERS,
    Allocation,
    AllocationDecoder,
    Range,
)
from decoders.stores.calls import Call, CallFilters, CallSite, CallSites, make_call_site
from gdbext import compiled, target
from gdbext.progress import Progress
from gdbext.session import Session
from gdbext.store_sources import sources_of

MAX_RECORDS = 100_000
MAX_FRAMES = 256
_U64 = (1 << 64) - 1
_RECORD = struct.Struct("<4Q")

Evaluate = Callable[[], int]


def _number(name: str) -> int:
    return int(gdb.newest_frame().read_register(name)) & _U64


def _words(address: int, count: int) -> tuple[int, ...] | None:
    try:
        data = bytes(gdb.selected_inferior().read_memory(address, 8 * count))
    except gdb.MemoryError:
        return None
    return struct.unpack(f"<{count}Q", data)


def _returns() -> Iterator[tuple[int, int]]:
    """(where it lies, return address) of the frames along RBP, innermost first.

    All code of the kernel keeps frame pointers.
    """
    base = _number("rbp")
    for _ in range(MAX_FRAMES):
        words = _words(base, 2)
        if words is None:
            return
        yield base + 8, words[1]
        if words[0] <= base:
            return
        base = words[0]


class _Hit(gdb.Breakpoint):
    """A place that is noted, without stopping there."""

    def __init__(self, address: int, progress: Progress, note: Callable[[], None]) -> None:
        super().__init__(f"*{address:#x}", internal=True, type=compiled.breakpoint_kind())
        self.silent = True
        self._progress = progress
        self._note = note

    def stop(self) -> bool:
        """gdb's protocol."""
        if not self._progress.stands_still():
            self._note()
        return False


class _Trace:
    """Breakpoints in compiled methods, and in those to come."""

    def __init__(self) -> None:
        self.seen = 0
        self.is_on = False
        self._progress = Progress()
        self._hits: dict[int, _Hit] = {}
        self._codes: dict[int, MethodCode] = {}
        self._starts: list[int] = []

    @property
    def sites(self) -> int:
        """Places under watch."""
        return len(self._hits)

    def _start(self, now: Session | None) -> None:
        self.stop()
        self.is_on = True
        compiled.listen(self)
        if now is not None:
            for code in now.codes.methods():
                self._know(now, code)

    def stop(self) -> None:
        """Let go of all places; what was recorded stays."""
        compiled.ignore(self)
        for hit in self._hits.values():
            if hit.is_valid():
                hit.delete()
        self._hits.clear()
        self._codes.clear()
        self._starts.clear()
        self._progress.reset()
        self.is_on = False

    def wants(self, name: str, token: int) -> bool:
        """See compiled.Listener: any method may call."""
        return True

    def compiled(self, session: Session, method: MethodInfo, code: MethodCode) -> None:
        """See compiled.Listener."""
        self._know(session, code)

    def _know(self, now: Session, code: MethodCode) -> None:
        if code.start in self._codes:
            return
        self._codes[code.start] = code
        self._starts.insert(bisect_right(self._starts, code.start), code.start)
        self._watch(now, code)

    def _watch(self, now: Session, code: MethodCode) -> None:
        raise NotImplementedError

    def _code_at(self, address: int) -> MethodCode | None:
        index = bisect_right(self._starts, address) - 1
        code = self._codes[self._starts[index]] if index >= 0 else None
        return code if code is not None and address < code.end else None

    def _set(self, address: int, note: Callable[[], None]) -> None:
        if address not in self._hits:
            self._hits[address] = _Hit(address, self._progress, note)


# ---- operands ----


def _decoder() -> Cs:
    decoder = Cs(CS_ARCH_X86, CS_MODE_64)
    decoder.detail = True
    return decoder


def _address_of(insn: CsInsn, operand: x86.X86Op) -> Evaluate:
    """What a memory operand's address is when it is asked."""
    memory = operand.mem
    parts = [(insn.reg_name(r), scale) for r, scale in (
        (memory.base, 1), (memory.index, memory.scale)) if r]
    after = insn.address + insn.size

    def evaluate() -> int:
        total = int(memory.disp)
        for name, scale in parts:
            total += scale * (after if name == "rip" else _number(name))
        return total & _U64

    return evaluate


def _target_of(insn: CsInsn) -> Evaluate:
    """Where a call goes when it is asked; 0 for what cannot be read."""
    (operand,) = insn.operands
    if operand.type == x86.X86_OP_IMM:
        return lambda: operand.imm & _U64
    if operand.type == x86.X86_OP_REG:
        return lambda: _number(insn.reg_name(operand.reg))
    at = _address_of(insn, operand)
    return lambda: (_words(at(), 1) or (0,))[0]


# ---- calls ----


@dataclass(slots=True)
class _RawCall:
    """What a breakpoint saw. entered: the method that began for a call through a dispatch stub."""

    sequence: int
    site: CallSite
    slot: int
    depth: int
    target: int
    entered: MethodCode | None = None


class CallTrace(_Trace):
    """Executed calls."""

    def __init__(self) -> None:
        super().__init__()
        self.records: deque[_RawCall] = deque(maxlen=MAX_RECORDS)
        self._wanted = CallFilters()
        self._helpers = False
        self._dispatched = False

    def start(self, now: Session | None, wanted: CallFilters, helpers: bool) -> None:
        """Watch the call sites that the filters may let pass. helpers: the runtime's too."""
        self._wanted, self._helpers, self._dispatched = wanted, helpers, False
        self._start(now)

    def clear(self) -> None:
        """Forget what was recorded."""
        self.records.clear()
        self.seen = 0

    def _watch(self, now: Session, code: MethodCode) -> None:
        if self._dispatched:
            self._watch_entry(code)
        for record in code.call_sites:
            if record.kind == CallKind.HELPER and not self._helpers:
                continue
            site = make_call_site(now.runtime, code, record, sources_of(now))
            if self._wanted.site_may_match(site):
                address = code.start + record.native
                data = now.runtime.memory.read(
                    address, record.native_return - record.native, "a call instruction")
                insn = next(_decoder().disasm(data, address), None)
                if insn is None or insn.mnemonic != "call":
                    raise TargetError(
                        f"the call site at {address:#x} of {site.method} is no call instruction")
                self._set(address, self._noter(site, _target_of(insn)))
                if record.kind == CallKind.INTERFACE and not self._dispatched:
                    self._dispatched = True
                    for known in self._codes.values():
                        self._watch_entry(known)

    def _watch_entry(self, code: MethodCode) -> None:
        """Where an interface call may come to: a dispatch stub does not say."""
        if not code.method.record.flags & MethodFlags.VIRTUAL:
            return

        def note() -> None:
            last = self.records[-1] if self.records else None
            if last is not None and last.entered is None and last.slot == _number("rsp"):
                last.entered = code

        self._set(code.start, note)

    def _noter(self, site: CallSite, where: Evaluate) -> Callable[[], None]:
        def note() -> None:
            self.seen += 1
            depth = 1 + sum(self._code_at(pc - 1) is not None for _, pc in _returns())
            slot = (_number("rsp") - 8) & _U64
            self.records.append(_RawCall(self.seen, site, slot, depth, where()))

        return note

    def calls(self, now: Session) -> Iterator[Call]:
        """What was recorded, named."""
        for raw in self.records:
            ran = None if raw.site.is_helper else _ran(now, raw)
            name = "" if ran is None else now.runtime.method_name(ran)
            yield Call(raw.sequence, raw.depth, raw.site, raw.slot, name, True)


def _ran(now: Session, raw: _RawCall) -> MethodInfo | None:
    """The compiled method that a call began, perhaps through a thunk; None for native code."""
    if raw.entered is not None:
        return raw.entered.method
    place = now.codes.find(raw.target)
    if place is None:
        return None
    if place.kind is not CodeKind.STUB:
        return place.method
    if raw.site.record.kind != CallKind.DIRECT or not raw.site.record.target:
        return None
    # The stub that compiles a method at its first call.
    method = now.runtime.method(raw.site.record.target)
    return method if now.codes.code_of(method) is not None else None


# ---- allocations ----


def _span(name: str) -> Range:
    """[from, to) of a function of the kernel."""
    address = target.symbol_address(name)
    block = gdb.block_for_pc(address) if address is not None else None
    while block is not None and block.function is None:
        block = block.superblock
    if block is None or block.function.name != name:
        raise TargetError(f"the kernel's function {name} is not known: load its symbols with "
                          "`file kernel.elf`")
    return block.start, block.end


def _region(name: str) -> Range:
    start, end = target.symbol_address(name), target.symbol_address(f"{name}_end")
    if start is None or end is None:
        raise TargetError(f"the kernel's symbol {name} is not known: load its symbols with "
                          "`file kernel.elf`")
    return start, end


def _own_code(span: Range) -> bytes:
    """A function's code as it was linked: the kernel may not have been loaded yet."""
    before = gdb.parameter("trust-readonly-sections")
    gdb.execute("set trust-readonly-sections on", to_string=True)
    try:
        return bytes(gdb.selected_inferior().read_memory(span[0], span[1] - span[0]))
    finally:
        gdb.execute(f"set trust-readonly-sections {'on' if before else 'off'}", to_string=True)


def allocation_decoder(now: Session) -> AllocationDecoder:
    """Reads records of this kernel's allocator."""
    return AllocationDecoder(
        now.runtime, CallSites(now.runtime, sources_of(now)), _span(ALLOCATOR),
        [_span(name) for name in SIZERS], _region(HEAP_REGION))


class AllocationTrace(_Trace):
    """Objects as they are made."""

    def __init__(self) -> None:
        super().__init__()
        self.records: deque[bytes] = deque(maxlen=MAX_RECORDS)
        self._call: tuple[int, int] | None = None
        self._allocator = self._heap = (0, 0)

    def start(self, now: Session | None) -> None:
        """Watch the allocator, and the calls by which compiled code asks for objects."""
        self._start(now)
        self._allocator, self._heap = _span(ALLOCATOR), _region(HEAP_REGION)
        for name in (ALLOCATOR, *SIZERS):
            span = _span(name)
            for insn in _decoder().disasm(_own_code(span), span[0]):
                self._watch_store(insn)

    def clear(self) -> None:
        """Forget what was recorded."""
        self.records.clear()
        self.seen = 0
        self._call = None

    def _watch_store(self, insn: CsInsn) -> None:
        if insn.mnemonic != "mov" or len(insn.operands) != 2:
            return
        to, source = insn.operands
        # The frame's own stores and those to the kernel's variables make no object.
        frame = (x86.X86_REG_RSP, x86.X86_REG_RBP, x86.X86_REG_RIP)
        if to.type != x86.X86_OP_MEM or to.mem.base in frame or not to.access & CS_AC_WRITE:
            return
        at, size = _address_of(insn, to), to.size
        mask = (1 << 8 * size) - 1

        def note() -> None:
            value = source.imm if source.type == x86.X86_OP_IMM else _number(
                _wide(insn.reg_name(source.reg)))
            self._store(insn.address, at(), value & mask, size)

        self._set(insn.address, note)

    def _watch(self, now: Session, code: MethodCode) -> None:
        for record in code.call_sites:
            if record.kind == CallKind.HELPER and record.helper in MAKERS:
                self._set(code.start + record.native, self._noter(code, record))

    def _noter(self, code: MethodCode, record: JitCallSiteRecord) -> Callable[[], None]:
        def note() -> None:
            self._called(code.start + record.native, (_number("rsp") - 8) & _U64)

        return note

    def _called(self, pc: int, slot: int) -> None:
        self._call = (pc, slot)
        self.records.append(_RECORD.pack(pc, slot, 0, 8))

    def _store(self, pc: int, address: int, value: int, size: int) -> None:
        makes = size == 8 and self._heap[0] <= address < self._heap[1]
        if makes and self._allocator[0] <= pc < self._allocator[1]:
            self.seen += 1
            asked = self._asking()
            # Not a helper that makes objects, which would be known: the runtime made it by itself.
            if asked is not None and asked != self._call:
                self._called(*asked)
            # As the allocator's own pushes do in the plugin's records: what lies above is in use.
            self.records.append(_RECORD.pack(pc, _number("rsp"), 0, 8))
        meta = size | store_records.HAS_VALUE << 16
        self.records.append(_RECORD.pack(pc, address, value, meta))

    def _asking(self) -> tuple[int, int] | None:
        """The innermost call of compiled code that is under way, and where it returns to lies."""
        for slot, pc in _returns():
            code = self._code_at(pc - 1)
            if code is not None:
                for record in code.call_sites:
                    if code.start + record.native_return == pc:
                        return code.start + record.native, slot
        return None

    def allocations(self, now: Session) -> Iterator[Allocation]:
        """What was recorded, named."""
        yield from allocation_decoder(now).decode([b"".join(self.records)])


_WIDE = {
    **{f"e{r}": f"r{r}" for r in ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp")},
    **{f"r{n}d": f"r{n}" for n in range(8, 16)},
}


def _wide(register: str) -> str:
    """The 64-bit register around a 32-bit one."""
    return _WIDE.get(register, register)


calls = CallTrace()
allocations = AllocationTrace()
