"""Stand-ins for what generated code calls: methods, constructors, the runtime's helpers.

The callee is not run. At its call instruction the arguments are read as the callee would read them
(Microsoft x64); then everything that a callee may overwrite is overwritten with noise: volatile
registers, the shadow space and the stack arguments.
"""

from __future__ import annotations

from collections.abc import Callable

from capstone.x86_const import X86_OP_MEM, X86_OP_REG

from decoders.doctor.chunk import Cell, Chunk, Expect, Problem
from decoders.doctor.emulator import TABLES, Run, Store
from decoders.doctor.instructions import stored
from decoders.errors import DecodeError, TargetError
from decoders.il.disasm import Operand
from decoders.memory import is_canonical
from decoders.metadata import ET, MemberReference, Method, TypeSig
from decoders.runtime import CallKind
from decoders.runtime.code import HelperKind
from decoders.runtime.records import JitCallSiteRecord

SHADOW = 32
ORDER = ("rcx", "rdx", "r8", "r9")


def table_of(chunk: Chunk, sig: TypeSig) -> int | None:
    """Address of a type's MethodTable, None when it is not loaded."""
    info = chunk.context.runtime.type_for(sig)
    return info.record.method_table if info is not None and info.record.method_table else None


def descriptor(chunk: Chunk, sig: TypeSig) -> int | None:
    """Address of a type's TypeDesc, None when it is not loaded."""
    info = chunk.context.runtime.type_for(sig)
    return info.address if info is not None else None


def helper_name(number: int) -> str:
    """A runtime helper in words."""
    known = number in set(HelperKind)
    return f"the helper {HelperKind(number).name.lower()}" if known else f"helper {number}"


def is_reference(chunk: Chunk, sig: TypeSig) -> bool:
    """Whether values of a type are references."""
    return chunk.context.runtime.layout.fields.value_shape(sig).is_reference


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
        if site.kind in (CallKind.HELPER, CallKind.INTERFACE) and not self.same_helper(site):
            return False
        traces = site.kind == CallKind.HELPER and site.helper == HelperKind.TRACE_STFLD
        if traces:
            return True
        if rsp % 16:
            return self._misaligned(rsp, site)
        if site.kind == CallKind.HELPER:
            return self.room(rsp) and self.helper(site, run)
        return self.method(site, run)

    def kept(self) -> list[Cell]:
        """Entries that live across the call."""
        return self.chunk.cells[: len(self.chunk.cells) - self.made.pops]

    def room(self, rsp: int) -> bool:
        """Nothing that is still needed lies in the callee's shadow space."""
        low = min((c.address for c in self.kept() if c.address is not None),
                  default=self.chunk.context.bottom)
        what = "the live entries" if low < self.chunk.context.bottom else "the frame"
        return low >= rsp + SHADOW or self.problem(
            "shadow-space", f"only {low - rsp} bytes lie between RSP and {what} at the call",
            f"{low - rsp} bytes", f"{SHADOW} bytes")

    def same_helper(self, site: JitCallSiteRecord) -> bool:
        """The code of a helper lies at one address: where all other calls of it go to."""
        runtime = self.chunk.context.runtime
        known, have = runtime.helper(site.helper), self.goes_to(site)
        name = helper_name(site.helper)
        if known is None:
            other = runtime.helper_at(have)
            if other is not None and other != site.helper:
                return self.problem(
                    "call-target", f"its call of {name} goes to {helper_name(other)}",
                    helper_name(other), name)
            return is_canonical(have) or self.problem(
                "call-target", f"its call of {name} goes to {have:#x}, which is no address",
                f"{have:#x}", name)
        if have == known:
            return True
        return self.problem(
            "call-target", f"its call of {name} goes to {have:#x}, other calls of it to {known:#x}",
            f"{have:#x}", f"{known:#x}")

    def goes_to(self, site: JitCallSiteRecord) -> int:
        """The address that a call instruction calls; for one through memory, that memory's."""
        found = self.chunk.context.disassembly.get(site.native)
        if found is None or not found.operands:
            raise TargetError(f"no call instruction is at +{site.native:#x}")
        operand = found.operands[0]
        if operand.type == X86_OP_REG:
            return self.machine.get(found.reg_name(operand.reg))
        if operand.type == X86_OP_MEM and operand.mem.base and not operand.mem.index:
            return self.machine.get(found.reg_name(operand.mem.base)) + int(operand.mem.disp)
        raise TargetError(f"the call at +{site.native:#x} goes through {found.op_str}")

    def _misaligned(self, rsp: int, site: JitCallSiteRecord) -> bool:
        return self.problem(
            "call-alignment", f"RSP is {rsp % 16} off a multiple of 16 at the call "
            f"at +{site.native:#x}", f"RSP % 16 = {rsp % 16}", "0")

    def helper(self, site: JitCallSiteRecord, run: Run) -> bool:
        """A runtime helper that any instruction may need."""
        machine = self.machine
        if site.helper == HelperKind.MEMCPY:
            target, source, count = (machine.get(r) for r in ORDER[:3])
            if count > 1 << 20:
                return self.problem("value-move", f"it copies {count} bytes", count, "a value")
            machine.write(target, machine.read(source, count))
            run.stores.append(Store(target, count, run.trace[-1]))
        elif site.helper == HelperKind.MEMSET:
            target, value, count = (machine.get(r) for r in ORDER[:3])
            if count > 1 << 20:
                return self.problem("value-move", f"it sets {count} bytes", count, "a value")
            machine.write(target, bytes([value & 0xFF]) * count)
            run.stores.append(Store(target, count, run.trace[-1]))
        elif site.helper == HelperKind.CCTOR:
            wanted = self.initialised()
            have = self.machine.get("rcx")
            if wanted is not None and have != wanted:
                return self.problem(
                    self.made.rule, "it is another type whose static constructor it calls",
                    f"{have:#x}", f"{wanted:#x}")
        elif site.helper != HelperKind.LDELEMA_CHECK:
            return self.problem(
                self.made.rule, f"it calls {helper_name(site.helper)}, which the IL does not need",
                site.helper, "no such call")
        self.returned(4, machine.number())
        return True

    def initialised(self) -> int | None:
        """The TypeDesc of the type whose static constructor may have to run first."""
        instruction, context = self.chunk.instruction, self.chunk.context
        if instruction.kind is not Operand.TOKEN or instruction.number >> 24 not in (4, 6, 0x0A):
            return None
        member = context.runtime.universe.resolve_member(
            context.method.assembly, instruction.number)
        return descriptor(self.chunk, member.owner)

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


