"""Types, methods and fields of one assembly, made on demand from its tables (ECMA-335 II.22)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from decoders.errors import MetadataError
from decoders.memory import Memory
from decoders.metadata.body import MethodBody, read_body
from decoders.metadata.image import MAX_IMAGE, Image
from decoders.metadata.signatures import (
    MethodSig,
    TypeSig,
    decode_field,
    decode_locals,
    decode_method,
)

TYPE_INTERFACE = 0x20
TYPE_ABSTRACT = 0x80
TYPE_EXPLICIT = 0x10
TYPE_SEQUENTIAL = 0x08
METHOD_STATIC = 0x10
METHOD_FINAL = 0x20
METHOD_VIRTUAL = 0x40
METHOD_NEWSLOT = 0x100
METHOD_ABSTRACT = 0x400
METHOD_PINVOKE = 0x2000
FIELD_STATIC = 0x10
FIELD_LITERAL = 0x40
FIELD_HAS_RVA = 0x100
IMPL_INTERNALCALL = 0x1000

TYPEDEF, TYPEREF, TYPESPEC = 0x02, 0x01, 0x1B
METHODDEF, MEMBERREF, METHODSPEC = 0x06, 0x0A, 0x2B
FIELD, STANDALONESIG, USERSTRING = 0x04, 0x11, 0x70
MAX_NESTING = 64


@dataclass(frozen=True, slots=True)
class ClassLayout:
    """ClassLayout row: packing (0: default) and minimum size in bytes."""

    packing: int
    size: int


@dataclass(frozen=True, slots=True)
class TypeDef:
    """A type definition. Rows of its members are half-open ranges of row numbers."""

    assembly: Assembly
    rid: int
    flags: int
    namespace: str
    name: str
    extends: int
    field_rows: range
    method_rows: range

    @property
    def token(self) -> int:
        """0x02rrrrrr."""
        return TYPEDEF << 24 | self.rid

    @property
    def is_interface(self) -> bool:
        """Whether the interface flag is set."""
        return bool(self.flags & TYPE_INTERFACE)

    @property
    def is_explicit(self) -> bool:
        """Whether fields carry their own offsets."""
        return bool(self.flags & TYPE_EXPLICIT)

    @property
    def enclosing(self) -> TypeDef | None:
        """The type that this one is nested in."""
        rid = self.assembly.enclosing_of.get(self.rid)
        return self.assembly.type_def(rid) if rid else None

    @property
    def full_name(self) -> str:
        """Namespace.Outer+Inner, as reflection writes it."""
        return self.assembly.full_type_name(self.rid)

    @property
    def fields(self) -> list[Field]:
        """All fields in declaration order."""
        return [self.assembly.field(rid) for rid in self.field_rows]

    @property
    def methods(self) -> list[Method]:
        """All methods in declaration order."""
        return [self.assembly.method(rid) for rid in self.method_rows]

    @property
    def interfaces(self) -> list[int]:
        """Tokens of the interfaces it declares, in table order."""
        return self.assembly.interfaces_of.get(self.rid, [])

    @property
    def layout(self) -> ClassLayout | None:
        """Its ClassLayout row."""
        return self.assembly.class_layouts.get(self.rid)

    @property
    def generic_names(self) -> list[str]:
        """Names of its generic parameters."""
        return self.assembly.generic_params.get(self.token, [])


@dataclass(frozen=True, slots=True)
class Field:
    """A field definition."""

    assembly: Assembly
    rid: int
    flags: int
    name: str
    signature_blob: int

    @property
    def token(self) -> int:
        """0x04rrrrrr."""
        return FIELD << 24 | self.rid

    @property
    def is_static(self) -> bool:
        """Whether it is static (literals are)."""
        return bool(self.flags & FIELD_STATIC)

    @property
    def is_literal(self) -> bool:
        """A constant: it has no storage."""
        return bool(self.flags & FIELD_LITERAL)

    @property
    def type(self) -> TypeSig:
        """Its type."""
        image = self.assembly.image
        return decode_field(image.blob(self.signature_blob), self.assembly.key)

    @property
    def offset(self) -> int | None:
        """Its FieldLayout offset in bytes, for explicit layout."""
        return self.assembly.field_offsets.get(self.rid)

    @property
    def rva(self) -> int | None:
        """Where its initial data lies in the image."""
        return self.assembly.field_rvas.get(self.rid)

    @property
    def constant(self) -> tuple[int, bytes] | None:
        """Its Constant row: element type and value bytes."""
        return self.assembly.constants.get(self.token)

    @property
    def owner(self) -> TypeDef:
        """The type that declares it."""
        return self.assembly.owner_of_field(self.rid)


@dataclass(frozen=True, slots=True)
class Method:
    """A method definition."""

    assembly: Assembly
    rid: int
    rva: int
    impl_flags: int
    flags: int
    name: str
    signature_blob: int
    param_rows: range

    @property
    def token(self) -> int:
        """0x06rrrrrr."""
        return METHODDEF << 24 | self.rid

    @property
    def is_static(self) -> bool:
        """Whether it has no `this`."""
        return bool(self.flags & METHOD_STATIC)

    @property
    def is_public(self) -> bool:
        """Accessible from everywhere (II.23.1.10)."""
        return self.flags & 0x7 == 0x6

    @property
    def is_virtual(self) -> bool:
        """Whether it has a vtable slot."""
        return bool(self.flags & METHOD_VIRTUAL)

    @property
    def is_newslot(self) -> bool:
        """Whether it never overrides by name (II.23.1.10)."""
        return bool(self.flags & METHOD_NEWSLOT)

    @property
    def is_abstract(self) -> bool:
        """Whether it has no body by design."""
        return bool(self.flags & METHOD_ABSTRACT)

    @property
    def signature(self) -> MethodSig:
        """Its signature."""
        return self.assembly.method_signature(self.signature_blob)

    @property
    def owner(self) -> TypeDef:
        """The type that declares it."""
        return self.assembly.owner_of_method(self.rid)

    @property
    def full_name(self) -> str:
        """Namespace.Type::Method."""
        return f"{self.owner.full_name}::{self.name}"

    @property
    def param_names(self) -> list[str]:
        """Names of the parameters, `this` not counted; unnamed ones are "argN"."""
        names = {}
        for rid in self.param_rows:
            row = self.assembly.image.table("Param").row(rid)
            names[row.Sequence] = self.assembly.image.string(row.Name_StringIndex)
        count = len(self.signature.params)
        return [names.get(i + 1) or f"arg{i}" for i in range(count)]

    @property
    def has_body(self) -> bool:
        """Whether there is IL (not abstract, extern or runtime-made)."""
        return self.rva != 0 and not self.impl_flags & 3

    @property
    def body(self) -> MethodBody:
        """Its IL and clauses; MetadataError when it has none."""
        if not self.has_body:
            raise MetadataError(f"{self.full_name} has no IL body")
        return read_body(self.assembly.image, self.rva)

    @property
    def locals(self) -> tuple[TypeSig, ...]:
        """Types of its local variables."""
        token = self.body.locals_token
        return self.assembly.locals_signature(token) if token else ()

    @property
    def generic_names(self) -> list[str]:
        """Names of its generic parameters."""
        return self.assembly.generic_params.get(self.token, [])


class Assembly:
    """One assembly image, indexed lazily. `key` is unique within an AssemblySet."""

    def __init__(self, data: bytes, name: str = "image") -> None:
        self.image = Image(data, name)
        self._types: dict[int, TypeDef] = {}
        self._methods: dict[int, Method] = {}
        self._fields: dict[int, Field] = {}
        self._signatures: dict[int, MethodSig] = {}

    @classmethod
    def open(cls, path: str | Path) -> Assembly:
        """Read an assembly file."""
        try:
            return cls(Path(path).read_bytes(), Path(path).name)
        except OSError as error:
            raise MetadataError(f"cannot read assembly {path}: {error.strerror}") from error

    @classmethod
    def from_memory(cls, memory: Memory, address: int, size: int, name: str) -> Assembly:
        """Read the file image that a guest keeps in memory."""
        if not 0 < size <= MAX_IMAGE:
            raise MetadataError(f"assembly {name} claims an image of {size} bytes")
        return cls(memory.read(address, size, f"image of assembly {name}"), name)

    @cached_property
    def mvid(self) -> UUID:
        """Module version id: what identifies these bytes."""
        row = self.image.table("Module").row(1)
        return self.image.guid(row.Mvid_GuidIndex)

    @cached_property
    def key(self) -> str:
        """What signatures carry as their scope."""
        return str(self.mvid)

    @cached_property
    def name(self) -> str:
        """The assembly's simple name (the module's for a netmodule)."""
        if self.image.table("Assembly").count:
            return self.image.string(self.image.table("Assembly").row(1).Name_StringIndex)
        return self.module_name

    @cached_property
    def module_name(self) -> str:
        """The module's file name."""
        return self.image.string(self.image.table("Module").row(1).Name_StringIndex)

    @cached_property
    def references(self) -> list[str]:
        """Simple names of referenced assemblies, by AssemblyRef row."""
        return [self.image.string(r.Name_StringIndex) for r in self.image.table("AssemblyRef")]

    # Rows.

    def type_def(self, rid: int) -> TypeDef:
        """TypeDef row `rid`."""
        found = self._types.get(rid)
        if found is None:
            table = self.image.table("TypeDef")
            row = table.row(rid)
            following = table.row(rid + 1) if rid < table.count else None
            found = TypeDef(
                self, rid, row.Flags, self.image.string(row.TypeNamespace_StringIndex),
                self.image.string(row.TypeName_StringIndex), coded(row.Extends_CodedIndex),
                self._run(row.FieldList_Index, following and following.FieldList_Index, "Field"),
                self._run(
                    row.MethodList_Index, following and following.MethodList_Index, "MethodDef"
                ),
            )
            self._types[rid] = found
        return found

    def method(self, rid: int) -> Method:
        """MethodDef row `rid`."""
        found = self._methods.get(rid)
        if found is None:
            table = self.image.table("MethodDef")
            row = table.row(rid)
            following = table.row(rid + 1).ParamList_Index if rid < table.count else None
            found = Method(
                self, rid, row.Rva, row.ImplFlags, row.Flags,
                self.image.string(row.Name_StringIndex), row.Signature_BlobIndex,
                self._run(row.ParamList_Index, following, "Param"),
            )
            self._methods[rid] = found
        return found

    def field(self, rid: int) -> Field:
        """Field row `rid`."""
        found = self._fields.get(rid)
        if found is None:
            row = self.image.table("Field").row(rid)
            found = Field(
                self, rid, row.Flags, self.image.string(row.Name_StringIndex),
                row.Signature_BlobIndex,
            )
            self._fields[rid] = found
        return found

    def _run(self, start: int, end: int | None, table: str) -> range:
        limit = self.image.table(table).count + 1
        stop = limit if end is None else min(end, limit)
        return range(start, max(start, stop))

    @property
    def types(self) -> Iterator[TypeDef]:
        """All type definitions, `<Module>` first."""
        return map(self.type_def, range(1, self.image.table("TypeDef").count + 1))

    @property
    def entry_point(self) -> Method | None:
        """The method that a program starts with."""
        token = self.image.entry_point
        return self.method(token & 0xFFFFFF) if token >> 24 == METHODDEF else None

    def method_signature(self, blob: int) -> MethodSig:
        """A MethodDefSig by its place in the blob heap (II.23.2.1)."""
        found = self._signatures.get(blob)
        if found is None:
            found = self._signatures[blob] = decode_method(self.image.blob(blob), self.key)
        return found

    def locals_signature(self, token: int) -> tuple[TypeSig, ...]:
        """The StandAloneSig of a method's locals."""
        if token >> 24 != STANDALONESIG:
            raise MetadataError(f"{self.name}: token {token:#010x} is no StandAloneSig")
        row = self.image.table("StandAloneSig").row(token & 0xFFFFFF)
        return decode_locals(self.image.blob(row.Signature_BlobIndex), self.key)

    def user_string(self, token: int) -> str:
        """The text of an ldstr token."""
        return self.image.user_string(token & 0xFFFFFF)

    # Names.

    def full_type_name(self, rid: int) -> str:
        """Namespace.Outer+Inner for a TypeDef row."""
        parts: list[str] = []
        current: int | None = rid
        while current:
            if len(parts) >= MAX_NESTING:
                raise MetadataError(f"{self.name}: TypeDef {rid} is nested in itself")
            found = self.type_def(current)
            current = self.enclosing_of.get(current)
            parts.append(
                found.name if current or not found.namespace
                else f"{found.namespace}.{found.name}"
            )
        return "+".join(reversed(parts))

    @cached_property
    def _type_index(self) -> dict[str, int]:
        table = self.image.table("TypeDef")
        return {self.full_type_name(rid): rid for rid in range(table.count, 0, -1)}

    def find_type(self, full_name: str) -> TypeDef | None:
        """A type by its full name, or None."""
        rid = self._type_index.get(full_name)
        return self.type_def(rid) if rid else None

    def owner_of_method(self, rid: int) -> TypeDef:
        """The type whose method run holds row `rid`."""
        return self.type_def(self._owner(self._method_starts, rid, "MethodDef"))

    def owner_of_field(self, rid: int) -> TypeDef:
        """The type whose field run holds row `rid`."""
        return self.type_def(self._owner(self._field_starts, rid, "Field"))

    def _owner(self, starts: list[int], rid: int, what: str) -> int:
        # Empty runs share their start with the next type: the last of equals owns the row.
        index = bisect_right(starts, rid)
        if not index:
            raise MetadataError(f"{self.name}: {what} row {rid} belongs to no type")
        return index

    @cached_property
    def _method_starts(self) -> list[int]:
        return [row.MethodList_Index for row in self.image.table("TypeDef")]

    @cached_property
    def _field_starts(self) -> list[int]:
        return [row.FieldList_Index for row in self.image.table("TypeDef")]

    # Tables that hang off other rows, indexed at first use.

    @cached_property
    def enclosing_of(self) -> dict[int, int]:
        """NestedClass: nested TypeDef row to enclosing row."""
        return {
            r.NestedClass_Index: r.EnclosingClass_Index for r in self.image.table("NestedClass")
        }

    @cached_property
    def interfaces_of(self) -> dict[int, list[int]]:
        """InterfaceImpl: TypeDef row to interface tokens."""
        result: dict[int, list[int]] = {}
        for row in self.image.table("InterfaceImpl"):
            result.setdefault(row.Class_Index, []).append(coded(row.Interface_CodedIndex))
        return result

    @cached_property
    def class_layouts(self) -> dict[int, ClassLayout]:
        """ClassLayout by TypeDef row."""
        return {
            r.Parent_Index: ClassLayout(r.PackingSize, r.ClassSize)
            for r in self.image.table("ClassLayout")
        }

    @cached_property
    def field_offsets(self) -> dict[int, int]:
        """FieldLayout by Field row."""
        return {r.Field_CodedIndex: int(r.Offset) for r in self.image.table("FieldLayout")}

    @cached_property
    def field_rvas(self) -> dict[int, int]:
        """FieldRVA by Field row."""
        return {r.Field_Index: int(r.Rva) for r in self.image.table("FieldRva")}

    @cached_property
    def constants(self) -> dict[int, tuple[int, bytes]]:
        """Constant by parent token (HasConstant: Field, Param, Property)."""
        result = {}
        for row in self.image.table("Constant"):
            index = row.Parent_CodedIndex
            table = (FIELD, 0x08, 0x17, 0)[index & 3]
            result[table << 24 | index >> 2] = (row.Type, self.image.blob(row.Value_BlobIndex))
        return result

    @cached_property
    def generic_params(self) -> dict[int, list[str]]:
        """Generic parameter names by owner token (TypeOrMethodDef), in order of number."""
        found: dict[int, list[tuple[int, str]]] = {}
        for row in self.image.table("GenericParam"):
            index = row.Owner_CodedIndex
            token = (METHODDEF if index & 1 else TYPEDEF) << 24 | index >> 1
            found.setdefault(token, []).append(
                (row.Number, self.image.string(row.Name_StringIndex))
            )
        return {token: [name for _, name in sorted(names)] for token, names in found.items()}

    @cached_property
    def method_impls(self) -> dict[int, list[tuple[int, int]]]:
        """MethodImpl by TypeDef row: (body token, declaration token)."""
        result: dict[int, list[tuple[int, int]]] = {}
        for row in self.image.table("MethodImpl"):
            pair = (coded_method(row.MethodBody_CodedIndex),
                    coded_method(row.MethodDeclaration_CodedIndex))
            result.setdefault(row.Class_Index, []).append(pair)
        return result

    def member_ref(self, rid: int) -> tuple[int, str, bytes]:
        """MemberRef row: (parent token, name, signature blob)."""
        row = self.image.table("MemberRef").row(rid)
        index = row.Class_CodedIndex
        tables = (TYPEDEF, TYPEREF, 0x1A, METHODDEF, TYPESPEC)
        if index & 7 >= len(tables):
            raise MetadataError(f"{self.name}: MemberRef {rid} has the bad parent {index:#x}")
        return (
            tables[index & 7] << 24 | index >> 3, self.image.string(row.Name_StringIndex),
            self.image.blob(row.Signature_BlobIndex),
        )

    def type_ref(self, rid: int) -> Any:
        """TypeRef row: ResolutionScope_CodedIndex and name columns."""
        return self.image.table("TypeRef").row(rid)

    def __repr__(self) -> str:
        return f"<Assembly {self.name} {self.key}>"


def coded(index: int) -> int:
    """TypeDefOrRef to a token (II.24.2.6); 0 stays 0 (no type)."""
    if not index:
        return 0
    tables = (TYPEDEF, TYPEREF, TYPESPEC)
    if index & 3 > 2:
        raise MetadataError(f"a TypeDefOrRef index {index:#x} has the reserved tag 3")
    return tables[index & 3] << 24 | index >> 2


def coded_method(index: int) -> int:
    """MethodDefOrRef to a token."""
    return (MEMBERREF if index & 1 else METHODDEF) << 24 | index >> 1
