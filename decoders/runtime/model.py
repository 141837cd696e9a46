"""Claimed facts about types, methods and MethodTables."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from uuid import UUID

from decoders.runtime.records import (
    FieldDescRecord,
    MethodDescRecord,
    MethodTableRecord,
    TypeDescRecord,
)

# Marks dataclass fields that renderers write in hex.
ADDRESS = {"address": True}


class MtKind(IntEnum):
    """MethodTable kinds (MTFlags bits 0-3, contract KernelTypes k1)."""

    CLASS = 0
    VALUETYPE = 1
    INTERFACE = 2
    SZARRAY = 3
    MDARRAY = 4
    STRING = 5
    FREE = 6
    ENUM = 7
    PRIMITIVE = 8


class MtFlags(IntFlag):
    """The other MTFlags bits."""

    HAS_COMPONENT_SIZE = 0x10
    HAS_POINTERS = 0x20
    HAS_FINALIZER = 0x40
    ABSTRACT = 0x80


class TypeFlags(IntFlag):
    """TypeDesc.Flags (contract KernelTypes k1)."""

    VALUETYPE = 1 << 0
    ENUM = 1 << 1
    INTERFACE = 1 << 2
    ABSTRACT = 1 << 3
    SEALED = 1 << 4
    BEFOREFIELDINIT = 1 << 5
    EXPLICIT_LAYOUT = 1 << 6
    HAS_POINTERS = 1 << 7
    PRIMITIVE = 1 << 8
    DELEGATE = 1 << 9


class TypeState(IntEnum):
    """TypeDesc.State: only a loaded type's layout means anything."""

    NAMED = 0
    LOADING = 1
    LOADED = 2
    FAILED = 3


class FieldFlags(IntFlag):
    """FieldDesc.Flags."""

    STATIC = 1 << 0
    LITERAL = 1 << 1
    RVA = 1 << 2
    INITONLY = 1 << 3
    THREADSTATIC = 1 << 4


class MethodFlags(IntFlag):
    """MethodDesc.Flags."""

    STATIC = 1 << 0
    VIRTUAL = 1 << 1
    ABSTRACT = 1 << 2
    FINAL = 1 << 3
    NEWSLOT = 1 << 4
    CTOR = 1 << 5
    CCTOR = 1 << 6
    NATIVE = 1 << 7
    RUNTIME = 1 << 8
    FAILED = 1 << 9


class ValueKind(IntEnum):
    """What a value is to the code generator (ValueKind of slots, fields, stack entries)."""

    VOID = 0
    I1 = 1
    U1 = 2
    I2 = 3
    U2 = 4
    I4 = 5
    U4 = 6
    I8 = 7
    U8 = 8
    NINT = 9
    NUINT = 10
    R4 = 11
    R8 = 12
    REF = 13
    BYREF = 14
    STRUCT = 15


@dataclass(frozen=True, slots=True)
class LoadedAssembly:
    """An assembly record. The image is the raw file's bytes in the guest's memory."""

    address: int = field(metadata=ADDRESS)
    name: str
    file: str
    image_base: int = field(metadata=ADDRESS)
    image_size: int
    mvid: UUID


@dataclass(slots=True)
class FieldInfo:
    """A claimed field."""

    record: FieldDescRecord
    name: str

    @property
    def is_static(self) -> bool:
        """Whether it is static; literals are, and have no storage."""
        return bool(self.record.flags & FieldFlags.STATIC)

    @property
    def is_literal(self) -> bool:
        """A constant without storage."""
        return bool(self.record.flags & FieldFlags.LITERAL)


@dataclass(slots=True, eq=False)
class TypeInfo:
    """A claimed type."""

    record: TypeDescRecord
    fields: list[FieldInfo] | None = field(default=None)

    @property
    def address(self) -> int:
        """Its TypeDesc."""
        return self.record.address

    @property
    def is_value_type(self) -> bool:
        """Value types' field offsets count from the first field byte."""
        return bool(self.record.flags & TypeFlags.VALUETYPE)

    @property
    def is_enum(self) -> bool:
        """Whether it is an enum; its element is the underlying type."""
        return bool(self.record.flags & TypeFlags.ENUM)

    @property
    def is_loaded(self) -> bool:
        """Whether its layout means anything."""
        return self.record.state == TypeState.LOADED


