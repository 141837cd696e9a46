"""The expected effect of IL instructions that call: methods, constructors, runtime helpers."""

from __future__ import annotations

from collections.abc import Callable

from decoders.doctor.arrays import array_call
from decoders.doctor.callees import (
    Callee,
    HelperCallee,
    MethodCallee,
    PointerCallee,
    constrained,
    descriptor,
    is_reference,
    table_of,
)
from decoders.doctor.chunk import Chunk, Expect
from decoders.doctor.control import CONTROL
from decoders.doctor.emulator import Run
from decoders.doctor.helpers import HELPERS
from decoders.doctor.instructions import INDEX, array_operands, stored
from decoders.errors import DecodeError
from decoders.il import Instruction, site_signature
from decoders.metadata import ET, AssemblySet, MemberReference, Method, TypeSig, type_name
from decoders.metadata.render import quote
from decoders.metadata.signatures import simple
from decoders.runtime.code import HelperKind
from decoders.runtime.records import JitCallSiteRecord


def default_callee(chunk: Chunk, made: Expect) -> Callable[[JitCallSiteRecord, Run], bool]:
    """For instructions that make no call of their own."""
    return Callee(chunk, made)


def call_expectation(chunk: Chunk) -> Expect | None:
    """What a calling instruction should do; None when it is not modelled."""
    found = _CALLS.get(chunk.instruction.name)
    made = found(chunk) if found is not None else None
    if made is not None and made.next is None and not made.ends and made.leads_to is None:
        made.next = (chunk.instruction.end,)
    return made


# Helpers that IL instructions are made of.


def _token(chunk: Chunk) -> TypeSig:
    context = chunk.context
    return context.runtime.universe.type_sig(context.method.assembly, chunk.instruction.number)


def _newarr(chunk: Chunk) -> Expect | None:
    sig = TypeSig(ET.SZARRAY, args=(_token(chunk),))
    chunk.set_number(chunk.cells[-1], 5)
    result = chunk.object(40)
    name = type_name(chunk.context.runtime.universe, sig)
    made = Expect("allocation-type", 1, [result.to_bytes(8, "little")], subject=f"type {name}")
    made.on_call = HelperCallee(chunk, made, HelperKind.NEWARR, [
        ("allocation-type", "the MethodTable handed to the allocator", table_of(chunk, sig)),
        ("allocation-type", "the length handed to the allocator", 5)], result)
    return made


def _box(chunk: Chunk) -> Expect | None:
    sig = _token(chunk)
    if is_reference(chunk, sig):
        return Expect("il-effect", 1, [chunk.cells[-1].value])
    content = stored(chunk, sig, chunk.cells[-1])
    result = chunk.object(40)
    made = Expect("allocation-type", 1, [result.to_bytes(8, "little")])
    callee = HelperCallee(chunk, made, HelperKind.BOX, [
        ("allocation-type", "the MethodTable of the box", table_of(chunk, sig))], result)
    if content is not None:
        wanted = content

        def check() -> str:
            have = chunk.machine.read(chunk.machine.get("rdx"), len(wanted))
            return "" if have == wanted else "what is boxed is not the value on the stack"

        callee.check = check
    made.on_call = callee
    return made


def _cast(chunk: Chunk) -> Expect | None:
    name, sig = chunk.instruction.name, _token(chunk)
    unboxes = name == "unbox" or (name == "unbox.any" and not is_reference(chunk, sig))
    helper = HelperKind.UNBOX if unboxes else (
        HelperKind.ISINST if name == "isinst" else HelperKind.CASTCLASS)
    result = chunk.object(41, 8)
    made = Expect("il-effect", 1, [result.to_bytes(8, "little")])
    if unboxes and name == "unbox.any":
        sizes = chunk.context.sizes
        made.pushes = [sizes.widen(sig, chunk.machine.read(result, sizes.size(sig)))]
    made.on_call = HelperCallee(chunk, made, helper, [
        ("il-effect", "the type to test against", descriptor(chunk, sig)),
        ("il-effect", "the object to test", chunk.cells[-1].pointer)], result)
    return made


def _store_reference(chunk: Chunk) -> Expect | None:
    if chunk.instruction.name == "stelem" and not is_reference(chunk, _token(chunk)):
        return None
    array = array_operands(chunk, chunk.cells[-3], chunk.cells[-2])
    made = Expect("element-access", 3)
    made.on_call = HelperCallee(chunk, made, HelperKind.STELEM_REF, [
        ("element-access", "the array", array), ("element-access", "the index", INDEX),
        ("element-access", "the object", chunk.cells[-1].pointer)], 0)
    return made


def _string(chunk: Chunk) -> Expect | None:
    context = chunk.context
    text = context.method.assembly.user_string(chunk.instruction.number)
    def check(raw: bytes) -> str:
        try:
            have = context.runtime.string(int.from_bytes(raw, "little"))
        except DecodeError as error:
            return f"what is loaded is no string: {error}"
        return "" if have == text else f"the string {quote(have)} is loaded, not {quote(text)}"

    return Expect("il-effect", 0, [check])


def call_member(
    universe: AssemblySet, method: Method, instruction: Instruction
) -> MemberReference | None:
    """The method that a call's token names; None for instantiated generic ones."""
    if instruction.number >> 24 not in (0x06, 0x0A):
        return None
    return universe.resolve_member(method.assembly, instruction.number)


def _call(chunk: Chunk) -> Expect | None:
    context, instruction = chunk.context, chunk.instruction
    universe = context.runtime.universe
    member = call_member(universe, context.method, instruction)
    if member is None:
        return None
    if member.owner.et is ET.ARRAY:
        return array_call(chunk, member)
    signature = member.method_signature
    if signature is None or signature.arity or signature.convention & 0xF == 5:
        return None
    if member.owner.et in (ET.SZARRAY, ET.GENERICINST):
        return None
    new = ""
    if instruction.name == "newobj":
        owner = universe.normalize(member.owner)
        new = "string" if owner.et is ET.STRING else "value"
        if new == "value" and is_reference(chunk, owner):
            new = "class"
    count = len(signature.params) + (1 if signature.has_this and not new else 0)
    if count > len(chunk.cells):
        return None
    made = Expect("il-effect", count)
    made.subject = f"method {member.method.full_name if member.method else member.name}"
    token = context.constrained.get(instruction.offset)
    if token is not None:
        made.on_call = constrained(chunk, made, member, universe.type_sig(
            context.method.assembly, token))
        return made
    if signature.has_this and not new:
        chunk.pointed(45, chunk.cells[-count])
    made.on_call = MethodCallee(chunk, made, member, new)
    return made


def _call_pointer(chunk: Chunk) -> Expect | None:
    context = chunk.context
    signature = site_signature(context.method.assembly, chunk.instruction.number)
    count = len(signature.params) + signature.has_this + 1
    if count > len(chunk.cells):
        return None
    made = Expect("il-effect", count, subject="the code address on top of the stack")
    if signature.has_this:
        chunk.pointed(45, chunk.cells[-count])
    made.on_call = PointerCallee(chunk, made, MemberReference(
        simple(ET.OBJECT), "the function pointer", signature, None, None, None))
    return made


_CALLS: dict[str, Callable[[Chunk], Expect | None]] = {
    "call": _call, "callvirt": _call, "newobj": _call, "newarr": _newarr, "box": _box,
    "unbox": _cast, "unbox.any": _cast, "castclass": _cast, "isinst": _cast, "ldstr": _string,
    "stelem.ref": _store_reference, "stelem": _store_reference, "calli": _call_pointer,
    **HELPERS, **CONTROL,
}  # fmt: skip
