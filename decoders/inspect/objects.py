"""Objects, arrays and strings with what can be checked about them."""

from __future__ import annotations

from dataclasses import dataclass, field

from decoders.errors import DecodeError, TargetError
from decoders.memory import read_pointer
from decoders.metadata import ET
from decoders.runtime import (
    Block,
    Heap,
    MethodTable,
    MtKind,
    ObjectValue,
    Runtime,
    TypeInfo,
    Value,
    Values,
)
from decoders.runtime.model import ADDRESS
from decoders.runtime.records import HeapSegmentRecord


@dataclass(frozen=True, slots=True)
class ObjectView:
    """clr-obj: an object. `notes` are worth knowing, `problems` should not be."""

    object: ObjectValue
    notes: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArrayView:
    """clr-array: an array and whether its block holds its elements.

    `needed` is what the elements take by the expected stride, `block` what the block has from the
    object's start; `behind` says what begins where the block ends.
    """

    object: ObjectValue
    element_type: str
    data: int = field(metadata=ADDRESS)
    expected_stride: int | None
    needed: int | None
    block: int
    behind: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StringView:
    """clr-str: a string's text; `truncated` when there is more of it."""

    address: int = field(metadata=ADDRESS)
    length: int
    text: str
    truncated: bool
    problems: tuple[str, ...]


def located(runtime: Runtime, address: int) -> str:
    """Where an address lies in the heap, for addresses that are no object; "" outside it."""
    try:
        block = Heap(runtime).find(address)
        if block is None:
            return ""
        info = runtime.type_of_table(block.method_table)
        name = runtime.type_name(info.address)
    except DecodeError:
        return ""  # the heap cannot be walked that far: nothing more is known of the address
    if address < block.address:
        return f"it lies in the header of {name}@{block.address:#x}"
    place = f"it lies in {name}@{block.address:#x} at +{address - block.address}"
    inside = _field_at(runtime, info, block, address)
    return place + (f" ({inside})" if inside else "")


def _field_at(runtime: Runtime, info: TypeInfo, block: Block, address: int) -> str:
    offset = address - block.address
    if block.length is not None:
        table = runtime.method_table(block.method_table)
        start = Values(runtime).data_address(table, block.address) - block.address
        stride = table.record.component_size
        if table.kind is MtKind.STRING or not stride or offset < start:
            return ""
        return f"element {(offset - start) // stride}"
    if info.is_value_type:
        offset -= 8
    try:
        fields = runtime.all_fields(info)
    except DecodeError:
        return ""  # the block and the offset are still worth saying
    for _, item in fields:
        if item.record.offset <= offset < item.record.offset + max(1, item.record.size):
            return f"field {item.name}"
    return ""


def segment_of(runtime: Runtime, address: int) -> HeapSegmentRecord | None:
    """The heap segment that an address lies in."""
    return next((s for s in Heap(runtime).segments() if s.start <= address < s.allocated), None)


def object_view(runtime: Runtime, values: Values, address: int, depth: int) -> ObjectView:
    """The object at an address; DecodeError that says what lies there instead.

    `depth` levels of references are followed beyond the object's own fields.
    """
    _not_null(address)
    try:
        found = values.object(address, depth)
    except DecodeError as error:
        raise _not_an_object(runtime, address, error) from error
    notes: list[str] = []
    problems: list[str] = []
    if found.kind == MtKind.FREE.name.lower():
        notes.append("a free block: no object lives here any more")
    _check_place(runtime, found, problems)
    return ObjectView(found, tuple(notes), tuple(problems))


def _not_null(address: int) -> None:
    if not address:
        raise TargetError("the reference is null: there is no object at address 0")


def _not_an_object(runtime: Runtime, address: int, error: DecodeError) -> TargetError:
    """One sentence: why this is no object, and what is there."""
    where = located(runtime, address)
    return TargetError(f"no object at {address:#x}: {error}" + (f"; {where}" if where else ""))


