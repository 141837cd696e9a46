"""A managed kernel as its debug contract claims it: assemblies, types, methods and their names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from uuid import UUID

from decoders.contract import Contract
from decoders.errors import ContractError, DecodeError, MetadataError, TargetError
from decoders.layout import LayoutModel, policy
from decoders.memory import Memory, read_cstring, read_pointer, read_uint
from decoders.metadata import (
    ET,
    Assembly,
    AssemblySet,
    Field,
    Method,
    TypeDef,
    TypeSig,
    method_signature,
    type_name,
)
from decoders.metadata.signatures import PRIMITIVE_NAMES, simple
from decoders.runtime.model import (
    PUBLISHED,
    FieldInfo,
    LoadedAssembly,
    MethodInfo,
    MethodTable,
    MtKind,
    TypeInfo,
)
from decoders.runtime.records import (
    REQUIRED_CONTRACTS,
    AssemblyRecord,
    FieldDescRecord,
    MethodDescRecord,
    MethodTableRecord,
    Records,
    TypeDescRecord,
)

MAX_ASSEMBLIES = 4096
MAX_TYPES = 1 << 18
MAX_DEPTH = 64
MAX_SLOTS = 1 << 16


class Runtime:
    """What the contract claims. Facts are kept until `refresh` sees the generation move.

    `memory` should be a PageCache: many small reads go to few pages.
    """

    def __init__(self, memory: Memory, contract: Contract) -> None:
        for name, version in REQUIRED_CONTRACTS.items():
            found = contract.contract(name)
            if found != version:
                raise ContractError(
                    f"contract {name} has version {found!r}; these decoders know {version!r}"
                )
        for name, value in PUBLISHED.items():
            if name in contract.globals and contract.number(name) != value:
                raise ContractError(
                    f"the contract has {name} = {contract.number(name)}, these decoders know "
                    f"{value}: the runtime is newer, update the decoders"
                )
        self.memory = memory
        self.contract = contract
        self.records = Records(memory, contract)
        self._images: dict[tuple[UUID, int], Assembly] = {}
        self._forget()

    def _forget(self) -> None:
        self._types: dict[int, TypeInfo] = {}
        self._method_tables: dict[int, MethodTable] = {}
        self._methods: dict[int, MethodInfo] = {}
        self._type_names: dict[int, str] = {}
        self._assemblies: list[LoadedAssembly] | None = None
        self._generation: int | None = None
        for name in ("universe", "layout", "_by_sig"):
            self.__dict__.pop(name, None)

    # Globals.

    def global_pointer(self, name: str) -> int:
        """The pointer that a global variable holds."""
        return read_pointer(self.memory, self.contract.number(name), f"global {name}")

    @property
    def generation(self) -> int:
        """Counts compiled methods and loaded types: when it moved there is more to see."""
        return read_uint(self.memory, self.contract.number("Generation"), 8, "global Generation")

    def refresh(self) -> bool:
        """Forget what is kept if the generation moved; True when it did."""
        now = self.generation
        if now == self._generation:
            return False
        self._forget()
        self._generation = now
        return True

    @property
    def build_id(self) -> str:
        """The kernel's build id."""
        return read_cstring(self.memory, self.contract.number("BuildId"), "global BuildId", 256)

    @property
    def layout_policy(self) -> str:
        """Name of the field layout policy."""
        address = self.contract.number("LayoutPolicy")
        return read_cstring(self.memory, address, "global LayoutPolicy", 64)

    @cached_property
    def layout(self) -> LayoutModel:
        """The expected side, under the policy that the kernel names."""
        return LayoutModel(self.universe, policy(self.layout_policy))

    # Assemblies.

    @property
    def assemblies(self) -> list[LoadedAssembly]:
        """Loaded assemblies in load order."""
        if self._assemblies is None:
            result: list[LoadedAssembly] = []
            seen: set[int] = set()
            address = self.global_pointer("AssemblyList")
            offset = self.contract.type("Assembly").field("Mvid").offset
            while address:
                if address in seen or len(seen) >= MAX_ASSEMBLIES:
                    raise TargetError(f"the list of assemblies is cyclic at {address:#x}")
                seen.add(address)
                record = self.records.one(AssemblyRecord, address)
                mvid = self.memory.read(address + offset, 16, "Assembly.Mvid")
                result.append(
                    LoadedAssembly(
                        address, self._text(record.name, "an assembly's name"),
                        self._text(record.file, "an assembly's file"), record.image_base,
                        record.image_size, UUID(bytes_le=mvid),
                    )
                )
                address = record.next
            self._assemblies = result
        return self._assemblies

    def _text(self, address: int, purpose: str) -> str:
        return read_cstring(self.memory, address, purpose, 1024) if address else ""

    def image(self, loaded: LoadedAssembly) -> Assembly:
        """An assembly's metadata, read from its image in the guest's memory once."""
        key = (loaded.mvid, loaded.image_base)
        found = self._images.get(key)
        if found is None:
            found = Assembly.from_memory(
                self.memory, loaded.image_base, loaded.image_size, loaded.name
            )
            if found.mvid != loaded.mvid:
                raise TargetError(
                    f"assembly {loaded.name}: the record says MVID {loaded.mvid}, "
                    f"its image {found.mvid}"
                )
            self._images[key] = found
        return found

    def add_image(self, assembly: Assembly, loaded: LoadedAssembly) -> None:
        """Use an assembly file's metadata instead of reading the image (same MVID required)."""
        if assembly.mvid != loaded.mvid:
            raise MetadataError(
                f"{assembly.name} has MVID {assembly.mvid}, the guest loaded {loaded.mvid}"
            )
        self._images[(loaded.mvid, loaded.image_base)] = assembly
        self._type_names.clear()

    @cached_property
    def universe(self) -> AssemblySet:
        """Metadata of all loaded assemblies."""
        return AssemblySet(self.image(loaded) for loaded in self.assemblies)

    def assembly_at(self, address: int) -> LoadedAssembly:
        """The assembly whose record lies at an address."""
        for loaded in self.assemblies:
            if loaded.address == address:
                return loaded
        raise TargetError(f"no loaded assembly has its record at {address:#x}")

    # Types.

    def types(self) -> Iterator[TypeInfo]:
        """Every type made so far, newest first; TargetError when the list is cyclic."""
        seen: set[int] = set()
        address = self.global_pointer("TypeList")
        while address:
            if address in seen or len(seen) >= MAX_TYPES:
                raise TargetError(f"the list of types is cyclic at {address:#x}")
            seen.add(address)
            info = self.type(address)
            yield info
            address = info.record.next

    def type(self, address: int) -> TypeInfo:
        """The type whose TypeDesc lies at an address."""
        found = self._types.get(address)
        if found is None:
            if not address:
                raise TargetError("a TypeDesc pointer is null")
            found = TypeInfo(self.records.one(TypeDescRecord, address))
            self._types[address] = found
        return found

    def type_name(self, address: int) -> str:
        """Full name of a type; falls back to the kernel's own strings without metadata."""
        found = self._type_names.get(address)
        if found is None:
            found = self._type_names[address] = self._type_name(address, 0)
        return found

    def _type_name(self, address: int, depth: int) -> str:
        if not address:
            return "null"
        if depth > MAX_DEPTH:
            return "..."
        info = self.type(address)
        record = info.record
        if record.token:
            definition = self._definition_or_none(info)
            if definition is not None:
                return type_name(self.universe, self.universe.type_def_sig(definition))
            name = self._text(record.name, "a type's name")
            namespace = self._text(record.namespace, "a type's namespace")
            return f"{namespace}.{name}" if namespace else name
        if not record.element:
            known = _element_type(record.element_type)
            return PRIMITIVE_NAMES.get(known, known.name.lower())
        element = self._type_name(record.element, depth + 1)
        suffix = {ET.SZARRAY: "[]", ET.PTR: "*", ET.BYREF: "&",
                  ET.ARRAY: f"[{',' * (record.rank - 1)}]"}
        return element + suffix.get(_element_type(record.element_type), "?")

    def _definition_or_none(self, info: TypeInfo) -> TypeDef | None:
        try:
            return self.definition(info)
        except DecodeError:
            return None  # the kernel's own strings name it then

    def definition(self, info: TypeInfo) -> TypeDef:
        """A type's metadata."""
        token = info.record.token
        if token >> 24 != 2:
            raise TargetError(
                f"the TypeDesc at {info.address:#x} has token {token:#010x}, which is no TypeDef"
            )
        return self.image(self.assembly_at(info.record.assembly)).type_def(token & 0xFFFFFF)

    def sig(self, address: int, depth: int = 0) -> TypeSig:
        """A TypeDesc as a signature, which is what metadata and the expected side speak."""
        info = self.type(address)
        record = info.record
        if depth > MAX_DEPTH:
            raise TargetError(f"the TypeDesc at {address:#x} is nested in itself")
        if record.token:
            return self.universe.type_def_sig(self.definition(info))
        et = _element_type(record.element_type)
        if et in PRIMITIVE_NAMES:
            return simple(et)
        if et is ET.FNPTR or not record.element:
            raise TargetError(f"the TypeDesc at {address:#x} ({et.name}) has no element type")
        shape = (record.rank, (), ()) if et is ET.ARRAY else None
        return TypeSig(et, args=(self.sig(record.element, depth + 1),), shape=shape)

    @cached_property
    def _by_sig(self) -> dict[object, int]:
        result: dict[object, int] = {}
        for info in self.types():
            try:
                result.setdefault(self.universe.canonical(self.sig(info.address)), info.address)
            except DecodeError:
                continue  # a type that cannot be named cannot be asked for by name
        return result

    def find_type(self, name: str) -> list[TypeInfo]:
        """Loaded types by full name (or simple name without a dot)."""
        found = []
        for info in self.types():
            full = self.type_name(info.address)
            if full == name or ("." not in name and full.rpartition(".")[2] == name):
                found.append(info)
        return found

    def type_for(self, sig: TypeSig) -> TypeInfo | None:
        """The loaded type that a signature names, None when the kernel has not made it."""
        address = self._by_sig.get(self.universe.canonical(sig))
        return self.type(address) if address else None

    def fields(self, info: TypeInfo) -> list[FieldInfo]:
        """A type's own fields, statics included."""
        if info.fields is None:
            records = self.records.many(
                FieldDescRecord, info.record.fields, info.record.field_count,
                f"fields of {self.type_name(info.address)}",
            )
            info.fields = [
                FieldInfo(r, self._text(r.name, "a field's name")) for r in records
            ]
        return info.fields

    def all_fields(self, info: TypeInfo) -> list[tuple[TypeInfo, FieldInfo]]:
        """Instance fields, base classes first, with the type that declares each."""
        chain: list[TypeInfo] = []
        current: TypeInfo | None = info
        while current is not None:
            if current in chain or len(chain) > MAX_DEPTH:
                raise TargetError(
                    f"the parents of {self.type_name(info.address)} are cyclic: "
                    "its TypeDesc is corrupt"
                )
            chain.append(current)
            parent = current.record.parent
            current = self.type(parent) if parent and not info.is_value_type else None
        return [(t, f) for t in reversed(chain) for f in self.fields(t) if not f.is_static]

    def metadata_field(self, field: FieldInfo) -> Field:
        """A field's metadata."""
        owner = self.type(field.record.owner)
        image = self.image(self.assembly_at(owner.record.assembly))
        return image.field(field.record.token & 0xFFFFFF)

    # MethodTables.

    def method_table(self, address: int) -> MethodTable:
        """The MethodTable at an address, as it lies in memory."""
        found = self._method_tables.get(address)
        if found is None:
            record = self.records.one(MethodTableRecord, address, "MethodTable")
            count = record.num_vtable_slots + record.num_interfaces + 1
            start = address + self.contract.type("MethodTable").field("VTable").offset
            raw = self.memory.read(start, 8 * count, "vtable and interface map")
            words = [int.from_bytes(raw[i : i + 8], "little") for i in range(0, len(raw), 8)]
            slots = record.num_vtable_slots
            found = MethodTable(record, words[:slots], words[slots:-1], words[-1])
            self._method_tables[address] = found
        return found

    def type_of_table(self, address: int) -> TypeInfo:
        """The type that a MethodTable belongs to; TargetError unless both point at each other."""
        if not address:
            raise TargetError("the MethodTable pointer is null")
        if address % 8:
            raise TargetError(f"the MethodTable pointer {address:#x} is misaligned")
        table = self.method_table(address)
        if not table.type_desc:
            raise TargetError(f"{address:#x} is no MethodTable: it names no type")
        info = self.type(table.type_desc)
        if info.record.method_table != address:
            raise TargetError(
                f"{address:#x} is no MethodTable: the type it names has its own at "
                f"{info.record.method_table:#x}"
            )
        return info

    def is_free(self, table: MethodTable) -> bool:
        """Whether this is the filler of free blocks."""
        return table.kind is MtKind.FREE

    # Methods.

    def method(self, address: int) -> MethodInfo:
        """The method whose MethodDesc lies at an address."""
        found = self._methods.get(address)
        if found is None:
            if not address:
                raise TargetError("a MethodDesc pointer is null")
            record = self.records.one(MethodDescRecord, address)
            found = MethodInfo(record, self._text(record.name, "a method's name"))
            self._methods[address] = found
        return found

    def methods(self, info: TypeInfo) -> list[MethodInfo]:
        """A type's own methods."""
        records = self.records.many(
            MethodDescRecord, info.record.methods, info.record.method_count,
            f"methods of {self.type_name(info.address)}",
        )
        result = []
        for record in records:
            found = MethodInfo(record, self._text(record.name, "a method's name"))
            result.append(self._methods.setdefault(record.address, found))
        return result

    def metadata_method(self, info: MethodInfo) -> Method:
        """A method's metadata; TargetError for methods that the runtime made itself."""
        token = info.record.token
        if token >> 24 != 6:
            raise TargetError(
                f"method {info.name} has token {token:#010x}: the runtime made it itself"
            )
        return self.image(self.assembly_at(info.record.assembly)).method(token & 0xFFFFFF)

    def method_name(self, info: MethodInfo, signature: bool = False) -> str:
        """Ns.Type::Method, or its full signature; the kernel's strings when metadata fails."""
        try:
            method = self.metadata_method(info)
            return method_signature(self.universe, method) if signature else method.full_name
        except DecodeError:
            owner = self.type_name(info.record.owner) if info.record.owner else "?"
            return f"{owner}::{info.name}"


def _element_type(value: int) -> ET:
    try:
        return ET(value)
    except ValueError as error:
        raise TargetError(f"a TypeDesc has the unknown element type {value:#x}") from error
