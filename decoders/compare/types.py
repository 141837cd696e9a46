"""A type's claimed layout, MethodTable, vtable and interfaces against those of its metadata."""

from __future__ import annotations

from dataclasses import dataclass, field

from decoders.compare.model import Difference
from decoders.errors import DecodeError
from decoders.layout import ExpectedTable
from decoders.metadata import type_name
from decoders.runtime import CodeRegistry, MethodInfo, MethodTable, MtFlags, Runtime, TypeInfo
from decoders.runtime.model import ADDRESS


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field as claimed and as expected; None where one side lacks it. Offsets in bytes."""

    name: str
    type: str
    owner: str
    is_static: bool
    claimed_offset: int | None
    expected_offset: int | None
    claimed_size: int | None
    expected_size: int | None

    @property
    def differs(self) -> bool:
        """Whether the two sides disagree (statics have no expected place)."""
        return not self.is_static and (self.claimed_offset, self.claimed_size) != (
            self.expected_offset, self.expected_size)


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A vtable slot: the code address in it, the method it leads to, the one that should be."""

    index: int
    address: int = field(metadata=ADDRESS)
    claimed: str
    expected: str
    compiled: bool
    differs: bool


@dataclass(frozen=True, slots=True)
class TypeComparison:
    """A type seen from both sides. `differences` is empty when they agree.

    `holes` are the expected layout's padding bytes as (offset, size).
    """

    name: str
    type_desc: int = field(metadata=ADDRESS)
    method_table: int = field(metadata=ADDRESS)
    assembly: str
    token: int = field(metadata=ADDRESS)
    kind: str
    flags: tuple[str, ...]
    claimed_base_size: int | None
    expected_base_size: int
    claimed_component_size: int | None
    expected_component_size: int
    claimed_instance_size: int
    expected_instance_size: int | None
    parent: str
    element: str
    interfaces: tuple[str, ...]
    fields: tuple[FieldRow, ...]
    vtable: tuple[SlotRow, ...]
    holes: tuple[tuple[int, int], ...]
    differences: tuple[Difference, ...]


def compare_type(runtime: Runtime, registry: CodeRegistry, info: TypeInfo) -> TypeComparison:
    """Compare one loaded type; DecodeError when one side cannot be had at all."""
    return _TypeComparer(runtime, registry, info).run()


