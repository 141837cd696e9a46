"""The expected effect of IL instructions that are a call of one helper, or name what is loaded.

cpblk, initblk, the remainder of floats, throw, ldtoken, ldftn, ldvirtftn (ECMA-335 III.3, III.4).
"""

from __future__ import annotations

from collections.abc import Callable

from decoders.doctor import semantics
from decoders.doctor.callees import Callee, HelperCallee
from decoders.doctor.chunk import Chunk, Expect
from decoders.doctor.emulator import Run
from decoders.errors import DecodeError
from decoders.il import Kind
from decoders.metadata import Method
from decoders.runtime.code import HelperKind
from decoders.runtime.records import JitCallSiteRecord

_BLOCK = 40
_FLOATS = (Kind.R4, Kind.R8)


def _block(chunk: Chunk) -> Expect:
    """cpblk and initblk: the helper's stand-in moves the bytes; they must be the right ones."""
    target, second, count = chunk.cells[-3:]
    chunk.set_number(count, _BLOCK)
    address = chunk.pointed(46, target)
    if chunk.instruction.name == "cpblk":
        content = chunk.machine.read(chunk.pointed(47, second), _BLOCK)
    else:
        content = second.value[:1] * _BLOCK
    return Expect("value-move", 3, [], [(address, content)])


class _Remainder(Callee):
    """fmod and fmodf: two floats in XMM0 and XMM1, the result in XMM0."""

    def __init__(self, chunk: Chunk, made: Expect, kind: Kind, operands: list[bytes]) -> None:
        super().__init__(chunk, made)
        self.wanted = HelperKind.F32_REM if kind is Kind.R4 else HelperKind.F64_REM
        self.operands = operands
        self.result = semantics.pack_real(kind, 3.25)
        made.pushes = [self.result]

    def helper(self, site: JitCallSiteRecord, run: Run) -> bool:
        if site.helper != self.wanted:
            return super().helper(site, run)
        for number, want in enumerate(self.operands):
            have = self.machine.xmm(number)[: len(want)]
            if have != want:
                return self.problem("il-effect", f"operand {number} is not in XMM{number}",
                                    have.hex(), want.hex())
        self.returned(4, self.machine.number())
        self.machine.set_xmm(0, self.result + bytes(16 - len(self.result)))
        return True


def _remainder(chunk: Chunk) -> Expect | None:
    left, right = chunk.cells[-2:]
    if left.entry.kind not in _FLOATS or right.entry.kind not in _FLOATS:
        return None
    kind = Kind.R4 if left.entry.kind is right.entry.kind is Kind.R4 else Kind.R8
    operands = [semantics.pack_real(kind, semantics.real(*c.operand)) for c in (left, right)]
    made = Expect("il-effect", 2)
    made.on_call = _Remainder(chunk, made, kind, operands)
    return made


class _Throw(Callee):
    """throw and rethrow: a helper that does not return."""

    def helper(self, site: JitCallSiteRecord, run: Run) -> bool:
        throws = self.chunk.instruction.name == "throw"
        wanted = HelperKind.THROW if throws else HelperKind.RETHROW
        if site.helper != wanted:
            return super().helper(site, run)
        top = self.chunk.cells[-1].pointer if throws else 0
        if throws and self.machine.get("rcx") != top:
            return self.problem("il-effect", "it is not the exception on the stack that it throws",
                                f"{self.machine.get('rcx'):#x}", f"{top:#x}")
        return False


def _throw(chunk: Chunk) -> Expect:
    made = Expect("il-effect", ends=True)
    made.on_call = _Throw(chunk, made)
    return made


def _ckfinite(chunk: Chunk) -> Expect:
    top = chunk.cells[-1]
    return Expect("il-effect", 1, [top.value[: top.significant]])


# What tokens name.


def _load_token(chunk: Chunk) -> Expect | None:
    context, token = chunk.context, chunk.instruction.number
    runtime, universe = context.runtime, context.runtime.universe
    member = universe.resolve_member(context.method.assembly, token) if (
        token >> 24 in (0x04, 0x06, 0x0A)) else None
    if member is None:
        if token >> 24 not in (0x01, 0x02, 0x1B):
            return None
        sig = universe.type_sig(context.method.assembly, token)
        info = runtime.type_for(sig)
        if info is None:
            return None
        table = info.record.method_table
        return Expect("il-effect", 0, [table.to_bytes(8, "little")], subject="a type's MethodTable")
    if member.method is not None:
        return Expect("il-effect", 0, [_is_method(chunk, member.method)])
    if member.field is None:
        return None
    owner = runtime.type_for(member.owner)
    found = runtime.fields(owner).get(member.field.token) if owner is not None else None
    return Expect("il-effect", 0, [found[0].to_bytes(8, "little")]) if found else None


def _is_method(chunk: Chunk, wanted: Method) -> Callable[[bytes], str]:
    """A test of a MethodDesc's address."""
    runtime = chunk.context.runtime

    def check(raw: bytes) -> str:
        try:
            found = runtime.method_at(int.from_bytes(raw, "little"))
        except DecodeError as error:
            return f"what is loaded is no method: {error}"
        return "" if found == wanted else f"what is loaded is {found.full_name}"

    return check


def _wanted(chunk: Chunk) -> Method | None:
    token = chunk.instruction.number
    if token >> 24 not in (0x06, 0x0A):
        return None
    context = chunk.context
    return context.runtime.universe.resolve_member(context.method.assembly, token).method


def _load_function(chunk: Chunk) -> Expect | None:
    wanted = _wanted(chunk)
    if wanted is None:
        return None
    runtime = chunk.context.runtime

    def check(raw: bytes) -> str:
        address = int.from_bytes(raw, "little")
        try:
            held = runtime.method_of_code(address)
        except DecodeError as error:
            return f"what is loaded is no code: {error}"
        if held is None:
            return f"{address:#x}, which is loaded, is no method's code"
        return "" if held == wanted else f"the code that is loaded is that of {held.full_name}"

    return Expect("call-target", 0, [check], subject=f"method {wanted.full_name}")


def _load_virtual(chunk: Chunk) -> Expect | None:
    wanted = _wanted(chunk)
    if wanted is None:
        return None
    result = chunk.machine.number()
    made = Expect("call-target", 1, [result.to_bytes(8, "little")],
                  subject=f"method {wanted.full_name}")
    callee = HelperCallee(chunk, made, HelperKind.LDVIRTFTN, [
        ("call-target", "the object", chunk.cells[-1].pointer)], result)
    is_method = _is_method(chunk, wanted)
    callee.check = lambda: is_method(chunk.machine.get("rdx").to_bytes(8, "little"))
    made.on_call = callee
    return made


HELPERS: dict[str, Callable[[Chunk], Expect | None]] = {
    "cpblk": _block, "initblk": _block, "rem": _remainder, "throw": _throw, "rethrow": _throw,
    "ckfinite": _ckfinite, "ldtoken": _load_token, "ldftn": _load_function,
    "ldvirtftn": _load_virtual,
}  # fmt: skip
