"""Family 5 over neighbouring frames: what a caller still needs is what it was when it called.

Second sources, since a value alone does not tell whether it is the right one:

* where RSP stands tells where RBP must: the machine code between an IL boundary and its call moves
  RSP by a number that can be read off it, and below the frame lies only what the IL has pushed;
* an argument exists twice while its callee runs: in the caller's evaluation stack and in the
  callee's home, unless the callee may change its own argument;
* the constructor of a new object gets the reference that the caller keeps in its evaluation stack,
  and saves the register in which the caller's code had it;
* a local that only constants are ever stored in holds one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from decoders.compare.machine import Outgoing, follow
from decoders.doctor.calls import call_member
from decoders.doctor.model import Damage, DamageKind, Finding, Place
from decoders.doctor.rules import RULES
from decoders.doctor.sizes import Sizes
from decoders.frames import Frame
from decoders.frames.code_analysis import instructions, read_prologue
from decoders.il import Entry, Instruction, Kind, StackModel, model_stack
from decoders.il.disasm import Operand
from decoders.layout import ArgumentHome, Role, frame_needs
from decoders.metadata import ET, MemberReference, Method, type_name
from decoders.runtime import CallKind, MapFlags, MethodCode, Runtime
from decoders.runtime.records import JitCallSiteRecord

_REFERENCE = 8


@dataclass(frozen=True, slots=True)
class Live:
    """An evaluation-stack entry in memory: its number (deepest is 0), what the IL says, where."""

    index: int
    entry: Entry
    address: int
    size: int


@dataclass(frozen=True, slots=True)
class Copy:
    """One of several places that hold the same value."""

    label: str
    address: int
    data: bytes

    @property
    def value(self) -> int:
        """Its first 8 bytes as a number."""
        return int.from_bytes(self.data[:8], "little")


class Methods:
    """IL models and frame sizes of methods, each made once."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.sizes = Sizes(runtime)
        self._models: dict[int, StackModel] = {}
        self._frames: dict[int, int] = {}

    def model(self, code: MethodCode) -> StackModel:
        """The evaluation stack by IL offset."""
        if code.start not in self._models:
            self._models[code.start] = model_stack(
                self.runtime.universe, self.runtime.metadata_method(code.method))
        return self._models[code.start]

    def instruction(self, code: MethodCode, il: int | None) -> Instruction | None:
        """The IL instruction at an offset."""
        return next((i for i in self.model(code).instructions if i.offset == il), None)

    def frame_size(self, code: MethodCode) -> int:
        """Bytes from RBP down to the evaluation stack, by the prologue's code where it tells."""
        if code.start not in self._frames:
            found = read_prologue(code.bytes, code.record.prologue_size).frame_size
            self._frames[code.start] = code.record.frame_size if found is None else found
        return self._frames[code.start]

    def has_localloc(self, code: MethodCode) -> bool:
        """Whether RSP has no constant distance from RBP."""
        return any(i.name == "localloc" for i in self.model(code).instructions)

    def entries(self, code: MethodCode, il: int, bottom: int) -> list[Live]:
        """The evaluation stack before an IL instruction, all of it in memory."""
        result, at = [], bottom
        for index, entry in enumerate(self.model(code).before.get(il, ())):
            size = self.sizes.slot(entry)
            at -= size
            result.append(Live(index, entry, at, size))
        return result

    def depth_at_call(self, code: MethodCode, site: JitCallSiteRecord) -> int | None:
        """Bytes from the frame's lower end down to RSP at a call; None where it cannot be told."""
        entry = code.map_at(site.native)
        if entry is None or entry.il not in self.model(code).before or self.has_localloc(code):
            return None
        if code.is_out_of_line(entry):
            return None  # the instruction's operands may be gone from the stack by then
        before = self.model(code).before[entry.il]
        kept = before[:-1] if entry.flags & MapFlags.TOS_IN_RAX else before
        state = Outgoing(sum(self.sizes.slot(e) for e in kept), set())
        for found in instructions(code.bytes[entry.native : site.native], entry.native):
            follow(found, state)
        return state.depth


