"""Why did this access fault? Ranked explanations with the evidence for each.

From the faulting instruction: its memory operand gives base and displacement, the method's map the
IL instruction, its token the field, the class's claimed layout every other field that fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from capstone import x86_const as x86

from decoders.errors import DecodeError
from decoders.frames.code_analysis import instruction_at
from decoders.frames.origin import origin
from decoders.frames.unwind import Frame, Unwinder
from decoders.il import Instruction, instruction_text
from decoders.il.disasm import Operand, disassemble_partly
from decoders.memory import is_canonical, read_pointer
from decoders.metadata import Field, Method, type_name
from decoders.runtime import (
    CodeRegistry,
    FailedCheck,
    Fault,
    FieldInfo,
    Runtime,
    TypeInfo,
    threads,
)
from decoders.runtime.model import ADDRESS

NULL_PAGE = 64 << 10
MAX_EXPLANATIONS = 8
MAX_BASES = 64


@dataclass(frozen=True, slots=True)
class Access:
    """The memory operand that faulted."""

    instruction: str
    address: int = field(metadata=ADDRESS)
    base_register: str
    base: int | None = field(metadata=ADDRESS)
    index_register: str
    index: int | None
    scale: int
    displacement: int
    size: int
    matches_cr2: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """One explanation. `weight` orders them (1.0 is certain); `evidence` says why."""

    text: str
    weight: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FaultView:
    """A fault with its instruction and explanations, best first."""

    name: str
    access_text: str
    vector: int
    error_code: int
    cr2: int = field(metadata=ADDRESS)
    rip: int = field(metadata=ADDRESS)
    method: str
    il: str
    access: Access | None
    explanations: tuple[Explanation, ...]
    message: str
    problems: tuple[str, ...]
    check: FailedCheck | None = None


def memory_access(frame: Frame, code: bytes, address: int, cr2: int | None) -> Access | None:
    """The memory operand of the instruction at `address` that touched CR2 (or the only one)."""
    found = instruction_at(code, address)
    if found is None:
        return None
    accesses = [
        _operand(frame, found, o, cr2) for o in found.operands if o.type == x86.X86_OP_MEM
    ]
    if not accesses and found.id in (x86.X86_INS_PUSH, x86.X86_INS_CALL):
        sp = frame.registers["rsp"] - 8
        return Access(_text(found), sp, "rsp", sp, "", None, 1, 0, 8, cr2 == sp)
    return next((a for a in accesses if a.matches_cr2), accesses[0] if accesses else None)


def _text(instruction: Any) -> str:
    return f"{instruction.mnemonic} {instruction.op_str}".strip()


def _operand(frame: Frame, found: Any, operand: Any, cr2: int | None) -> Access:
    memory = operand.mem
    base_name = found.reg_name(memory.base) if memory.base else ""
    index_name = found.reg_name(memory.index) if memory.index else ""
    base = frame.registers.get(base_name) if base_name else 0
    if base_name == "rip":
        base = found.address + found.size
    index = frame.registers.get(index_name) if index_name else None
    address = (
        (base or 0) + (index or 0) * memory.scale + memory.disp) & (1 << 64) - 1
    return Access(
        _text(found), address, base_name, base, index_name, index, memory.scale, memory.disp,
        operand.size, cr2 is not None and address <= cr2 < address + max(operand.size, 1),
    )


def explain_fault(
    runtime: Runtime, registry: CodeRegistry, fault: Fault, frame: Frame
) -> FaultView:
    """Explain the last fault; `frame` is the one that it interrupted."""
    return _Explainer(runtime, registry, fault, frame).run()


class _Explainer:
    def __init__(
        self, runtime: Runtime, registry: CodeRegistry, fault: Fault, frame: Frame
    ) -> None:
        self.runtime = runtime
        self.registry = registry
        self.fault = fault
        self.frame = frame
        self.problems: list[str] = []
        self.found: list[Explanation] = []
        self.method: Method | None = None
        self.instruction: Instruction | None = None
        self.access: Access | None = None
        self.origin = ""

    def run(self) -> FaultView:
        il_text = ""
        code = self.frame.code
        try:
            if self.fault.vector == 14 and self.fault.cr2 == self.frame.pc:
                data = b""  # there is no instruction: that is the fault
            else:
                data = self.runtime.memory.read(self.frame.pc, 15, "the faulting instruction")
            cr2 = self.fault.cr2 if self.fault.vector == 14 else None
            self.access = memory_access(self.frame, data, self.frame.pc, cr2)
        except DecodeError as error:
            self.problems.append(str(error))
        if code is not None:
            try:
                self.method = self.runtime.metadata_method(code.method)
                self.instruction = self._il_instruction()
                if self.instruction is not None:
                    il_text = instruction_text(
                        self.runtime.universe, self.method, self.instruction)
                    found = origin(self.runtime, self.frame, self.method, self.instruction)
                    self.origin = found.text if found is not None else ""
            except DecodeError as error:
                self.problems.append(str(error))
        for part in (self._fetch, self._stack_overflow, self._fields, self._wild_base,
                     self._not_canonical):
            try:
                part()
            except DecodeError as error:
                self.problems.append(str(error))
        name = self.runtime.method_name(code.method) if code is not None else ""
        ranked = sorted(self.found, key=lambda e: -e.weight)[:MAX_EXPLANATIONS]
        return FaultView(
            self.fault.name, self.fault.access, self.fault.vector, self.fault.error_code,
            self.fault.cr2, self.frame.pc, name, il_text, self.access, tuple(ranked),
            self.fault.message, tuple(self.problems),
        )

    def _add(self, text: str, weight: float, *evidence: str) -> None:
        self.found.append(Explanation(text, weight, evidence))

    def _il_instruction(self) -> Instruction | None:
        il = self.frame.il
        if self.method is None or il is None:
            return None
        instructions, _ = disassemble_partly(self.method.body.il)
        return next((i for i in instructions if i.offset == il), None)

    def _fetch(self) -> None:
        if self.fault.vector != 14 or self.fault.cr2 != self.frame.pc:
            return
        evidence = ["CR2 equals RIP: the processor could not fetch the instruction itself"]
        text = f"a jump or call went to {self.frame.pc:#x}, which is not executable code"
        popped = read_pointer(
            self.runtime.memory, self.frame.sp - 8, "the word that a ret took last")
        if popped == self.frame.pc:
            text = (f"a method returned to {self.frame.pc:#x}: its return address was overwritten")
            evidence.append(f"the word below RSP is {popped:#x}: a `ret` took it from there")
            evidence += self._returned_from()
        self._add(text, 0.95, *evidence)

    def _returned_from(self) -> list[str]:
        """Who called the method whose frame begins where the overwritten one ended."""
        above = Unwinder(self.runtime, self.registry).scan(self.frame)
        place = self.registry.find(above["rip"] - 1) if above is not None else None
        if above is None or place is None or place.code is None:
            return []
        caller = self.runtime.method_name(place.code.method)
        site = place.code.call_returning_to(above["rip"] - place.start)
        if site is None or not site.target:
            return [f"the next return address on the stack leads to {caller}"]
        called = self.runtime.method_name(self.runtime.method(site.target))
        return [
            f"the next return address on the stack leads to {caller}, IL_{site.il:04x}, which "
            f"called {called}: the overwritten frame is that of a method that {called} called"]

    def _stack_overflow(self) -> None:
        if self.fault.vector not in (8, 14):
            return
        for thread in threads(self.runtime):
            if thread.stack_low - (1 << 20) <= self.fault.cr2 < thread.stack_low:
                self._add(
                    f"stack overflow of thread {thread.name!r}", 0.9,
                    f"CR2 lies {thread.stack_low - self.fault.cr2:#x} below the stack's low end")

    def _token_field(self) -> Field | None:
        if self.method is None or self.instruction is None:
            return None
        if self.instruction.kind is not Operand.TOKEN or "fld" not in self.instruction.name:
            return None
        token = self.instruction.number
        return self.runtime.universe.resolve_member(self.method.assembly, token).field

    def _at_hand(self) -> Iterator[TypeInfo]:
        """Types that the frame's records name, and their base classes."""
        code = self.frame.code
        if code is None:
            return
        entry = code.map_at(self.frame.offset or 0)
        slots = [*(code.stack_at(entry) if entry is not None else ()), *code.args, *code.locals]
        for address in dict.fromkeys(slot.type for slot in slots if slot.type):
            info = self.runtime.type(address)
            for _ in range(MAX_BASES):
                yield info
                if not info.record.parent:
                    break
                info = self.runtime.type(info.record.parent)

    def _owner(self, found: Field) -> TypeInfo | None:
        # Looking a type up by its name reads every type there is; this frame mostly has it.
        for info in self._at_hand():
            if info.record.token == found.owner.token and (
                    self.runtime.definition(info).assembly is found.owner.assembly):
                return info
        return self.runtime.type_for(self.runtime.universe.type_def_sig(found.owner))

    def _claimed(self, found: Field) -> tuple[TypeInfo, FieldInfo] | None:
        owner = self._owner(found)
        if owner is None:
            return None
        for info in self.runtime.fields(owner):
            if info.record.token == found.token:
                return owner, info
        return None

    def _fields(self) -> None:
        """Faults on small addresses: null plus a field, or a wild base plus another one."""
        cr2 = self.fault.cr2
        if self.fault.vector != 14 or cr2 >= NULL_PAGE:
            return
        found = self._token_field()
        claimed = self._claimed(found) if found is not None else None
        access = self.access
        if found is not None and claimed is not None:
            owner, info = claimed
            name = self.runtime.type_name(owner.address).rpartition(".")[2]
            base = cr2 - info.record.offset
            if base == 0:
                evidence = [
                    f"IL accesses field {found.name}, which lies at +{info.record.offset}",
                    f"CR2 {cr2:#x} is exactly null plus {info.record.offset}"]
                weight = 0.9
                if access is not None and access.base == 0:
                    evidence.append(f"{access.base_register} is 0 in `{access.instruction}`")
                    weight = 0.99
                if self.origin:
                    evidence.append(self.origin)
                self._add(
                    f"null {name}, field {found.name} at +{info.record.offset}", weight, *evidence)
            elif base > 0 or access is not None:
                self._add(
                    f"wild {name} reference {base & (1 << 64) - 1:#x}, field {found.name} "
                    f"at +{info.record.offset}", 0.6,
                    f"IL accesses field {found.name} at +{info.record.offset}, "
                    f"which leaves a base of {base:#x}", *([self.origin] if self.origin else []))
            self._other_fields(owner, info, cr2)
        elif access is not None and access.base is not None and access.base < NULL_PAGE:
            base_text = "null" if access.base == 0 else f"wild pointer {access.base:#x}"
            if self.instruction is not None:
                base_text += f" at {self.instruction.name}"
            self._add(
                f"{base_text} in {access.base_register}, access at +{access.displacement:#x}", 0.8,
                f"`{access.instruction}` with {access.base_register} = {access.base:#x}")

    def _other_fields(self, owner: TypeInfo, used: FieldInfo, cr2: int) -> None:
        for _, info in self.runtime.all_fields(owner):
            base = cr2 - info.record.offset
            if info is used or base <= 0 or base >= 256:
                continue
            self._add(
                f"wild base {base:#x} plus field {info.name} at +{info.record.offset}",
                0.2 / (1 + base),
                f"{base:#x} + {info.record.offset} is CR2, but IL does not access {info.name}")

    def _wild_base(self) -> None:
        access = self.access
        if access is None or access.base is None or self.fault.vector != 14:
            return
        if self.fault.cr2 < NULL_PAGE or access.base_register in ("", "rip", "rsp", "rbp"):
            return
        found = self._token_field()
        what = ""
        if found is not None:
            sig = self.runtime.universe.type_def_sig(found.owner)
            what = f" of {type_name(self.runtime.universe, sig)}.{found.name}"
        self._add(
            f"wild pointer {access.base:#x} in {access.base_register}: the access{what} at "
            f"+{access.displacement:#x} is to unmapped memory", 0.7,
            f"`{access.instruction}` with {access.base_register} = {access.base:#x}",
            *([self.origin] if self.origin else []))

    def _not_canonical(self) -> None:
        access = self.access
        if self.fault.vector != 13 or access is None or is_canonical(access.address):
            return
        self._add(
            f"{access.base_register} = {access.base or 0:#x} is no address: bits 63-47 differ",
            0.9, f"`{access.instruction}` addresses {access.address:#x}, which is not canonical")
