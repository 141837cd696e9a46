"""A set of assemblies: references resolved across them (ECMA-335 II.22.38, II.22.25)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from decoders.errors import MetadataError
from decoders.metadata.model import (
    FIELD,
    MEMBERREF,
    METHODDEF,
    METHODSPEC,
    TYPEDEF,
    TYPEREF,
    TYPESPEC,
    Assembly,
    Field,
    Method,
    TypeDef,
)
from decoders.metadata.signatures import (
    ET,
    PRIMITIVE_NAMES,
    GenericContext,
    MethodSig,
    TypeSig,
    decode_field,
    decode_method,
    decode_method_spec,
    decode_type,
    is_field_signature,
    simple,
    substitute,
    substitute_method,
)

# Names under which compilers refer to the class library; the bundled korlib stands for all.
CORE_NAMES = frozenset({
    "mscorlib", "System", "System.Core", "System.Runtime", "netstandard", "System.Private.CoreLib",
    "korlib",
})
MAX_HIERARCHY = 256
_BY_NAME = {f"System.{name}": et for et, name in PRIMITIVE_NAMES.items()}


@dataclass(frozen=True, slots=True)
class MemberReference:
    """What a method or field token means where it is used.

    `owner` is the type it is looked up in (generic arguments substituted), `signature` the one
    at the call site (VAR substituted by the owner's arguments); `method` or `field` the definition,
    None when no loaded assembly has it (array accessors never have one).
    """

    owner: TypeSig
    name: str
    method_signature: MethodSig | None
    field_type: TypeSig | None
    method: Method | None
    field: Field | None
    method_args: tuple[TypeSig, ...] = ()

    @property
    def is_field(self) -> bool:
        """Whether it is a field."""
        return self.field_type is not None


class AssemblySet:
    """Assemblies by MVID and simple name, with name resolution between them."""

    def __init__(self, assemblies: Iterable[Assembly] = ()) -> None:
        self._by_key: dict[str, Assembly] = {}
        self._by_name: dict[str, Assembly] = {}
        # What `normalize` found, by (et, scope, token), for the assemblies that are here.
        self._normal: dict[tuple[ET, str, int], TypeSig] = {}
        for assembly in assemblies:
            self.add(assembly)

    def add(self, assembly: Assembly) -> Assembly:
        """Add an assembly; one with the same MVID that is already there is kept."""
        kept = self._by_key.setdefault(assembly.key, assembly)
        self._by_name.setdefault(kept.name, kept)
        self._normal.clear()
        return kept

    def __iter__(self) -> Iterator[Assembly]:
        return iter(self._by_key.values())

    def by_key(self, key: str) -> Assembly:
        """The assembly that a signature's scope names."""
        found = self._by_key.get(key)
        if found is None:
            raise MetadataError(f"no assembly with MVID {key} is loaded")
        return found

    def by_name(self, name: str) -> Assembly | None:
        """The assembly that a reference to `name` means; class library names mean the core."""
        found = self._by_name.get(name)
        return found or (self.core if name in CORE_NAMES else None)

    @property
    def core(self) -> Assembly | None:
        """The assembly that defines System.Object."""
        for name in ("korlib", "mscorlib", "System.Private.CoreLib"):
            if name in self._by_name:
                return self._by_name[name]
        for assembly in self:
            if assembly.find_type("System.Object"):
                return assembly
        return None

    # Types.

    def find_type(self, full_name: str) -> list[TypeDef]:
        """Every type with this full name (or, without a dot, this simple name)."""
        exact = [t for a in self if (t := a.find_type(full_name))]
        if exact or "." in full_name:
            return exact
        return [t for a in self for t in a.types if t.name == full_name]

    def resolve_type(self, assembly: Assembly, token: int) -> TypeDef | None:
        """The TypeDef behind a TypeDef or TypeRef token, None when nothing loaded defines it."""
        table, rid = token >> 24, token & 0xFFFFFF
        if table == TYPEDEF:
            return assembly.type_def(rid)
        if table != TYPEREF:
            raise MetadataError(f"{assembly.name}: token {token:#010x} names no type definition")
        name, scope = self.ref_name(assembly, rid)
        if scope is None:
            return assembly.find_type(name)
        found = self.by_name(scope)
        return found.find_type(name) if found else None

    def ref_name(self, assembly: Assembly, rid: int) -> tuple[str, str | None]:
        """A TypeRef's full name and the assembly it names (None: this module)."""
        parts: list[str] = []
        while True:
            if len(parts) > 64:
                raise MetadataError(f"{assembly.name}: TypeRef {rid} is nested in itself")
            row = assembly.type_ref(rid)
            name = assembly.image.string(row.TypeName_StringIndex)
            namespace = assembly.image.string(row.TypeNamespace_StringIndex)
            tag, index = row.ResolutionScope_CodedIndex & 3, row.ResolutionScope_CodedIndex >> 2
            parts.append(f"{namespace}.{name}" if namespace and tag != 3 else name)
            if tag == 3:
                rid = index
                continue
            full = "+".join(reversed(parts))
            if tag == 2:
                if not 1 <= index <= len(assembly.references):
                    raise MetadataError(f"{assembly.name}: no AssemblyRef {index}")
                return full, assembly.references[index - 1]
            return full, None

    def type_sig(self, assembly: Assembly, token: int) -> TypeSig:
        """A TypeDef, TypeRef or TypeSpec token as a signature; core primitives in simple form."""
        table, rid = token >> 24, token & 0xFFFFFF
        if table == TYPESPEC:
            row = assembly.image.table("TypeSpec").row(rid)
            return self.normalize(
                decode_type(assembly.image.blob(row.Signature_BlobIndex), assembly.key)
            )
        if table == 0x1A:  # ModuleRef: the other module's global functions
            raise MetadataError(f"{assembly.name}: multi-module assemblies are not supported")
        if table not in (TYPEDEF, TYPEREF):
            raise MetadataError(f"{assembly.name}: token {token:#010x} is not a type")
        return self.normalize(TypeSig(ET.CLASS, assembly.key, token))

    def type_def_sig(self, type_def: TypeDef) -> TypeSig:
        """The signature that names a definition (open, when it is generic)."""
        return self.type_sig(type_def.assembly, type_def.token)

    def normalize(self, sig: TypeSig) -> TypeSig:
        """CLASS or VALUETYPE as the definition says; System.Int32 and the like in simple form."""
        if sig.et not in (ET.CLASS, ET.VALUETYPE):
            return sig
        key = (sig.et, sig.scope, sig.token)
        known = self._normal.get(key)
        if known is None:
            known = self._normal[key] = self._normalized(sig)
        return known

    def _normalized(self, sig: TypeSig) -> TypeSig:
        found = self.definition(sig)
        if found is None:
            name = self.sig_name(sig)
            if name in _BY_NAME:
                return simple(_BY_NAME[name])
            return sig
        if found.assembly is self.core and found.full_name in _BY_NAME:
            return simple(_BY_NAME[found.full_name])
        et = ET.VALUETYPE if self.is_value_type(found) else ET.CLASS
        return TypeSig(et, found.assembly.key, found.token)

    def definition(self, sig: TypeSig) -> TypeDef | None:
        """The TypeDef that a named, generic or simple signature stands for."""
        sig = sig.stripped()
        if sig.et is ET.GENERICINST:
            sig = sig.args[0]
        if sig.et in (ET.CLASS, ET.VALUETYPE):
            return self.resolve_type(self.by_key(sig.scope), sig.token)
        if sig.et in PRIMITIVE_NAMES and self.core is not None:
            return self.core.find_type("System." + PRIMITIVE_NAMES[sig.et])
        return None

    def sig_name(self, sig: TypeSig) -> str:
        """Full name of a CLASS or VALUETYPE, also when it cannot be resolved."""
        assembly = self.by_key(sig.scope)
        if sig.token >> 24 == TYPEDEF:
            return assembly.full_type_name(sig.token & 0xFFFFFF)
        if sig.token >> 24 == TYPEREF:
            return self.ref_name(assembly, sig.token & 0xFFFFFF)[0]
        return f"token {sig.token:#010x}"

    def base_of(self, type_def: TypeDef) -> TypeSig | None:
        """The base class as written (None for System.Object and interfaces)."""
        if not type_def.extends:
            return None
        return self.type_sig(type_def.assembly, type_def.extends)

    def base_def(self, type_def: TypeDef) -> TypeDef | None:
        """The base class's definition."""
        base = self.base_of(type_def)
        return self.definition(base) if base is not None else None

    def base_name(self, type_def: TypeDef) -> str:
        """Full name of the base class, "" without one; works when it is not loaded."""
        token = type_def.extends
        if token >> 24 == TYPEREF:
            return self.ref_name(type_def.assembly, token & 0xFFFFFF)[0]
        if token >> 24 == TYPEDEF:
            return type_def.assembly.full_type_name(token & 0xFFFFFF)
        return ""

    def is_value_type(self, type_def: TypeDef) -> bool:
        """Extends System.ValueType or System.Enum (II.10.1.1), and is not System.Enum itself."""
        base = self.base_name(type_def)
        if base == "System.Enum":
            return True
        return base == "System.ValueType" and type_def.full_name != "System.Enum"

    def is_enum(self, type_def: TypeDef) -> bool:
        """Extends System.Enum."""
        return self.base_name(type_def) == "System.Enum"

    def enum_underlying(self, type_def: TypeDef) -> TypeSig:
        """The type of an enum's one instance field (II.14.3)."""
        for field in type_def.fields:
            if not field.is_static:
                return field.type
        raise MetadataError(f"enum {type_def.full_name} has no instance field")

    # Members.

    def canonical(self, sig: TypeSig) -> Hashable:
        """A value that is equal for equal types, whatever assembly names them."""
        sig = self.normalize(sig)
        if sig.et in (ET.CLASS, ET.VALUETYPE):
            found = self.definition(sig)
            if found is not None:
                return ("type", found.assembly.key, found.token)
            return ("name", self.sig_name(sig))
        if sig.et in (ET.CMOD_OPT, ET.CMOD_REQD):
            name = self.canonical(TypeSig(ET.CLASS, sig.scope, sig.token))
            return (sig.et, name, self.canonical(sig.args[0]))
        method = self.canonical_method(sig.method) if sig.method is not None else None
        return (sig.et, sig.number, sig.shape, method, tuple(map(self.canonical, sig.args)))

    def canonical_method(self, sig: MethodSig) -> Hashable:
        """The same for a method signature: what overriding compares (II.10.3)."""
        return (sig.has_this, sig.arity, self.canonical(sig.ret),
                tuple(map(self.canonical, sig.params)))

    def resolve_member(
        self, assembly: Assembly, token: int, context: GenericContext | None = None
    ) -> MemberReference:
        """A MethodDef, Field, MemberRef or MethodSpec token."""
        context = context or GenericContext()
        table, rid = token >> 24, token & 0xFFFFFF
        if table == METHODDEF:
            method = assembly.method(rid)
            owner = self.type_def_sig(method.owner)
            return MemberReference(owner, method.name, method.signature, None, method, None)
        if table == FIELD:
            field = assembly.field(rid)
            owner = self.type_def_sig(field.owner)
            return MemberReference(owner, field.name, None, field.type, None, field)
        if table == METHODSPEC:
            row = assembly.image.table("MethodSpec").row(rid)
            generic = self.resolve_member(
                assembly, coded_method_token(row.Method_CodedIndex), context
            )
            args = tuple(
                substitute(a, context)
                for a in decode_method_spec(
                    assembly.image.blob(row.Instantiation_BlobIndex), assembly.key
                )
            )
            if generic.method_signature is None:
                raise MetadataError(f"{assembly.name}: MethodSpec {rid} is of a field")
            return MemberReference(
                generic.owner, generic.name,
                substitute_method(generic.method_signature, GenericContext((), args)),
                None, generic.method, None, args,
            )
        if table != MEMBERREF:
            raise MetadataError(f"{assembly.name}: token {token:#010x} is no member")
        return self._member_ref(assembly, rid, context)

    def _member_ref(
        self, assembly: Assembly, rid: int, context: GenericContext
    ) -> MemberReference:
        parent, name, blob = assembly.member_ref(rid)
        if parent >> 24 == METHODDEF:  # a vararg call site of a method defined here
            method = assembly.method(parent & 0xFFFFFF)
            signature = decode_method(blob, assembly.key)
            owner = self.type_def_sig(method.owner)
            return MemberReference(owner, name, signature, None, method, None)
        owner = substitute(self.type_sig(assembly, parent), context)
        args = owner.args[1:] if owner.et is ET.GENERICINST else ()
        inner = GenericContext(args)
        definition = self.definition(owner)
        if is_field_signature(blob):
            field_type = decode_field(blob, assembly.key)
            found = self.find_field(definition, name) if definition else None
            return MemberReference(owner, name, None, substitute(field_type, inner), None, found)
        signature = decode_method(blob, assembly.key)
        method_def = self.find_method(definition, name, signature) if definition else None
        return MemberReference(
            owner, name, substitute_method(signature, inner), None, method_def, None
        )

    def hierarchy(self, type_def: TypeDef) -> Iterator[TypeDef]:
        """The type and its base classes, most derived first; a cycle is an error."""
        current: TypeDef | None = type_def
        count = 0
        while current is not None:
            yield current
            count += 1
            if count > MAX_HIERARCHY:
                raise MetadataError(
                    f"{type_def.full_name} has more than {MAX_HIERARCHY} base classes: "
                    "its metadata is cyclic"
                )
            current = self.base_def(current)

    def find_field(self, type_def: TypeDef, name: str) -> Field | None:
        """A field by name in a type or its base classes."""
        for owner in self.hierarchy(type_def):
            for field in owner.fields:
                if field.name == name:
                    return field
        return None

    def find_method(self, type_def: TypeDef, name: str, sig: MethodSig) -> Method | None:
        """A method by name and signature in a type or its base classes."""
        wanted = self.canonical_method(sig)
        for owner in self.hierarchy(type_def):
            for method in owner.methods:
                if method.name == name and self.canonical_method(method.signature) == wanted:
                    return method
        return None


def coded_method_token(index: int) -> int:
    """MethodDefOrRef to a token."""
    return (MEMBERREF if index & 1 else METHODDEF) << 24 | index >> 1
