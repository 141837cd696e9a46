"""Signature blobs (ECMA-335 II.23.2) as small immutable trees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

from decoders.errors import MetadataError
from decoders.metadata.image import compressed_int, compressed_uint

MAX_DEPTH = 48
MAX_COUNT = 4096


class ET(IntEnum):
    """Element types (II.23.1.16)."""

    END = 0x00
    VOID = 0x01
    BOOLEAN = 0x02
    CHAR = 0x03
    I1 = 0x04
    U1 = 0x05
    I2 = 0x06
    U2 = 0x07
    I4 = 0x08
    U4 = 0x09
    I8 = 0x0A
    U8 = 0x0B
    R4 = 0x0C
    R8 = 0x0D
    STRING = 0x0E
    PTR = 0x0F
    BYREF = 0x10
    VALUETYPE = 0x11
    CLASS = 0x12
    VAR = 0x13
    ARRAY = 0x14
    GENERICINST = 0x15
    TYPEDBYREF = 0x16
    I = 0x18  # noqa: E741 - the standard's name
    U = 0x19
    FNPTR = 0x1B
    OBJECT = 0x1C
    SZARRAY = 0x1D
    MVAR = 0x1E
    CMOD_REQD = 0x1F
    CMOD_OPT = 0x20
    SENTINEL = 0x41
    PINNED = 0x45


PRIMITIVE_NAMES = {
    ET.VOID: "Void", ET.BOOLEAN: "Boolean", ET.CHAR: "Char", ET.I1: "SByte", ET.U1: "Byte",
    ET.I2: "Int16", ET.U2: "UInt16", ET.I4: "Int32", ET.U4: "UInt32", ET.I8: "Int64",
    ET.U8: "UInt64", ET.R4: "Single", ET.R8: "Double", ET.STRING: "String", ET.I: "IntPtr",
    ET.U: "UIntPtr", ET.OBJECT: "Object", ET.TYPEDBYREF: "TypedReference",
}
_SIMPLE = frozenset(PRIMITIVE_NAMES)
_WRAPPERS = frozenset({ET.PTR, ET.BYREF, ET.SZARRAY, ET.PINNED})


@dataclass(frozen=True, slots=True)
class TypeSig:
    """A type in a signature.

    `et` says what it is: simple types carry nothing; CLASS and VALUETYPE carry `token` (TypeDef,
    TypeRef or TypeSpec of the assembly that the blob is from); PTR, BYREF, SZARRAY, PINNED and the
    modifiers carry one element in `args`; GENERICINST carries the generic type and its arguments;
    ARRAY its element and `shape` (rank, sizes, lower bounds); VAR and MVAR their `number`; FNPTR
    its `method`. `scope` is the assembly's key, since a token means nothing without it.
    """

    et: ET
    scope: str = ""
    token: int = 0
    args: tuple[TypeSig, ...] = ()
    number: int = 0
    shape: tuple[int, tuple[int, ...], tuple[int, ...]] | None = None
    method: MethodSig | None = None

    @property
    def element(self) -> TypeSig:
        """The type that a pointer, byref, array, pinned or modified type wraps."""
        return self.args[0]

    def stripped(self) -> TypeSig:
        """Without custom modifiers and PINNED, which do not change layout."""
        sig = self
        while sig.et in (ET.PINNED, ET.CMOD_OPT, ET.CMOD_REQD):
            sig = sig.args[0]
        return sig


@dataclass(frozen=True, slots=True)
class MethodSig:
    """A method signature: `has_this`, generic arity, return type and parameters."""

    has_this: bool
    explicit_this: bool
    convention: int
    arity: int
    ret: TypeSig
    params: tuple[TypeSig, ...]
    sentinel: int | None = None


@dataclass(frozen=True, slots=True)
class GenericContext:
    """What VAR and MVAR stand for inside an instantiation."""

    type_args: tuple[TypeSig, ...] = ()
    method_args: tuple[TypeSig, ...] = ()


def simple(et: ET) -> TypeSig:
    """A type without operands."""
    return TypeSig(et)


def substitute(sig: TypeSig, context: GenericContext) -> TypeSig:
    """Replace VAR and MVAR by the context's arguments; those without one stay."""
    if sig.et is ET.VAR and sig.number < len(context.type_args):
        return context.type_args[sig.number]
    if sig.et is ET.MVAR and sig.number < len(context.method_args):
        return context.method_args[sig.number]
    if sig.et is ET.FNPTR and sig.method is not None:
        return replace(sig, method=substitute_method(sig.method, context))
    if sig.args:
        return replace(sig, args=tuple(substitute(a, context) for a in sig.args))
    return sig


def substitute_method(sig: MethodSig, context: GenericContext) -> MethodSig:
    """`substitute` over a whole method signature."""
    return replace(
        sig, ret=substitute(sig.ret, context),
        params=tuple(substitute(p, context) for p in sig.params),
    )


def coded_type(value: int) -> int:
    """TypeDefOrRefOrSpecEncoded to a token (II.23.2.8)."""
    table = (0x02, 0x01, 0x1B)[value & 3] if value & 3 < 3 else 0
    if not table:
        raise MetadataError("a signature names a type with the reserved tag 3")
    return table << 24 | value >> 2


