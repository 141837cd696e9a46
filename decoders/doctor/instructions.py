"""The expected effect of each IL instruction that makes no call (ECMA-335 III.3, III.4)."""

from __future__ import annotations

import math
import struct

from decoders.doctor import semantics
from decoders.doctor.chunk import Cell, Chunk, Expect, Push
from decoders.doctor.emulator import OBJECT_STEP
from decoders.il import Kind
from decoders.il.disasm import Operand
from decoders.metadata import ET, TypeSig
from decoders.metadata.signatures import simple

LENGTH, INDEX = 9, 3
_SUFFIX = {
    "i1": ET.I1, "u1": ET.U1, "i2": ET.I2, "u2": ET.U2, "i4": ET.I4, "u4": ET.U4, "i8": ET.I8,
    "i": ET.I, "r4": ET.R4, "r8": ET.R8, "ref": ET.OBJECT,
}
_SMALL = frozenset({ET.I1, ET.U1, ET.I2, ET.U2, ET.CHAR, ET.I4, ET.U4})
_NOTHING = frozenset({
    "nop", "break", "volatile.", "unaligned.", "tail.", "readonly.", "constrained.",
})
_FLOATS = (Kind.R4, Kind.R8)


def expectation(chunk: Chunk) -> Expect | None:
    """What the instruction should do; adjusts the samples so that it can. None: not modelled."""
    name = chunk.instruction.name
    following = (chunk.instruction.end,)
    made = _expect(chunk, name)
    if made is not None and made.next is None and not made.returns and name != "leave.any":
        made.next = following
    return made


def _expect(chunk: Chunk, name: str) -> Expect | None:
    for prefixes, function in _HANDLERS:
        if name.startswith(prefixes):
            return function(chunk, name)
    if name in _NOTHING:
        return Expect("il-effect")
    if name.startswith("ldc."):
        return _constant(chunk, name)
    return _ARITHMETIC.get(name.partition(".")[0], lambda c, n: None)(chunk, name)


def stored(chunk: Chunk, sig: TypeSig, cell: Cell) -> bytes | None:
    """The bytes that storing an entry as a `sig` writes (implicit conversions of III.1.6)."""
    sizes = chunk.context.sizes
    plain = sizes.plain(sig)
    size = sizes.size(plain)
    kind = cell.entry.kind
    if plain.et is ET.R4 and kind is Kind.R8:
        return struct.pack("<f", semantics.real(kind, cell.value))
    if plain.et is ET.R8 and kind is Kind.R4:
        return struct.pack("<d", semantics.real(kind, cell.value))
    if size == 8 and kind is Kind.I4:
        return semantics.pack(8, semantics.number(kind, cell.value))
    return cell.value[:size]


def loaded(chunk: Chunk, sig: TypeSig, address: int) -> bytes:
    """What loading a `sig` from an address pushes. A small integer there is made one whose sign bit
    is set, so that it shows how it is extended."""
    sizes, machine = chunk.context.sizes, chunk.machine
    raw = machine.read(address, sizes.size(sig))
    if len(raw) in (1, 2, 4) and sizes.plain(sig).et in _SMALL:
        raw = raw[:-1] + bytes([raw[-1] | 0x80])
        machine.write(address, raw)
    return sizes.widen(sig, raw)


# Constants, arguments, locals.


def _constant(chunk: Chunk, name: str) -> Expect | None:
    operand = chunk.instruction.operand
    if name.startswith("ldc.i4."):
        tail = name.rpartition(".")[2]
        number = -1 if tail == "m1" else int(tail) if tail.isdigit() else operand
        return Expect("il-effect", 0, [semantics.pack(4, int(number))])  # type: ignore[arg-type]
    if name in ("ldc.i4", "ldc.i8") and isinstance(operand, int):
        return Expect("il-effect", 0, [semantics.pack(4 if name.endswith("4") else 8, operand)])
    if isinstance(operand, float):
        if operand != operand:
            return Expect("il-effect", 0, [None])
        kind = Kind.R4 if name == "ldc.r4" else Kind.R8
        return Expect("il-effect", 0, [semantics.pack_real(kind, operand)])
    return None


