"""IL: disassembly with resolved operands, and the abstract evaluation stack."""

from decoders.errors import ILError
from decoders.il.disasm import (
    Instruction,
    Operand,
    argument_name,
    argument_names,
    disassemble,
    disassemble_partly,
    instruction_text,
    operand_text,
)
from decoders.il.effects import argument_types, site_signature, this_type
from decoders.il.entries import Entry, Kind, entry_for
from decoders.il.stack import StackModel, model_stack

__all__ = [
    "Entry", "ILError", "Instruction", "Kind", "Operand", "StackModel", "argument_name",
    "argument_names", "argument_types", "disassemble", "disassemble_partly", "entry_for",
    "instruction_text", "model_stack", "operand_text", "site_signature", "this_type",
]
