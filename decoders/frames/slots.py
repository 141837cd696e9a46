"""The slots of a frame: what each is for, where it lies, what it holds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from decoders.runtime import Value
from decoders.runtime.model import ADDRESS

# Callee-saved registers: bit in JitCode.SavedRegisters, name, place as RBP offset.
SAVE_SLOTS = ((3, "rbx", -8), (12, "r12", -16), (13, "r13", -24), (14, "r14", -32),
              (15, "r15", -40))


class Role(Enum):
    """What a frame slot is for."""

    ARGUMENT = "argument"
    RETURN_ADDRESS = "return address"
    SAVED_RBP = "saved rbp"
    SAVED_REGISTER = "saved register"
    LOCAL = "local"
    TEMPORARY = "temporary"
    EVALUATION_STACK = "evaluation stack"
    TOP_OF_STACK = "top of stack"


@dataclass(frozen=True, slots=True)
class FrameSlot:
    """One slot. `offset` is from RBP; `address` 0 means the value is in a register (see `where`).

    `type` is the claimed type, `model_type` what IL says is there (evaluation stack only).
    """

    role: Role
    name: str
    offset: int | None
    address: int = field(metadata=ADDRESS)
    size: int
    where: str
    type: str
    model_type: str
    value: Value | None
    note: str

    @property
    def text(self) -> str:
        """The value in a few words."""
        return self.value.text if self.value is not None else ""


def mark_overlaps(slots: list[FrameSlot]) -> list[FrameSlot]:
    """Say of slots that lie over each other: such a frame cannot work."""
    # Temporaries share their places with each other on purpose.
    fixed = [n for n, s in enumerate(slots)
             if s.address and s.size and s.role is not Role.TEMPORARY]
    others: dict[int, list[int]] = {}
    reaching: list[int] = []  # of those that begin no higher, the ones that reach beyond
    for number in sorted(fixed, key=lambda n: slots[n].address):
        start = slots[number].address
        reaching = [n for n in reaching if slots[n].address + slots[n].size > start]
        for other in reaching:
            others.setdefault(number, []).append(other)
            others.setdefault(other, []).append(number)
        reaching.append(number)
    result = list(slots)
    for number, found in others.items():
        slot, note = slots[number], "overlaps " + ", ".join(slots[n].name for n in sorted(found))
        result[number] = replace(slot, note=f"{slot.note}; {note}" if slot.note else note)
    return result
