"""The sample state before one IL instruction, and what it should have become behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from decoders.doctor import emulator
from decoders.doctor.emulator import Machine, Run
from decoders.doctor.facts import Facts
from decoders.doctor.sizes import Sizes
from decoders.frames.code_analysis import PrologueFacts, instructions, read_prologue
from decoders.il import Entry, Instruction, Kind, StackModel, model_stack
from decoders.layout import FrameNeeds, Role, frame_needs
from decoders.metadata import Method, TypeSig
from decoders.runtime import MapFlags, MethodCode
from decoders.runtime.code import HelperKind
from decoders.runtime.records import JitCallSiteRecord, JitMapEntryRecord

# Bytes; or nothing known (None); or a test of the bytes that gives "" or what is wrong with them.
Push = bytes | Callable[[bytes], str] | None
# Rule id, what is wrong, claimed, expected.
Problem = tuple[str, str, str, str]
# Room that a method with localloc may have taken already when an instruction begins: its
# evaluation stack has no constant distance from RBP, and its code must not care.
LOCALLOC_ROOM = 0x50


@dataclass(slots=True)
class Cell:
    """An evaluation-stack entry: `value` has `size` bytes, of which `significant` mean something.

    `address` is where it lies; None when it is in RAX.
    """

    entry: Entry
    size: int
    significant: int
    value: bytes
    address: int | None

    @property
    def operand(self) -> tuple[Kind, bytes]:
        """For the arithmetic model."""
        return self.entry.kind, self.value

    @property
    def pointer(self) -> int:
        """The value as an address."""
        return int.from_bytes(self.value[:8], "little")


@dataclass(slots=True)
class Expect:
    """What an instruction does: entries popped and pushed, stores, IL offsets it may go to.

    `next` None: anywhere. `problems` are (rule id, what, claimed, expected) that were found on the
    way, at calls. `on_call` decides what callees do. `after` looks at the finished run and gives
    such a problem or None. `moved` bytes are taken off the stack for good (localloc). `ends`: it
    does not go on behind its call (throw). `leads_to` is the address that it jumps to where that is
    no place in the method's code (endfinally). `throws`: it must reach a throw block that calls
    this helper; `faults`: it must touch the first page, as it does with null.
    """

    rule: str
    pops: int = 0
    pushes: list[Push] = field(default_factory=list)
    stores: list[tuple[int, bytes]] = field(default_factory=list)
    next: tuple[int, ...] | None = None
    returns: bool = False
    problems: list[Problem] = field(default_factory=list)
    on_call: Callable[[JitCallSiteRecord, Run], bool] | None = None
    subject: str = ""
    allowed: list[tuple[int, int]] = field(default_factory=list)
    after: Callable[[Run], Problem | None] | None = None
    moved: int = 0
    ends: bool = False
    leads_to: int | None = None
    throws: HelperKind | None = None
    faults: bool = False


class MethodContext:
    """Everything about one compiled method that its instructions' checks need."""

    def __init__(
        self, facts: Facts, machine: Machine, sizes: Sizes, code: MethodCode
    ) -> None:
        self.runtime = facts
        self.machine = machine
        self.sizes = sizes
        self.code = code
        self.method: Method = code.runtime.metadata_method(code.method)
        self.model: StackModel = model_stack(facts.universe, self.method)
        self.listing = {i.offset: i for i in self.model.instructions}
        self.facts: PrologueFacts = read_prologue(code.bytes, code.record.prologue_size)
        claimed = code.record.frame_size
        self.frame = claimed if self.facts.frame_size is None else self.facts.frame_size
        self.rbp = emulator.FRAME_BASE

    @cached_property
    def needs(self) -> FrameNeeds:
        """Homes and locals from metadata."""
        return frame_needs(self.runtime.layout, self.method)

    @cached_property
    def bottom(self) -> int:
        """RSP where the evaluation stack is empty."""
        taken = any(i.name == "localloc" for i in self.model.instructions)
        return self.rbp - self.frame - taken * LOCALLOC_ROOM

    @cached_property
    def constrained(self) -> dict[int, int]:
        """The type token of a constrained. prefix, by the IL offset of the call behind it."""
        return {
            i.end: i.number for i in self.model.instructions if i.name == "constrained."}

    @cached_property
    def disassembly(self) -> dict[int, Any]:
        """Machine instructions by native offset."""
        return {i.address: i for i in instructions(self.code.bytes, 0, 1 << 20)}

    @cached_property
    def calls(self) -> frozenset[int]:
        """Addresses of call instructions."""
        return frozenset(
            self.code.start + o for o, i in self.disassembly.items() if i.mnemonic == "call")

    @cached_property
    def sites(self) -> dict[int, JitCallSiteRecord]:
        """Recorded call sites by native offset."""
        return {s.native: s for s in self.code.call_sites}

    @cached_property
    def boundaries(self) -> dict[int, list[JitMapEntryRecord]]:
        """Recorded IL boundaries by native offset."""
        result: dict[int, list[JitMapEntryRecord]] = {}
        for entry in self.code.map:
            result.setdefault(entry.native, []).append(entry)
        return result

    @cached_property
    def stops(self) -> frozenset[int]:
        """Addresses where a piece of code ends."""
        ends = {self.code.start + n for n in self.boundaries}
        return frozenset(ends | {self.code.start + e.start for e in self.code.epilogues})

    @cached_property
    def arguments(self) -> list[tuple[str, TypeSig, int, bool]]:
        """IL arguments: name, type, home's offset from RBP, whether the home holds an address."""
        homes = [h for h in self.needs.homes if h.role is not Role.RETURN_BUFFER]
        result = []
        for home in homes:
            indirect = not self.sizes.by_value(home.type)
            result.append((home.name, home.type, home.offset, indirect))
        return result

    @cached_property
    def return_buffer(self) -> int | None:
        """The return buffer's home."""
        return next((h.offset for h in self.needs.homes if h.role is Role.RETURN_BUFFER), None)

    def local(self, index: int) -> tuple[TypeSig, int]:
        """A local's type and recorded offset from RBP."""
        return self.method.locals[index], self.code.locals[index].offset

    def code_text(self, addresses: list[int], limit: int = 8) -> tuple[str, ...]:
        """Executed machine instructions, for evidence."""
        lines = []
        for address in addresses[:limit]:
            found = self.disassembly.get(address - self.code.start)
            if found is not None:
                lines.append(f"{address:#x}: {found.mnemonic} {found.op_str}".strip())
        if len(addresses) > limit:
            lines.append(f"... and {len(addresses) - limit} more")
        return tuple(lines)