def _null(chunk: Chunk, name: str) -> Expect:
    return Expect("il-effect", 0, [bytes(8)])


def _argument_address(chunk: Chunk) -> tuple[str, TypeSig, int]:
    context = chunk.context
    label, sig, offset, indirect = context.arguments[chunk.instruction.number]
    home = context.rbp + offset
    address = chunk.machine.word(home) if indirect else home
    return f"argument {label} at [rbp{offset:+d}]", sig, address


def _local_address(chunk: Chunk) -> tuple[str, TypeSig, int]:
    sig, offset = chunk.context.local(chunk.instruction.number)
    place = f"local {chunk.instruction.number} at [rbp{offset:+d}]"
    return place, sig.stripped(), chunk.context.rbp + offset


def _variable(chunk: Chunk, name: str) -> Expect | None:
    if chunk.instruction.kind not in (Operand.ARG, Operand.LOCAL):
        return None
    is_argument = chunk.instruction.kind is Operand.ARG
    label, sig, address = _argument_address(chunk) if is_argument else _local_address(chunk)
    made = Expect("slot-access", subject=label)
    if name.startswith("ld") and name.removesuffix(".s").endswith("a"):
        made.pushes = [address.to_bytes(8, "little")]
    elif name.startswith("ld"):
        made.pushes = [loaded(chunk, sig, address)]
    else:
        content = stored(chunk, sig, chunk.cells[-1])
        if content is None:
            return None
        made.pops, made.stores = 1, [(address, content)]
    return made


# Moving values.


def _dup(chunk: Chunk, name: str) -> Expect:
    top = chunk.cells[-1]
    return Expect("value-move", 0, [top.value[: top.significant]])


def _pop(chunk: Chunk, name: str) -> Expect:
    return Expect("value-move", 1)


def _token(chunk: Chunk) -> TypeSig:
    context = chunk.context
    return context.runtime.universe.type_sig(
        context.method.assembly, chunk.instruction.number)


def _address(chunk: Chunk, cell: Cell) -> int:
    if cell.entry.kind is Kind.NI:
        chunk.set_address(cell, chunk.object(chunk.cells.index(cell), 0x200))
    return cell.pointer


def _typed(chunk: Chunk, name: str) -> TypeSig | None:
    """The type that ldind.i4, stelem.i4, ldobj T... work with."""
    tail = name.partition(".")[2]
    if chunk.instruction.kind is Operand.TOKEN:
        return _token(chunk)
    return simple(_SUFFIX[tail]) if tail in _SUFFIX else None


def _load_indirect(chunk: Chunk, name: str) -> Expect | None:
    sig = _typed(chunk, name)
    if sig is None:
        return None
    address = _address(chunk, chunk.cells[-1])
    return Expect("il-effect", 1, [loaded(chunk, sig, address)])


def _store_indirect(chunk: Chunk, name: str) -> Expect | None:
    sig = _typed(chunk, name)
    if sig is None:
        return None
    address = _address(chunk, chunk.cells[-2])
    content = stored(chunk, sig, chunk.cells[-1])
    return Expect("value-move", 2, [], [(address, content)]) if content is not None else None


def _initobj(chunk: Chunk, name: str) -> Expect:
    address = _address(chunk, chunk.cells[-1])
    return Expect("value-move", 1, [], [(address, bytes(chunk.context.sizes.size(_token(chunk))))])


def _cpobj(chunk: Chunk, name: str) -> Expect:
    source, target = _address(chunk, chunk.cells[-1]), _address(chunk, chunk.cells[-2])
    content = chunk.machine.read(source, chunk.context.sizes.size(_token(chunk)))
    return Expect("value-move", 2, [], [(target, content)])


def _sizeof(chunk: Chunk, name: str) -> Expect:
    return Expect("il-effect", 0, [semantics.pack(4, chunk.context.sizes.size(_token(chunk)))])


# Fields.