class FrameCheck:
    """Compares a managed caller's frame with the callee's that it is waiting for."""

    def __init__(self, runtime: Runtime, methods: Methods) -> None:
        self.runtime = runtime
        self.methods = methods
        self.findings: list[Finding] = []

    def base(self, caller: Frame, inner: Frame | None) -> bool:
        """Whether a caller's RBP is where its RSP says; a finding if not, and none further out."""
        code = caller.code
        assert code is not None and caller.offset is not None
        site = code.call_returning_to(caller.offset + 1)
        depth = self.methods.depth_at_call(code, site) if site is not None else None
        if depth is None or caller.rbp is None:
            return True
        expected = caller.sp + depth + self.methods.frame_size(code)
        if caller.rbp == expected:
            return True
        name = self.runtime.method_name(code.method)
        saved = inner.rbp if inner is not None and _framed(inner) else None
        where = f"saved at {saved:#x}" if saved is not None else "as its callee left it"
        damage = () if saved is None else (Damage(
            DamageKind.SAVED_RBP, saved, 8, caller.rbp, f"the saved RBP of {name}"),)
        self._add(
            caller, f"RBP of frame #{caller.level}, {where}, is {caller.rbp:#x}; its RSP says that "
            f"the frame lies at {expected:#x}", saved or caller.sp, f"{caller.rbp:#x}",
            f"{expected:#x}", (
                f"at the call RSP was {caller.sp:#x}, {depth} bytes below a frame of "
                f"{self.methods.frame_size(code)}",), damage)
        return False

    def called(self, caller: Frame, inner: Frame) -> None:
        """The callee is the one that the caller's IL names, its arguments are as handed over."""
        code, callee = caller.code, inner.code
        assert code is not None and callee is not None and caller.offset is not None
        site = code.call_returning_to(caller.offset + 1)
        instruction = self.methods.instruction(code, site.il) if site is not None else None
        if site is None or instruction is None or instruction.kind is not Operand.TOKEN:
            return
        method = self.runtime.metadata_method(code.method)
        member = call_member(self.runtime.universe, method, instruction)
        target = self.runtime.metadata_method(callee.method)
        if member is None or member.method is None or instruction.name not in (
                "call", "callvirt", "newobj"):
            return
        wanted = member.method
        if site.kind == CallKind.DIRECT and wanted.has_body and wanted != target:
            if not self._constrained(code, instruction):
                self._other_callee(caller, inner, wanted, target)
            return
        if wanted != target and (wanted.name, len(wanted.signature.params)) != (
                target.name, len(target.signature.params)):
            return  # an accessor, a delegate, a factory: arguments are not its own
        if site.kind == CallKind.HELPER or not _framed(inner) or self.methods.has_localloc(code):
            return
        self._arguments(caller, inner, instruction, member, target)

    def _constrained(self, code: MethodCode, instruction: Instruction) -> bool:
        return any(i.name == "constrained." and i.end == instruction.offset
                   for i in self.methods.model(code).instructions)

    def _other_callee(
        self, caller: Frame, inner: Frame, wanted: Method, target: Method
    ) -> None:
        damage: tuple[Damage, ...] = ()
        if _framed(inner) and inner.rbp is not None:
            damage = (Damage(
                DamageKind.RETURN_ADDRESS, inner.rbp + 8, 8, caller.pc,
                f"the return address to frame #{caller.level}"),)
        self._add(
            caller, f"frame #{inner.level} runs {target.full_name} and returns behind a call of "
            f"{wanted.full_name}", caller.sp - 8, f"a call of {wanted.full_name}",
            f"a call of {target.full_name}", (), damage, "return-address")

    # Arguments.

    def _arguments(
        self, caller: Frame, inner: Frame, instruction: Instruction, member: MemberReference,
        target: Method,
    ) -> None:
        code, callee = caller.code, inner.code
        assert code is not None and callee is not None
        assert caller.rbp is not None and inner.rbp is not None
        bottom = caller.rbp - self.methods.frame_size(code)
        entries = self.methods.entries(code, instruction.offset, bottom)
        signature = target.signature
        new = instruction.name == "newobj"
        count = len(signature.params) + (signature.has_this and not new)
        if count > len(entries):
            return
        handed: list[Live | None] = list(entries[len(entries) - count:]) if count else []
        if new:
            handed.insert(0, self._new_object(member, entries, bottom))
        changed = _own_changes(self.methods.model(callee))
        homes = [h for h in frame_needs(self.runtime.layout, target).homes
                 if h.role is not Role.RETURN_BUFFER]
        values = self.runtime.universe.is_value_type(target.owner)
        constrained = self._constrained(code, instruction)
        for index, (home, live) in enumerate(zip(homes, handed, strict=False)):
            if live is None or home.indirect:
                continue
            if home.role is Role.THIS and (constrained or (
                    values and live.entry.kind is Kind.REF)):
                continue  # what it stands for is handed over, or the fields of the box
            copies = self._entry_and_home(caller, inner, home, live, index not in changed)
            if new and not index:
                copies += self._object_register(caller, inner)
            self._compare(caller, f"what was handed over as {home.name} of "
                          f"{self.runtime.method_name(callee.method)}", copies)

    def _new_object(
        self, member: MemberReference, entries: list[Live], bottom: int
    ) -> Live | None:
        """The entry of a new object, above the constructor's arguments."""
        owner = self.runtime.universe.normalize(member.owner)
        if not self.runtime.layout.fields.value_shape(owner).is_reference or owner.et is ET.STRING:
            return None
        at = (entries[-1].address if entries else bottom) - _REFERENCE
        return Live(len(entries), Entry(Kind.REF, owner), at, _REFERENCE)

    def _object_register(self, caller: Frame, inner: Frame) -> list[Copy]:
        """Where the callee saved the caller's register that held the new object at the call."""
        code, callee = caller.code, inner.code
        assert code is not None and callee is not None and caller.offset is not None
        site = code.call_returning_to(caller.offset + 1)
        entry = code.map_at(site.native) if site is not None else None
        if site is None or entry is None or inner.rbp is None:
            return []
        register = ""
        for found in instructions(code.bytes[entry.native : site.native], entry.native):
            first, _, second = found.op_str.partition(", ")
            if first == "rcx":
                register = second if found.mnemonic == "mov" else ""
        slot = read_prologue(callee.bytes, callee.record.prologue_size).saves.get(register)
        if slot is None:
            return []
        return [self._copy(
            f"{register}, saved by {self.runtime.method_name(callee.method)}",
            inner.rbp + slot, _REFERENCE)]

    def _entry_and_home(
        self, caller: Frame, inner: Frame, home: ArgumentHome, live: Live, kept: bool
    ) -> list[Copy]:
        """An argument's copies: bytes of the entry, as far as storing it as its type takes them.

        `kept`: the callee never changes its argument itself.
        """
        floats = {Kind.R4: ET.R4, Kind.R8: ET.R8}
        plain = self.methods.sizes.plain(home.type).et
        if live.entry.kind in floats and floats[live.entry.kind] is not plain:
            return []  # converted on the way
        assert inner.rbp is not None
        size = min(home.size, self.methods.sizes.significant(live.entry))
        result = [self._copy(
            f"entry {live.index} of frame #{caller.level}'s evaluation stack", live.address, size)]
        if kept:
            result.append(self._copy(
                f"its home in frame #{inner.level}", inner.rbp + home.offset, size))
        return result

    def _copy(self, label: str, address: int, size: int) -> Copy:
        return Copy(label, address, self.runtime.memory.read(address, size, label))

    def _compare(self, caller: Frame, what: str, copies: list[Copy]) -> None:
        """Copies of one value must agree; of three, two tell which one is wrong."""
        votes = Counter(c.data for c in copies)
        if len(votes) < 2:
            return
        right, most = votes.most_common(1)[0]
        wrong = [c for c in copies if c.data != right] if most > 1 else copies
        texts = [f"{c.label}, at {c.address:#x}, holds {c.value:#x}" for c in copies]
        claimed = " and ".join(f"{c.value:#x}" for c in wrong)
        if most > 1:
            told = f"{wrong[0].label} holds {wrong[0].value:#x}, its other copies do not"
            expected = f"{int.from_bytes(right[:8], 'little'):#x}"
        else:
            told = f"{' and '.join(c.label for c in copies)} differ: one was overwritten"
            expected = "the same value twice"
        self._add(
            caller, f"of {what}, {told}", wrong[0].address, claimed, expected, tuple(texts), tuple(
                Damage(DamageKind.SLOT, c.address, len(c.data), c.value, f"{c.label}, {what}")
                for c in wrong))

    # Locals.

    def constants(self, frame: Frame) -> None:
        """Locals that nothing but constants is stored in."""
        code = frame.code
        assert code is not None and frame.rbp is not None
        method = self.runtime.metadata_method(code.method)
        if not method.body.init_locals:
            return
        for index, allowed in _constant_locals(self.methods.model(code), method).items():
            if index >= len(code.locals):
                continue  # said by the frame's record
            size = self.methods.sizes.size(method.locals[index].stripped())
            address = frame.rbp + code.locals[index].offset
            raw = self.runtime.memory.read(address, size, f"local {index}")
            known = {(v & (1 << 8 * size) - 1) for v in allowed}
            value = int.from_bytes(raw, "little")
            if value in known:
                continue
            name = self.runtime.method_name(code.method)
            self._add(
                frame, f"local {index} of {name} holds {value:#x}; its IL stores nothing there but "
                f"{', '.join(str(v) for v in sorted(allowed))}", address, f"{value:#x}",
                " or ".join(f"{v:#x}" for v in sorted(known)), (), (Damage(
                    DamageKind.SLOT, address, size, value, f"local {index} of {name}", name),))

    def _add(
        self, frame: Frame, what: str, address: int, claimed: str, expected: str,
        evidence: tuple[str, ...], damage: tuple[Damage, ...], rule: str = "saved-register",
    ) -> None:
        assert frame.code is not None
        runtime = self.runtime
        method = runtime.metadata_method(frame.code.method)
        owner = type_name(runtime.universe, runtime.universe.type_def_sig(method.owner))
        name = runtime.method_name(frame.code.method)
        self.findings.append(Finding(
            RULES[rule], f"in {name}: {what}", Place(
                method.assembly.name, owner, name, frame.il, "", address),
            claimed, expected, evidence, damage=damage))


