"""A guest made by hand: memory laid out as the kernel's contract says, from real assemblies.

It stands in for a kernel where tests need to know or to corrupt every byte. Offsets come from the
kernel's own contract list, compiled by the C compiler; layouts from the expected side.
"""

from __future__ import annotations

import functools
import json
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from decoders.contract import Contract, parse_contract
from decoders.layout import LayoutModel, frame_needs
from decoders.layout.calls import Role
from decoders.memory import PageCache, ReadError
from decoders.metadata import ET, AssemblySet, Method, TypeDef, TypeSig
from decoders.runtime import MtFlags, MtKind, Runtime, TypeFlags, TypeState, ValueKind

ROOT = Path(__file__).parents[2]
RECORDS, IMAGES, HEAP, CODE, STACK = (
    0xFFFFFFFF80200000, 0xFFFFFFFF81000000, 0xFFFF800000100000, 0xFFFFFFFFA0000000,
    0xFFFF900000000000,
)
KINDS = {ET.BOOLEAN: ValueKind.U1, ET.CHAR: ValueKind.U2, ET.I1: ValueKind.I1, ET.U1: ValueKind.U1,
         ET.I2: ValueKind.I2, ET.U2: ValueKind.U2, ET.I4: ValueKind.I4, ET.U4: ValueKind.U4,
         ET.I8: ValueKind.I8, ET.U8: ValueKind.U8, ET.R4: ValueKind.R4, ET.R8: ValueKind.R8,
         ET.I: ValueKind.NINT, ET.U: ValueKind.NUINT, ET.PTR: ValueKind.NINT,
         ET.BYREF: ValueKind.BYREF}