def _check_place(runtime: Runtime, found: ObjectValue, problems: list[str]) -> None:
    try:
        segment = segment_of(runtime, found.address)
    except DecodeError as error:
        problems.append(f"the heap's segments cannot be read: {error}")
        return
    if segment is None:
        problems.append(f"{found.address:#x} lies in no heap segment")
    elif found.address + found.size > segment.allocated:
        over = found.address + found.size - segment.allocated
        problems.append(
            f"its {found.size} bytes end {over} bytes behind the heap: "
            + (f"the length {found.length} is corrupt" if found.length is not None
               else "its MethodTable is another type's"))


def array_view(
    runtime: Runtime, values: Values, address: int, start: int, depth: int
) -> ArrayView:
    """An array from element `start` on. The reader's `elements` caps how many are read."""
    _not_null(address)
    try:
        table = _table(runtime, address)
        info = runtime.type_of_table(table.address)
    except DecodeError as error:
        raise _not_an_object(runtime, address, error) from error
    if table.kind not in (MtKind.SZARRAY, MtKind.MDARRAY):
        raise TargetError(_no_array(runtime, table, info, address))
    length = values.length(table, address) or 0
    if start > length:
        raise TargetError(
            f"the array at {address:#x} has {length} elements; there is none at {start}")
    problems: list[str] = []
    found = values.object(address, depth, start)
    _check_place(runtime, found, problems)
    expected = _expected_stride(runtime, info, problems)
    data = values.data_address(table, address)
    needed = None
    if expected is not None:
        needed = data - address + expected * length
        if expected != found.stride:
            problems.append(
                f"ComponentSize is {found.stride}, but elements are {expected} bytes apart in code "
                "that follows metadata")
        if needed > found.size:
            problems.append(
                f"the block of {found.size} bytes does not hold {length} elements of {expected} "
                f"bytes ({needed}): {needed - found.size} bytes of what lies behind belong to them")
    element = runtime.type_name(info.record.element)
    return ArrayView(found, element, data, expected, needed, found.size,
                     _behind(runtime, found, problems), tuple(problems))


def _table(runtime: Runtime, address: int) -> MethodTable:
    if address % 8:
        raise TargetError(f"{address:#x} is misaligned: no object lies there")
    offset = runtime.contract.type("Object").field("m_pMethTab").offset
    pointer = read_pointer(runtime.memory, address + offset, "an object's MethodTable pointer")
    runtime.type_of_table(pointer)
    return runtime.method_table(pointer)


def _no_array(runtime: Runtime, table: MethodTable, info: TypeInfo, address: int) -> str:
    """A sentence; with the length that code which took it for an array would read."""
    name = runtime.type_name(info.address)
    text = f"the object at {address:#x} is no array: its MethodTable is {name}'s"
    if table.has_component_size:
        return text
    text += " with ComponentSize 0"
    if not info.is_value_type:
        return text
    # newarr with the element's MethodTable: the length was still stored.
    offset = runtime.contract.type("Array").field("m_NumComponents").offset
    length = int.from_bytes(runtime.memory.read(address + offset, 4, "a length"), "little")
    size = Values(runtime).size(table, None)
    data = runtime.contract.type("Array").field("FirstElement").offset
    needed = data + info.record.instance_size * length
    if not 0 < length < 1 << 24 or needed <= size:
        return text
    return (
        f"{text}; read as {name}[], its length would be {length} and take {needed} bytes, the "
        f"block has {size}")


def _expected_stride(runtime: Runtime, info: TypeInfo, problems: list[str]) -> int | None:
    try:
        sig = runtime.sig(info.record.element)
        return runtime.layout.fields.value_shape(sig).size
    except DecodeError as error:
        problems.append(f"the element size cannot be had from metadata: {error}")
        return None


def _behind(runtime: Runtime, found: ObjectValue, problems: list[str]) -> str:
    """What begins behind the block."""
    try:
        heap = Heap(runtime)
        segment = segment_of(runtime, found.address)
        if segment is None:
            return ""
        following = found.address + found.size + heap.header
        if following >= segment.allocated:
            return "the heap's end"
        table = _table(runtime, following)
        return f"{runtime.type_name(runtime.type_of_table(table.address).address)}@{following:#x}"
    except DecodeError as error:
        problems.append(f"behind the block there is no object: {error}")
        return "no object"


