"""One executed field store."""

from __future__ import annotations

from typing import Any

from decoders.stores.places import Place, Places
from decoders.stores.sites import Site


class FieldStore:
    """One executed stfld or stsfld. Names and texts are made when they are asked for.

    sequence: counts executed field stores from 1, whatever is filtered out afterwards. address: of
    the first byte written. size: bytes. raw: the bytes that memory held right after, None where
    they are not known. whole: False when a fault cut a struct's copy short. pc: of the first store.
    before: what memory held, None where that is not known. where: whose stack slot it is.
    is_now: `raw` is what memory holds now, which no later field store wrote over; something else
    may have.
    """

    __slots__ = (
        "_places", "address", "before", "is_now", "meta", "pc", "place", "raw", "sequence", "site",
        "size", "where",
    )  # fmt: skip

    def __init__(
        self, sequence: int, site: Site, place: Place, places: Places, address: int, size: int,
        raw: bytes | None, pc: int, meta: int, before: bytes | None = None, where: str = "",
        is_now: bool = False,
    ) -> None:  # fmt: skip
        self.sequence = sequence
        self.site = site
        self.place = place
        self.address = address
        self.size = size
        self.raw = raw
        self.pc = pc
        self.meta = meta
        self.before = before
        self.where = where
        self.is_now = is_now
        self._places = places

    @property
    def whole(self) -> bool:
        """Whether all of it was stored."""
        return self.size == self.site.record.size

    @property
    def vcpu(self) -> int:
        """Index of the vCPU that stored."""
        return self.meta >> 8 & 0xFF

    @property
    def instructions(self) -> int:
        """Executed by that vCPU before this store; 0 when they were not counted."""
        return self.meta >> 24

    @property
    def value(self) -> str:
        """What was stored, as text."""
        return self._places.value_text(self.site, self.raw, self.whole)

    @property
    def value_before(self) -> str:
        """What was there, as text."""
        return self._places.value_text(self.site, self.before, self.whole)

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready dict; addresses are numbers."""
        site, place = self.site, self.place
        result: dict[str, Any] = {
            "sequence": self.sequence, "assembly": site.assembly, "method": site.method,
            "il": site.record.il, "file": site.file, "line": site.line,
            "object": {
                "kind": place.kind, "address": place.address, "type": place.type,
                "offset": place.offset,
            },
            "owner": site.owner, "field": site.field, "displacement": site.record.displacement,
            "address": self.address, "size": self.size,
            "raw": None if self.raw is None else self.raw.hex(), "value": self.value,
            "whole": self.whole, "pc": self.pc, "vcpu": self.vcpu,
            "instructions": self.instructions,
        }  # fmt: skip
        if self.is_now:
            result["value_is"] = "what memory holds now"
        if self.before is not None:
            result["before"] = self.value_before
        if self.where:
            result["object"]["where"] = self.where
        return result

    def to_text(self) -> str:
        """One line, numbered."""
        return f"{self.sequence:>6} {self.sentence()}"

    def sentence(self) -> str:
        """One line without the number."""
        cut = "" if self.whole else " (cut short)"
        site = self.site
        where = f" ({self.where})" if self.where else ""
        was = f" (was {self.value_before})" if self.before is not None else ""
        value = f"holds {self.value} now" if self.is_now else f"= {self.value}"
        return f"{site.prefix}  {self.place.text}{where}  {site.suffix} {value}{was}{cut}"
