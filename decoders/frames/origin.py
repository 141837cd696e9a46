"""Where the value that an instruction used came from: the IL that pushed it, and its slot.

Straight-line reasoning: the last instruction before that pushed the entry. Where paths join it may
have been another one, so what comes out is evidence, not proof.
"""

from __future__ import annotations

from dataclasses import dataclass

from decoders.errors import DecodeError
from decoders.frames.code_analysis import read_prologue
from decoders.frames.unwind import Frame
from decoders.il import Instruction, StackModel, argument_name, instruction_text, model_stack
from decoders.il.disasm import Operand
from decoders.metadata import Method
from decoders.runtime import Runtime, SlotKind
from decoders.runtime.records import JitSlotRecord

_REGISTERS = ("rcx", "rdx", "r8", "r9")
_HIDDEN = (SlotKind.RETBUF, SlotKind.GENERIC_CONTEXT)
# How many entries lie above the object reference that the instruction dereferences.
_ABOVE = {"ldfld": 0, "ldflda": 0, "stfld": 1, "ldlen": 0, "unbox": 0, "unbox.any": 0}
_MAX_CHAIN = 8


@dataclass(frozen=True, slots=True)
class Origin:
    """`text` says in a sentence where the value came from; `slot` is the frame slot, if any."""

    text: str
    slot: JitSlotRecord | None


def dereferenced(instruction: Instruction, depth: int) -> int | None:
    """Stack position (deepest is 0) of the reference that an instruction goes through."""
    above = _ABOVE.get(instruction.name)
    if above is None and instruction.name.startswith(("ldind", "ldelem")):
        above = 0 if instruction.name.startswith("ldind") else 1
    if above is None and instruction.name.startswith(("stind", "stelem")):
        above = 1 if instruction.name.startswith("stind") else 2
    if above is None or depth <= above:
        return None
    return depth - 1 - above


def producer(model: StackModel, il: int, position: int) -> Instruction | None:
    """The last instruction before `il` that pushed the entry at a stack position."""
    chain = 0
    earlier = [i for i in model.instructions if i.offset < il]
    while earlier and chain < _MAX_CHAIN:
        found = earlier.pop()
        before = model.before.get(found.offset)
        if before is None or len(before) > position:
            if found.name == "dup" and before is not None and len(before) == position + 1:
                continue  # the original lies one below and is what was duplicated here
            continue
        if found.name == "dup":
            position, chain = position - 1, chain + 1
            continue
        return found
    return None


def origin(runtime: Runtime, frame: Frame, method: Method, il: Instruction) -> Origin | None:
    """Where the reference that `il` dereferences came from, None when that cannot be told."""
    code = frame.code
    if code is None:
        return None
    model = model_stack(runtime.universe, method)
    position = dereferenced(il, len(model.before.get(il.offset, ())))
    source = producer(model, il.offset, position) if position is not None else None
    if source is None:
        return None
    text = instruction_text(runtime.universe, method, source)
    slots = code.locals if source.kind is Operand.LOCAL else []
    if source.kind is Operand.ARG:
        slots = [s for s in code.args if s.slot_kind not in _HIDDEN]
    if source.name.startswith(("ldarg", "ldloc")) and not source.name.endswith(("a", "a.s")):
        if not 0 <= source.number < len(slots):
            return Origin(f"{text} loaded it, of which the JIT recorded no slot", None)
        slot = slots[source.number]
        what = argument_name(method, source.number) if source.kind is Operand.ARG else "a local"
        parts = [f"{text} loaded it: {what} at [rbp{slot.offset:+d}]"]
        if frame.rbp is not None:
            try:
                raw = runtime.memory.read(frame.rbp + slot.offset, 8, f"the slot of {what}")
                parts.append(f"which holds {int.from_bytes(raw, 'little'):#x}")
            except DecodeError as error:
                parts.append(str(error))
        parts += unhomed(frame, slot)
        return Origin(", ".join(parts), slot)
    return Origin(f"{text} produced it", None)


def unhomed(frame: Frame, slot: JitSlotRecord) -> list[str]:
    """A sentence when an argument that arrives in a register never reaches its home."""
    code = frame.code
    position = (slot.offset - 16) // 8
    if code is None or not 0 <= position < len(_REGISTERS) or slot.slot_kind == SlotKind.LOCAL:
        return []
    if slot.offset in read_prologue(code.bytes, code.record.prologue_size).homes:
        return []
    return [f"and the prologue never stores {_REGISTERS[position]} there"]