#: MethodDesc.Slot of a method that is in no vtable (contract KernelTypes k1).
NO_SLOT = 0xFFFF


@dataclass(slots=True)
class MethodInfo:
    """A claimed method."""

    record: MethodDescRecord
    name: str

    @property
    def address(self) -> int:
        """Its MethodDesc."""
        return self.record.address

    @property
    def is_compiled(self) -> bool:
        """Whether machine code exists."""
        return self.record.code != 0

    @property
    def failed(self) -> bool:
        """Whether its compile failed."""
        return bool(self.record.flags & MethodFlags.FAILED)


@dataclass(slots=True)
class MethodTable:
    """A MethodTable with its vtable (code addresses), interface map and back pointer."""

    record: MethodTableRecord
    vtable: list[int]
    interfaces: list[int]
    type_desc: int

    @property
    def address(self) -> int:
        """Where it lies."""
        return self.record.address

    @property
    def kind(self) -> MtKind | None:
        """Its kind, None for a number that means nothing."""
        value = self.record.mt_flags & 0xF
        return MtKind(value) if value <= max(MtKind) else None

    @property
    def has_component_size(self) -> bool:
        """Whether objects have a length."""
        return bool(self.record.mt_flags & MtFlags.HAS_COMPONENT_SIZE)


class HelperKind(IntEnum):
    """JitCallSite.Helper: the runtime's functions that generated code calls."""

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
    THROW = 13
    RETHROW = 14
    THROW_RANGE = 15
    THROW_OVERFLOW = 16
    THROW_DIV_ZERO = 17
    THROW_ARITHMETIC = 18
    THROW_NULL = 19
    MEMCPY = 20
    MEMSET = 21
    F64_REM = 22
    F32_REM = 23
    TRACE_STFLD = 24


# Numbers that these decoders know and the contract publishes: a runtime that numbers otherwise is
# refused instead of being misread.
PUBLISHED: dict[str, int] = {
    "MTFlagKindMask": 0xF, "MTKindClass": MtKind.CLASS, "MTKindValueType": MtKind.VALUETYPE,
    "MTKindInterface": MtKind.INTERFACE, "MTKindSzArray": MtKind.SZARRAY,
    "MTKindMdArray": MtKind.MDARRAY, "MTKindString": MtKind.STRING, "MTKindFree": MtKind.FREE,
    "MTKindEnum": MtKind.ENUM, "MTKindPrimitive": MtKind.PRIMITIVE,
    "MTFlagHasComponentSize": MtFlags.HAS_COMPONENT_SIZE,
    "MTFlagHasPointers": MtFlags.HAS_POINTERS, "MTFlagHasFinalizer": MtFlags.HAS_FINALIZER,
    "MTFlagAbstract": MtFlags.ABSTRACT, "TypeFlagValueType": TypeFlags.VALUETYPE,
    "TypeFlagEnum": TypeFlags.ENUM, "TypeFlagInterface": TypeFlags.INTERFACE,
    "TypeFlagExplicitLayout": TypeFlags.EXPLICIT_LAYOUT,
    "TypeFlagHasPointers": TypeFlags.HAS_POINTERS, "TypeFlagPrimitive": TypeFlags.PRIMITIVE,
    "TypeFlagDelegate": TypeFlags.DELEGATE, "TypeStateNamed": TypeState.NAMED,
    "TypeStateLoading": TypeState.LOADING, "TypeStateLoaded": TypeState.LOADED,
    "TypeStateFailed": TypeState.FAILED, "FieldFlagStatic": FieldFlags.STATIC,
    "FieldFlagLiteral": FieldFlags.LITERAL, "FieldFlagRva": FieldFlags.RVA,
    "MethodFlagStatic": MethodFlags.STATIC, "MethodFlagVirtual": MethodFlags.VIRTUAL,
    "MethodFlagNative": MethodFlags.NATIVE, "MethodFlagFailed": MethodFlags.FAILED,
    "CodeKindMethod": 1, "CodeKindThunks": 2, "CodeKindStub": 3, "CodeKindUnboxThunks": 4,
    **{"Helper" + "".join(part.capitalize() for part in kind.name.split("_")): int(kind)
       for kind in HelperKind},
}