class _TypeComparer:
    def __init__(self, runtime: Runtime, registry: CodeRegistry, info: TypeInfo) -> None:
        self.runtime = runtime
        self.registry = registry
        self.info = info
        self.name = runtime.type_name(info.address)
        self.differences: list[Difference] = []

    def _differ(self, subject: str, what: str, claimed: object, expected: object) -> None:
        if claimed != expected:
            self.differences.append(
                Difference(subject, what, str(claimed), str(expected), "metadata"))

    def run(self) -> TypeComparison:
        runtime, record = self.runtime, self.info.record
        expected = runtime.layout.table(runtime.sig(self.info.address))
        table = runtime.method_table(record.method_table) if record.method_table else None
        if table is not None:
            self._sizes(table, expected)
        shape = expected.shape
        if shape is not None and self.info.is_loaded:
            self._differ(self.name, "instance size", record.instance_size, shape.instance_size)
        fields = self._fields(expected)
        vtable = self._vtable(table, expected) if table is not None else []
        interfaces = self._interfaces(table, expected) if table is not None else []
        self._methods()
        parent = table.record.related_type if table is not None and not expected.element else 0
        return TypeComparison(
            self.name, self.info.address, record.method_table, self._assembly(), record.token,
            table.kind.name.lower() if table is not None and table.kind is not None else "none",
            tuple(f.name or "" for f in MtFlags if table is not None
                  and f.value & table.record.mt_flags),
            table.record.base_size if table else None, expected.base_size,
            table.record.component_size if table else None, expected.component_size,
            record.instance_size, shape.instance_size if shape is not None else None,
            self._table_name(parent), runtime.type_name(record.element) if record.element else "",
            tuple(interfaces), tuple(fields), tuple(vtable),
            tuple(shape.holes) if shape is not None else (), tuple(self.differences),
        )

    def _assembly(self) -> str:
        address = self.info.record.assembly
        return self.runtime.assembly_at(address).name if address else ""

    def _table_name(self, address: int) -> str:
        if not address:
            return ""
        try:
            return self.runtime.type_name(self.runtime.type_of_table(address).address)
        except DecodeError as error:
            return f"<{error}>"

    def _sizes(self, table: MethodTable, expected: ExpectedTable) -> None:
        self._differ(self.name, "BaseSize", table.record.base_size, expected.base_size)
        self._differ(
            self.name, "ComponentSize", table.record.component_size, expected.component_size)
        pointers = bool(table.record.mt_flags & MtFlags.HAS_POINTERS)
        self._differ(self.name, "HasPointers", pointers, expected.references)
        related = expected.element or expected.parent
        self._differ(
            self.name, "element type" if expected.element else "parent",
            self._table_name(table.record.related_type),
            type_name(self.runtime.universe, related) if related is not None else "")

    def _fields(self, expected: ExpectedTable) -> list[FieldRow]:
        runtime = self.runtime
        slots = {
            (s.field.assembly.key, s.field.token): s
            for s in (expected.shape.fields if expected.shape is not None else ())
        }
        rows = []
        claimed = runtime.all_fields(self.info) if expected.shape is not None else []
        statics = [
            (self.info, f) for f in (runtime.fields(self.info) if self.info.record.token else [])
            if f.is_static and not f.is_literal
        ]
        for owner, found in [*claimed, *statics]:
            definition = runtime.metadata_field(found)
            slot = slots.pop((definition.assembly.key, definition.token), None)
            row = FieldRow(
                found.name, type_name(runtime.universe, definition.type),
                runtime.type_name(owner.address), found.is_static, found.record.offset,
                slot.offset if slot else None, found.record.size, slot.size if slot else None)
            rows.append(row)
            if not found.is_static:
                subject = f"field {found.name}"
                self._differ(subject, "offset", row.claimed_offset, row.expected_offset)
                self._differ(subject, "size", row.claimed_size, row.expected_size)
        for slot in slots.values():
            if not self.info.is_loaded:
                break
            rows.append(FieldRow(
                slot.field.name, type_name(runtime.universe, slot.type),
                slot.field.owner.full_name, False, None, slot.offset, None, slot.size))
            self._differ(f"field {slot.field.name}", "offset", "missing", slot.offset)
        return sorted(rows, key=lambda r: (r.is_static, r.claimed_offset or 0))

    def _vtable(self, table: MethodTable, expected: ExpectedTable) -> list[SlotRow]:
        self._differ(self.name, "number of vtable slots", len(table.vtable), len(expected.vtable))
        rows = []
        for index, address in enumerate(table.vtable):
            wanted = expected.vtable[index].full_name if index < len(expected.vtable) else ""
            found, same, compiled = "", False, False
            try:
                place = self.registry.find(address) if address else None
                method = place.method if place is not None else None
                if method is not None:
                    found = self.runtime.method_name(method)
                    compiled = method.is_compiled
                    same = index < len(expected.vtable) and (
                        self.runtime.metadata_method(method) == expected.vtable[index])
                elif not address:
                    # A slot of an abstract method has nothing to lead to.
                    same = index < len(expected.vtable) and expected.vtable[index].is_abstract
            except DecodeError as error:
                found = f"<{error}>"
            rows.append(SlotRow(index, address, found, wanted, compiled, not same))
            if not same:
                self.differences.append(Difference(
                    f"vtable slot {index}", "method", found or f"{address:#x}", wanted or "no slot",
                    "metadata"))
        return rows

    def _methods(self) -> None:
        """Each method's code must be its own, and its entry must not lead into another's."""
        for method in self.runtime.methods(self.info) if self.info.record.methods else []:
            if method.is_compiled:
                owner = self.registry.code(method.record.code).record.method
                self._owner(method, "code", owner)
            place = self.registry.find(method.record.entry)
            # Before its first call the entry is a stub or native code, which is nobody's.
            if place is not None and place.code is not None:
                self._owner(method, "entry", place.code.record.method)

    def _owner(self, method: MethodInfo, what: str, owner: int) -> None:
        if owner != method.address:
            name = self.runtime.method_name
            self._differ(
                f"method {method.name}", what, name(self.runtime.method(owner), True),
                name(method, True))

    def _interfaces(self, table: MethodTable, expected: ExpectedTable) -> list[str]:
        claimed = [self._table_name(i) for i in table.interfaces]
        wanted = [type_name(self.runtime.universe, i) for i in expected.interfaces]
        self._differ(self.name, "interface map", ", ".join(claimed), ", ".join(wanted))
        return claimed
