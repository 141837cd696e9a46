"""A method's frame layout without a frame of it: recorded, expected and as coded, side by side."""

from __future__ import annotations

from dataclasses import dataclass, field

from decoders.compare import Difference, compare_method
from decoders.errors import DecodeError
from decoders.frames.code_analysis import PrologueFacts, read_prologue
from decoders.frames.view import SAVE_SLOTS
from decoders.il import argument_name
from decoders.layout.calls import ArgumentHome, FrameNeeds, frame_needs
from decoders.metadata import Method, TypeSig, type_name
from decoders.runtime import MethodCode, Runtime, SlotFlags, SlotKind
from decoders.runtime.model import ADDRESS
from decoders.runtime.records import JitSlotRecord
from decoders.source import MethodSource


@dataclass(frozen=True, slots=True)
class StaticSlot:
    """One slot. Offsets are from RBP, None on a side that has no such slot.

    `coded` is what the machine code does with it: the register that the prologue stores there.
    """

    kind: str
    name: str
    type: str
    size: int
    claimed: int | None
    expected: int | None
    coded: str


@dataclass(frozen=True, slots=True)
class StaticFrame:
    """The layout, and every disagreement about the method's frame and code.

    `coded_frame_size` is RBP minus RSP behind the prologue by its instructions, None when it is
    not plain to see.
    """

    method: str
    code_start: int = field(metadata=ADDRESS)
    code_size: int
    prologue_size: int
    frame_size: int
    coded_frame_size: int | None
    slots: tuple[StaticSlot, ...]
    differences: tuple[Difference, ...]
    problems: tuple[str, ...]


def static_frame(
    runtime: Runtime, code: MethodCode, source: MethodSource | None = None
) -> StaticFrame:
    """The frame layout of a compiled method."""
    record = code.record
    facts = read_prologue(code.bytes, record.prologue_size)
    problems: list[str] = []
    differences: tuple[Difference, ...] = ()
    method: Method | None = None
    needs: FrameNeeds | None = None
    try:
        method = runtime.metadata_method(code.method)
        needs = frame_needs(runtime.layout, method)
        differences = compare_method(runtime, code).differences
    except DecodeError as error:
        problems.append(str(error))
    slots = [*_homes(runtime, code, method, needs, facts), *_saves(code, facts),
             *_locals(runtime, code, needs, source)]
    for temp in code.temps:
        slots.append(_slot(runtime, temp, "temporary", f"temp{temp.number}", None, None, ""))
    slots.sort(key=lambda s: -(s.claimed if s.claimed is not None else s.expected or 0))
    return StaticFrame(
        runtime.method_name(code.method, True), code.start, record.code_size, record.prologue_size,
        record.frame_size, facts.frame_size, tuple(slots), differences, tuple(problems),
    )


def _slot(
    runtime: Runtime, record: JitSlotRecord, kind: str, name: str, sig: TypeSig | None,
    expected: int | None, coded: str,
) -> StaticSlot:
    try:
        if record.type:
            text = runtime.type_name(record.type)
        else:
            text = type_name(runtime.universe, sig) if sig is not None else ""
    except DecodeError as error:
        text = f"<{error}>"
    if record.flags & SlotFlags.INDIRECT:
        coded = f"{coded}, by reference" if coded else "by reference"
    return StaticSlot(kind, name, text, record.size, record.offset, expected, coded)


def _homes(
    runtime: Runtime, code: MethodCode, method: Method | None, needs: FrameNeeds | None,
    facts: PrologueFacts,
) -> list[StaticSlot]:
    homes: list[ArgumentHome | None] = list(needs.homes) if needs is not None else []
    homes += [None] * (len(code.args) - len(homes))
    result = []
    hidden = 0
    for position, home in enumerate(homes):
        if position >= len(code.args):
            assert home is not None
            result.append(StaticSlot(
                home.role.value, home.name, type_name(runtime.universe, home.type), home.size, None,
                home.offset, facts.homes.get(home.offset, "")))
            continue
        record = code.args[position]
        kind = {SlotKind.THIS: "this", SlotKind.RETBUF: "return buffer",
                SlotKind.GENERIC_CONTEXT: "generic context"}.get(
                    SlotKind(record.slot_kind), "argument")
        if kind == "argument":
            index = record.number - hidden
            name = argument_name(method, index) if method is not None else f"arg{index}"
        else:
            hidden += kind != "this"
            name = kind
        stored = facts.homes.get(record.offset)
        coded = f"{stored} stored here" if stored else (
            "never stored" if record.offset < 48 else "by the caller")
        result.append(_slot(
            runtime, record, kind, name, home.type if home is not None else None,
            home.offset if home is not None else None, coded))
    return result


def _saves(code: MethodCode, facts: PrologueFacts) -> list[StaticSlot]:
    result = [
        StaticSlot("return address", "", "", 8, 8, 8, ""),
        StaticSlot("saved rbp", "rbp", "", 8, 0, 0, ""),
    ]
    claimed = {name: offset for bit, name, offset in SAVE_SLOTS
               if code.record.saved_registers >> bit & 1}
    for name in dict.fromkeys((*claimed, *facts.saves)):
        coded = facts.saves.get(name)
        result.append(StaticSlot(
            "saved register", name, "", 8, claimed.get(name), coded,
            "stored here" if coded is not None else "never stored"))
    return result


def _locals(
    runtime: Runtime, code: MethodCode, needs: FrameNeeds | None, source: MethodSource | None
) -> list[StaticSlot]:
    names = source.local_names() if source is not None else {}
    wanted = {n.index: n for n in needs.locals} if needs is not None else {}
    result = []
    for record in code.locals:
        need = wanted.get(record.number)
        coded = "" if need is None or need.size == record.size else f"needs {need.size} bytes"
        result.append(_slot(
            runtime, record, "local", names.get(record.number, f"V_{record.number}"),
            need.type if need is not None else None, None, coded))
    return result
