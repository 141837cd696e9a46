"""Which field stores are wanted: by type, method, field, object, value and position."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from qemu_scripts.errors import UsageError
from qemu_scripts.traces.stfld import FieldStore


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

    def matches(self, store: FieldStore) -> bool:
        """Whether a store passes, `last` aside."""
        if self.type is not None and not (
            _name(self.type, store.place.type) or _name(self.type, store.owner)
        ):
            return False
        if self.method is not None and not (
            fnmatchcase(store.method, self.method)
            or fnmatchcase(store.method.rpartition("::")[2], self.method)
            or fnmatchcase(store.method.rpartition(".")[2], self.method)
        ):
            return False
        if self.field is not None:
            owner, dot, name = self.field.rpartition(".")
            if not fnmatchcase(store.field, name) or (dot and not _name(owner, store.owner)):
                return False
        if self.object is not None and self.object != store.place.address:
            return False
        return self.value is None or (
            store.raw is not None
            and len(store.raw) <= 8
            and self.value & (1 << 8 * len(store.raw)) - 1 == int.from_bytes(store.raw, "little")
        )

    def apply(self, stores: Iterable[FieldStore]) -> Iterator[FieldStore]:
        """The stores that pass, in order."""
        passing = (store for store in stores if self.matches(store))
        return iter(deque(passing, maxlen=self.last)) if self.last is not None else passing


def _name(pattern: str, name: str) -> bool:
    return fnmatchcase(name, pattern) or fnmatchcase(name.rpartition(".")[2], pattern)


def number(text: str, option: str) -> int:
    """A number of the command line, decimal or 0x; raises UsageError."""
    try:
        return int(text, 0)
    except ValueError:
        raise UsageError(f"{option} {text!r} is not a number; write 19 or 0x13") from None
