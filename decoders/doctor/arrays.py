"""The expected effect of arrays with several dimensions: methods that a helper stands for.

Their constructors, Get, Set and Address have no metadata (ECMA-335 II.14.2); the code hands lengths
or indices to a helper and moves the element itself.
"""

from __future__ import annotations

from decoders.doctor.callees import HelperCallee, descriptor, is_reference
from decoders.doctor.chunk import Cell, Chunk, Expect
from decoders.doctor.instructions import stored
from decoders.metadata import ET, MemberReference, TypeSig, type_name
from decoders.runtime.code import HelperKind


def array_call(chunk: Chunk, member: MemberReference) -> Expect | None:
    """newobj of an array's constructor, or a call of an accessor; None for any other member."""
    if chunk.instruction.name == "newobj":
        return _new(chunk, member)
    if member.name in ("Get", "Set", "Address"):
        return _access(chunk, member)
    return None


def _type(chunk: Chunk, member: MemberReference) -> int | None:
    """TypeDesc of an array type: bounds are no part of it, whatever the reference writes down."""
    owner = chunk.context.runtime.universe.normalize(member.owner)
    rank = owner.shape[0] if owner.shape is not None else 0
    return descriptor(chunk, TypeSig(ET.ARRAY, args=owner.args, shape=(rank, (), ())))


def _numbers(chunk: Chunk, cells: list[Cell]) -> list[int]:
    """Give lengths or indices sample values."""
    values = [2 + 3 * i for i in range(len(cells))]
    for cell, value in zip(cells, values, strict=True):
        chunk.set_number(cell, value)
    return values


def _int32s(chunk: Chunk, address: int, count: int) -> list[int]:
    raw = chunk.machine.read(address, 4 * count)
    return [int.from_bytes(raw[4 * i : 4 * i + 4], "little", signed=True) for i in range(count)]


def _new(chunk: Chunk, member: MemberReference) -> Expect | None:
    assert member.method_signature is not None
    count = len(member.method_signature.params)
    if not count or count > len(chunk.cells):
        return None
    lengths = _numbers(chunk, chunk.cells[-count:])
    result = chunk.object(40)
    name = type_name(chunk.context.runtime.universe, member.owner)
    made = Expect("allocation-type", count, [result.to_bytes(8, "little")], subject=f"type {name}")
    callee = HelperCallee(chunk, made, HelperKind.NEW_MDARRAY, [
        ("allocation-type", "the type handed to the allocator", _type(chunk, member)),
        ("allocation-type", "the number of lengths", count)], result)

    def check() -> str:
        have = _int32s(chunk, chunk.machine.get("r8"), count)
        return "" if have == lengths else f"the lengths handed over are {have}, not {lengths}"

    callee.check = check
    made.on_call = callee
    return made


def _access(chunk: Chunk, member: MemberReference) -> Expect | None:
    signature = member.method_signature
    assert signature is not None
    writes = member.name == "Set"
    rank = len(signature.params) - writes
    entries = 1 + len(signature.params)
    if rank < 1 or entries > len(chunk.cells):
        return None
    cells = chunk.cells[-entries:]
    indices = _numbers(chunk, cells[1 : 1 + rank])
    element = chunk.context.runtime.universe.normalize(member.owner).element
    address = chunk.object(43, 0x200)
    made = Expect("element-access", entries, subject=f"element {indices}")
    if writes:
        content = stored(chunk, signature.params[-1], cells[-1])
        if content is None:
            return None
        made.stores = [(address, content)]
    elif member.name == "Address":
        made.pushes = [address.to_bytes(8, "little")]
    else:
        sizes = chunk.context.sizes
        ret = signature.ret.stripped()
        made.pushes = [sizes.widen(ret, chunk.machine.read(address, sizes.size(ret)))]
    callee = HelperCallee(chunk, made, HelperKind.MDARRAY_ADDRESS, [
        ("element-access", "the array", cells[0].pointer),
        ("element-access", "the array's type", _type(chunk, member)),
        ("element-access", "the number of indices", rank)], address)
    exact = _exact(chunk, member.name, element)

    def check() -> str:
        have = _int32s(chunk, chunk.machine.get("r9"), rank)
        if have != indices:
            return f"the indices handed over are {have}, not {indices}"
        fifth = chunk.machine.word(chunk.machine.get("rsp") + 32)
        if exact is not None and fifth != exact:
            return f"the element type to insist on is {callee.name(fifth)}"
        return ""

    callee.check = check
    made.on_call = callee
    return made


def _exact(chunk: Chunk, name: str, element: TypeSig) -> int | None:
    """What the array's elements must be exactly: a store of a reference, or the address of one,
    is safe only then (ECMA-335 II.14.2); 0 where nothing is insisted on, None when not known."""
    if name == "Get" or not is_reference(chunk, element):
        return 0
    return descriptor(chunk, element)