class _Decoder:
    def __init__(self, blob: bytes, scope: str) -> None:
        self.blob = blob
        self.scope = scope
        self.at = 0

    def byte(self) -> int:
        if self.at >= len(self.blob):
            raise MetadataError("a signature blob is cut off")
        self.at += 1
        return self.blob[self.at - 1]

    def uint(self) -> int:
        value, self.at = compressed_uint(self.blob, self.at)
        return value

    def count(self, what: str) -> int:
        value = self.uint()
        if value > MAX_COUNT or value > len(self.blob):
            raise MetadataError(f"a signature claims {value} {what}")
        return value

    def type(self, depth: int = 0) -> TypeSig:
        if depth > MAX_DEPTH:
            raise MetadataError("a signature is nested too deeply")
        code = self.byte()
        try:
            et = ET(code)
        except ValueError as error:
            raise MetadataError(f"a signature has the unknown element type {code:#x}") from error
        if et in _SIMPLE:
            return TypeSig(et)
        if et in _WRAPPERS:
            return TypeSig(et, args=(self.type(depth + 1),))
        if et in (ET.CLASS, ET.VALUETYPE):
            return TypeSig(et, self.scope, coded_type(self.uint()))
        if et in (ET.VAR, ET.MVAR):
            return TypeSig(et, number=self.uint())
        if et in (ET.CMOD_OPT, ET.CMOD_REQD):
            token = coded_type(self.uint())
            return TypeSig(et, self.scope, token, (self.type(depth + 1),))
        if et is ET.GENERICINST:
            generic = self.type(depth + 1)
            if generic.et not in (ET.CLASS, ET.VALUETYPE):
                raise MetadataError("a generic instantiation is of something that is no type")
            number = self.count("type arguments")
            args = tuple(self.type(depth + 1) for _ in range(number))
            return TypeSig(et, args=(generic, *args))
        if et is ET.ARRAY:
            element = self.type(depth + 1)
            rank = self.uint()
            if not 1 <= rank <= 32:
                raise MetadataError(f"a signature has an array of rank {rank}")
            sizes = tuple(self.uint() for _ in range(self.count("array sizes")))
            bounds = []
            for _ in range(self.count("array bounds")):
                value, self.at = compressed_int(self.blob, self.at)
                bounds.append(value)
            return TypeSig(et, args=(element,), shape=(rank, sizes, tuple(bounds)))
        if et is ET.FNPTR:
            return TypeSig(et, method=self.method(depth + 1))
        raise MetadataError(f"a signature has {et.name} where a type is expected")

    def method(self, depth: int = 0) -> MethodSig:
        first = self.byte()
        convention = first & 0x0F
        if convention > 5:
            raise MetadataError(f"a method signature has calling convention {convention:#x}")
        arity = self.uint() if first & 0x10 else 0
        number = self.count("parameters")
        ret = self.type(depth + 1)
        params: list[TypeSig] = []
        sentinel = None
        while len(params) < number:
            if self.at < len(self.blob) and self.blob[self.at] == ET.SENTINEL:
                self.at += 1
                sentinel = len(params)
            params.append(self.type(depth + 1))
        return MethodSig(
            bool(first & 0x20), bool(first & 0x40), convention, arity, ret, tuple(params), sentinel
        )


def decode_type(blob: bytes, scope: str) -> TypeSig:
    """A TypeSpec blob (II.23.2.14)."""
    return _Decoder(blob, scope).type()


def decode_method(blob: bytes, scope: str) -> MethodSig:
    """A MethodDefSig, MethodRefSig or StandAloneMethodSig blob (II.23.2.1-3)."""
    return _Decoder(blob, scope).method()


def decode_field(blob: bytes, scope: str) -> TypeSig:
    """A FieldSig blob (II.23.2.4)."""
    decoder = _Decoder(blob, scope)
    if decoder.byte() & 0x0F != 0x06:
        raise MetadataError("a field's signature does not begin with FIELD")
    return decoder.type()


def decode_locals(blob: bytes, scope: str) -> tuple[TypeSig, ...]:
    """A LocalVarSig blob (II.23.2.6)."""
    decoder = _Decoder(blob, scope)
    if decoder.byte() != 0x07:
        raise MetadataError("a local-variable signature does not begin with LOCAL_SIG")
    return tuple(decoder.type() for _ in range(decoder.count("locals")))


def decode_method_spec(blob: bytes, scope: str) -> tuple[TypeSig, ...]:
    """A MethodSpec blob (II.23.2.15): the method's type arguments."""
    decoder = _Decoder(blob, scope)
    if decoder.byte() != 0x0A:
        raise MetadataError("a method instantiation does not begin with GENRICINST")
    return tuple(decoder.type() for _ in range(decoder.count("type arguments")))


def is_field_signature(blob: bytes) -> bool:
    """Whether a MemberRef's signature is a field's."""
    return bool(blob) and blob[0] & 0x0F == 0x06


