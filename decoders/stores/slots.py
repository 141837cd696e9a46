"""Whose stack slot an address is: a local, an argument or a temporary of a frame."""

from __future__ import annotations

from decoders.errors import DecodeError
from decoders.il import argument_name
from decoders.runtime import MethodCode, Runtime, SlotFlags, SlotKind
from decoders.runtime.records import JitSlotRecord
from decoders.stores.sites import Sources


def slot_at(code: MethodCode, offset: int) -> JitSlotRecord | None:
    """The slot around an offset from a frame's RBP, None when none of the frame's lies there."""
    for slot in (*code.locals, *code.args, *code.temps):
        size = 8 if slot.flags & SlotFlags.INDIRECT else slot.size
        if slot.offset <= offset < slot.offset + size:
            return slot
    return None


def slot_text(runtime: Runtime, code: MethodCode, slot: JitSlotRecord, sources: Sources) -> str:
    """`local pciDevice of Ns.Type::Method`."""
    return f"{_name(runtime, code, slot, sources)} of {runtime.method_name(code.method)}"


def _name(runtime: Runtime, code: MethodCode, slot: JitSlotRecord, sources: Sources) -> str:
    kind = slot.slot_kind
    if kind == SlotKind.TEMP:
        return "a temporary"
    if kind == SlotKind.THIS:
        return "this"
    if kind not in (SlotKind.LOCAL, SlotKind.ARG):
        return "a hidden argument"
    try:
        method = runtime.metadata_method(code.method)
        if kind == SlotKind.ARG:
            hidden = sum(
                a.slot_kind in (SlotKind.RETBUF, SlotKind.GENERIC_CONTEXT)
                and a.number < slot.number
                for a in code.args
            )
            return f"argument {argument_name(method, slot.number - hidden)}"
        loaded = runtime.assembly_at(code.method.record.assembly)
        reader = sources(loaded)
        source = reader.method(method.token) if reader is not None else None
        names = source.local_names() if source is not None else {}
        return f"local {names.get(slot.number, f'V_{slot.number}')}"
    except DecodeError:
        return f"slot {slot.number}"
