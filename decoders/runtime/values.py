"""Values as claimed layouts place them: objects, arrays, strings, boxes, structs, statics.

What cannot be read becomes the `error` of that value, so that everything else is still shown.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from decoders.errors import DecodeError, ReadError, TargetError
from decoders.memory import read_pointer
from decoders.metadata import ET, quote, type_name
from decoders.runtime.model import ADDRESS, FieldInfo, MethodTable, MtKind, TypeInfo
from decoders.runtime.runtime import Runtime

MAX_DEPTH = 16
MAX_FIELDS = 4096
MAX_CHARS = 1 << 16
_PRIMITIVES = {
    ET.BOOLEAN: "?", ET.CHAR: "H", ET.I1: "b", ET.U1: "B", ET.I2: "h", ET.U2: "H", ET.I4: "i",
    ET.U4: "I", ET.I8: "q", ET.U8: "Q", ET.R4: "f", ET.R8: "d", ET.I: "q", ET.U: "Q",
}


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a static type at an address.

    Exactly one of these says what it is: `scalar` for primitives, enums and pointers; `target` for
    references (None inside it: null); `fields` for structs; `error` when it could not be read.
    """

    type: str
    address: int = field(metadata=ADDRESS)
    size: int
    text: str
    scalar: int | float | bool | str | None = None
    target: ObjectValue | None = None
    fields: tuple[FieldValue, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class ByrefValue(Value):
    """A managed pointer (`ref int`); `scalar` is the address, `pointee` the variable there."""

    pointee: Value | None = None


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A field with its claimed offset and value."""

    name: str
    offset: int
    size: int
    type: str
    owner: str
    is_static: bool
    value: Value


@dataclass(frozen=True, slots=True)
class ObjectValue:
    """A heap object. `size` is its block without the header, from MethodTable and length.

    `fields` for ordinary objects (and boxed values), `elements` for arrays, `string` for strings;
    `truncated` when not all elements or characters are here.
    """

    address: int = field(metadata=ADDRESS)
    method_table: int = field(metadata=ADDRESS)
    type: str
    kind: str
    size: int
    length: int | None
    stride: int
    string: str | None
    fields: tuple[FieldValue, ...]
    elements: tuple[Value, ...]
    first_element: int
    truncated: bool
    gc_bits: int
    hash_lock: int


class Values:
    """Reads values; `elements` caps what is read of arrays."""

    def __init__(self, runtime: Runtime, elements: int = 32) -> None:
        self.runtime = runtime
        self.memory = runtime.memory
        self.elements = elements

    # Values by static type.

    def value(self, info: TypeInfo, address: int, depth: int = 1) -> Value:
        """The value of a type at an address. `depth` levels of references are followed."""
        name = self._name(info)
        try:
            return self._value(info, name, address, depth, MAX_DEPTH)
        except DecodeError as error:
            return Value(name, address, 0, f"<{error}>", error=str(error))

    def _name(self, info: TypeInfo) -> str:
        try:
            return self.runtime.type_name(info.address)
        except DecodeError as error:
            return f"<unnamed type at {info.address:#x}: {error}>"

    def _value(
        self, info: TypeInfo, name: str, address: int, depth: int, nesting: int
    ) -> Value:
        if nesting <= 0:
            raise TargetError(f"{name} holds itself: its fields are corrupt")
        if info.is_enum and info.record.element:
            return self._enum(info, name, address)
        et = info.record.element_type
        if et in _PRIMITIVES:
            return self._primitive(ET(et), name, address)
        if info.is_value_type or et == ET.VALUETYPE:
            fields = self._fields(info, address, depth, nesting)
            text = "{" + ", ".join(f"{f.name}={f.value.text}" for f in fields[:8])
            text += ", ...}" if len(fields) > 8 else "}"
            return Value(name, address, info.record.instance_size, text, fields=fields)
        pointer = read_pointer(self.memory, address, f"a {name}")
        if et == ET.BYREF and pointer and info.record.element:
            return self._byref(info, name, address, pointer, depth, nesting)
        if et in (ET.PTR, ET.BYREF, ET.FNPTR):
            return Value(name, address, 8, f"{pointer:#x}", pointer)
        return self.reference(name, address, pointer, depth)

    def _byref(
        self, info: TypeInfo, name: str, address: int, pointer: int, depth: int, nesting: int
    ) -> Value:
        """A managed pointer and the variable that it points to."""
        element = self.runtime.type(info.record.element)
        try:
            pointee = self._value(element, self._name(element), pointer, depth, nesting - 1)
        except DecodeError as error:
            reason = error.reason if isinstance(error, ReadError) else str(error)
            return ByrefValue(
                name, address, 8, f"{pointer:#x} -> <{reason}>", pointer, error=str(error))
        return ByrefValue(
            name, address, 8, f"{pointer:#x} -> {pointee.text}", pointer, pointee=pointee)

    def reference(self, name: str, address: int, pointer: int, depth: int = 1) -> Value:
        """A reference that was read already: null, or the object it points to."""
        if not pointer:
            return Value(name, address, 8, "null", 0)
        if depth <= 0:
            return Value(name, address, 8, self._summary(pointer), pointer)
        try:
            target = self.object(pointer, depth - 1)
        except DecodeError as error:
            # On one line among others the reason is enough; `error` has it all.
            reason = error.reason if isinstance(error, ReadError) else str(error)
            text = f"{pointer:#x} <no object: {reason}>"
            return Value(name, address, 8, text, pointer, error=str(error))
        return Value(name, address, 8, describe(target), pointer, target)

    def _summary(self, pointer: int) -> str:
        try:
            table = self._table(pointer)
            info = self.runtime.type_of_table(table.address)
            if table.kind is MtKind.STRING:
                return quote(self.string(pointer)[0])
            return brief(self._name(info), self.length(table, pointer), pointer)
        except DecodeError as error:
            return f"{pointer:#x} <no object: {error}>"

    def _primitive(self, et: ET, name: str, address: int) -> Value:
        code = _PRIMITIVES[et]
        size = struct.calcsize(code)
        raw = self.memory.read(address, size, f"a {name}")
        scalar: int | float | bool | str
        if et is ET.BOOLEAN:
            # Any byte but 0 and 1 is worth seeing as it is.
            number = raw[0]
            scalar = bool(number)
            text = ("false", "true")[number] if number < 2 else f"true ({number:#x})"
        elif et is ET.CHAR:
            number = int.from_bytes(raw, "little")
            scalar = chr(number) if not 0xD800 <= number < 0xE000 else "\ufffd"
            text = f"'{scalar}' ({number})" if scalar.isprintable() else f"'\\u{number:04x}'"
        else:
            scalar = struct.unpack("<" + code, raw)[0]
            text = f"{scalar:#x}" if et in (ET.I, ET.U) else str(scalar)
        return Value(name, address, size, text, scalar)

    def _enum(self, info: TypeInfo, name: str, address: int) -> Value:
        underlying = self.runtime.type(info.record.element)
        number = self._primitive(_primitive_of(underlying), name, address)
        text = number.text
        if isinstance(number.scalar, int):
            label = self._enum_label(info, number.scalar, number.size)
            text = f"{label} ({number.text})" if label else number.text
        return Value(name, address, number.size, text, number.scalar)

    def _enum_label(self, info: TypeInfo, value: int, size: int) -> str:
        """Literal names whose constant is the value, or that make it up as flags."""
        try:
            definition = self.runtime.definition(info)
            constants = [
                (f.name, int.from_bytes(f.constant[1][:size], "little"))
                for f in definition.fields if f.is_literal and f.constant
            ]
        except DecodeError:
            return ""  # no metadata: the number alone is shown
        bits = value & ((1 << 8 * size) - 1)
        exact = next((n for n, c in constants if c == bits), None)
        if exact:
            return exact
        parts = [n for n, c in constants if c and c & (c - 1) == 0 and c & bits]
        covered = sum(c for n, c in constants if n in parts)
        return " | ".join(parts) if parts and covered == bits else ""

    # Fields.

    def _fields(
        self, info: TypeInfo, base: int, depth: int, nesting: int
    ) -> tuple[FieldValue, ...]:
        pairs = self.runtime.all_fields(info)
        return tuple(
            self._field(owner, f, base + f.record.offset, depth, nesting)
            for owner, f in pairs[:MAX_FIELDS]
        )

    def _field(
        self, owner: TypeInfo, found: FieldInfo, address: int, depth: int, nesting: int
    ) -> FieldValue:
        name = "?"
        try:
            info = self._field_type(found)
            if info is None:
                # A reference whose type nobody needed yet: metadata still knows its name.
                name = self._metadata_type(found)
                pointer = read_pointer(self.memory, address, f"field {found.name}")
                value = self.reference(name, address, pointer, depth)
            else:
                name = self._name(info)
                value = self._value(info, name, address, depth, nesting - 1)
        except DecodeError as error:
            value = Value(name, address, 0, f"<{error}>", error=str(error))
        return FieldValue(
            found.name, found.record.offset, found.record.size, name, self._name(owner),
            found.is_static, value,
        )

    def _field_type(self, found: FieldInfo) -> TypeInfo | None:
        return self.runtime.type(found.record.type) if found.record.type else None

    def _metadata_type(self, found: FieldInfo) -> str:
        return type_name(self.runtime.universe, self.runtime.metadata_field(found).type)

    def statics(self, info: TypeInfo, depth: int = 1) -> tuple[FieldValue, ...]:
        """Static fields (not literals) from the type's static storage."""
        fields = [f for f in self.runtime.fields(info) if f.is_static and not f.is_literal]
        base = info.record.statics
        if fields and not base:
            raise TargetError(f"{self._name(info)} has no static storage yet")
        return tuple(
            self._field(info, f, base + f.record.offset, depth, MAX_DEPTH) for f in fields
        )

    # Objects.

    def _table(self, address: int) -> MethodTable:
        if address % 8:
            raise TargetError(f"{address:#x} is misaligned: no object lies there")
        offset = self.runtime.contract.type("Object").field("m_pMethTab").offset
        pointer = read_pointer(self.memory, address + offset, "an object's MethodTable pointer")
        self.runtime.type_of_table(pointer)
        return self.runtime.method_table(pointer)

    def length(self, table: MethodTable, address: int) -> int | None:
        """Claimed length of an array or string, None for other objects."""
        if not table.has_component_size:
            return None
        name = "String" if table.kind is MtKind.STRING else "Array"
        view = self.runtime.contract.view(name, self.memory, address)
        return view.get("m_StringLength" if name == "String" else "m_NumComponents", "uint32")

    def size(self, table: MethodTable, length: int | None) -> int:
        """Bytes of an object without its header, rounded up to the alignment."""
        alignment = self.runtime.contract.number("ObjectAlignment")
        raw = table.record.base_size + table.record.component_size * (length or 0)
        if self.runtime.contract.number("ObjectHeaderInBaseSize"):
            raw -= self.runtime.contract.number("ObjectHeaderSize")
        return -(-raw // alignment) * alignment

    def object(self, address: int, depth: int = 1, start: int = 0) -> ObjectValue:
        """The object at an address (arrays from element `start` on), or DecodeError."""
        if not address:
            raise TargetError("the reference is null")
        table = self._table(address)
        info = self.runtime.type_of_table(table.address)
        length = self.length(table, address)
        if length is not None and (length < 0 or length > 0x7FFFFFFF):
            raise TargetError(f"the object at {address:#x} claims a length of {length}")
        header = self._header(address)
        string, truncated = None, False
        fields: tuple[FieldValue, ...] = ()
        elements: tuple[Value, ...] = ()
        if table.kind is MtKind.STRING:
            string, truncated = self.string(address)
        elif table.kind in (MtKind.SZARRAY, MtKind.MDARRAY):
            elements = self._elements(table, info, address, length or 0, start, depth)
            truncated = start + len(elements) < (length or 0)
        elif info.is_value_type:
            boxed = address + self._box_offset()
            if info.is_enum or info.record.element_type in _PRIMITIVES:
                inner = self.value(info, boxed, depth)
                fields = (FieldValue("value", 0, inner.size, inner.type, inner.type, False, inner),)
            else:
                fields = self._fields(info, boxed, depth, MAX_DEPTH)
        else:
            fields = self._fields(info, address, depth, MAX_DEPTH)
        kind = table.kind.name.lower() if table.kind is not None else "?"
        return ObjectValue(
            address, table.address, self._name(info), kind, self.size(table, length), length,
            table.record.component_size, string, fields, elements, start, truncated, *header,
        )

    def _box_offset(self) -> int:
        return self.runtime.contract.type("Object").field("m_pMethTab").offset + 8

    def _header(self, address: int) -> tuple[int, int]:
        size = self.runtime.contract.number("ObjectHeaderSize")
        view = self.runtime.contract.view("ObjectHeader", self.memory, address - size)
        return view.get("GCBits", "uint32"), view.get("HashLock", "uint32")

    def string(self, address: int) -> tuple[str, bool]:
        """A string's text (at most 65,536 characters) and whether it was cut."""
        layout = self.runtime.contract.type("String")
        view = self.runtime.contract.view("String", self.memory, address)
        length = view.get("m_StringLength", "int32")
        if length < 0:
            raise TargetError(f"the string at {address:#x} claims a length of {length}")
        count = min(length, MAX_CHARS)
        start = address + layout.field("m_FirstChar").offset
        raw = self.memory.read(start, 2 * count, f"{count} characters of a string")
        return raw.decode("utf-16-le", "replace"), count < length

    def data_address(self, table: MethodTable, address: int) -> int:
        """Address of an array's element 0 (behind the bounds of a multi-dimensional one)."""
        if table.kind is MtKind.MDARRAY:
            return address + table.record.base_size
        return address + self.runtime.contract.type("Array").field("FirstElement").offset

    def _elements(
        self, table: MethodTable, info: TypeInfo, address: int, length: int, start: int, depth: int
    ) -> tuple[Value, ...]:
        if not info.record.element:
            raise TargetError(f"the array type {self._name(info)} has no element type")
        element = self.runtime.type(info.record.element)
        data, stride = self.data_address(table, address), table.record.component_size
        if not stride:
            raise TargetError(
                f"the array at {address:#x} has ComponentSize 0: its MethodTable is not an array's"
            )
        first, last = max(0, start), min(length, max(0, start) + self.elements)
        return tuple(
            self.value(element, data + i * stride, depth) for i in range(first, last)
        )


def _primitive_of(info: TypeInfo) -> ET:
    if info.record.element_type not in _PRIMITIVES:
        raise TargetError(
            f"an enum's underlying type has element type {info.record.element_type:#x}"
        )
    return ET(info.record.element_type)


def describe(target: ObjectValue) -> str:
    """An object in a few words: a quoted string, `PciBar[6]@0x...` or `PciDeviceInfo@0x...`."""
    if target.string is not None:
        return quote(target.string)
    return brief(target.type, target.length, target.address)


def brief(type_text: str, length: int | None, address: int) -> str:
    """An object's type without namespace, its length and address."""
    head, bracket, rest = type_text.partition("<")
    name = head.rpartition(".")[2].rpartition("+")[2] + bracket + rest
    if length is not None and name.endswith("[]"):
        name = f"{name[:-2]}[{length}]"
    elif length is not None:
        name += f"({length} elements)"
    return f"{name}@{address:#x}"
