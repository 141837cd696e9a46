"""The expected effect of IL instructions that call: methods, constructors, runtime helpers.

The callee is not run. At its call instruction the arguments are read as the callee would read them
(Microsoft x64); then everything that a callee may overwrite is overwritten with noise: volatile
registers, the shadow space and the stack arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from decoders.doctor.chunk import Cell, Chunk, Expect
from decoders.doctor.emulator import Run, Store
from decoders.doctor.instructions import INDEX, array_operands, stored
from decoders.errors import DecodeError
from decoders.il import Kind
from decoders.metadata import ET, MemberReference, Method, TypeSig, type_name
from decoders.metadata.render import quote
from decoders.runtime import CallKind, Values
from decoders.runtime.records import JitCallSiteRecord

SHADOW = 32
ORDER = ("rcx", "rdx", "r8", "r9")


class Helper(IntEnum):
    """JitCallSite.Helper (contract KernelMethods k1)."""

    NEW = 0
    NEWARR = 1
    NEW_MDARRAY = 2
    MDARRAY_ADDRESS = 3
    BOX = 4
    UNBOX = 5
    CASTCLASS = 6
    ISINST = 7
    STELEM_REF = 8
    LDELEMA_CHECK = 9
    CCTOR = 10
    LDVIRTFTN = 11
    INTERFACE_CALL = 12
    MEMCPY = 20
    MEMSET = 21
    F64_REM = 22
    F32_REM = 23
    TRACE_STFLD = 24


class Callee:
    """Answers the calls of one instruction; subclassed by what the instruction expects."""

    def __init__(self, chunk: Chunk, made: Expect) -> None:
        self.chunk = chunk
        self.machine = chunk.machine
        self.made = made
        self.noise: bytes = b""

    def problem(self, rule: str, what: str, claimed: object, expected: object) -> bool:
        """Note what is wrong and end the run."""
        self.made.problems.append((rule, what, str(claimed), str(expected)))
        return False

    def __call__(self, site: JitCallSiteRecord, run: Run) -> bool:
        """Answer one call; False ends the run."""
        rsp = self.machine.get("rsp")
        if site.kind == CallKind.HELPER:
            if site.helper == Helper.TRACE_STFLD:
                return True
            if rsp % 16:
                return self._misaligned(rsp, site)
            return self.helper(site, run)
        if rsp % 16:
            return self._misaligned(rsp, site)
        return self.method(site, run)

    def _misaligned(self, rsp: int, site: JitCallSiteRecord) -> bool:
        return self.problem(
            "call-alignment", f"RSP is {rsp % 16} off a multiple of 16 at the call "
            f"at +{site.native:#x}", f"RSP % 16 = {rsp % 16}", "0")

    def helper(self, site: JitCallSiteRecord, run: Run) -> bool:
        """A runtime helper that any instruction may need."""
        machine = self.machine
        if site.helper == Helper.MEMCPY:
            target, source, count = (machine.get(r) for r in ORDER[:3])
            if count > 1 << 20:
                return self.problem("value-move", f"it copies {count} bytes", count, "a value")
            machine.write(target, machine.read(source, count))
            run.stores.append(Store(target, count, run.trace[-1]))
        elif site.helper == Helper.MEMSET:
            target, value, count = (machine.get(r) for r in ORDER[:3])
            if count > 1 << 20:
                return self.problem("value-move", f"it sets {count} bytes", count, "a value")
            machine.write(target, bytes([value & 0xFF]) * count)
            run.stores.append(Store(target, count, run.trace[-1]))
        elif site.helper not in (Helper.CCTOR, Helper.LDELEMA_CHECK):
            return self.problem(
                self.made.rule, f"it calls helper {site.helper}, which the IL does not need",
                site.helper, "no such call")
        self.returned(4, machine.number())
        return True

    def method(self, site: JitCallSiteRecord, run: Run) -> bool:
        """A managed or native method."""
        return self.problem(
            self.made.rule, "it calls a method, which the IL does not need",
            f"a call at +{site.native:#x}", "no call")

    def returned(self, slots: int, rax: int) -> None:
        """What the callee leaves behind: the result, noise in all that was its to change."""
        machine = self.machine
        self.noise = machine.noise(8 * max(4, slots))
        machine.write(machine.get("rsp"), self.noise)
        machine.clobber(rax)


def default_callee(chunk: Chunk, made: Expect) -> Callable[[JitCallSiteRecord, Run], bool]:
    """For instructions that make no call of their own."""
    return Callee(chunk, made)


def call_expectation(chunk: Chunk) -> Expect | None:
    """What a calling instruction should do; None when it is not modelled."""
    found = _CALLS.get(chunk.instruction.name)
    made = found(chunk) if found is not None else None
    if made is not None:
        made.next = (chunk.instruction.end,)
    return made


# Helpers that IL instructions are made of.


class _HelperCallee(Callee):
    """Expects one helper with given register arguments; answers with a sample address."""

    def __init__(
        self, chunk: Chunk, made: Expect, helper: Helper,
        arguments: list[tuple[str, str, int | None]], result: int,
    ) -> None:
        super().__init__(chunk, made)
        self.wanted = helper
        self.arguments = arguments
        self.result = result
        self.check: Callable[[], str] | None = None

    def helper(self, site: JitCallSiteRecord, run: Run) -> bool:
        if site.helper != self.wanted:
            return super().helper(site, run)
        for (rule, what, value), register in zip(self.arguments, ORDER, strict=False):
            have = self.machine.get(register)
            if value is not None and have != value:
                return self.problem(
                    rule, f"{what} is {self.name(have)}, not {self.name(value)}",
                    self.name(have), self.name(value))
        if self.check is not None:
            message = self.check()
            if message:
                return self.problem(self.made.rule, message, "other bytes", "the value")
        self.returned(4, self.result)
        return True

    def name(self, value: int) -> str:
        """A MethodTable or TypeDesc by name, anything else as a number."""
        runtime = self.chunk.context.runtime
        try:
            return f"that of {runtime.type_name(runtime.type_of_table(value).address)}"
        except DecodeError:
            return f"{value:#x}"


def _token(chunk: Chunk) -> TypeSig:
    context = chunk.context
    return context.runtime.universe.type_sig(context.method.assembly, chunk.instruction.number)


def _table_of(chunk: Chunk, sig: TypeSig) -> int | None:
    info = chunk.context.runtime.type_for(sig)
    return info.record.method_table if info is not None and info.record.method_table else None


def _newarr(chunk: Chunk) -> Expect | None:
    sig = TypeSig(ET.SZARRAY, args=(_token(chunk),))
    chunk.set_number(chunk.cells[-1], 5)
    result = chunk.object(40)
    name = type_name(chunk.context.runtime.universe, sig)
    made = Expect("allocation-type", 1, [result.to_bytes(8, "little")], subject=f"type {name}")
    made.on_call = _HelperCallee(chunk, made, Helper.NEWARR, [
        ("allocation-type", "the MethodTable handed to the allocator", _table_of(chunk, sig)),
        ("allocation-type", "the length handed to the allocator", 5)], result)
    return made


def _is_reference(chunk: Chunk, sig: TypeSig) -> bool:
    return chunk.context.runtime.layout.fields.value_shape(sig).is_reference


def _box(chunk: Chunk) -> Expect | None:
    sig = _token(chunk)
    if _is_reference(chunk, sig):
        return Expect("il-effect", 1, [chunk.cells[-1].value])
    content = stored(chunk, sig, chunk.cells[-1])
    result = chunk.object(40)
    made = Expect("allocation-type", 1, [result.to_bytes(8, "little")])
    callee = _HelperCallee(chunk, made, Helper.BOX, [
        ("allocation-type", "the MethodTable of the box", _table_of(chunk, sig))], result)
    if content is not None:
        wanted = content

        def check() -> str:
            have = chunk.machine.read(chunk.machine.get("rdx"), len(wanted))
            return "" if have == wanted else "what is boxed is not the value on the stack"

        callee.check = check
    made.on_call = callee
    return made


def _descriptor(chunk: Chunk, sig: TypeSig) -> int | None:
    info = chunk.context.runtime.type_for(sig)
    return info.address if info is not None else None


def _cast(chunk: Chunk) -> Expect | None:
    name, sig = chunk.instruction.name, _token(chunk)
    unboxes = name == "unbox" or (name == "unbox.any" and not _is_reference(chunk, sig))
    helper = Helper.UNBOX if unboxes else (
        Helper.ISINST if name == "isinst" else Helper.CASTCLASS)
    result = chunk.object(41, 8)
    made = Expect("il-effect", 1, [result.to_bytes(8, "little")])
    if unboxes and name == "unbox.any":
        sizes = chunk.context.sizes
        made.pushes = [sizes.widen(sig, chunk.machine.read(result, sizes.size(sig)))]
    made.on_call = _HelperCallee(chunk, made, helper, [
        ("il-effect", "the type to test against", _descriptor(chunk, sig)),
        ("il-effect", "the object to test", chunk.cells[-1].pointer)], result)
    return made


def _store_reference(chunk: Chunk) -> Expect | None:
    if chunk.instruction.name == "stelem" and not _is_reference(chunk, _token(chunk)):
        return None
    array = array_operands(chunk, chunk.cells[-3], chunk.cells[-2])
    made = Expect("element-access", 3)
    made.on_call = _HelperCallee(chunk, made, Helper.STELEM_REF, [
        ("element-access", "the array", array), ("element-access", "the index", INDEX),
        ("element-access", "the object", chunk.cells[-1].pointer)], 0)
    return made


def _string(chunk: Chunk) -> Expect | None:
    context = chunk.context
    text = context.method.assembly.user_string(chunk.instruction.number)
    values = Values(context.runtime)

    def check(raw: bytes) -> str:
        try:
            have = values.string(int.from_bytes(raw, "little"))[0]
        except DecodeError as error:
            return f"what is loaded is no string: {error}"
        return "" if have == text else f"the string {quote(have)} is loaded, not {quote(text)}"

    return Expect("il-effect", 0, [check])


# Methods.


class _MethodCallee(Callee):
    def __init__(self, chunk: Chunk, made: Expect, member: MemberReference, new: str) -> None:
        super().__init__(chunk, made)
        assert member.method_signature is not None
        self.member = member
        self.signature = member.method_signature
        self.new = new  # "", "class", "value" or "string"
        self.object = chunk.object(42)
        self.calls = 0
        self.names = list(member.method.param_names) if member.method is not None else []

    def helper(self, site: JitCallSiteRecord, run: Run) -> bool:
        if self.new != "class" or site.helper != Helper.NEW:
            return super().helper(site, run)
        table = _table_of(self.chunk, self.member.owner)
        have = self.machine.get("rcx")
        if table is not None and have != table:
            return self.problem(
                "allocation-type", "the object is allocated with another type's MethodTable",
                f"{have:#x}", f"{table:#x}")
        self.returned(4, self.object)
        return True

    def method(self, site: JitCallSiteRecord, run: Run) -> bool:
        self.calls += 1
        if self.calls > 1:
            return self.problem("call-target", "it calls twice", "2 calls", "1")
        return self.target(site) and self.arguments(site, run)

    # Who is called.

    def target(self, site: JitCallSiteRecord) -> bool:
        wanted = self.member.method
        if wanted is None or self.new == "string":
            return True
        if site.kind == CallKind.VIRTUAL:
            return self.slot(site, wanted)
        runtime = self.chunk.context.runtime
        if site.kind == CallKind.INDIRECT:
            return True
        have = self.machine.get("r10")
        try:
            info = runtime.method(have)
            same = runtime.metadata_method(info) == wanted
            name = runtime.method_name(info)
        except DecodeError as error:
            same, name = False, f"{have:#x} ({error})"
        return same or self.problem("call-target", f"it calls {name}", name, wanted.full_name)

    def slot(self, site: JitCallSiteRecord, wanted: Method) -> bool:
        context = self.chunk.context
        found = context.disassembly.get(site.native)
        if found is None or not found.operands or not found.operands[0].mem.disp:
            return True
        first = context.runtime.contract.type("MethodTable").field("VTable").offset
        slot = (found.operands[0].mem.disp - first) // 8
        vtable = context.runtime.layout.vtable(self.member.owner)
        if 0 <= slot < len(vtable) and vtable[slot] == wanted:
            return True
        held = vtable[slot].full_name if 0 <= slot < len(vtable) else "no slot"
        right = [i for i, m in enumerate(vtable) if m == wanted]
        if not right:
            return True  # overridden below: any slot that leads to it is a matter of the type
        return self.problem(
            "call-target", f"it calls through vtable slot {slot}, which is {held}'s",
            f"slot {slot}", f"slot {right[0]} of {wanted.full_name}")

    # What is handed over.

    def arguments(self, site: JitCallSiteRecord, run: Run) -> bool:
        machine, chunk, signature = self.machine, self.chunk, self.signature
        sizes = chunk.context.sizes
        rsp = machine.get("rsp")
        ret = signature.ret.stripped()
        buffer = ret.et is not ET.VOID and not sizes.by_value(ret)
        position = 0
        cells = chunk.cells[len(chunk.cells) - self.made.pops:]
        if self.new in ("class", "value"):
            if not self.this(self.word(rsp, position)):
                return False
            position += 1
        elif signature.has_this and self.new != "string":
            if self.word(rsp, position) != cells[0].pointer:
                return self.bad("this", self.word(rsp, position), cells[0].pointer, site)
            cells, position = cells[1:], position + 1
        target = 0
        if buffer:
            target = self.word(rsp, position)
            position += 1
        for index, (sig, cell) in enumerate(zip(signature.params, cells, strict=False)):
            if not self.argument(index, sig, cell, rsp, position, site):
                return False
            position += 1
        low = min((c.address for c in self.kept() if c.address is not None), default=None)
        if low is not None and low < rsp + SHADOW:
            return self.problem(
                "shadow-space", f"only {low - rsp} bytes lie between RSP and the live entries at "
                "the call", f"{low - rsp} bytes", f"{SHADOW} bytes")
        self.finish(ret, target, position)
        return True

    def kept(self) -> list[Cell]:
        """Entries that live across the call."""
        return self.chunk.cells[: len(self.chunk.cells) - self.made.pops]

    def word(self, rsp: int, position: int) -> int:
        """A slot as the callee would read it."""
        if position < 4:
            return self.machine.get(ORDER[position])
        return self.machine.word(rsp + 8 * position)

    def bad(self, name: str, have: int, want: int, site: JitCallSiteRecord) -> bool:
        callee = self.member.name
        return self.problem(
            "call-argument", f"{name} of {callee} is not where the callee looks for it",
            f"{have:#x} there", f"{want:#x}")

    def this(self, have: int) -> bool:
        if self.new == "class":
            if have != self.object:
                return self.problem("call-argument", "`this` of the constructor is not the new "
                                    "object", f"{have:#x}", f"{self.object:#x}")
            return True
        size = self.chunk.context.sizes.size(self.member.owner)
        if any(self.machine.read(have, size)):
            return self.problem("value-move", "the new value is not zeroed before its constructor",
                                "other bytes", "zeros")
        content = self.machine.noise(size)
        self.machine.write(have, content)
        self.made.pushes = [self.chunk.context.sizes.widen(self.member.owner, content)]
        return True

    def argument(
        self, index: int, sig: TypeSig, cell: Cell, rsp: int, position: int,
        site: JitCallSiteRecord,
    ) -> bool:
        sizes, machine = self.chunk.context.sizes, self.machine
        content = stored(self.chunk, sig, cell)
        if content is None:
            return True
        name = self.names[index] if index < len(self.names) else f"argument {index}"
        plain = sizes.plain(sig)
        where = ORDER[position] if position < 4 else f"[rsp+{8 * position:#x}]"
        if plain.et in (ET.R4, ET.R8) and position < 4:
            have, where = machine.xmm(position)[: len(content)], f"xmm{position}"
        elif not sizes.by_value(sig):
            pointer = self.word(rsp, position)
            try:
                have = machine.read(pointer, len(content))
            except DecodeError:
                have = b""
            where = f"the copy that {where} points to"
        else:
            have = self.word(rsp, position).to_bytes(8, "little")[: len(content)]
        if have == content:
            return True
        found = self.elsewhere(content, rsp)
        what = f"argument {name} of {self.member.name} is not in {where}"
        if found:
            what += f", but in {found}"
        return self.problem("call-argument", what, f"{have[:16].hex()} in {where}",
                            f"{content[:16].hex()}")

    def elsewhere(self, content: bytes, rsp: int) -> str:
        """Another outgoing slot that holds the value."""
        for offset in range(SHADOW, SHADOW + 64, 8):
            if self.machine.read(rsp + offset, len(content)) == content:
                return f"[rsp+{offset:#x}]"
        for name in ORDER:
            if self.machine.get(name).to_bytes(8, "little")[: len(content)] == content:
                return name
        return ""

    # What comes back.

    def finish(self, ret: TypeSig, buffer: int, slots: int) -> None:
        machine, sizes, made = self.machine, self.chunk.context.sizes, self.made
        rax = machine.number()
        xmm = machine.noise(16)
        if self.new == "class":
            made.pushes = [self.reference]
        elif self.new == "value":
            pass
        elif self.new == "string":
            made.pushes = [rax.to_bytes(8, "little")]
        elif ret.et is not ET.VOID:
            plain = sizes.plain(ret)
            if buffer:
                content = machine.noise(sizes.size(ret))
                machine.write(buffer, content)
                rax = buffer
                made.pushes = [content]
            elif plain.et in (ET.R4, ET.R8):
                made.pushes = [xmm[: 4 if plain.et is ET.R4 else 8]]
            else:
                made.pushes = [sizes.widen(ret, rax.to_bytes(8, "little"))]
        self.returned(slots, rax)
        machine.set_xmm(0, xmm)

    def reference(self, raw: bytes) -> str:
        """Whether the new object's reference outlived its constructor."""
        if int.from_bytes(raw, "little") == self.object:
            return ""
        where = self.noise.find(raw)
        if where >= 0:
            self.made.rule = "shadow-space"
            return (f"the reference to the new object lies {where} bytes above RSP at the call, in "
                    "the shadow space that the constructor may overwrite")
        return "what is pushed is not the new object"


