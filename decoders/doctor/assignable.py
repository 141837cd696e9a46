"""Whether an object fits a static type (ECMA-335 I.8.7): bases, interfaces, array covariance."""

from __future__ import annotations

from collections.abc import Hashable

from decoders.errors import DecodeError
from decoders.metadata import ET, TypeSig
from decoders.runtime import Runtime

_SAME_SIZE = {
    ET.I1: 1, ET.U1: 1, ET.BOOLEAN: 1, ET.I2: 2, ET.U2: 2, ET.CHAR: 2, ET.I4: 4, ET.U4: 4,
    ET.I8: 8, ET.U8: 8, ET.I: 8, ET.U: 8,
}


class Assignability:
    """Answers by MethodTable address, with everything kept."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._bases: dict[TypeSig, frozenset[Hashable]] = {}
        self._known: dict[tuple[int, TypeSig], bool] = {}

    def fits(self, table: int, static: TypeSig) -> bool:
        """Whether an object with this MethodTable may lie in a slot of the static type."""
        key = (table, static)
        found = self._known.get(key)
        if found is None:
            sig = self.runtime.sig(self.runtime.type_of_table(table).address)
            found = self.assignable(sig, static)
            self._known[key] = found
        return found

    def assignable(self, sig: TypeSig, static: TypeSig) -> bool:
        """Whether a reference to `sig` may be used as a `static`."""
        universe = self.runtime.universe
        static = universe.normalize(static.stripped())
        if static.et in (ET.OBJECT, ET.VAR, ET.MVAR, ET.GENERICINST):
            return True
        if sig.et is ET.SZARRAY and static.et is ET.SZARRAY:
            return self._elements(sig.element, static.element)
        return universe.canonical(static) in self._all(sig)

    def _elements(self, have: TypeSig, want: TypeSig) -> bool:
        universe = self.runtime.universe
        have, want = universe.normalize(have.stripped()), universe.normalize(want.stripped())
        if universe.canonical(have) == universe.canonical(want):
            return True
        if self.runtime.layout.fields.value_shape(have).is_reference:
            return self.assignable(have, want)
        a, b = self._reduced(have), self._reduced(want)
        return a is not None and a == b

    def _reduced(self, sig: TypeSig) -> int | None:
        universe = self.runtime.universe
        definition = universe.definition(sig)
        if definition is not None and universe.is_enum(definition):
            sig = universe.enum_underlying(definition)
        return _SAME_SIZE.get(sig.et)

    def _all(self, sig: TypeSig) -> frozenset[Hashable]:
        """Canonical forms of a type, its bases and all interfaces."""
        known = self._bases.get(sig)
        if known is not None:
            return known
        universe, layout = self.runtime.universe, self.runtime.layout
        result: set[Hashable] = {universe.canonical(sig)}
        current: TypeSig | None = sig
        for _ in range(256):
            if current is None:
                break
            result.add(universe.canonical(current))
            try:
                table = layout.table(current)
            except DecodeError:
                break
            result |= {universe.canonical(i) for i in table.interfaces}
            current = table.parent
        self._bases[sig] = frozenset(result)
        return self._bases[sig]
