"""What the JIT recorded of a method's frame and evaluation stack, against signature and IL."""

from __future__ import annotations

from dataclasses import dataclass

from decoders.compare.methods import ENTRY_KINDS
from decoders.doctor.chunk import MethodContext
from decoders.frames.view import entry_text
from decoders.il import Entry, Kind
from decoders.runtime import MapFlags, SlotFlags, ValueKind
from decoders.runtime.records import JitMapEntryRecord, JitStackEntryRecord


@dataclass(frozen=True, slots=True)
class RecordFault:
    """A record that is wrong: rule, IL offset (None: the whole method), and what it says."""

    rule: str
    il: int | None
    what: str
    claimed: str
    expected: str


def check_records(context: MethodContext) -> list[RecordFault]:
    """Argument homes, locals and evaluation stack as recorded."""
    return [*_arguments(context), *_locals(context), *_identity(context), *_stack(context),
            *_calls(context)]


def _identity(context: MethodContext) -> list[RecordFault]:
    code, il = context.code, context.method.body.il
    if code.record.il_size == len(il):
        return []
    return [RecordFault(
        "code-identity", None,
        f"the code was made from {code.record.il_size} bytes of IL, the method's body has "
        f"{len(il)}", f"{code.record.il_size} bytes", f"{len(il)} bytes")]


def _calls(context: MethodContext) -> list[RecordFault]:
    """Where a call is recorded, a call instruction is, and it ends at the recorded return."""
    result = []
    for site in context.code.call_sites:
        found = context.disassembly.get(site.native)
        text = f"{found.mnemonic} {found.op_str}".strip() if found is not None else "no instruction"
        if found is None or found.mnemonic != "call" or site.native + found.size != (
                site.native_return):
            result.append(RecordFault(
                "call-target", site.il,
                f"a call is recorded at +{site.native:#x}, where {text} is", text, "a call"))
    return result


def _arguments(context: MethodContext) -> list[RecordFault]:
    homes, slots = context.needs.homes, context.code.args
    if len(homes) != len(slots):
        names = ", ".join(h.name for h in homes)
        return [RecordFault(
            "frame-record", None,
            f"{len(slots)} arguments are recorded, the signature makes {len(homes)}: {names}",
            str(len(slots)), str(len(homes)))]
    result = []
    for home, slot in zip(homes, slots, strict=True):
        indirect = not context.sizes.by_value(home.type)
        size = 8 if indirect else context.sizes.size(home.type)
        have = (slot.offset, slot.size, bool(slot.flags & SlotFlags.INDIRECT))
        want = (home.offset, size, indirect)
        if have != want:
            result.append(RecordFault(
                "frame-record", None,
                f"the home of {home.name} is recorded at [rbp{have[0]:+d}], {have[1]} bytes",
                f"[rbp{have[0]:+d}], {have[1]} bytes" + (", indirect" if have[2] else ""),
                f"[rbp{want[0]:+d}], {want[1]} bytes" + (", indirect" if want[2] else "")))
    return result


def _locals(context: MethodContext) -> list[RecordFault]:
    slots, types = context.code.locals, context.method.locals
    if len(slots) != len(types):
        return [RecordFault(
            "frame-record", None, f"{len(slots)} locals are recorded, metadata has {len(types)}",
            str(len(slots)), str(len(types)))]
    result = []
    bottom = -context.frame
    protected = sorted([(0, 16, "the saved RBP and the return address")] + [
        (slot, slot + 8, f"the saved {name}") for name, slot in context.facts.saves.items()])
    shapes = context.runtime.layout.fields
    taken: list[tuple[int, int, str]] = []
    for slot, sig in zip(slots, types, strict=True):
        size = context.sizes.size(sig.stripped())
        name, low, high = f"local {slot.number}", slot.offset, slot.offset + size
        text = f"[rbp{low:+d}] .. [rbp{high:+d}]"
        type_text = shapes.name(sig)
        if slot.size != size:
            result.append(RecordFault(
                "local-slot", None, f"{name} has {slot.size} bytes, a {type_text} has {size}",
                str(slot.size), str(size)))
        over = [p for p in protected if low < p[1] and p[0] < high]
        if high > 0 and not over:
            over = [(0, 0, "the caller's frame")]
        if over:
            result.append(RecordFault(
                "local-slot", None,
                f"{name}, a {type_text} of {size} bytes at {text}, runs over "
                f"{' and '.join(p[2] for p in over)}", text, "below the saved registers"))
        elif low < bottom:
            result.append(RecordFault(
                "local-slot", None, f"{name} at {text} lies below the frame of {context.frame} "
                "bytes", text, f"above [rbp{bottom:+d}]"))
        if low % shapes.value_shape(sig.stripped()).align and not over:
            result.append(RecordFault(
                "local-slot", None, f"{name} at {text} is not aligned", text,
                f"a multiple of {shapes.value_shape(sig.stripped()).align}"))
        for other_low, other_high, other in taken:
            if low < other_high and other_low < high:
                result.append(RecordFault(
                    "local-slot", None, f"{name} at {text} overlaps {other}", text,
                    f"outside [rbp{other_low:+d}] .. [rbp{other_high:+d}]"))
        taken.append((low, high, name))
    return result


def _stack(context: MethodContext) -> list[RecordFault]:
    result: list[RecordFault] = []
    for entry in context.code.map:
        if context.code.is_out_of_line(entry) or entry.il in context.model.unreachable:
            continue
        wanted = context.model.before.get(entry.il)
        if wanted is None:
            result.append(RecordFault(
                "stack-record", entry.il, f"IL_{entry.il:04x} is in the map and is no instruction",
                "recorded", "an IL boundary"))
            continue
        found = _entries(context, entry, wanted)
        if found is not None:
            result.append(found)
    return result


def _entries(
    context: MethodContext, entry: JitMapEntryRecord, wanted: tuple[Entry, ...]
) -> RecordFault | None:
    claimed = context.code.stack_at(entry)
    if len(claimed) != len(wanted):
        return RecordFault(
            "stack-record", entry.il, f"{len(claimed)} entries are recorded, IL has {len(wanted)}",
            str(len(claimed)), str(len(wanted)))
    total = 0
    for index, (have, want) in enumerate(zip(claimed, wanted, strict=True)):
        cached = index == len(wanted) - 1 and entry.flags & MapFlags.TOS_IN_RAX
        total += 0 if cached else context.sizes.slot(want)
        message = _entry(context, have, want)
        if message:
            return RecordFault(
                "stack-record", entry.il, f"entry {index} {message[0]}", *message[1:])
    if entry.stack_bytes != total:
        return RecordFault(
            "stack-record", entry.il,
            f"{entry.stack_bytes} bytes are recorded below the frame, the entries take {total}",
            str(entry.stack_bytes), str(total))
    return None


def _entry(
    context: MethodContext, have: JitStackEntryRecord, want: Entry
) -> tuple[str, str, str] | None:
    if have.value_kind not in ENTRY_KINDS[want.kind]:
        name = ValueKind(have.value_kind).name if have.value_kind in set(ValueKind) else "?"
        return f"is recorded as {name}", name, want.kind.value
    size = context.sizes.slot(want)
    if have.size != size:
        return f"is recorded with {have.size} bytes", str(have.size), str(size)
    if want.type is None or not have.type or want.kind is not Kind.VALUE:
        return None
    runtime = context.runtime
    universe = runtime.universe
    if universe.canonical(runtime.sig(have.type)) != universe.canonical(want.type):
        name = runtime.type_name(have.type)
        return f"is recorded as a {name}", name, entry_text(universe, want)
    return None