class HelperCallee(Callee):
    """Expects one helper with given register arguments; answers with a sample address."""

    def __init__(
        self, chunk: Chunk, made: Expect, helper: HelperKind,
        arguments: list[tuple[str, str, int | None]], result: int,
    ) -> None:
        super().__init__(chunk, made)
        self.wanted = helper
        self.arguments = arguments
        self.result = result
        self.check: Callable[[], str] | None = None
        self.called = False
        made.after = self.after

    def after(self, run: Run) -> Problem | None:
        """It must have been called at all."""
        if self.called:
            return None
        wanted = helper_name(self.wanted)
        return self.made.rule, f"it does not call {wanted}", "no such call", wanted

    def helper(self, site: JitCallSiteRecord, run: Run) -> bool:
        if site.helper != self.wanted:
            return super().helper(site, run)
        self.called = True
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
            return f"that of {runtime.table_name(value)}"
        except DecodeError:
            return f"{value:#x}"


class MethodCallee(Callee):
    """A method: checks who is called and what is handed over, answers with a sample result."""

    def __init__(
        self, chunk: Chunk, made: Expect, member: MemberReference, new: str = "",
        this: int | None = None, wanted: Method | None = None,
    ) -> None:
        super().__init__(chunk, made)
        assert member.method_signature is not None
        self.member = member
        self.signature = member.method_signature
        self.new = new  # "", "class", "value" or "string"
        self.this_value = this  # where it is not the entry's own value
        self.wanted = wanted if wanted is not None else member.method
        self.object = chunk.object(42)
        self.calls = 0
        self.names = list(member.method.param_names) if member.method is not None else []
        made.after = self.after

    def after(self, run: Run) -> Problem | None:
        """It must have been called at all."""
        if self.calls:
            return None
        return "call-target", f"it does not call {self.member.name}", "no call", "a call"

    def helper(self, site: JitCallSiteRecord, run: Run) -> bool:
        if self.new != "class" or site.helper != HelperKind.NEW:
            return super().helper(site, run)
        table = table_of(self.chunk, self.member.owner)
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
        wanted = self.wanted
        if wanted is None or self.new == "string":
            return True
        if site.kind == CallKind.VIRTUAL:
            return self.slot(site, wanted)
        runtime = self.chunk.context.runtime
        if site.kind == CallKind.INDIRECT:
            return True
        have = self.machine.get("r10")
        if site.kind == CallKind.DIRECT:
            entry = runtime.contract.type("MethodDesc").field("Entry").offset
            have = self.goes_to(site) - entry
        try:
            found = runtime.method_at(have)
            same, name = found == wanted, found.full_name
        except DecodeError as error:
            same, name = False, f"{have:#x} ({error})"
        return same or self.problem("call-target", f"it calls {name}", name, wanted.full_name)

    def slot(self, site: JitCallSiteRecord, wanted: Method) -> bool:
        context = self.chunk.context
        first = context.runtime.contract.type("MethodTable").field("VTable").offset
        slot, rest = divmod(self.goes_to(site) - TABLES - first, 8)
        if rest or not 0 <= slot < 1 << 16:
            return self.problem(
                "call-target", "it does not call through the MethodTable of `this`",
                f"{self.goes_to(site):#x}", "a slot of its vtable")
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
            this = cells[0].pointer if self.this_value is None else self.this_value
            if self.word(rsp, position) != this:
                return self.bad("this", self.word(rsp, position), this, site)
            cells, position = cells[1:], position + 1
        target = 0
        if buffer:
            target = self.word(rsp, position)
            position += 1
        for index, (sig, cell) in enumerate(zip(signature.params, cells, strict=False)):
            if not self.argument(index, sig, cell, rsp, position, site):
                return False
            position += 1
        # What lies lowest at a constructor's call is the new object: looked at when it is back.
        if not (self.new == "class" and not self.kept()) and not self.room(rsp):
            return False
        self.finish(ret, target, position)
        return True

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


