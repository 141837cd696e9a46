"""Which field stores are wanted: by type, method, field, object, value and position."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from decoders.stores.sites import Site
from decoders.stores.store import FieldStore


@dataclass(frozen=True)
class Filters:
    """None: everything. Names are globs; a name without its namespace (or type) matches too.

    type: of the object, or the field's owner. value: the number that was stored. last: only so
    many, the latest.
    """

    type: str | None = None
    method: str | None = None
    field: str | None = None
    object: int | None = None
    value: int | None = None
    last: int | None = None

    def site_may_match(self, site: Site) -> bool:
        """Whether stores of a site can pass: what is known before any of them is looked at."""
        if self.method is not None and not method_matches(self.method, site.method):
            return False
        if self.field is not None:
            owner, dot, name = self.field.rpartition(".")
            return fnmatchcase(site.field, name) and (not dot or _name(owner, site.owner))
        return True

    def type_matches(self, name: str) -> bool:
        """Whether a type's name passes."""
        return self.type is None or _name(self.type, name)

    def matches(self, store: FieldStore) -> bool:
        """Whether a store passes, `last` aside."""
        if not self.site_may_match(store.site):
            return False
        if not (self.type_matches(store.place.type) or self.type_matches(store.site.owner)):
            return False
        if self.object is not None and self.object != store.place.address:
            return False
        return self.value_matches(store.raw)

    def value_matches(self, raw: bytes | None) -> bool:
        """Whether the number that was stored passes; None, what is not known, never does."""
        return self.value is None or (
            raw is not None
            and len(raw) <= 8
            and self.value & (1 << 8 * len(raw)) - 1 == int.from_bytes(raw, "little")
        )

    @property
    def is_open(self) -> bool:
        """Whether everything passes, `last` aside."""
        return self == Filters(last=self.last)

    def tail(self, stores: Iterator[FieldStore]) -> Iterator[FieldStore]:
        """The last ones, if only those are wanted."""
        return stores if self.last is None else iter(deque(stores, maxlen=self.last))


def method_matches(pattern: str, name: str) -> bool:
    """Whether a glob means a method, with or without its namespace and type."""
    return any(
        fnmatchcase(part, pattern)
        for part in (name, name.rpartition("::")[2], name.rpartition(".")[2])
    )


def _name(pattern: str, name: str) -> bool:
    return fnmatchcase(name, pattern) or fnmatchcase(name.rpartition(".")[2], pattern)
