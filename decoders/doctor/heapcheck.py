"""Families 1 and 8 over the heap: blocks, overlaps, headers, and where references point."""

from __future__ import annotations

from dataclasses import dataclass, field

from decoders.doctor.assignable import Assignability
from decoders.doctor.model import Certainty, Damage, DamageKind, Finding, Place
from decoders.doctor.rules import RULES
from decoders.errors import DecodeError
from decoders.layout import align_up
from decoders.memory import read_pointer
from decoders.metadata import ET, TypeSig
from decoders.runtime import Block, Heap, HeapProblem, MtKind, Runtime, TypeInfo
from decoders.runtime.model import FieldFlags

MAX_FINDINGS = 32
MAX_BLOCKS = 1 << 20
MAX_ELEMENTS = 4096


@dataclass(slots=True)
class _Shape:
    """What a walk needs of a type: reference fields as (offset, static type, name)."""

    name: str
    base: int
    component: int
    fields: list[tuple[int, TypeSig, str]] = field(default_factory=list)
    element: TypeSig | None = None


class HeapCheck:
    """Walks the heap once, then follows the references of every object."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.heap = Heap(runtime)
        self.assignability = Assignability(runtime)
        self.tables: dict[int, int] = {}
        self.findings: list[Finding] = []
        self._shapes: dict[int, _Shape] = {}
        self._blocks: list[Block] = []

    def walk(self) -> None:
        """Blocks, overlaps and headers."""
        last: Block | None = None
        for found in self.heap.validate():
            if len(self.findings) >= MAX_FINDINGS or len(self._blocks) >= MAX_BLOCKS:
                return
            if isinstance(found, HeapProblem):
                self._problem(found, last)
                continue
            last = found
            if found.free:
                continue
            self._blocks.append(found)
            self.tables[found.address] = found.method_table
            self._size(found)
        self._headers()

    def references(self) -> None:
        """Every reference field and element."""
        for block in self._blocks:
            if len(self.findings) >= MAX_FINDINGS:
                return
            shape = self._shape(block.method_table)
            if shape.fields:
                data = self.runtime.memory.read(block.address, block.size, "an object")
                for offset, sig, name in shape.fields:
                    if offset + 8 <= len(data):
                        value = int.from_bytes(data[offset : offset + 8], "little")
                        self.reference(
                            value, sig, f"{shape.name}.{name}", block.address + offset)
            elif shape.element is not None and block.length:
                self._elements(block, shape, shape.element)

    def statics(self) -> None:
        """Every static field of a reference type."""
        runtime = self.runtime
        for info in runtime.types():
            if not info.is_loaded or not info.record.statics or not info.record.token:
                continue
            name = runtime.type_name(info.address)
            for found in runtime.fields(info):
                if not found.is_static or found.is_literal or found.record.flags & FieldFlags.RVA:
                    continue
                sig = runtime.metadata_field(found).type
                if not runtime.layout.fields.value_shape(sig).is_reference:
                    continue
                address = info.record.statics + found.record.offset
                value = read_pointer(runtime.memory, address, f"static {name}.{found.name}")
                self.reference(value, sig, f"static {name}.{found.name}", address, Place(
                    type=name, address=address))

    def _elements(self, block: Block, shape: _Shape, element: TypeSig) -> None:
        count = min(block.length or 0, MAX_ELEMENTS)
        first = self.runtime.contract.type("Array").field("FirstElement").offset
        data = self.runtime.memory.read(
            block.address + first, min(8 * count, block.size - first), "array elements")
        for index in range(len(data) // 8):
            value = int.from_bytes(data[8 * index : 8 * index + 8], "little")
            if value:
                self.reference(value, element, f"{shape.name}[{index}]",
                               block.address + first + 8 * index)

    # Parts.

    def _problem(self, found: HeapProblem, last: Block | None) -> None:
        evidence: tuple[str, ...] = ()
        types: set[str] = set()
        if last is not None:
            shape = self._shape(last.method_table)
            types.add(shape.name)
            evidence = (f"the block before is {self._label(last)}, {last.size} bytes",)
        self.findings.append(Finding(
            RULES["heap-block"], f"the heap does not go on at {found.address:#x}: {found.message}",
            Place(address=found.address), found.message, "a block", evidence,
            types=frozenset(types), damage=self._damaged(found, last)))

    def _damaged(self, found: HeapProblem, last: Block | None) -> tuple[Damage, ...]:
        """The block's first word, or an array's length: its own, or that of the one before it."""
        at = found.address
        if self._length_at(at) is not None:
            return self._length(at)
        table = self._word(DamageKind.METHOD_TABLE, at, 8, "the MethodTable pointer of the block")
        return table + (self._length(last.address) if last is not None else ())

    def _length(self, array: int) -> tuple[Damage, ...]:
        at = self._length_at(array)
        if at is None:
            return ()
        return self._word(DamageKind.ARRAY_LENGTH, at, 4, f"the length of the array at {array:#x}")

    def _length_at(self, address: int) -> int | None:
        """Where the length of the array at an address lies; None when no array begins there."""
        try:
            table = read_pointer(self.runtime.memory, address, "a MethodTable pointer")
            kind = self.runtime.method_table(table).kind
        except DecodeError:
            return None  # said by the walk
        if kind not in (MtKind.SZARRAY, MtKind.MDARRAY):
            return None
        return address + self.runtime.contract.type("Array").field("m_NumComponents").offset

    def _word(self, kind: DamageKind, address: int, size: int, what: str) -> tuple[Damage, ...]:
        try:
            data = self.runtime.memory.read(address, size, what)
        except DecodeError:
            return ()  # not mapped: nobody wrote it
        return (Damage(kind, address, size, int.from_bytes(data, "little"), what),)

    def _label(self, block: Block) -> str:
        name = self._shape(block.method_table).name
        if block.length is not None and name.endswith("[]"):
            name = f"{name[:-2]}[{block.length}]"
        return f"{name}@{block.address:#x}"

    def _size(self, block: Block) -> None:
        shape = self._shape(block.method_table)
        need = align_up(shape.base + shape.component * (block.length or 0), 8)
        if need <= block.size:
            return
        self.findings.append(Finding(
            RULES["heap-overlap"],
            f"{self._label(block)} needs {need} bytes and its block has {block.size}: its end lies "
            "over the next object", Place(type=shape.name, address=block.address),
            f"{block.size} bytes", f"{need} bytes",
            (f"the next object begins at {block.address + block.size + self.heap.header:#x}",),
            types=frozenset({shape.name})))

    def _headers(self) -> None:
        contract = self.runtime.contract
        layout = contract.type("ObjectHeader")
        gc, lock = layout.field("GCBits").offset, layout.field("HashLock").offset
        masks = ("ObjectHeaderGCMask", "ObjectHeaderHashMask")
        if any(name not in contract.globals for name in masks):
            return  # a runtime that does not say which bits it sets
        gc_mask, hash_mask = (contract.number(name) for name in masks)
        for block in self._blocks:
            raw = self.runtime.memory.read(
                block.address - self.heap.header, self.heap.header, "an object header")
            bits = int.from_bytes(raw[gc : gc + 4], "little")
            number = int.from_bytes(raw[lock : lock + 4], "little")
            if not bits & ~gc_mask and not number & ~hash_mask:
                continue
            if len(self.findings) >= MAX_FINDINGS:
                return
            self.findings.append(Finding(
                RULES["heap-header"],
                f"the header of {self._label(block)} is overwritten",
                Place(type=self._shape(block.method_table).name, address=block.address),
                f"GC bits {bits:#x}, hash and lock {number:#x}",
                f"GC bits within {gc_mask:#x}, hash and lock within {hash_mask:#x}",
                damage=(Damage(
                    DamageKind.OBJECT_HEADER, block.address - self.heap.header, len(raw),
                    int.from_bytes(raw, "little"), f"the header of {self._label(block)}"),)))

    def _shape(self, table: int) -> _Shape:
        found = self._shapes.get(table)
        if found is None:
            info = self.runtime.type_of_table(table)
            found = self._make(info, table)
            self._shapes[table] = found
        return found

    def _make(self, info: TypeInfo, table: int) -> _Shape:
        runtime = self.runtime
        record = runtime.method_table(table).record
        name = runtime.type_name(info.address)
        shape = _Shape(name, record.base_size, record.component_size)
        if runtime.method_table(table).kind is MtKind.FREE:
            return shape
        try:
            expected = runtime.layout.table(runtime.sig(info.address))
        except DecodeError:
            return shape  # said by the type's own check
        shape.base, shape.component = expected.base_size, expected.component_size
        fields = runtime.layout.fields
        if expected.element is not None:
            if fields.value_shape(expected.element).is_reference and (
                    runtime.sig(info.address).et is ET.SZARRAY):
                shape.element = expected.element
        elif expected.shape is not None and not expected.shape.is_value_type:
            shape.fields = [
                (s.offset, s.type, s.field.name) for s in expected.shape.fields
                if fields.value_shape(s.type).is_reference]
        return shape

    # References.

    def reference(
        self, value: int, sig: TypeSig, slot: str, address: int, place: Place | None = None
    ) -> None:
        """Check that a reference is null or points to an object that fits."""
        if not value:
            return
        table = self.tables.get(value)
        static = self.runtime.layout.fields.name(sig)
        where = place or Place(address=address)
        damage = (Damage(DamageKind.REFERENCE, address, 8, value, slot),)
        if table is None:
            self.findings.append(Finding(
                RULES["reference-target"], f"{slot}, a {static}, holds {value:#x}, where no object "
                "begins", where, f"{value:#x}", f"null or a {static}", certainty=Certainty.LIKELY,
                types=frozenset({static, slot.partition(".")[0]}), damage=damage))
            return
        if self.assignability.fits(table, sig):
            return
        name = self._shape(table).name
        self.findings.append(Finding(
            RULES["reference-type"], f"{slot}, a {static}, points to a {name} at {value:#x}", where,
            name, f"a {static}", types=frozenset({static}), damage=damage))
