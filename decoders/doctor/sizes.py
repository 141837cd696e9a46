"""Sizes and offsets that code is held against.

A type whose layout is wrong already has a finding of its own. Code that agrees with the wrong
layout is then no second fault, so for those types the claimed numbers stand.
"""

from __future__ import annotations

from decoders.il import Entry, Kind
from decoders.layout import align_up
from decoders.metadata import ET, Field, TypeDef, TypeSig
from decoders.runtime import Runtime, TypeInfo

_SIGNED = {ET.I1: 1, ET.I2: 2}
_UNSIGNED = {ET.U1: 1, ET.BOOLEAN: 1, ET.U2: 2, ET.CHAR: 2}


class Sizes:
    """Expected layout, except for `tainted` types (by full name): claimed layout."""

    def __init__(self, runtime: Runtime, tainted: frozenset[str] = frozenset()) -> None:
        self.runtime = runtime
        self.universe = runtime.universe
        self.tainted = tainted
        self._sizes: dict[TypeSig, int] = {}
        self._enums: dict[TypeSig, TypeSig] = {}

    def size(self, sig: TypeSig) -> int:
        """Bytes of a value."""
        found = self._sizes.get(sig)
        if found is None:
            found = self.runtime.layout.fields.value_shape(sig).size
            info = self._tainted(sig)
            if info is not None:
                found = info.record.instance_size
            self._sizes[sig] = found
        return found

    def _tainted(self, sig: TypeSig) -> TypeInfo | None:
        if not self.tainted or self.universe.normalize(sig.stripped()).et is not ET.VALUETYPE:
            return None
        info = self.runtime.type_for(sig)
        if info is None or self.runtime.type_name(info.address) not in self.tainted:
            return None
        return info

    def by_value(self, sig: TypeSig) -> bool:
        """Whether it travels in a register or slot itself (Microsoft x64)."""
        return self.size(sig) in (1, 2, 4, 8)

    def slot(self, entry: Entry) -> int:
        """Bytes that an evaluation-stack entry takes."""
        if entry.kind is Kind.VALUE and entry.type is not None:
            return align_up(self.size(entry.type), 8)
        return 8

    def significant(self, entry: Entry) -> int:
        """Bytes of an entry that mean something."""
        if entry.kind is Kind.VALUE and entry.type is not None:
            return self.size(entry.type)
        return 4 if entry.kind in (Kind.I4, Kind.R4) else 8

    def offset(self, field: Field) -> int | None:
        """An instance field's offset in its object (or in its value type)."""
        owner: TypeDef = field.owner
        sig = self.universe.type_def_sig(owner)
        info = self.runtime.type_for(sig) if self.tainted else None
        name = self.runtime.type_name(info.address) if info is not None else ""
        if name in self.tainted:
            assert info is not None
            for claimed in self.runtime.fields(info):
                if claimed.record.token == field.token:
                    return claimed.record.offset
            return None
        for slot in self.runtime.layout.fields.type_shape(sig).fields:
            if slot.field.token == field.token and slot.field.assembly is field.assembly:
                return slot.offset
        return None

    def plain(self, sig: TypeSig) -> TypeSig:
        """Normalized; enums as their underlying type."""
        sig = self.universe.normalize(sig.stripped())
        known = self._enums.get(sig)
        if known is None:
            known = sig
            definition = self.universe.definition(sig) if sig.et is ET.VALUETYPE else None
            if definition is not None and self.universe.is_enum(definition):
                known = self.universe.enum_underlying(definition)
            self._enums[sig] = known
        return known

    def widen(self, sig: TypeSig, raw: bytes) -> bytes:
        """What loading these bytes as a `sig` pushes (III.1.1.1): small integers become 32 bits."""
        et = self.plain(sig).et
        if et in _SIGNED:
            return int.from_bytes(raw[: _SIGNED[et]], "little", signed=True).to_bytes(
                4, "little", signed=True)
        if et in _UNSIGNED:
            return int.from_bytes(raw[: _UNSIGNED[et]], "little").to_bytes(4, "little")
        return raw[: self.size(sig)]
