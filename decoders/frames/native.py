"""Machine instructions of generated code: what they access, and what a prologue really does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from decoders.runtime import MethodCode

# Full names of the registers that 32-, 16- and 8-bit names are parts of.
_PARTS = {"a": "rax", "b": "rbx", "c": "rcx", "d": "rdx"}
ARGUMENT_REGISTERS = ("rcx", "rdx", "r8", "r9")
_U64 = (1 << 64) - 1
_MAX_INSTRUCTION = 15


@lru_cache(maxsize=1)
def _disassembler() -> Any:
    # Imported at first use: it costs a third of the time that loading all commands takes.
    from capstone import CS_ARCH_X86, CS_MODE_64, Cs

    machine = Cs(CS_ARCH_X86, CS_MODE_64)
    machine.detail = True
    return machine


def full_register(name: str) -> str:
    """The 64-bit register that `eax`, `r9d`, `cl` or `bp` is a part of; other names as they are."""
    if name[:1] == "r" and name[1:2].isdigit():
        return name.rstrip("dwb")
    if len(name) == 3 and name[0] == "e":
        return "r" + name[1:]
    if len(name) == 2 and name[1] in "xlh" and name[0] in _PARTS:
        return _PARTS[name[0]]
    if name in ("si", "di", "bp", "sp"):
        return "r" + name
    if name in ("sil", "dil", "bpl", "spl"):
        return "r" + name[:2]
    return name


@dataclass(frozen=True, slots=True)
class Operand:
    """A memory operand: base + index*scale + displacement, `size` bytes wide."""

    base: str
    index: str
    scale: int
    displacement: int
    size: int
    is_write: bool

    def address(self, registers: Mapping[str, int]) -> int | None:
        """The effective address, None when a register's value is not known."""
        total = self.displacement
        for name, factor in ((self.base, 1), (self.index, self.scale)):
            if name:
                value = registers.get(name)
                if value is None:
                    return None
                total += value * factor
        return total & _U64

    def __str__(self) -> str:
        parts = [self.base] if self.base else []
        if self.index:
            parts.append(f"{self.index}*{self.scale}" if self.scale != 1 else self.index)
        text = " + ".join(parts)
        if not text:
            return f"[{self.displacement & _U64:#x}]"
        if not self.displacement:
            return f"[{text}]"
        sign = "-" if self.displacement < 0 else "+"
        return f"[{text} {sign} {abs(self.displacement):#x}]"


@dataclass(frozen=True, slots=True)
class Instruction:
    """One decoded machine instruction."""

    address: int
    size: int
    text: str
    mnemonic: str
    operands: tuple[Operand, ...]
    writes: tuple[str, ...]


def decode(code: bytes, address: int) -> Instruction | None:
    """The instruction at the start of `code`, None when the bytes are none."""
    for raw in _disassembler().disasm(code[:_MAX_INSTRUCTION], address, 1):
        return _convert(raw)
    return None


def decode_all(code: bytes, address: int) -> list[Instruction]:
    """Instructions one after the other, up to the first bytes that are none."""
    return [_convert(raw) for raw in _disassembler().disasm(code, address)]


def _convert(raw: Any) -> Instruction:
    from capstone.x86 import X86_OP_MEM, X86_OP_REG

    operands, writes = [], []
    for number, operand in enumerate(raw.operands):
        written = bool(operand.access & 2)
        if operand.type == X86_OP_MEM:
            memory = operand.mem
            displacement = memory.disp
            base = raw.reg_name(memory.base) or ""
            if base == "rip":
                base, displacement = "", displacement + raw.address + raw.size
            operands.append(
                Operand(
                    full_register(base), full_register(raw.reg_name(memory.index) or ""),
                    memory.scale, displacement, operand.size, written,
                )
            )
        elif operand.type == X86_OP_REG and (written or number == 0):
            writes.append(full_register(raw.reg_name(operand.reg)))
    text = f"{raw.mnemonic} {raw.op_str}".rstrip()
    operands += _implicit(raw, operands)
    return Instruction(
        raw.address, raw.size, text, raw.mnemonic, tuple(operands), tuple(writes)
    )


def _implicit(raw: Any, explicit: list[Operand]) -> list[Operand]:
    # push, pop, call and ret touch the stack without an operand that says so.
    name = raw.mnemonic.split()[-1]
    if name in ("push", "call"):
        return [Operand("rsp", "", 1, -8, 8, True)]
    if name in ("pop", "ret"):
        return [Operand("rsp", "", 1, 0, 8, False)]
    if name == "leave":
        return [Operand("rbp", "", 1, 0, 8, False)]
    return []


@dataclass(frozen=True, slots=True)
class Store:
    """A register that the prologue puts into the frame. `native` is where, `end` behind it."""

    register: str
    offset: int
    size: int
    native: int
    end: int


@dataclass(frozen=True, slots=True)
class Prologue:
    """What a method's first instructions do, read off the machine code.

    `frame_size` is RBP minus RSP at its end, None when it is not plain; `stores` by RBP offset.
    """

    pushes_rbp: bool
    frame_size: int | None
    stores: dict[int, Store] = field(default_factory=dict)

    def home_of(self, position: int) -> Store | None:
        """The store that homes argument `position` (0-3)."""
        return self.stores.get(16 + 8 * position)


def read_prologue(code: MethodCode) -> Prologue:
    """Decode a method's prologue (as long as its record says)."""
    stores: dict[int, Store] = {}
    pushes, frame = False, 0
    plain = True
    pages = 0
    for i in decode_all(code.bytes[: code.record.prologue_size], 0):
        words = i.text.replace(",", "").split()
        if i.text == "push rbp":
            pushes = True
        elif words[0] == "mov" and words[1] == "eax" and len(words) == 3:
            pages = int(words[2], 0)  # the counter of a loop that probes each page
        elif words[:2] == ["sub", "rsp"]:
            amount = int(words[2], 0)
            frame += amount * (pages or 1) if amount == 0x1000 else amount
            plain = plain and (amount != 0x1000 or pages > 0)
        for operand in i.operands:
            if operand.base == "rbp" and operand.is_write and not operand.index:
                source = full_register(words[-1])
                if i.mnemonic.startswith("mov") and (
                    source in ARGUMENT_REGISTERS or source.startswith("xmm")
                    or operand.displacement < 0
                ):
                    stores.setdefault(
                        operand.displacement,
                        Store(source, operand.displacement, operand.size, i.address,
                              i.address + i.size),
                    )
    return Prologue(pushes, frame if plain else None, stores)