@functools.cache
def contract_text() -> str:
    """The contract's JSON, printed by a program made of the kernel's own list."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "dump"
        subprocess.run(
            ["gcc", f"-I{ROOT}/reference_kernel/include", f"-I{ROOT}/jit/include",
             f"-I{ROOT}/reference_kernel/runtime/contract",
             str(Path(__file__).parent / "contract_dump.c"), "-o", str(program)],
            check=True)
        return subprocess.run(
            [str(program)], check=True, capture_output=True, text=True).stdout


class GuestMemory:
    """Writable regions of guest memory."""

    def __init__(self) -> None:
        self.regions = {base: bytearray() for base in (RECORDS, IMAGES, HEAP, CODE, STACK)}
        self.reads = 0

    def _find(self, address: int, size: int) -> tuple[bytearray, int] | None:
        for base, data in self.regions.items():
            if base <= address and address + size <= base + len(data):
                return data, address - base
        return None

    def read(self, address: int, size: int, purpose: str) -> bytes:
        """See Memory.read."""
        self.reads += 1
        found = self._find(address, size) if size >= 0 else None
        if found is None:
            raise ReadError(address, size, purpose, "not mapped", "check the pointer")
        data, at = found
        return bytes(data[at : at + size])

    def write(self, address: int, value: bytes) -> None:
        """Overwrite bytes that exist."""
        found = self._find(address, len(value))
        assert found is not None, hex(address)
        data, at = found
        data[at : at + len(value)] = value

    def allocate(self, region: int, size: int, align: int = 16) -> int:
        """Zeroed space at the end of a region."""
        data = self.regions[region]
        data += bytes(-len(data) % align)
        address = region + len(data)
        data += bytes(size)
        return address


class Guest:
    """Builds the records of a running kernel."""

    def __init__(self, universe: AssemblySet) -> None:
        self.universe = universe
        self.layout = LayoutModel(universe)
        self.memory = GuestMemory()
        names = [k for k, v in json.loads(contract_text())["globals"].items()
                 if isinstance(v[0], list)]
        self.globals = {name: self.memory.allocate(RECORDS, 64) for name in names}
        self.contract: Contract = parse_contract(
            contract_text(), [0, *self.globals.values()])
        self.types: dict[TypeSig, int] = {}
        self.methods: dict[tuple[str, int], int] = {}
        self.assemblies: dict[str, int] = {}
        self.tables: dict[TypeSig, int] = {}
        self.memory.write(self.globals["LayoutPolicy"], b"k1\0")
        self.memory.write(self.globals["BuildId"], b"test-build\0")
        self.set_global("Generation", 1)
        for assembly in universe:
            self._assembly(assembly.name, assembly.image.data, assembly.mvid.bytes_le,
                           assembly.key)
        self.chunk = self._chunk()
        self.heap_start = self.memory.allocate(HEAP, 0)
        self.segment = self.put("HeapSegment", Start=HEAP)
        self.set_global("HeapSegments", self.segment)

    def runtime(self) -> Runtime:
        """A runtime over this guest's memory as it is now."""
        return Runtime(PageCache(self.memory), self.contract)

    def set_global(self, name: str, value: int) -> None:
        """Set a global variable."""
        self.memory.write(self.globals[name], struct.pack("<Q", value))

    def get_global(self, name: str) -> int:
        """Read a global variable."""
        return int.from_bytes(self.memory.read(self.globals[name], 8, name), "little")

    def put(self, type_name: str, **values: int) -> int:
        """Allocate a record and set fields."""
        address = self.memory.allocate(RECORDS, self.contract.type(type_name).known_size)
        for name, value in values.items():
            self.poke(type_name, address, name, value)
        return address

    def poke(self, type_name: str, address: int, name: str, value: int) -> None:
        """Set a field of a record."""
        field = self.contract.type(type_name).field(name)
        sizes = {"pointer": 8}
        size = sizes.get(field.type or "") or int(str(field.type).lstrip("uint")) // 8
        raw = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")
        self.memory.write(address + field.offset, raw)

    def array(self, type_name: str, rows: Sequence[dict[str, int]]) -> int:
        """An array of records."""
        size = self.contract.type(type_name).known_size
        address = self.memory.allocate(RECORDS, size * max(1, len(rows)))
        for index, row in enumerate(rows):
            for name, value in row.items():
                self.poke(type_name, address + index * size, name, value)
        return address

    def text(self, value: str) -> int:
        """A zero-terminated string."""
        raw = value.encode() + b"\0"
        address = self.memory.allocate(RECORDS, len(raw), 1)
        self.memory.write(address, raw)
        return address

    def _assembly(self, name: str, data: bytes, mvid: bytes, key: str) -> None:
        image = self.memory.allocate(IMAGES, len(data), 4096)
        self.memory.write(image, data)
        address = self.put(
            "Assembly", Name=self.text(name), File=self.text(name + ".dll"), ImageBase=image,
            ImageSize=len(data))
        self.memory.write(address + self.contract.type("Assembly").field("Mvid").offset, mvid)
        if self.assemblies:
            self.poke("Assembly", list(self.assemblies.values())[-1], "Next", address)
        else:
            self.set_global("AssemblyList", address)
        self.assemblies[key] = address

    # Types.

    def type(self, sig: TypeSig) -> int:
        """The TypeDesc of a type, with its MethodTable, fields and methods."""
        sig = self.universe.normalize(sig.stripped())
        if sig in self.types:
            return self.types[sig]
        address = self.put("TypeDesc", ElementType=sig.et, State=TypeState.LOADED,
                           Next=self.get_global("TypeList"))
        self.types[sig] = address
        self.set_global("TypeList", address)
        if sig.et in (ET.PTR, ET.BYREF):
            self.poke("TypeDesc", address, "Element", self.type(sig.element))
            return address
        if sig.et is ET.VOID:
            return address
        table = self.layout.table(sig)
        slots = [self.thunk(m) for m in table.vtable]
        interfaces = [self.table(i) for i in table.interfaces]
        mt = self.memory.allocate(RECORDS, 24 + 8 * (len(slots) + len(interfaces) + 1))
        self.tables[sig] = mt
        related = table.element or table.parent
        kind = MtKind.CLASS
        flags = TypeFlags(0)
        if sig.et is ET.SZARRAY:
            kind = MtKind.SZARRAY
        elif sig.et is ET.ARRAY:
            kind = MtKind.MDARRAY
        elif sig.et is ET.STRING:
            kind = MtKind.STRING
        elif table.shape is not None and table.shape.is_value_type:
            enum = self.universe.is_enum(table.shape.definition)
            kind = MtKind.ENUM if enum else MtKind.VALUETYPE
            flags = TypeFlags.VALUETYPE | (TypeFlags.ENUM if enum else 0)
        bits = kind | (MtFlags.HAS_COMPONENT_SIZE if table.component_size else 0)
        for name, value in (
            ("ComponentSize", table.component_size), ("MTFlags", bits),
            ("BaseSize", table.base_size), ("NumVtableSlots", len(slots)),
            ("NumInterfaces", len(interfaces)),
            ("RelatedType", self.tables.get(self._sig(related), 0) if related else 0),
        ):
            self.poke("MethodTable", mt, name, value)
        self.memory.write(
            mt + 24, struct.pack(f"<{len(slots) + len(interfaces) + 1}Q", *slots, *interfaces,
                                 address))
        self.poke("TypeDesc", address, "MethodTable", mt)
        self.poke("TypeDesc", address, "Flags", flags)
        if table.element is not None:
            self.poke("TypeDesc", address, "Element", self.type(table.element))
            if sig.shape is not None:
                self.poke("TypeDesc", address, "Rank", sig.shape[0])
        if table.parent is not None:
            self.poke("TypeDesc", address, "Parent", self.type(table.parent))
        if table.shape is not None:
            self._members(sig, address, table.shape.definition)
        return address

    def _sig(self, sig: TypeSig) -> TypeSig:
        self.type(sig)
        return self.universe.normalize(sig.stripped())

    def table(self, sig: TypeSig) -> int:
        """The MethodTable of a type."""
        return self.tables[self._sig(sig)]

    def _members(self, sig: TypeSig, address: int, definition: TypeDef) -> None:
        shape = self.layout.fields.type_shape(sig)
        offsets = {s.field.token: s.offset for s in shape.fields if not s.inherited}
        rows: list[dict[str, int]] = []
        statics = 0
        for field in definition.fields:
            value = self.layout.fields.value_shape(field.type)
            offset = offsets.get(field.token, 0)
            flags = (1 if field.is_static else 0) | (2 if field.is_literal else 0)
            if field.is_static and not field.is_literal:
                offset = statics = statics + (-statics % value.align)
                statics += value.size
            rows.append({
                "Owner": address, "Token": field.token, "Offset": offset, "Size": value.size,
                "Flags": flags, "ValueKind": self.kind(field.type),
                "Name": self.text(field.name),
                "Type": 0 if value.is_reference else self.type(field.type)})
        if self.universe.is_enum(definition):
            underlying = self.type(self.universe.enum_underlying(definition))
            self.poke("TypeDesc", address, "Element", underlying)
        # Its own MethodDescs were made one by one; a debugger needs them as one array.
        size = self.contract.type("MethodDesc").known_size
        methods = self.memory.allocate(RECORDS, size * max(1, len(definition.methods)))
        for index, method in enumerate(definition.methods):
            found = self.methods.get((definition.assembly.key, method.token))
            if found is not None:
                self.memory.write(
                    methods + index * size, self.memory.read(found, size, "MethodDesc"))
            else:
                self._fill_method(methods + index * size, method, address)
                self.methods[(definition.assembly.key, method.token)] = methods + index * size
        for name, number in (
            ("Assembly", self.assemblies[definition.assembly.key]), ("Token", definition.token),
            ("InstanceSize", shape.instance_size), ("Align", shape.align),
            ("FieldCount", len(rows)), ("Fields", self.array("FieldDesc", rows)),
            ("MethodCount", len(definition.methods)), ("Methods", methods),
            ("Name", self.text(definition.name)), ("Namespace", self.text(definition.namespace)),
            ("Statics", self.memory.allocate(RECORDS, max(statics, 8))), ("StaticsSize", statics),
        ):
            self.poke("TypeDesc", address, name, number)

    def _fill_method(self, address: int, method: Method, owner: int) -> None:
        flags = (1 if method.is_static else 0) | (2 if method.is_virtual else 0)
        for name, value in (
            ("Owner", owner), ("Assembly", self.assemblies[method.assembly.key]),
            ("Token", method.token), ("Flags", flags), ("Name", self.text(method.name)),
            ("Slot", 0xFFFF),
        ):
            self.poke("MethodDesc", address, name, value)

    def method(self, method: Method) -> int:
        """The MethodDesc of a method; loads its type."""
        key = (method.assembly.key, method.token)
        if key not in self.methods:
            owner = self.type(self.universe.type_def_sig(method.owner))
            if key not in self.methods:  # its type is being made right now
                address = self.memory.allocate(
                    RECORDS, self.contract.type("MethodDesc").known_size)
                self._fill_method(address, method, owner)
                self.methods[key] = address
        return self.methods[key]

    def thunk(self, method: Method) -> int:
        """A thunk: mov r10, MethodDesc; jmp [r10]."""
        desc = self.method(method)
        code = b"\x49\xba" + struct.pack("<Q", desc) + b"\x41\xff\x22" + b"\xcc" * 3
        address = self.memory.allocate(CODE, 16)
        self.memory.write(address, code)
        self.poke("MethodDesc", desc, "Thunk", address)
        self.register(address, 16, 2, 0)
        return address

    # Code.

    def _chunk(self) -> int:
        capacity = 500
        size = self.contract.type("CodeEntry").known_size
        offset = self.contract.type("CodeChunk").field("Entries").offset
        address = self.memory.allocate(RECORDS, offset + capacity * size)
        self.poke("CodeChunk", address, "Capacity", capacity)
        self.set_global("CodeRegistry", address)
        return address

    def register(self, start: int, size: int, kind: int, record: int) -> None:
        """Add a code registry entry."""
        count = self.contract.view("CodeChunk", self.memory, self.chunk).get("Count")
        if count == 500:
            older = self.chunk
            self.chunk = self._chunk()
            self.poke("CodeChunk", older, "Next", self.chunk)
            self.set_global("CodeRegistry", getattr(self, "first_chunk", older))
            self.first_chunk = getattr(self, "first_chunk", older)
            count = 0
        offset = self.contract.type("CodeChunk").field("Entries").offset
        entry = self.chunk + offset + count * self.contract.type("CodeEntry").known_size
        for name, value in (("Start", start), ("Size", size), ("Kind", kind),
                            ("Record", record)):
            self.poke("CodeEntry", entry, name, value)
        self.poke("CodeChunk", self.chunk, "Count", count + 1)

    def code(
        self, method: Method, machine: bytes, prologue: int, frame: int, il_map: Sequence[tuple[
            int, int, int, Sequence[tuple[int, ValueKind, TypeSig | None]], int]],
        calls: Sequence[tuple[int, int, int]] = (), epilogues: Sequence[tuple[int, int]] = (),
        saved: int = 0, local_offsets: Sequence[int] = (), home_this: bool = True,
        stores: Sequence[dict[str, int]] = (),
    ) -> int:
        """Compiled code with its records. Map rows: (native, il, stack bytes, entries, flags)."""
        desc = self.method(method)
        start = self.memory.allocate(CODE, len(machine))
        self.memory.write(start, machine)
        needs = frame_needs(self.layout, method)
        roles = {Role.ARGUMENT: 0, Role.THIS: 1, Role.RETURN_BUFFER: 2}
        args = [{
            "Offset": h.offset, "Size": 8 if h.indirect else h.size, "Type": self.type(h.type),
            "Index": h.index, "SlotKind": roles[h.role], "Flags": 1 if h.indirect else 0,
            "ValueKind": self.kind(h.type)} for h in needs.homes]
        locals_ = [{
            "Offset": offset, "Size": n.size, "Type": self.type(n.type), "Index": n.index,
            "SlotKind": 4, "ValueKind": self.kind(n.type)}
            for n, offset in zip(needs.locals, local_offsets, strict=True)]
        pool: list[dict[str, int]] = []
        rows = []
        for native, il, stack_bytes, entries, flags in il_map:
            rows.append({"Native": native, "IL": il, "StackBytes": stack_bytes,
                         "EntriesIndex": len(pool), "Depth": len(entries), "Flags": flags})
            pool += [{"Type": self.type(t) if t else 0, "Size": size, "ValueKind": kind}
                     for size, kind, t in entries]
        record = self.put(
            "JitCode", CodeStart=start, CodeSize=len(machine), FrameSize=frame,
            PrologueSize=prologue, Method=desc, ILSize=len(method.body.il), SavedRegisters=saved,
            ArgCount=len(args), LocalCount=len(locals_), MapCount=len(rows),
            StackEntryCount=len(pool), CallSiteCount=len(calls), EpilogueCount=len(epilogues),
            StoreSiteCount=len(stores), Args=self.array("JitSlot", args),
            Locals=self.array("JitSlot", locals_), Map=self.array("JitMapEntry", rows),
            StackEntries=self.array("JitStackEntry", pool),
            CallSites=self.array("JitCallSite", [
                {"Native": n, "NativeReturn": r, "IL": i} for n, r, i in calls]),
            StoreSites=self.array("JitStoreSite", stores),
            Epilogues=self.array("JitRange", [{"Start": s, "End": e} for s, e in epilogues]))
        self.poke("MethodDesc", desc, "Code", record)
        self.poke("MethodDesc", desc, "Entry", start)
        self.register(start, len(machine), 1, record)
        return record

    def kind(self, sig: TypeSig) -> ValueKind:
        """The JIT's kind of a type."""
        sig = self.universe.normalize(sig.stripped())
        if self.layout.fields.value_shape(sig).is_reference:
            return ValueKind.REF
        return KINDS.get(sig.et, ValueKind.STRUCT)

    # Objects.

    def new(self, sig: TypeSig, length: int | None = None, data: bytes = b"", at: int = 8) -> int:
        """A heap block; `data` is written at object offset `at`."""
        table = self.layout.table(sig)
        mt = self.table(sig)
        size = table.base_size + table.component_size * (length or 0)
        block = self.memory.allocate(HEAP, 8 + (size + 7 & ~7), 8)
        address = block + 8
        self.memory.write(address, struct.pack("<Q", mt))
        if length is not None:
            self.memory.write(address + 8, struct.pack("<I", length))
        if data:
            self.memory.write(address + at, data)
        end = HEAP + len(self.memory.regions[HEAP])
        for name in ("Allocated", "Committed", "Reserved"):
            self.poke("HeapSegment", self.segment, name, end)
        return address

    def string(self, text: str) -> int:
        """A string object."""
        raw = text.encode("utf-16-le")
        return self.new(TypeSig(ET.STRING), len(raw) // 2, raw, 12)