def string_view(
    runtime: Runtime, values: Values, address: int, limit: int
) -> StringView:
    """A string, at most `limit` characters of it."""
    _not_null(address)
    try:
        table = _table(runtime, address)
        info = runtime.type_of_table(table.address)
    except DecodeError as error:
        raise _not_an_object(runtime, address, error) from error
    if table.kind is not MtKind.STRING:
        raise TargetError(
            f"the object at {address:#x} is a {runtime.type_name(info.address)}, no string: "
            f"clr-obj {address:#x} shows it")
    length = values.length(table, address) or 0
    if length > 0x7FFFFFFF:
        raise TargetError(f"the string at {address:#x} claims a length of {length}")
    count = min(length, limit)
    first = runtime.contract.type("String").field("m_FirstChar").offset
    raw = runtime.memory.read(address + first, 2 * count, f"{count} characters of a string")
    problems: list[str] = []
    if count == length:
        end = runtime.memory.read(address + first + 2 * count, 2, "a string's terminator")
        if end != b"\0\0":
            problems.append(f"no zero follows the last character, but {end[::-1].hex()}")
    return StringView(
        address, length, raw.decode("utf-16-le", "replace"), count < length, tuple(problems))


def value_at(values: Values, info: TypeInfo, address: int, depth: int) -> Value:
    """clr-vt: a value of a type at an address; DecodeError when nothing of it can be read."""
    _not_null(address)
    found = values.value(info, address, depth)
    if found.error:
        raise TargetError(f"no {found.type} at {address:#x}: {found.error}")
    return found


def field_value(values: Values, address: int, path: str) -> Value:
    """A field of the object at an address; `path` may go on: `Address.Bus`, `Bars[2].Size`.

    Raises TargetError that names the part of the path that is not there.
    """
    current: Value | None = None
    at = address
    for part in path.replace("[", ".[").split("."):
        if not part:
            continue
        if current is None or not current.fields:
            if current is not None:
                at = _followed(current, path)
            current = _member(values, at, part)
            continue
        current = _named(tuple((f.name, f.value) for f in current.fields), part, current.type)
    if current is None:
        raise TargetError("a field's name is missing")
    if current.error:
        raise TargetError(f"{path} of {address:#x}: {current.error}")
    return current


def _followed(value: Value, path: str) -> int:
    if value.scalar == 0:
        raise TargetError(f"{path}: a part of it is null ({value.type})")
    if not isinstance(value.scalar, int) or isinstance(value.scalar, bool) or value.size != 8:
        raise TargetError(f"{path}: {value.type} has no fields")
    return value.scalar


def _member(values: Values, address: int, part: str) -> Value:
    _not_null(address)
    if part.startswith("["):
        number = part[1:].rstrip("]")
        if not number.isdigit():
            raise TargetError(f"{part!r} is no element number")
        single = Values(values.runtime, 1)
        found = single.object(address, 0, int(number))
        if not found.elements:
            raise TargetError(
                f"{found.type}@{address:#x} has no element {number} (length {found.length})")
        return found.elements[0]
    found = values.object(address, 0)
    return _named(tuple((f.name, f.value) for f in found.fields), part, found.type)


def _named(fields: tuple[tuple[str, Value], ...], name: str, owner: str) -> Value:
    # A derived class's field hides its base's: the last of a name counts.
    for found, value in reversed(fields):
        if name in (found, found.removeprefix("<").partition(">")[0]):
            return value
    names = ", ".join(n for n, _ in fields[:12]) or "none"
    raise TargetError(f"{owner} has no field {name!r}; it has {names}")


def is_reference(runtime: Runtime, info: TypeInfo) -> bool:
    """Whether values of a type are references to objects."""
    return not info.is_value_type and info.record.element_type not in (ET.PTR, ET.BYREF, ET.FNPTR)
