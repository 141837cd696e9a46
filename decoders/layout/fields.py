"""Expected field layout and sizes, from metadata alone (ECMA-335 II.10.7, II.22.8, I.12.6.2)."""

from __future__ import annotations

from dataclasses import dataclass

from decoders.errors import LayoutError
from decoders.layout.policy import K1, Policy
from decoders.metadata import (
    ET,
    AssemblySet,
    Field,
    GenericContext,
    TypeDef,
    TypeSig,
    substitute,
    type_name,
)
from decoders.metadata.model import TYPE_EXPLICIT, TYPE_SEQUENTIAL

MAX_DEPTH = 64
PRIMITIVE_SIZES = {
    ET.BOOLEAN: 1, ET.CHAR: 2, ET.I1: 1, ET.U1: 1, ET.I2: 2, ET.U2: 2, ET.I4: 4, ET.U4: 4,
    ET.I8: 8, ET.U8: 8, ET.R4: 4, ET.R8: 8, ET.I: 8, ET.U: 8,
}
_REFERENCES = frozenset({ET.CLASS, ET.STRING, ET.OBJECT, ET.SZARRAY, ET.ARRAY})
_POINTERS = frozenset({ET.PTR, ET.FNPTR, ET.BYREF})


def align_up(value: int, alignment: int) -> int:
    """Round up to a multiple."""
    return -(-value // alignment) * alignment


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value of a type is in memory: size and alignment in bytes, and whether it is or
    holds object references."""

    size: int
    align: int
    references: bool
    is_reference: bool = False


@dataclass(frozen=True, slots=True)
class FieldSlot:
    """One instance field at its expected offset.

    For classes the offset counts from the object (MethodTable pointer at 0), for value types from
    the first field byte.
    """

    field: Field
    type: TypeSig
    offset: int
    size: int
    inherited: bool

    @property
    def end(self) -> int:
        """Offset behind it."""
        return self.offset + self.size


@dataclass(frozen=True, slots=True)
class TypeShape:
    """Expected layout of a class or value type.

    `instance_size` counts field bytes only, rounded up to `align`; `first` is where fields begin
    (8 in classes, 0 in value types).
    """

    type: TypeSig
    definition: TypeDef
    is_value_type: bool
    first: int
    instance_size: int
    align: int
    references: bool
    fields: tuple[FieldSlot, ...]

    def field_at(self, offset: int) -> FieldSlot | None:
        """The field that covers an offset; the smallest one where they overlap."""
        covering = [f for f in self.fields if f.offset <= offset < f.end]
        return min(covering, key=lambda f: f.size, default=None)

    @property
    def holes(self) -> list[tuple[int, int]]:
        """Padding as (offset, size)."""
        result = []
        at = self.first
        for slot in sorted(self.fields, key=lambda f: (f.offset, f.end)):
            if slot.offset > at:
                result.append((at, slot.offset - at))
            at = max(at, slot.end)
        end = self.first + self.instance_size
        if end > at:
            result.append((at, end - at))
        return result


class FieldModel:
    """Computes shapes under a policy, and keeps them."""

    def __init__(self, universe: AssemblySet, policy: Policy = K1) -> None:
        self.universe = universe
        self.policy = policy
        self._shapes: dict[TypeSig, TypeShape] = {}
        self._busy: list[TypeSig] = []

    def name(self, sig: TypeSig) -> str:
        """A type's name, for messages."""
        return type_name(self.universe, sig)

    def value_shape(self, sig: TypeSig) -> Shape:
        """What a field, local, argument or element of this type takes."""
        sig = self.universe.normalize(sig.stripped())
        if sig.et in PRIMITIVE_SIZES:
            size = PRIMITIVE_SIZES[sig.et]
            return Shape(size, size, False)
        if sig.et in _POINTERS:
            return Shape(self.policy.pointer, self.policy.pointer, sig.et is ET.BYREF)
        if sig.et in _REFERENCES or (
            sig.et is ET.GENERICINST and not self._is_value(sig)
        ):
            return Shape(self.policy.pointer, self.policy.pointer, True, True)
        if sig.et in (ET.VALUETYPE, ET.GENERICINST):
            shape = self.type_shape(sig)
            return Shape(shape.instance_size, shape.align, shape.references)
        raise LayoutError(
            f"a value of type {self.name(sig)} has no size of its own: give the type arguments"
            if sig.et in (ET.VAR, ET.MVAR) else f"no value can have type {self.name(sig)}"
        )

    def _is_value(self, sig: TypeSig) -> bool:
        definition = self.universe.definition(sig)
        if definition is None:
            return sig.args[0].et is ET.VALUETYPE
        return self.universe.is_value_type(definition)

    def type_shape(self, sig: TypeSig) -> TypeShape:
        """Expected layout of a class or value type (not of arrays, pointers or strings)."""
        sig = self.universe.normalize(sig.stripped())
        known = self._shapes.get(sig)
        if known is not None:
            return known
        if sig in self._busy:
            raise LayoutError(f"{self.name(sig)} contains itself")
        if len(self._busy) >= MAX_DEPTH:
            raise LayoutError(f"{self.name(sig)} is nested more than {MAX_DEPTH} deep")
        definition = self.universe.definition(sig)
        if definition is None:
            raise LayoutError(
                f"{self.name(sig)} is defined in an assembly that is not loaded: load it too"
            )
        self._busy.append(sig)
        try:
            shape = self._lay_out(sig, definition)
        finally:
            self._busy.pop()
        self._shapes[sig] = shape
        return shape

    def _lay_out(self, sig: TypeSig, definition: TypeDef) -> TypeShape:
        is_value = self.universe.is_value_type(definition)
        first = 0 if is_value else self.policy.first_field
        context = GenericContext(sig.args[1:] if sig.et is ET.GENERICINST else ())
        start, align, references = 0, 1, False
        slots: list[FieldSlot] = []
        if not is_value and definition.extends:
            base_sig = self.universe.base_of(definition)
            if base_sig is not None:
                base = self.type_shape(substitute(base_sig, context))
                start, align, references = base.instance_size, base.align, base.references
                slots = [
                    FieldSlot(s.field, s.type, s.offset, s.size, True) for s in base.fields
                ]
        layout = definition.layout
        managed = bool(definition.flags & (TYPE_EXPLICIT | TYPE_SEQUENTIAL))
        packing = layout.packing if layout and managed else 0
        minimum = layout.size if layout and managed else 0
        if packing & (packing - 1) or packing > 128:
            raise LayoutError(f"{self.name(sig)} has packing {packing}, no power of two up to 128")
        at = end = start
        for field in definition.fields:
            if field.is_static:
                continue
            field_type = substitute(field.type, context)
            shape = self.value_shape(field_type)
            natural = min(shape.align, packing) if packing else shape.align
            if definition.is_explicit:
                if field.offset is None:
                    raise LayoutError(
                        f"{self.name(sig)}.{field.name} of an explicit layout has no offset"
                    )
                at = start + field.offset
            else:
                at = align_up(at, natural)
            slots.append(FieldSlot(field, field_type, first + at, shape.size, False))
            at += shape.size
            end, align = max(end, at), max(align, natural)
            references = references or shape.references
        # An explicit size is taken as it is; otherwise arrays of the type must stay aligned.
        size = end if definition.is_explicit and minimum else align_up(end, align)
        size = max(size, start + minimum, 1 if is_value else 0)
        return TypeShape(sig, definition, is_value, first, size, align, references, tuple(slots))
