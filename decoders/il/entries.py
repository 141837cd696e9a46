"""Evaluation-stack entries and how they combine (ECMA-335 III.1.1, III.1.5, III.1.8.1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from decoders.metadata import ET, AssemblySet, TypeSig


class Kind(Enum):
    """Stack types. F is kept as two kinds, since the value's width in memory matters here."""

    I4 = "int32"
    I8 = "int64"
    NI = "native int"
    R4 = "float32"
    R8 = "float64"
    REF = "ref"
    BYREF = "byref"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Entry:
    """One evaluation-stack entry.

    `type` is the object's static type for REF (None: the null literal), the pointed-to type for
    BYREF, the value type for VALUE, None otherwise.
    """

    kind: Kind
    type: TypeSig | None = None


I4, I8, NI, R4, R8 = (Entry(k) for k in (Kind.I4, Kind.I8, Kind.NI, Kind.R4, Kind.R8))
OBJECT = Entry(Kind.REF, TypeSig(ET.OBJECT))
NULL = Entry(Kind.REF, None)

_SIMPLE = {
    ET.BOOLEAN: I4, ET.CHAR: I4, ET.I1: I4, ET.U1: I4, ET.I2: I4, ET.U2: I4, ET.I4: I4, ET.U4: I4,
    ET.I8: I8, ET.U8: I8, ET.R4: R4, ET.R8: R8, ET.I: NI, ET.U: NI, ET.PTR: NI, ET.FNPTR: NI,
}


def entry_for(universe: AssemblySet, sig: TypeSig) -> Entry:
    """What loading a value of this type pushes (III.1.1.1)."""
    sig = universe.normalize(sig.stripped())
    if sig.et in _SIMPLE:
        return _SIMPLE[sig.et]
    if sig.et is ET.BYREF:
        return Entry(Kind.BYREF, universe.normalize(sig.element.stripped()))
    definition = universe.definition(sig)
    value = sig.et in (ET.VALUETYPE, ET.TYPEDBYREF) or (
        sig.et is ET.GENERICINST and definition is not None and universe.is_value_type(definition)
    ) or (sig.et is ET.GENERICINST and definition is None and sig.args[0].et is ET.VALUETYPE)
    if not value:
        # An open type parameter is neither; as a value it keeps its own identity.
        return Entry(Kind.VALUE if sig.et in (ET.VAR, ET.MVAR) else Kind.REF, sig)
    if definition is not None and universe.is_enum(definition):
        return _SIMPLE.get(universe.enum_underlying(definition).et, I4)
    return Entry(Kind.VALUE, sig)


def merge(universe: AssemblySet, a: Entry, b: Entry) -> Entry | None:
    """The entry that stands for either, or None when they do not go together."""
    if a == b:
        return a
    if a.kind is not b.kind:
        pair = {a.kind, b.kind}
        if pair == {Kind.I4, Kind.NI}:
            return NI
        if pair == {Kind.R4, Kind.R8}:
            return R8
        if pair == {Kind.BYREF, Kind.NI}:
            return NI
        return None
    if a.kind is Kind.REF:
        if a.type is None or b.type is None:
            return b if a.type is None else a
        return Entry(Kind.REF, common_type(universe, a.type, b.type))
    if a.type is None or b.type is None:
        return a if a.type == b.type else None
    if universe.canonical(a.type) == universe.canonical(b.type):
        return a
    # Byrefs to different types of one size are common in unsafe code: keep the first.
    return a if a.kind is Kind.BYREF else None


def common_type(universe: AssemblySet, a: TypeSig, b: TypeSig) -> TypeSig:
    """The nearest common base class of two reference types, System.Object at worst."""
    if universe.canonical(a) == universe.canonical(b):
        return a
    first, second = universe.definition(a), universe.definition(b)
    if first is None or second is None:
        return TypeSig(ET.OBJECT)
    bases = {(t.assembly.key, t.token) for t in universe.hierarchy(second)}
    for index, base in enumerate(universe.hierarchy(first)):
        if (base.assembly.key, base.token) in bases:
            if base.full_name in ("System.Object", "System.ValueType"):
                break
            return a if index == 0 else universe.type_def_sig(base)
    return TypeSig(ET.OBJECT)


def binary(a: Entry, b: Entry, name: str) -> Entry | None:
    """Result of a binary numeric operation (III.1.5 tables 2, 3, 5, 7), or None."""
    kinds = (a.kind, b.kind)
    ints = (Kind.I4, Kind.NI)
    if a.kind is b.kind and a.kind in (Kind.I4, Kind.I8, Kind.NI, Kind.R4, Kind.R8):
        return a
    if set(kinds) == {Kind.R4, Kind.R8}:
        return R8
    if a.kind in ints and b.kind in ints:
        return NI
    if name.startswith("add"):
        if a.kind is Kind.BYREF and b.kind in ints:
            return a
        if b.kind is Kind.BYREF and a.kind in ints:
            return b
    if name.startswith("sub"):
        if a.kind is Kind.BYREF and b.kind in ints:
            return a
        if b.kind is Kind.BYREF and a.kind in (Kind.BYREF, Kind.NI):
            return NI  # a pointer minus a byref is unverifiable, and class libraries do it
    if name in ("and", "or", "xor") and Kind.BYREF in kinds:
        return NI
    return None


