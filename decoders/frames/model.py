"""Results about frames: what clr-frame, clr-bt and the post-mortem show."""

from __future__ import annotations

from dataclasses import dataclass, field

ADDRESS = {"address": True}


@dataclass(frozen=True, slots=True)
class FrameLocation:
    """Where a frame stands in its method.

    `region` is prologue, body or epilogue; `exact` says whether PC is at the first machine
    instruction of the IL instruction (then the recorded evaluation stack is what is there).
    """

    pc: int = field(metadata=ADDRESS)
    native_offset: int
    region: str
    il_offset: int | None
    il: str
    exact: bool
    file: str
    line: int
    instruction: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the frame. `offset` is from RBP, `kind` says what it is for.

    kind: argument, this, return buffer, generic context, return address, saved rbp, saved
    register, local, temporary, unused. `where` is "memory" or the register that holds the value
    instead.
    `value` is text; "unknown" where nothing is known, with the reason in `note`.
    """

    offset: int
    address: int = field(metadata=ADDRESS)
    size: int
    kind: str
    index: int | None
    name: str
    type: str
    value: str
    raw: int | None
    where: str
    note: str


@dataclass(frozen=True, slots=True)
class StackSlot:
    """An evaluation-stack entry, deepest is 0. `claimed` and `modelled` are its types."""

    index: int
    where: str
    address: int = field(metadata=ADDRESS)
    size: int
    claimed: str
    modelled: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One reading of a fault. `weight` ranks: evidence for minus evidence against."""

    text: str
    weight: int
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FaultReport:
    """What a fault was: the access, the operand it came from, and readings, likeliest first."""

    name: str
    vector: int
    error_code: int
    cr2: int | None = field(metadata=ADDRESS)
    access: str
    message: str
    instruction: str
    operand: str
    base_register: str
    base: int | None = field(metadata=ADDRESS)
    displacement: int | None
    explanations: tuple[Explanation, ...]


@dataclass(frozen=True, slots=True)
class ManagedFrame:
    """A frame of compiled managed code. `slots` run from high to low addresses."""

    level: int
    method: str
    signature: str
    assembly: str
    token: int
    code_start: int = field(metadata=ADDRESS)
    location: FrameLocation
    cfa: int = field(metadata=ADDRESS)
    rsp: int = field(metadata=ADDRESS)
    caller_pc: int | None = field(metadata=ADDRESS)
    slots: tuple[Slot, ...]
    stack: tuple[StackSlot, ...]
    fault: FaultReport | None
    notes: tuple[str, ...]
    kind: str = "managed"

    @property
    def args(self) -> tuple[Slot, ...]:
        """Arguments, hidden ones included, in order of arrival."""
        found = [s for s in self.slots if s.kind in ARGUMENT_KINDS]
        return tuple(sorted(found, key=lambda s: s.offset))

    @property
    def locals(self) -> tuple[Slot, ...]:
        """Locals by index."""
        found = [s for s in self.slots if s.kind == "local"]
        return tuple(sorted(found, key=lambda s: s.index or 0))


@dataclass(frozen=True, slots=True)
class NativeFrame:
    """A frame of anything else: C code, a stub, a thunk or the exception entry.

    kind: native, stub, thunk, trap or unknown.
    """

    level: int
    kind: str
    name: str
    pc: int = field(metadata=ADDRESS)
    file: str
    line: int
    args: tuple[tuple[str, str], ...]
    locals: tuple[tuple[str, str], ...]
    fault: FaultReport | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Backtrace:
    """Frames, newest first; `end` says why there are no more."""

    frames: tuple[ManagedFrame | NativeFrame, ...]
    end: str
    truncated: bool


@dataclass(frozen=True, slots=True)
class StaticSlot:
    """A slot of a method's frame as recorded, as expected from metadata, and as coded.

    `claimed_offset`, `expected_offset`: from RBP, None where it has none. `coded`: what the
    machine code does with it. `problem` is empty when all agree.
    """

    kind: str
    name: str
    type: str
    size: int
    claimed_offset: int | None
    expected_offset: int | None
    coded: str
    problem: str


@dataclass(frozen=True, slots=True)
class StaticFrame:
    """A method's frame layout without any frame of it."""

    method: str
    signature: str
    code_start: int = field(metadata=ADDRESS)
    code_size: int
    prologue_size: int
    frame_size: int
    coded_frame_size: int | None
    slots: tuple[StaticSlot, ...]
    problems: tuple[str, ...]


ARGUMENT_KINDS = ("this", "return buffer", "generic context", "argument")


@dataclass(frozen=True, slots=True)
class SlotList:
    """One part of a frame alone: arguments or locals."""

    frame: str
    title: str
    slots: tuple[Slot, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StackList:
    """The evaluation stack alone."""

    frame: str
    il: str
    exact: bool
    entries: tuple[StackSlot, ...]
    notes: tuple[str, ...] = ()
