"""Width of the machine operation behind 64-bit IL arithmetic (ECMA-335 III.1.5)."""

from __future__ import annotations

from capstone import x86_const as x86

from decoders.compare.model import Difference
from decoders.frames.code_analysis import instructions
from decoders.il import Instruction, Kind, StackModel
from decoders.runtime import MethodCode

_DIVIDE = frozenset({x86.X86_INS_DIV, x86.X86_INS_IDIV})
# What each IL operation is done with; a multiplication by lea is not looked at.
_OPERATIONS = {
    "div": _DIVIDE, "div.un": _DIVIDE, "rem": _DIVIDE, "rem.un": _DIVIDE,
    "shl": frozenset({x86.X86_INS_SHL, x86.X86_INS_SAL}),
    "shr": frozenset({x86.X86_INS_SAR}), "shr.un": frozenset({x86.X86_INS_SHR}),
    "mul": frozenset({x86.X86_INS_IMUL, x86.X86_INS_MUL}),
}


def check_widths(
    code: MethodCode, model: StackModel, listing: dict[int, Instruction]
) -> list[Difference]:
    """Operations on int64 and native int whose machine instruction works on 32 bits or less."""
    result = []
    for index, entry in enumerate(code.map):
        found = listing.get(entry.il)
        operations = _OPERATIONS.get(found.name) if found is not None else None
        stack = model.before.get(entry.il, ())
        if operations is None or len(stack) < 2 or code.is_out_of_line(entry):
            continue
        if stack[-2].kind not in (Kind.I8, Kind.NI):
            continue
        following = code.map[index + 1].native if index + 1 < len(code.map) else len(code.bytes)
        sizes = [
            i.operands[0].size for i in instructions(code.bytes[entry.native : following], 0)
            if i.id in operations
        ]
        if sizes and max(sizes) < 8:
            assert found is not None
            result.append(Difference(
                f"IL_{entry.il:04x} {found.name}", "operand width", "64 bits",
                f"{8 * max(sizes)} bits", "the machine code"))
    return result