class Chunk:
    """The machine's state for one IL instruction: cells, sample objects and homes."""

    def __init__(
        self, context: MethodContext, instruction: Instruction, entry: JitMapEntryRecord,
        variant: int,
    ) -> None:
        self.context = context
        self.instruction = instruction
        self.entry = entry
        self.variant = variant
        self.machine = context.machine
        self.cells: list[Cell] = []
        sizes = context.sizes
        in_rax = bool(entry.flags & MapFlags.TOS_IN_RAX)
        before = context.model.before[instruction.offset]
        at = context.bottom
        for index, model in enumerate(before):
            size = sizes.slot(model)
            cached = in_rax and index == len(before) - 1
            address: int | None = None
            if not cached:
                at -= size
                address = at
            self.cells.append(
                Cell(model, size, sizes.significant(model), self._sample(model, size, index),
                     address))
        self.rsp = at

    def _sample(self, model: Entry, size: int, index: int) -> bytes:
        machine = self.machine
        if model.kind in (Kind.REF, Kind.BYREF):
            return self.object(index, 0 if model.kind is Kind.REF else 0x200).to_bytes(8, "little")
        if model.kind in (Kind.R4, Kind.R8):
            from decoders.doctor.semantics import pack_real
            value = float(100 + 7 * index + 3 * self.variant) + 0.75
            return pack_real(model.kind, value) + (
                machine.noise(4) if model.kind is Kind.R4 else b"")
        return machine.noise(size)

    def object(self, index: int, offset: int = 0) -> int:
        """Address of a sample object, or inside of one."""
        return emulator.OBJECTS + (index % 48) * emulator.OBJECT_STEP + offset

    def set_number(self, cell: Cell, value: int) -> None:
        """Give an integer entry a value; the upper half of an int32's slot stays noise."""
        size = 4 if cell.entry.kind is Kind.I4 else 8
        low = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
        cell.value = low + cell.value[size:]

    def pointed(self, index: int, cell: Cell) -> int:
        """An address entry's value; a native int is given a sample object's first."""
        if cell.entry.kind is Kind.NI:
            self.set_address(cell, self.object(index, 0x200))
        return cell.pointer

    def set_address(self, cell: Cell, address: int) -> None:
        """Give an entry an address."""
        cell.value = address.to_bytes(8, "little")

    def prepare_memory(self) -> None:
        """Write the frame, homes and sample objects' heads into the machine."""
        context, machine = self.context, self.machine
        low = self.rsp - 0x400
        machine.write(low, machine.noise(context.rbp + 0x200 - low))
        for number, (_, _, offset, indirect) in enumerate(context.arguments):
            if indirect:
                machine.write(
                    context.rbp + offset, self.object(48 + number % 14).to_bytes(8, "little"))
        if context.return_buffer is not None:
            machine.write(
                context.rbp + context.return_buffer, self.object(63).to_bytes(8, "little"))
        for index, cell in enumerate(self.cells):
            if cell.entry.kind is Kind.REF:
                machine.write(self.object(index), emulator.TABLES.to_bytes(8, "little"))
        self.write_cells()

    def write_cells(self) -> None:
        """Write the entries that lie in memory."""
        for cell in self.cells:
            if cell.address is not None:
                self.machine.write(cell.address, cell.value)

    def prepare_registers(self) -> None:
        """Registers, with the cached top of the stack."""
        rax = {}
        if self.cells and self.cells[-1].address is None:
            rax["rax"] = self.cells[-1].pointer
        self.machine.scramble(rbp=self.context.rbp, rsp=self.rsp, **rax)