class PointerCallee(MethodCallee):
    """A call through a code address, which is the topmost entry."""

    def target(self, site: JitCallSiteRecord) -> bool:
        wanted, have = self.chunk.cells[-1].pointer, self.goes_to(site)
        return have == wanted or self.problem(
            "call-target", "the address that it calls is not the one on top of the stack",
            f"{have:#x}", f"{wanted:#x}")


class BoxedCallee(MethodCallee):
    """A constrained call of a value type that does not implement the method: boxed first."""

    def __init__(
        self, chunk: Chunk, made: Expect, member: MemberReference, table: int | None, value: int
    ) -> None:
        self.box = chunk.object(46)
        self.value = value
        self.table = table
        self.boxed = False
        super().__init__(chunk, made, member, this=self.box)

    def helper(self, site: JitCallSiteRecord, run: Run) -> bool:
        if site.helper != HelperKind.BOX:
            return super().helper(site, run)
        have, value = self.machine.get("rcx"), self.machine.get("rdx")
        if self.table is not None and have != self.table:
            return self.problem(
                "allocation-type", "`this` is boxed with another type's MethodTable",
                f"{have:#x}", f"{self.table:#x}")
        if value != self.value:
            return self.problem("call-argument", "it is not the value of `this` that is boxed",
                                f"{value:#x}", f"{self.value:#x}")
        self.boxed = True
        self.returned(4, self.box)
        return True


def constrained(
    chunk: Chunk, made: Expect, member: MemberReference, sig: TypeSig
) -> MethodCallee:
    """A call behind constrained. (ECMA-335 III.2.1): `this` is the address of a `sig`."""
    context = chunk.context
    layout = context.runtime.layout
    place = chunk.pointed(45, chunk.cells[-made.pops])
    target = chunk.object(46)
    chunk.machine.write(target, TABLES.to_bytes(8, "little"))
    if is_reference(chunk, sig):
        chunk.machine.write(place, target.to_bytes(8, "little"))
        return MethodCallee(chunk, made, member, this=target)
    own = layout.implementation(sig, member.method) if member.method is not None else None
    if own is not None and own.owner is context.runtime.universe.definition(sig):
        return MethodCallee(chunk, made, member, this=place, wanted=own)
    return BoxedCallee(chunk, made, member, table_of(chunk, sig), place)
