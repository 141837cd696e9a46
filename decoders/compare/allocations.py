"""MethodTables that the code of newarr, newobj and box allocates with, against IL's tokens."""

from __future__ import annotations

from capstone import x86_const as x86

from decoders.compare.model import Difference
from decoders.errors import DecodeError
from decoders.frames.code_analysis import instructions
from decoders.il import Instruction
from decoders.metadata import ET, Method, TypeSig
from decoders.runtime import MethodCode, Runtime


def check_allocations(
    runtime: Runtime, code: MethodCode, method: Method, listing: dict[int, Instruction]
) -> list[Difference]:
    """Immediates that are MethodTables, within the code of an allocating IL instruction.

    `listing` maps IL offsets to instructions. An allocation of the wrong type is the wrong size.
    """
    result: list[Difference] = []
    for index, entry in enumerate(code.map):
        found = listing.get(entry.il)
        if found is None or found.name not in ("newarr", "newobj", "box"):
            continue
        following = code.map[index + 1].native if index + 1 < len(code.map) else len(code.bytes)
        wanted = _expected(runtime, method, found)
        if wanted is None:
            continue
        for table in _tables(runtime, code.bytes[entry.native : following]):
            name = runtime.type_name(runtime.type_of_table(table).address)
            expected = runtime.type_for(wanted)
            if expected is None or expected.record.method_table != table:
                result.append(Difference(
                    f"IL_{entry.il:04x} {found.name}", "MethodTable", name,
                    runtime.layout.fields.name(wanted), "the token"))
    return result


def _expected(runtime: Runtime, method: Method, found: Instruction) -> TypeSig | None:
    universe = runtime.universe
    if found.name == "newobj":
        owner = universe.resolve_member(method.assembly, found.number).owner
        definition = universe.definition(owner)
        if definition is None or universe.is_value_type(definition) or owner.et is ET.STRING:
            return None  # nothing is allocated, or the constructor's factory does it
        return owner
    element = universe.type_sig(method.assembly, found.number)
    return TypeSig(ET.SZARRAY, args=(element,)) if found.name == "newarr" else element


def _tables(runtime: Runtime, code: bytes) -> list[int]:
    """64-bit immediates in a stretch of code that are addresses of MethodTables."""
    result = []
    for instruction in instructions(code, 0):
        if instruction.id not in (x86.X86_INS_MOV, x86.X86_INS_MOVABS):
            continue
        operand = instruction.operands[1]
        if operand.type != x86.X86_OP_IMM:
            continue
        value = operand.imm & (1 << 64) - 1
        if value < 0x10000:
            continue
        try:
            runtime.type_of_table(value)
        except DecodeError:
            continue  # a MethodDesc, a string's cell, a number
        result.append(value)
    return result