def _field(chunk: Chunk, name: str) -> Expect | None:
    context = chunk.context
    member = context.runtime.universe.resolve_member(
        context.method.assembly, chunk.instruction.number)
    found = member.field
    if found is None or member.field_type is None:
        return None
    sig = member.field_type
    offset = context.runtime.static_offset(found) if found.is_static else (
        context.sizes.offset(found))
    if offset is None:
        return None
    owner = context.runtime.type_for(member.owner)
    subject = f"field {found.owner.name}.{found.name} at +{offset}"
    made = Expect("field-access", subject=subject)
    size = context.sizes.size(sig)
    static = found.is_static
    if static:
        if found.rva is not None or found.is_literal or owner is None or not owner.record.statics:
            return None
        address = owner.record.statics + offset
        made.subject = f"static field {found.owner.name}.{found.name} at {address:#x}"
        if name in ("ldfld", "ldflda", "stfld"):
            return None
    else:
        cell = chunk.cells[-2 if name == "stfld" else -1]
        if cell.entry.kind is Kind.VALUE:
            made.pops = 1
            made.pushes = [context.sizes.widen(sig, cell.value[offset : offset + size])]
            return made if name == "ldfld" else None
        address = _address(chunk, cell) + offset
        made.pops = 1
    if name in ("ldflda", "ldsflda"):
        made.pushes = [address.to_bytes(8, "little")]
    elif name in ("ldfld", "ldsfld"):
        made.pushes = [loaded(chunk, sig, address)]
    else:
        content = stored(chunk, sig, chunk.cells[-1])
        if content is None:
            return None
        made.pops = 1 if static else 2
        made.stores = [(address, content)]
    return made


# Arrays.


def array_operands(chunk: Chunk, array: Cell, index: Cell) -> int:
    """Give the array a length and the index a value inside; the array's address."""
    chunk.set_number(index, INDEX)
    contract = chunk.context.runtime.contract
    length = array.pointer + contract.type("Array").field("m_NumComponents").offset
    chunk.machine.write(length, LENGTH.to_bytes(4, "little"))
    return array.pointer


def element_address(chunk: Chunk, array: int, sig: TypeSig) -> int:
    """Where the sample index's element lies."""
    first = chunk.context.runtime.contract.type("Array").field("FirstElement").offset
    return array + first + INDEX * chunk.context.sizes.size(sig)


def element_fits(chunk: Chunk, sig: TypeSig) -> bool:
    """Whether a sample object has room for the sample index's element."""
    size = chunk.context.sizes.size(sig)
    return element_address(chunk, 0, sig) + size <= OBJECT_STEP - 0x800


def _element_type(chunk: Chunk, name: str) -> TypeSig | None:
    return _typed(chunk, name)


def _load_element(chunk: Chunk, name: str) -> Expect | None:
    address_only = name == "ldelema"
    sig = _element_type(chunk, name)
    if sig is None:
        return None
    sizes = chunk.context.sizes
    if not element_fits(chunk, sig):
        return None
    array = array_operands(chunk, chunk.cells[-2], chunk.cells[-1])
    address = element_address(chunk, array, sig)
    made = Expect("element-access", 2, subject=f"element {INDEX}, {sizes.size(sig)} bytes each")
    if address_only:
        made.pushes = [address.to_bytes(8, "little")]
    else:
        made.pushes = [loaded(chunk, sig, address)]
    return made


def _store_element(chunk: Chunk, name: str) -> Expect | None:
    sig = _element_type(chunk, name)
    if sig is None:
        return None
    sizes = chunk.context.sizes
    if sizes.plain(sig).et not in _SUFFIX.values() and sizes.plain(sig).et is not ET.VALUETYPE and (
            sizes.runtime.layout.fields.value_shape(sig).is_reference):
        return None
    if not element_fits(chunk, sig) or sizes.plain(sig).et is ET.OBJECT:
        return None
    array = array_operands(chunk, chunk.cells[-3], chunk.cells[-2])
    content = stored(chunk, sig, chunk.cells[-1])
    if content is None:
        return None
    subject = f"element {INDEX}, {sizes.size(sig)} bytes each"
    return Expect("element-access", 3, [], [(element_address(chunk, array, sig), content)],
                  subject=subject)


def _length(chunk: Chunk, name: str) -> Expect:
    contract = chunk.context.runtime.contract
    at = chunk.cells[-1].pointer + contract.type("Array").field("m_NumComponents").offset
    chunk.machine.write(at, LENGTH.to_bytes(4, "little"))
    return Expect("element-access", 1, [semantics.pack(8, LENGTH)])