def _framed(frame: Frame) -> bool:
    """Whether RBP is the frame's own here."""
    code = frame.code
    return code is not None and frame.offset is not None and frame.rbp is not None and not (
        code.in_prologue(frame.offset) or code.in_epilogue(frame.offset))


def _own_changes(model: StackModel) -> set[int]:
    """IL arguments that the method itself may change."""
    return {i.number for i in model.instructions if i.kind is Operand.ARG
            and i.name.startswith(("starg", "ldarga"))}


def _constant_locals(model: StackModel, method: Method) -> dict[int, set[int]]:
    """Locals of integer types by the values that they can have, where all are known."""
    targets = {t for i in model.instructions for t in i.targets}
    result: dict[int, set[int] | None] = {
        n: {0} for n, sig in enumerate(method.locals) if sig.stripped().et in _INTEGERS}
    previous: Instruction | None = None
    for found in model.instructions:
        if found.kind is Operand.LOCAL and found.name.startswith(("stloc", "ldloca")):
            known = result.get(found.number)
            value = _constant(previous) if previous is not None else None
            if known is not None:
                if found.name.startswith("ldloca") or value is None or found.offset in targets:
                    result[found.number] = None
                else:
                    known.add(value)
        previous = found
    return {n: values for n, values in result.items() if values is not None}


_INTEGERS = frozenset({
    ET.BOOLEAN, ET.CHAR, ET.I1, ET.U1, ET.I2, ET.U2, ET.I4, ET.U4, ET.I8, ET.U8})


def _constant(found: Instruction) -> int | None:
    if not found.name.startswith(("ldc.i4", "ldc.i8")):
        return None
    if isinstance(found.operand, int):
        return found.operand
    tail = found.name.rpartition(".")[2]
    return -1 if tail == "m1" else int(tail)


def live_references(
    methods: Methods, frame: Frame, site: JitCallSiteRecord
) -> Iterator[Live]:
    """References among a waiting caller's entries that are in memory for certain.

    Those that outlive the call, and while a method runs its arguments too: at a helper's call
    operands may have been taken off the stack already.
    """
    code = frame.code
    assert code is not None and frame.rbp is not None
    if methods.has_localloc(code):
        return
    bottom = frame.rbp - methods.frame_size(code)
    entries = methods.entries(code, site.il, bottom)
    whole = site.kind != CallKind.HELPER
    for live in entries:
        kept = bottom - live.address <= site.stack_bytes
        if live.entry.kind is Kind.REF and live.entry.type is not None and (kept or whole):
            yield live
