"""Which faults somebody wants to stop at, by name."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from decoders.errors import DecodeError
from decoders.runtime import Fault, SoftwareVector
from decoders.runtime.faults import VECTORS

_SHORT = {"gp": 13, "df": 8, "pf": 14, "divide": 0, "panic": int(SoftwareVector.PANIC),
          "unhandled": int(SoftwareVector.UNHANDLED), "check": int(SoftwareVector.CHECK_FAILED),
          "compile": int(SoftwareVector.COMPILE_FAILED)}


class CatchError(DecodeError):
    """A name that is neither a fault nor an exception."""


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


_BY_NAME = {_plain(name): vector for vector, name in VECTORS.items()} | {
    _plain(v.name): int(v) for v in SoftwareVector} | _SHORT


@dataclass(frozen=True, slots=True)
class FaultFilter:
    """Vectors, and globs over exception types. With neither, every fault matches."""

    names: tuple[str, ...]
    vectors: frozenset[int]
    exceptions: tuple[str, ...]

    def matches(self, fault: Fault) -> bool:
        """Whether a fault is wanted."""
        if not self.vectors and not self.exceptions:
            return True
        if fault.vector in self.vectors:
            return True
        if fault.vector != SoftwareVector.UNHANDLED:
            return False
        name = fault.message.partition(":")[0]
        simple = name.rpartition(".")[2]
        return any(fnmatchcase(name, e) or fnmatchcase(simple, e) for e in self.exceptions)


def fault_filter(names: list[str]) -> FaultFilter:
    """A filter of `pagefault`, `gp`, `System.InvalidCastException`, `*Cast*`; else CatchError."""
    vectors: set[int] = set()
    exceptions: list[str] = []
    for name in names:
        vector = _BY_NAME.get(_plain(name)) if not any(c in name for c in "*?.") else None
        if vector is not None:
            vectors.add(vector)
        elif any(c in name for c in "*?.") or name.endswith("Exception"):
            exceptions.append(name)
        else:
            known = ", ".join(sorted(_SHORT)) + ", " + ", ".join(
                sorted(_plain(n) for n in VECTORS.values()))
            raise CatchError(
                f"{name!r} is neither a fault ({known}) nor an exception type "
                "(System.InvalidCastException, *Cast*)"
            )
    return FaultFilter(tuple(names), frozenset(vectors), tuple(exceptions))


@dataclass(frozen=True, slots=True)
class Catchpoint:
    """A catchpoint that was made: its breakpoint number and what it waits for."""

    number: int
    names: tuple[str, ...]