# Arithmetic.


def _binary(chunk: Chunk, name: str) -> Expect | None:
    left, right = chunk.cells[-2:]
    if left.entry.kind in (Kind.REF, Kind.VALUE) or right.entry.kind in (Kind.REF, Kind.VALUE):
        return None
    floats = left.entry.kind in _FLOATS or right.entry.kind in _FLOATS
    if not floats and name.startswith(("div", "rem")):
        # A divisor that fits in 16 bits gives a quotient whose upper half matters.
        divisor = semantics.number(*right.operand)
        chunk.set_number(right, (divisor & 0xFFFF | 3, divisor | 1, -1, 3)[chunk.variant])
        if chunk.variant == 3:
            chunk.set_number(left, 1 << (31 if left.entry.kind is Kind.I4 else 63))
    elif not floats and ".ovf" in name:
        chunk.set_number(left, 0x5A31)
        chunk.set_number(right, 0x1B7)
    value = semantics.binary(name, left.operand, right.operand)
    return Expect("il-effect", 2, [value]) if value is not None else None


def _shift(chunk: Chunk, name: str) -> Expect:
    value, count = chunk.cells[-2:]
    chunk.set_number(count, 4 + 9 * chunk.variant)
    return Expect("il-effect", 2, [semantics.shift(name, value.operand, count.operand)])


def _unary(chunk: Chunk, name: str) -> Expect:
    return Expect("il-effect", 1, [semantics.unary(name, chunk.cells[-1].operand)])


def _convert(chunk: Chunk, name: str) -> Expect | None:
    top = chunk.cells[-1]
    if top.entry.kind is Kind.VALUE:
        return None
    if top.entry.kind in (Kind.I4, Kind.I8, Kind.NI):
        if ".ovf" in name:
            chunk.set_number(top, 0x4D)
        else:  # negative and positive: extension with the sign or without
            sign = 1 << (31 if top.entry.kind is Kind.I4 else 63)
            given = semantics.number(*top.operand)
            chunk.set_number(top, given & ~sign if chunk.variant else given | sign)
    if top.entry.kind in (Kind.REF, Kind.BYREF):
        return Expect("il-effect", 1, [top.value]) if name in ("conv.u", "conv.i") else None
    if top.entry.kind in _FLOATS and name.endswith(("i1", "i1.un")):
        chunk.cells[-1].value = semantics.pack_real(top.entry.kind, 77.25) + top.value[4:8] * (
            top.entry.kind is Kind.R4)
    if top.entry.kind in _FLOATS and chunk.variant and name.endswith(("u8", ".u")):
        large = semantics.pack_real(top.entry.kind, 1.2e19)  # what an int64 does not hold
        top.value = large + top.value[len(large):]
    value = semantics.convert(name, top.operand)
    return Expect("il-effect", 1, [value]) if value is not None else None


#: Conversions that are run twice: negative and positive, or small and large.
CONVERSIONS = frozenset(f"conv.{t}" for t in (
    "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "i", "u", "r4", "r8", "r.un", "ovf.u8",
    "ovf.u"))
#: Instructions that compare two operands.
RELATIONS = frozenset({"ceq", "cgt", "cgt.un", "clt", "clt.un"} | {
    f"b{r}{u}" for r in ("ge", "gt", "le", "lt") for u in ("", ".un")} | {"beq", "bne.un"})
# Topmost bytes of integers, and floats, that tell every relation from every other: signs that
# differ (and a difference that overflows), equal operands, left above right, left below right.
_PAIRS = ((0x85, 0x25), (0x33, 0x33), (0x41, 0x27), (0x27, 0x41))
# The last pair's other operand is so small that no number in place of the NaN gives the same.
_REALS = ((1.1, 2.7), (-3.3, -3.3), (2.6, -1.3), (math.nan, -1e30))


