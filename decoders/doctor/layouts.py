"""Family 2: every loaded type against its metadata. Family 6: every method's code is its own."""

from __future__ import annotations

from collections.abc import Iterable

from decoders.compare import Difference, compare_type
from decoders.doctor.model import Finding, Place
from decoders.doctor.rules import RULES
from decoders.errors import DecodeError
from decoders.metadata import ET, TypeSig, method_signature
from decoders.runtime import CodeRegistry, MethodInfo, Runtime, TypeInfo
from decoders.runtime.model import NO_SLOT

_RULES = {
    "BaseSize": "type-size", "instance size": "type-size", "ComponentSize": "array-component-size",
    "offset": "type-field-layout", "size": "type-field-layout", "method": "vtable-slot",
    "number of vtable slots": "vtable-slot",
}


def _place(runtime: Runtime, info: TypeInfo) -> Place:
    assembly = ""
    if info.record.assembly:
        assembly = runtime.assembly_at(info.record.assembly).name
    address = info.record.method_table or info.address
    return Place(assembly, runtime.type_name(info.address), address=address)


def check_type(runtime: Runtime, registry: CodeRegistry, info: TypeInfo) -> list[Finding]:
    """One loaded type: sizes, fields, parent, interfaces, vtable."""
    result = _shared_slots(runtime, info)
    place = _place(runtime, info)
    types = frozenset({place.type})
    try:
        compared = compare_type(runtime, registry, info)
    except DecodeError as error:
        return [Finding(
            RULES["type-relations"], f"{place.type} cannot be compared: {error}", place,
            "its records", "records that can be read", types=types)]
    fields = [d for d in compared.differences if _RULES.get(d.what) == "type-field-layout"]
    if fields:
        result.append(_fields(place, fields, types))
    result += _vtable(runtime, registry, info, place)
    for difference in compared.differences:
        if difference.subject.startswith("vtable slot"):
            continue
        rule = _RULES.get(difference.what, "type-relations")
        if rule == "type-field-layout" or difference.what in ("code", "entry"):
            continue
        result.append(Finding(
            RULES[rule], f"{place.type}: {_sentence(difference)}", place, difference.claimed,
            difference.expected, _array_evidence(runtime, info, rule), types=types))
    return result


def _vtable(
    runtime: Runtime, registry: CodeRegistry, info: TypeInfo, place: Place
) -> list[Finding]:
    """Each slot leads to the method that belongs there."""
    table = runtime.method_table(info.record.method_table)
    wanted = runtime.layout.table(runtime.sig(info.address)).vtable
    result = []
    for index, (address, method) in enumerate(zip(table.vtable, wanted, strict=False)):
        if not address and method.is_abstract:
            continue
        try:
            found = registry.method_at(address) if address else None
            if found is not None and runtime.metadata_method(found) == method:
                continue
            held = runtime.method_name(found, True) if found is not None else f"{address:#x}"
        except DecodeError as error:
            held = f"{address:#x} ({error})"
        expected = method_signature(runtime.universe, method)
        result.append(Finding(
            RULES["vtable-slot"],
            f"vtable slot {index} of {place.type} leads to {held}, overriding rules put {expected} "
            "there", place, held, expected, (f"the slot holds {address:#x}",),
            types=frozenset({place.type})))
    return result


def _sentence(difference: Difference) -> str:
    return f"{difference.what} is {difference.claimed}, metadata gives {difference.expected}"


def _fields(place: Place, found: list[Difference], types: frozenset[str]) -> Finding:
    """All wrong fields of a type as one finding: the first one is where it begins."""
    rows = tuple(
        f"{d.subject}: {d.what} {d.claimed}, expected {d.expected}" for d in found)
    first = found[0]
    return Finding(
        RULES["type-field-layout"],
        f"{place.type}.{first.subject.removeprefix('field ')} has {first.what} {first.claimed}, "
        f"metadata gives {first.expected}"
        + (f" (and {len(found) - 1} more fields)" if len(found) > 1 else ""),
        place, first.claimed, first.expected, rows, types=types)


