"""IL disassembly (ECMA-335 III) over dncil's opcode tables, with operands resolved to names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from dncil.cil.body.reader import CilMethodBodyReaderBytes
from dncil.cil.enums import OperandType
from dncil.cil.error import MethodBodyFormatError

from decoders.errors import ILError
from decoders.metadata import AssemblySet, Method, token_text


class Operand(Enum):
    """What an instruction's operand is."""

    NONE = "none"
    INT = "int"
    FLOAT = "float"
    BRANCH = "branch"
    SWITCH = "switch"
    ARG = "arg"
    LOCAL = "local"
    TOKEN = "token"


_KINDS = {
    OperandType.InlineBrTarget: Operand.BRANCH, OperandType.ShortInlineBrTarget: Operand.BRANCH,
    OperandType.InlineField: Operand.TOKEN, OperandType.InlineMethod: Operand.TOKEN,
    OperandType.InlineSig: Operand.TOKEN, OperandType.InlineString: Operand.TOKEN,
    OperandType.InlineTok: Operand.TOKEN, OperandType.InlineType: Operand.TOKEN,
    OperandType.InlineI: Operand.INT, OperandType.InlineI8: Operand.INT,
    OperandType.ShortInlineI: Operand.INT, OperandType.InlineR: Operand.FLOAT,
    OperandType.ShortInlineR: Operand.FLOAT, OperandType.InlineSwitch: Operand.SWITCH,
    OperandType.InlineVar: Operand.LOCAL, OperandType.ShortInlineVar: Operand.LOCAL,
    OperandType.InlineNone: Operand.NONE, OperandType.InlinePhi: Operand.NONE,
}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One IL instruction. `operand` is an int, a float, a tuple of switch targets, or None.

    Branch targets are absolute IL offsets; argument indexes count `this` as 0.
    """

    offset: int
    size: int
    name: str
    kind: Operand
    operand: int | float | tuple[int, ...] | None

    @property
    def end(self) -> int:
        """Offset behind it."""
        return self.offset + self.size

    @property
    def number(self) -> int:
        """The operand where it is one integer."""
        assert isinstance(self.operand, int)
        return self.operand

    @property
    def targets(self) -> tuple[int, ...]:
        """Offsets that it may branch to, fall-through not included."""
        if self.kind is Operand.BRANCH:
            return (self.number,)
        return self.operand if isinstance(self.operand, tuple) else ()


# Opcodes whose argument or local index is part of the mnemonic: ldarg.0 ... stloc.3.
_IMPLICIT = {
    f"{verb}.{index}": (Operand.ARG if "arg" in verb else Operand.LOCAL, index)
    for verb in ("ldarg", "ldloc", "stloc")
    for index in range(4)
}
_ARG_NAMES = frozenset({"ldarg", "ldarg.s", "ldarga", "ldarga.s", "starg", "starg.s"})


def disassemble(il: bytes) -> list[Instruction]:
    """All instructions of a method's IL; ILError at the first malformed one."""
    instructions, error = disassemble_partly(il)
    if error is not None:
        raise error
    return instructions


def disassemble_partly(il: bytes) -> tuple[list[Instruction], ILError | None]:
    """The instructions up to the first malformed one, and what is wrong with that."""
    reader = CilMethodBodyReaderBytes(il)
    result: list[Instruction] = []
    offset = 0
    while offset < len(il):
        try:
            _check_switch(il, offset)
            raw = reader.read_instruction(offset)
        except MethodBodyFormatError as error:
            return result, ILError(offset, f"the instruction is cut off or invalid ({error.value})")
        except ILError as error:
            return result, error
        if raw.opcode.name.startswith("UNKNOWN"):
            code = il[offset : offset + raw.opcode.size].hex()
            return result, ILError(offset, f"undefined opcode 0x{code}")
        result.append(_convert(raw, offset))
        offset = result[-1].end
    return result, None


def _check_switch(il: bytes, offset: int) -> None:
    # A switch that claims more targets than there are bytes would be read one by one.
    if il[offset] == 0x45:
        count = int.from_bytes(il[offset + 1 : offset + 5], "little")
        if offset + 5 + 4 * count > len(il):
            raise ILError(offset, f"switch with {count} targets does not fit the method")


def _convert(raw: Any, offset: int) -> Instruction:
    name: str = raw.opcode.name
    kind = _KINDS[raw.opcode.operand_type]
    operand = raw.operand
    if name in _IMPLICIT:
        kind, operand = _IMPLICIT[name]
    elif kind is Operand.TOKEN:
        operand = operand.value
    elif kind is Operand.LOCAL:
        kind = Operand.ARG if name in _ARG_NAMES else Operand.LOCAL
        operand = operand.index
    elif kind is Operand.SWITCH:
        operand = tuple(operand)
    return Instruction(offset, raw.size, name, kind, operand)


def operand_text(
    universe: AssemblySet, method: Method, instruction: Instruction,
    local_names: dict[int, str] | None = None,
) -> str:
    """The operand as text: names for tokens, arguments and (where known) locals."""
    kind, operand = instruction.kind, instruction.operand
    if kind is Operand.NONE or operand is None or instruction.name in _IMPLICIT:
        return ""
    if isinstance(operand, tuple):
        return "(" + ", ".join(f"IL_{t:04x}" for t in operand) + ")"
    if isinstance(operand, float):
        return repr(operand)
    if kind is Operand.BRANCH:
        return f"IL_{operand:04x}"
    if kind is Operand.TOKEN:
        return token_text(universe, method.assembly, operand)
    if kind is Operand.ARG:
        return argument_name(method, operand)
    if kind is Operand.LOCAL:
        return (local_names or {}).get(operand, f"V_{operand}")
    return str(operand)


def argument_names(method: Method) -> list[str]:
    """Names of a method's IL arguments, `this` first in instance methods."""
    return [*([] if method.is_static else ["this"]), *method.param_names]


def argument_name(method: Method, index: int) -> str:
    """Name of IL argument `index` (0 is `this` in instance methods)."""
    if index == 0 and not method.is_static:
        return "this"
    names = argument_names(method)
    return names[index] if 0 <= index < len(names) else f"<no argument {index}>"


def instruction_text(
    universe: AssemblySet, method: Method, instruction: Instruction,
    local_names: dict[int, str] | None = None,
) -> str:
    """`IL_0005: stfld byte Ns.Type::Field`."""
    operand = operand_text(universe, method, instruction, local_names)
    return f"IL_{instruction.offset:04x}: {instruction.name} {operand}".rstrip()