def _relate(chunk: Chunk) -> None:
    """Give two operands the variant's relation. The last one shows in the upper half only."""
    left, right = chunk.cells[-2:]
    if left.entry.kind in _FLOATS and right.entry.kind in _FLOATS:
        for cell, value in zip((left, right), _REALS[chunk.variant], strict=True):
            size = 4 if cell.entry.kind is Kind.R4 else 8
            cell.value = semantics.pack_real(cell.entry.kind, value) + cell.value[size:]
        return
    size = semantics.width(left.entry.kind, right.entry.kind)
    low = left.value[:3]
    for cell, top in zip((left, right), _PAIRS[chunk.variant], strict=True):
        own = 4 if cell.entry.kind is Kind.I4 else 8
        middle = bytes(own - 4) if own == size else b""
        number = low + middle + bytes([top])
        if chunk.variant == 3 and own == 8:
            number = low + bytes([0x5A, 0, 0, 0, top])
        cell.value = number + cell.value[own:]


def _compare(chunk: Chunk, name: str) -> Expect | None:
    _relate(chunk)
    left, right = chunk.cells[-2:]
    result = semantics.compare(name[1:], left.operand, right.operand)
    return Expect("il-effect", 2, [semantics.pack(4, int(result))]) if result is not None else None


def _branch(chunk: Chunk, name: str) -> Expect | None:
    plain = name.removesuffix(".s")
    instruction = chunk.instruction
    if plain == "br":
        return Expect("il-effect", 0, [], [], (instruction.number,))
    if plain in ("brtrue", "brfalse"):
        top = chunk.cells[-1]
        if top.entry.kind in _FLOATS:
            return None
        size = 4 if top.entry.kind is Kind.I4 else 8
        if chunk.variant:  # zero, and what only its upper half tells from zero
            mark = bytes([0x80 if chunk.variant == 2 else 0])
            top.value = bytes(size - 1) + mark + top.value[size:]
        taken = bool(semantics.unsigned(top.value, size)) == (plain == "brtrue")
        target = instruction.number if taken else instruction.end
        return Expect("il-effect", 1, [], [], (target,))
    _relate(chunk)
    left, right = chunk.cells[-2:]
    result = semantics.compare(plain[1:], left.operand, right.operand)
    if result is None:
        return None
    target = instruction.number if result else instruction.end
    return Expect("il-effect", 2, [], [], (target,))


def _switch(chunk: Chunk, name: str) -> Expect:
    targets = chunk.instruction.targets
    if not targets:
        return Expect("il-effect", 1)
    # Each case, the number behind the last, and -1.
    value = chunk.variant if chunk.variant <= len(targets) else -1
    chunk.set_number(chunk.cells[-1], value)
    target = targets[value] if 0 <= value < len(targets) else chunk.instruction.end
    return Expect("il-effect", 1, [], [], (target,))


def _return(chunk: Chunk, name: str) -> Expect:
    made = Expect("il-effect", 0, returns=True)
    if chunk.context.return_buffer is not None and chunk.cells:
        buffer = chunk.machine.word(chunk.context.rbp + chunk.context.return_buffer)
        content = stored(chunk, chunk.context.method.signature.ret.stripped(), chunk.cells[-1])
        if content is not None:
            made.stores = [(buffer, content)]
    return made


_HANDLERS = (
    (("ldarg", "ldloc.", "starg", "stloc"), _variable), (("ldnull",), _null), (("dup",), _dup),
    (("pop",), _pop), (("ldind", "ldobj"), _load_indirect), (("stind", "stobj"), _store_indirect),
    (("initobj",), _initobj), (("cpobj",), _cpobj), (("sizeof",), _sizeof),
    (("ldfld", "ldflda", "ldsfld", "ldsflda", "stfld", "stsfld"), _field),
    (("ldelem",), _load_element), (("stelem",), _store_element), (("ldlen",), _length),
    (("br.", "brtrue", "brfalse", "beq", "bne", "bge", "bgt", "ble", "blt"), _branch),
    (("switch",), _switch), (("ret",), _return), (("ceq", "cgt", "clt"), _compare),
    (("conv.",), _convert), (("shl", "shr"), _shift), (("neg", "not"), _unary),
)  # fmt: skip
_ARITHMETIC = dict.fromkeys(("add", "sub", "mul", "div", "rem", "and", "or", "xor"), _binary)
_ARITHMETIC["ldloc"] = _ARITHMETIC["ldloca"] = _variable
_ARITHMETIC["br"] = _branch

__all__ = ["Push", "expectation", "stored"]