def _array_evidence(runtime: Runtime, info: TypeInfo, rule: str) -> tuple[str, ...]:
    if rule != "array-component-size" or not info.record.element:
        return ()
    element = runtime.sig(info.record.element)
    shape = runtime.layout.fields.value_shape(element)
    name = runtime.type_name(info.record.element)
    return (f"an element {name} has {shape.size} bytes, aligned to {shape.align}",)


def _shared_slots(runtime: Runtime, info: TypeInfo) -> list[Finding]:
    """Two methods of one type in one vtable slot."""
    if not info.record.methods or not info.record.token:
        return []
    slots: dict[int, list[MethodInfo]] = {}
    for method in runtime.methods(info):
        if method.record.slot != NO_SLOT:
            slots.setdefault(method.record.slot, []).append(method)
    place = _place(runtime, info)
    result = []
    for slot, sharing in sorted(slots.items()):
        if len(sharing) < 2:
            continue
        names = [runtime.method_name(m, True) for m in sharing]
        result.append(Finding(
            RULES["vtable-shared"],
            f"{' and '.join(names)} share vtable slot {slot}", place, f"slot {slot} for both",
            "a slot for each", tuple(
                f"MethodDesc {m.address:#x}, token {m.record.token:#010x}: {n}"
                for m, n in zip(sharing, names, strict=True)), types=frozenset({place.type})))
    return result


def related_types(runtime: Runtime, info: TypeInfo) -> set[str]:
    """Types whose layout this one's is made from: parent, element, embedded value types."""
    result: set[str] = set()

    def add(sig: TypeSig | None) -> None:
        found = runtime.type_for(sig) if sig is not None else None
        if found is not None:
            result.add(runtime.type_name(found.address))

    try:
        table = runtime.layout.table(runtime.sig(info.address))
    except DecodeError:
        return result
    add(table.parent)
    add(table.element)
    if table.shape is not None:
        for slot in table.shape.fields:
            if runtime.universe.normalize(slot.type.stripped()).et is ET.VALUETYPE:
                add(slot.type)
    return result


def check_methods_of(runtime: Runtime, registry: CodeRegistry, info: TypeInfo) -> list[Finding]:
    """Each method's code, entry and thunk are its own."""
    result: list[Finding] = []
    for method in runtime.methods(info) if info.record.methods else []:
        for what, owner in _owners(registry, method):
            if owner == method.address:
                continue
            name, other = _identity(runtime, method.address), _identity(runtime, owner)
            place = Place(
                runtime.assembly_at(method.record.assembly).name, runtime.type_name(info.address),
                runtime.method_name(method), address=method.record.entry)
            result.append(Finding(
                RULES["code-identity"], f"the {what} of {name} is that of {other}", place,
                other, name, (
                    f"MethodDesc {method.address:#x} has entry {method.record.entry:#x} and "
                    f"JitCode {method.record.code:#x}",
                    *_compile_evidence(registry, method, owner))))
            break
    return result


def _owners(registry: CodeRegistry, method: MethodInfo) -> Iterable[tuple[str, int]]:
    if method.record.code:
        yield "code", registry.code(method.record.code).record.method
    place = registry.find(method.record.entry)
    if place is not None and place.code is not None:
        yield "entry", place.code.record.method
    thunk = registry.find(method.record.thunk) if method.record.thunk else None
    if thunk is not None and thunk.method is not None:
        yield "thunk", thunk.method.address


def _compile_evidence(
    registry: CodeRegistry, method: MethodInfo, owner: int
) -> tuple[str, ...]:
    """IL sizes on both sides, as a second sign that the code is another method's."""
    runtime = registry.runtime
    try:
        code = registry.code_of(runtime.method(owner))
        body = runtime.metadata_method(method).body.il
    except DecodeError as error:
        return (str(error),)
    if code is None:
        return ()
    return (f"that code, at {code.start:#x}, was compiled from {code.record.il_size} bytes of IL; "
            f"the method's own body has {len(body)}",)


def _identity(runtime: Runtime, address: int) -> str:
    try:
        method = runtime.method(address)
        assembly = runtime.assembly_at(method.record.assembly).name
        return f"{assembly}!{runtime.method_name(method)} ({method.record.token:#010x})"
    except DecodeError as error:
        return f"MethodDesc {address:#x} ({error})"
