"""A managed frame as a person wants to see it: every slot from high to low addresses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from decoders.errors import DecodeError
from decoders.frames.code_analysis import instruction_at
from decoders.frames.registers import register_value
from decoders.frames.slots import SAVE_SLOTS, FrameSlot, Role, mark_overlaps
from decoders.frames.stage import LEFT, FrameStage, FrameStages
from decoders.frames.unwind import Frame, FrameKind
from decoders.il import (
    Entry,
    Instruction,
    Kind,
    StackModel,
    argument_names,
    instruction_text,
    model_stack,
)
from decoders.il.disasm import disassemble_partly
from decoders.memory import read_pointer
from decoders.metadata import AssemblySet, Method, type_name
from decoders.runtime import (
    CodeRegistry,
    MapFlags,
    MethodCode,
    Runtime,
    SlotFlags,
    SlotKind,
    Value,
    ValueKind,
    Values,
)
from decoders.runtime.model import ADDRESS
from decoders.runtime.records import JitMapEntryRecord, JitSlotRecord, JitStackEntryRecord
from decoders.source import SourceReader

T = TypeVar("T")
# Debug information of an assembly by its name and MVID key; None when there is none.
SourceFinder = Callable[[str, str], "SourceReader | None"]
# What is shown of arguments, locals, temporaries and stack: a count may be corrupt, and each costs
# reads.
MAX_SLOTS = 256
# Homes of the arguments that arrive in registers, as RBP offsets.
FIRST_HOME, FIRST_STACK_ARGUMENT = 16, 48
_BITS: dict[int, int] = {
    ValueKind.I1: 8, ValueKind.U1: 8, ValueKind.I2: 16, ValueKind.U2: 16, ValueKind.I4: 32,
    ValueKind.U4: 32, ValueKind.I8: 64, ValueKind.U8: 64,
}
_SIGNED = {ValueKind.I1, ValueKind.I2, ValueKind.I4, ValueKind.I8}


@dataclass(frozen=True, slots=True)
class FrameView:
    """Everything about one managed frame.

    `is_caller`: it waits for a call, which `instruction` is; `pc` is where that returns to.
    """

    level: int
    kind: str
    pc: int = field(metadata=ADDRESS)
    sp: int = field(metadata=ADDRESS)
    rbp: int | None = field(metadata=ADDRESS)
    method: str
    assembly: str
    token: int = field(metadata=ADDRESS)
    native_offset: int
    stage: str
    il_offset: int | None
    il: str
    file: str
    line: int
    column: int
    instruction: str
    slots: tuple[FrameSlot, ...]
    problems: tuple[str, ...]
    is_caller: bool = False

    def by_role(self, *roles: Role) -> list[FrameSlot]:
        """The slots of some roles, as they lie."""
        return [s for s in self.slots if s.role in roles]


class FrameViewer:
    """Makes views of frames."""

    def __init__(
        self, runtime: Runtime, registry: CodeRegistry, sources: SourceFinder | None = None,
        values: Values | None = None,
    ) -> None:
        self.runtime = runtime
        self.registry = registry
        self.sources = sources
        self.values = values or Values(runtime)
        # What depends on a method's metadata alone: a backtrace asks for it again and again.
        self._models: dict[tuple[str, int], StackModel] = {}
        self._arguments_of: dict[tuple[str, int], list[str]] = {}
        self._listings: dict[tuple[str, int], dict[int, Instruction]] = {}
        self._stages = FrameStages()

    def view(self, frame: Frame) -> FrameView:
        """The view of a managed frame. Parts that cannot be had are named in `problems`."""
        code = frame.code
        assert code is not None and frame.offset is not None, "only managed frames have a view"
        problems: list[str] = [frame.note] if frame.note else []
        method = self._attempt(problems, lambda: self.runtime.metadata_method(code.method))
        entry = self._attempt(problems, lambda: code.map_at(frame.offset or 0))
        il = entry.il if entry else None
        names = self._local_names(method, il, problems)
        exact = frame.pc - code.start
        stage = self._stages.at(code, frame.offset, exact)
        point = self._point(method, il, problems)
        native = self._attempt(problems, lambda: _native_text(code, _shown(code, frame, exact)))
        slots = self._slots(frame, code, method, entry, stage, names, problems)
        return FrameView(
            frame.level, frame.kind.value, frame.pc, frame.sp, frame.rbp,
            self.runtime.method_name(code.method, True),
            method.assembly.name if method else "?", code.method.record.token, exact, stage.name,
            il, self._il_text(method, il, names, problems), point[0], point[1],
            point[2], native or "", tuple(slots), tuple(problems), frame.is_caller,
        )

    def position(self, frame: Frame) -> tuple[str, int]:
        """Source file and line of a managed frame, ("", 0) where they are not known."""
        code = frame.code
        assert code is not None and frame.offset is not None, "only managed frames have a view"
        problems: list[str] = []
        method = self._attempt(problems, lambda: self.runtime.metadata_method(code.method))
        entry = code.map_at(frame.offset)
        return self._point(method, entry.il if entry else None, problems)[:2]

    def arguments(self, frame: Frame) -> list[FrameSlot]:
        """The arguments of a managed frame alone, in order; empty when they cannot be had."""
        code = frame.code
        assert code is not None and frame.offset is not None, "only managed frames have a view"
        base = frame.rbp
        if base is None:
            return []
        problems: list[str] = []
        method = self._attempt(problems, lambda: self.runtime.metadata_method(code.method))
        stage = self._stages.at(code, frame.offset, frame.pc - code.start)
        return self._attempt(
            problems, lambda: self._arguments(frame, code, method, stage, base)) or []

    def _attempt(self, problems: list[str], action: Callable[[], T]) -> T | None:
        try:
            return action()
        except DecodeError as error:
            problems.append(str(error))
            return None

    def source_of(self, method: Method) -> SourceReader | None:
        """Debug information of a method's assembly."""
        if self.sources is None:
            return None
        return self.sources(method.assembly.name, method.assembly.key)

    def _point(
        self, method: Method | None, il: int | None, problems: list[str]
    ) -> tuple[str, int, int]:
        if method is None or il is None:
            return "", 0, 0
        try:
            reader = self.source_of(method)
            found = reader.method(method.token) if reader else None
            point = found.at(il) if found else None
        except DecodeError as error:
            problems.append(str(error))
            return "", 0, 0
        return (point.file, point.line, point.column) if point else ("", 0, 0)

    def _local_names(
        self, method: Method | None, il: int | None, problems: list[str]
    ) -> dict[int, str]:
        if method is None:
            return {}
        try:
            reader = self.source_of(method)
            found = reader.method(method.token) if reader else None
        except DecodeError as error:
            problems.append(str(error))
            return {}
        return found.local_names(il) if found else {}

    def _il_text(
        self, method: Method | None, il: int | None, names: dict[int, str], problems: list[str]
    ) -> str:
        if method is None or il is None:
            return ""
        try:
            found = self._listing(method).get(il)
            if found is None:
                problems.append(f"the map names IL_{il:04x}, which is no instruction")
                return ""
            return instruction_text(self.runtime.universe, method, found, names)
        except DecodeError as error:
            problems.append(str(error))
            return ""

    def _listing(self, method: Method) -> dict[int, Instruction]:
        """A method's IL by offset."""
        key = (method.assembly.key, method.token)
        found = self._listings.get(key)
        if found is None:
            instructions, _ = disassemble_partly(method.body.il)
            found = self._listings[key] = {i.offset: i for i in instructions}
        return found

    # Slots.

    def _slots(
        self, frame: Frame, code: MethodCode, method: Method | None,
        entry: JitMapEntryRecord | None, stage: FrameStage, names: dict[int, str],
        problems: list[str],
    ) -> list[FrameSlot]:
        base = frame.rbp
        if base is None:
            problems.append("the frame's base is not known, so no slot can be shown")
            return []
        slots: list[FrameSlot] = []
        for what, count in (("arguments", len(code.args)), ("locals", len(code.locals)),
                            ("stack entries", entry.depth if entry is not None else 0)):
            if count > MAX_SLOTS:
                problems.append(f"{count} {what} are recorded, of which {MAX_SLOTS} are shown")
        for part in (
            lambda: self._arguments(frame, code, method, stage, base),
            lambda: self._linkage(frame, stage, base),
            lambda: self._saved(frame, code, stage, base),
            lambda: self._locals(code, names, stage, base),
            lambda: self._temps(frame, code, base) if not stage.missing else [],
            lambda: self._stack(frame, code, method, entry, base) if not stage.missing else [],
        ):
            slots += self._attempt(problems, part) or []
        slots.sort(key=lambda s: -(s.address or -1))
        return mark_overlaps(slots)

    def _argument_name(self, method: Method | None, record: JitSlotRecord, hidden: int) -> str:
        if record.slot_kind == SlotKind.THIS:
            return "this"
        if record.slot_kind == SlotKind.RETBUF:
            return "<return buffer>"
        if record.slot_kind == SlotKind.GENERIC_CONTEXT:
            return "<generic context>"
        index = record.number - hidden
        if method is None:
            return f"arg{index}"
        key = (method.assembly.key, method.token)
        names = self._arguments_of.get(key)
        if names is None:
            names = self._arguments_of[key] = argument_names(method)
        return names[index] if 0 <= index < len(names) else f"<no argument {index}>"

    def _arguments(
        self, frame: Frame, code: MethodCode, method: Method | None, stage: FrameStage, base: int
    ) -> list[FrameSlot]:
        result = []
        hidden = 0
        for record in code.args[:MAX_SLOTS]:
            name = self._argument_name(method, record, hidden)
            if record.slot_kind in (SlotKind.RETBUF, SlotKind.GENERIC_CONTEXT):
                hidden += 1
            if record.offset in stage.unhomed:
                result.append(self._in_argument_register(frame, name, record, stage.homes))
                continue
            note = ""
            if FIRST_HOME <= record.offset < FIRST_STACK_ARGUMENT and (
                    record.offset not in stage.homes):
                note = "the prologue never stores it here: this is what the caller left"
            result.append(self._slot(Role.ARGUMENT, name, record, base, note))
        return result

    def _in_argument_register(
        self, frame: Frame, name: str, record: JitSlotRecord, homed: dict[int, str]
    ) -> FrameSlot:
        """Early in the prologue an argument is still in the register that it came in."""
        register = homed[record.offset]
        raw = frame.registers.get(register)
        if raw is not None and record.flags & SlotFlags.INDIRECT:
            type_text, value = self._typed(record.type, record.value_kind, raw, record.size)
        else:
            type_text, value = self._from_register(record.type, record.value_kind, raw)
        note = "not stored in its home yet" if value is not None else f"{register} is not known"
        return FrameSlot(
            Role.ARGUMENT, name, record.offset, 0, record.size, register, type_text, "", value,
            note)

    def _from_register(
        self, type_address: int, kind: int, raw: int | None
    ) -> tuple[str, Value | None]:
        name = self.runtime.type_name(type_address) if type_address else (
            ValueKind(kind).name.lower() if kind in set(ValueKind) else "?")
        if raw is None:
            return name, None
        if type_address:
            return name, register_value(self.values, type_address, raw)
        if kind == ValueKind.REF:
            return name, self.values.reference(name, 0, raw)
        bits = _BITS.get(kind, 64)
        number = raw & (1 << bits) - 1
        if kind in _SIGNED and number >> (bits - 1):
            number -= 1 << bits
        text = str(number) if kind in _BITS else f"{number:#x}"
        return name, Value(name, 0, bits // 8, text, number)

    def _slot(
        self, role: Role, name: str, record: JitSlotRecord, base: int, note: str
    ) -> FrameSlot:
        address = (base + record.offset) & (1 << 64) - 1
        value_at = address
        if record.flags & SlotFlags.INDIRECT:
            note = (note + ", " if note else "") + "by address of the caller's copy"
            try:
                value_at = read_pointer(self.runtime.memory, address, f"home of {name}")
            except DecodeError as error:
                return FrameSlot(role, name, record.offset, address, record.size, "", "?", "",
                                 None, str(error))
        type_text, value = self._typed(record.type, record.value_kind, value_at, record.size)
        return FrameSlot(
            role, name, record.offset, address, record.size, "", type_text, "", value, note
        )

    def _typed(
        self, type_address: int, kind: int, address: int, size: int
    ) -> tuple[str, Value | None]:
        """A value by its claimed type, or by the JIT's kind where no type is recorded."""
        if type_address:
            try:
                info = self.runtime.type(type_address)
                value = self.values.value(info, address)
                return value.type, value
            except DecodeError as error:
                return "?", Value("?", address, size, f"<{error}>", error=str(error))
        return self._untyped(kind, address, size)

    def _untyped(self, kind: int, address: int, size: int) -> tuple[str, Value | None]:
        name = ValueKind(kind).name.lower() if kind in set(ValueKind) else f"kind {kind}"
        if size > 8 or size <= 0:
            return name, None
        try:
            raw = self.runtime.memory.read(address, size, f"a {name}")
        except DecodeError as error:
            return name, Value(name, address, size, f"<{error}>", error=str(error))
        number = int.from_bytes(raw, "little")
        if kind == ValueKind.REF:
            return "object", self.values.reference("object", address, number)
        return name, Value(name, address, size, f"{number:#x}", number)

    def _linkage(self, frame: Frame, stage: FrameStage, base: int) -> list[FrameSlot]:
        memory = self.runtime.memory
        target = read_pointer(memory, base + 8, "return address")
        place = self.registry.find(target - 1)
        where = ""
        if place is not None and place.method is not None:
            where = f"{self.runtime.method_name(place.method)}+{target - place.start:#x}"
        return [
            FrameSlot(
                Role.RETURN_ADDRESS, "return address", 8, base + 8, 8, "", "", "",
                Value("address", base + 8, 8, f"{target:#x}", target), where),
            self._save(frame, Role.SAVED_RBP, "rbp", 0, stage.has_link, stage, base),
        ]

    def _save(
        self, frame: Frame, role: Role, register: str, offset: int, is_saved: bool,
        stage: FrameStage, base: int,
    ) -> FrameSlot:
        """The caller's value of a register: in its slot, or before and after that in itself."""
        name, kind = f"saved {register}", "address" if role is Role.SAVED_RBP else "register"
        if is_saved:
            address = base + offset
            value = read_pointer(self.runtime.memory, address, name)
            return FrameSlot(role, name, offset, address, 8, "", "", "",
                             Value(kind, address, 8, f"{value:#x}", value), "")
        held = frame.registers.get(register)
        note = "restored already" if stage.missing == LEFT else "not saved yet"
        return FrameSlot(
            role, name, offset, 0, 8, register, "", "",
            None if held is None else Value(kind, 0, 8, f"{held:#x}", held),
            note if held is not None else f"{register} is not known")

    def _saved(
        self, frame: Frame, code: MethodCode, stage: FrameStage, base: int
    ) -> list[FrameSlot]:
        return [
            self._save(
                frame, Role.SAVED_REGISTER, name, offset,
                name not in stage.unsaved and stage.missing != LEFT, stage, base)
            for number, name, offset in SAVE_SLOTS if code.record.saved_registers >> number & 1
        ]

    def _locals(
        self, code: MethodCode, names: dict[int, str], stage: FrameStage, base: int
    ) -> list[FrameSlot]:
        result = []
        for record in code.locals[:MAX_SLOTS]:
            name = names.get(record.number, f"V_{record.number}")
            if stage.missing:
                type_text = self.runtime.type_name(record.type) if record.type else ""
                result.append(FrameSlot(
                    Role.LOCAL, name, record.offset, (base + record.offset) & (1 << 64) - 1,
                    record.size, "", type_text, "", None, stage.missing))
            else:
                result.append(self._slot(Role.LOCAL, name, record, base, ""))
        return result

    def _temps(self, frame: Frame, code: MethodCode, base: int) -> list[FrameSlot]:
        at = frame.offset or 0
        alive = [
            r for r in code.temps
            if (r.live_from, r.live_to) == (0, 0) or r.live_from <= at < r.live_to
        ]
        return [
            self._slot(Role.TEMPORARY, f"temp{r.number}", r, base, "") for r in alive[:MAX_SLOTS]
        ]

    def _stack(
        self, frame: Frame, code: MethodCode, method: Method | None,
        entry: JitMapEntryRecord | None, base: int,
    ) -> list[FrameSlot]:
        if entry is None:
            return []
        claimed = code.stack_at(entry)[:MAX_SLOTS]
        model = self._model(method, entry.il)
        count = len(claimed)
        in_register = bool(entry.flags & MapFlags.TOS_IN_RAX) and count > 0
        limit: int | None = None
        if frame.is_caller:
            # Within a call only what lives across it is still there.
            site = code.call_returning_to(frame.pc - code.start)
            limit = site.stack_bytes if site is not None else None
        result = []
        position = base - code.record.frame_size
        used = 0
        for index, item in enumerate(claimed):
            top = index == count - 1
            expected = self._model_text(model, index) if len(model) == count else ""
            name = f"stack[{count - 1 - index}]"
            if top and in_register and limit is None:
                result.append(self._in_register(frame, name, item, expected))
                continue
            used += item.size
            if limit is not None and used > limit:
                break
            position -= item.size
            type_text, value = self._typed(item.type, item.value_kind, position, item.size)
            taken = not frame.is_caller and position < frame.sp
            result.append(
                FrameSlot(
                    Role.EVALUATION_STACK, name, position - base, position, item.size, "",
                    type_text, expected, value,
                    "already taken by this instruction" if taken else ""))
        # Out-of-line paths (a throw, a slow call) have their operands in registers already.
        out_of_line = bool(entry.flags & MapFlags.CALL_SITE)
        if method is not None and len(model) != count and not out_of_line:
            result.append(
                FrameSlot(
                    Role.EVALUATION_STACK, "mismatch", None, 0, 0, "", "", "", None,
                    f"the JIT claims {count} entries at IL_{entry.il:04x}, IL has {len(model)}"))
        return result

    def _model(self, method: Method | None, il: int) -> tuple[Entry, ...]:
        if method is None:
            return ()
        key = (method.assembly.key, method.token)
        model = self._models.get(key)
        if model is None:
            model = self._models[key] = model_stack(self.runtime.universe, method)
        return model.before.get(il, ())

    def _model_text(self, model: tuple[Entry, ...], index: int) -> str:
        return entry_text(self.runtime.universe, model[index])

    def _in_register(
        self, frame: Frame, name: str, item: JitStackEntryRecord, expected: str
    ) -> FrameSlot:
        raw = frame.registers.get("rax")
        type_text, value = self._from_register(item.type, item.value_kind, raw)
        note = "as of the IL instruction's start" if raw is not None else "RAX is not known here"
        return FrameSlot(
            Role.TOP_OF_STACK, name, None, 0, item.size, "rax", type_text, expected, value, note
        )


def entry_text(universe: AssemblySet, entry: Entry) -> str:
    """A modelled entry's type."""
    if entry.type is None:
        return "null" if entry.kind is Kind.REF else entry.kind.value
    name = type_name(universe, entry.type)
    return f"ref {name}" if entry.kind is Kind.BYREF else name


def _shown(code: MethodCode, frame: Frame, exact: int) -> int:
    """Offset of the instruction to show: a caller's call, not what follows it."""
    site = code.call_returning_to(exact) if frame.is_caller else None
    return site.native if site is not None else exact


def _native_text(code: MethodCode, offset: int) -> str:
    if not 0 <= offset < len(code.bytes):
        return ""
    found = instruction_at(code.bytes[offset : offset + 15], code.start + offset)
    return f"{found.mnemonic} {found.op_str}".strip() if found is not None else "(bad)"


@dataclass(frozen=True, slots=True)
class FrameLine:
    """One line of a mixed backtrace."""

    level: int
    kind: str
    pc: int = field(metadata=ADDRESS)
    name: str
    il_offset: int | None
    file: str
    line: int
    arguments: tuple[tuple[str, str], ...]
    note: str


def frame_line(viewer: FrameViewer, frame: Frame, arguments: bool = True) -> FrameLine:
    """A frame as one line of a backtrace; `name` is empty for AOT frames."""
    if frame.kind is FrameKind.MANAGED and frame.code is not None:
        args = tuple((s.name, s.text) for s in viewer.arguments(frame)) if arguments else ()
        file, line = viewer.position(frame)
        return FrameLine(
            frame.level, frame.kind.value, frame.pc,
            viewer.runtime.method_name(frame.code.method), frame.il, file, line, args, frame.note)
    name = ""
    if frame.place is not None:
        name = frame.place.name or (
            f"thunk of {viewer.runtime.method_name(frame.place.method)}"
            if frame.place.method is not None else "thunk")
    return FrameLine(
        frame.level, frame.kind.value, frame.pc, name, None, "", 0, (), frame.note)