def _call(chunk: Chunk) -> Expect | None:
    context, instruction = chunk.context, chunk.instruction
    universe = context.runtime.universe
    if instruction.number >> 24 not in (0x06, 0x0A) or _constrained(chunk):
        return None
    member = universe.resolve_member(context.method.assembly, instruction.number)
    signature = member.method_signature
    if signature is None or signature.arity or signature.convention & 0xF == 5:
        return None
    if member.owner.et in (ET.ARRAY, ET.SZARRAY, ET.GENERICINST):
        return None
    new = ""
    if instruction.name == "newobj":
        owner = universe.normalize(member.owner)
        new = "string" if owner.et is ET.STRING else "value"
        if new == "value" and _is_reference(chunk, owner):
            new = "class"
    count = len(signature.params) + (1 if signature.has_this and not new else 0)
    if count > len(chunk.cells):
        return None
    made = Expect("il-effect", count)
    made.subject = f"method {member.method.full_name if member.method else member.name}"
    if signature.has_this and not new:
        this = chunk.cells[-count]
        if this.entry.kind is Kind.NI:
            chunk.set_address(this, chunk.object(45, 0x200))
    made.on_call = _MethodCallee(chunk, made, member, new)
    return made


def _constrained(chunk: Chunk) -> bool:
    return chunk.instruction.offset in chunk.context.constrained


_CALLS: dict[str, Callable[[Chunk], Expect | None]] = {
    "call": _call, "callvirt": _call, "newobj": _call, "newarr": _newarr, "box": _box,
    "unbox": _cast, "unbox.any": _cast, "castclass": _cast, "isinst": _cast, "ldstr": _string,
    "stelem.ref": _store_reference, "stelem": _store_reference,
}  # fmt: skip
