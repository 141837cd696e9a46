"""Operands on which an IL instruction must throw: null, bounds, zero divisors, overflow.

Null is noticed by the access itself, in the unmapped first page; every other check ends in a throw
block behind the epilogue, which calls a helper that does not return (ECMA-335 III.3, III.4, each
instruction's exceptions).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from decoders.doctor import semantics
from decoders.doctor.callees import Callee, helper_name
from decoders.doctor.chunk import Chunk, Expect
from decoders.doctor.emulator import Run
from decoders.doctor.instructions import INDEX, LENGTH
from decoders.il import Kind
from decoders.runtime.code import HelperKind
from decoders.runtime.records import JitCallSiteRecord

RULE = "exception-check"
NULL_PAGE = 4096
_FLOATS = (Kind.R4, Kind.R8)
_INTEGERS = (Kind.I4, Kind.I8, Kind.NI)
# Entries from the top on down to the object that must not be null.
_OBJECTS = {"ldfld": 1, "ldflda": 1, "stfld": 2, "ldlen": 1, "ldvirtftn": 1, "ldelema": 2}
# A change of the samples, after which the instruction must throw.
Change = Callable[[Chunk], None]


class _Never(Callee):
    """What is called although the instruction should have thrown before."""

    def method(self, site: JitCallSiteRecord, run: Run) -> bool:
        return self.problem(RULE, "it calls with null as `this`", "a call", "a fault")


def failures(chunk: Chunk, made: Expect) -> Iterator[tuple[Change, Expect]]:
    """Each way in which an instruction must throw, with what that looks like. `made` is what it
    does otherwise."""
    name = chunk.instruction.name
    for change, helper in _thrown(chunk, name, made):
        yield change, Expect(RULE, throws=helper, subject=helper_name(helper))
    depth = _object(chunk, name, made)
    if depth and chunk.cells[-depth].entry.kind is Kind.REF:
        def clear(other: Chunk) -> None:
            other.set_address(other.cells[-depth], 0)

        failing = Expect(RULE, faults=True, subject="null")
        failing.on_call = _Never(chunk, failing)
        yield clear, failing


def _object(chunk: Chunk, name: str, made: Expect) -> int:
    if name.startswith("ldelem"):
        return 2
    if name.startswith("stelem"):
        return 0 if made.on_call is not None else 3  # a helper looks at it
    if name == "callvirt":
        constrained = chunk.instruction.offset in chunk.context.constrained
        return 0 if constrained or made.subject.startswith("element") else made.pops
    return _OBJECTS.get(name, 0)


def _thrown(
    chunk: Chunk, name: str, made: Expect
) -> Iterator[tuple[Change, HelperKind]]:
    cells = chunk.cells
    if name.startswith("ldelem") or (name.startswith("stelem") and made.on_call is None):
        at = -1 if name.startswith("ld") else -2
        # Right behind the last, negative, and one whose low halves are inside.
        for value in (LENGTH, -1, (1 << 16) + INDEX):
            yield _set(at, value), HelperKind.THROW_RANGE
    elif name.partition(".")[0] in ("div", "rem") and cells[-1].entry.kind in _INTEGERS:
        yield _set(-1, 0), HelperKind.THROW_DIV_ZERO
        if not name.endswith(".un"):
            size = semantics.width(cells[-2].entry.kind, cells[-1].entry.kind)

            def lowest(other: Chunk) -> None:
                other.set_number(other.cells[-2], -(1 << 8 * size - 1))
                other.set_number(other.cells[-1], -1)

            if size == 4 or cells[-2].entry.kind is not Kind.I4:
                yield lowest, HelperKind.THROW_OVERFLOW
    elif name == "ckfinite":
        for real in (math.nan, math.inf, -math.inf):
            yield _set_real(real), HelperKind.THROW_ARITHMETIC
    elif name.startswith("conv.ovf"):
        for value in _outside(name, cells[-1].entry.kind):
            yield _set(-1, value), HelperKind.THROW_OVERFLOW
        for real in _reals_outside(name, cells[-1].entry.kind):
            yield _set_real(real), HelperKind.THROW_OVERFLOW
    elif ".ovf" in name and {c.entry.kind for c in cells[-2:]} <= set(_INTEGERS):
        narrow = [c.entry.kind is Kind.I4 for c in cells[-2:]]
        if narrow == [True, False] and name == "sub.ovf":
            return  # a number that is just too small needs the other operand's width
        pair = _overflow(name, 8 * semantics.width(cells[-2].entry.kind, cells[-1].entry.kind))
        if narrow == [True, False] and not name.startswith("sub"):
            pair = pair[::-1]

        def far(other: Chunk) -> None:
            other.set_number(other.cells[-2], pair[0])
            other.set_number(other.cells[-1], pair[1])

        yield far, HelperKind.THROW_OVERFLOW


def _set(at: int, value: int) -> Change:
    return lambda chunk: chunk.set_number(chunk.cells[at], value)


def _set_real(value: float) -> Change:
    def change(chunk: Chunk) -> None:
        top = chunk.cells[-1]
        packed = semantics.pack_real(top.entry.kind, value)
        top.value = packed + top.value[len(packed):]

    return change


def _overflow(name: str, bits: int) -> tuple[int, int]:
    """Operands whose sum, difference or product is just too large."""
    unsigned = name.endswith(".un")
    high = (1 << bits) - 1 if unsigned else (1 << bits - 1) - 1
    if name.startswith("add"):
        return high, 1
    if name.startswith("sub"):
        return (0, 1) if unsigned else (-high - 1, 1)
    return high // 2 + 1, 2


def _outside(name: str, kind: Kind) -> list[int]:
    """Integers outside of a conversion's range that the operand can hold, the nearest and the
    farthest; none of floats."""
    if kind not in _INTEGERS:
        return []
    low, high = semantics.conversion_range(name)
    bits = 32 if kind is Kind.I4 else 64
    half = 1 << bits - 1
    least, most = (0, 2 * half - 1) if name.endswith(".un") else (-half, half - 1)
    found = [v for v in (low - 1, high + 1) if least <= v <= most]
    return list(dict.fromkeys([*found, *(v for v in (least, most) if not low <= v <= high)]))


def _reals_outside(name: str, kind: Kind) -> list[float]:
    """Floats that a conversion to a whole number must refuse, the nearest that the operand can hold
    among them; none of integers."""
    if kind not in _FLOATS or name.endswith(".un"):
        return []
    low, high = semantics.conversion_range(name)
    near = [semantics.real(kind, semantics.pack_real(kind, float(v))) for v in (low - 1, high + 1)]
    return [math.nan, math.inf, -math.inf, 1e30, -1e30,
            *(v for v in near if not low <= math.trunc(v) <= high)]


__all__ = ["NULL_PAGE", "RULE", "Change", "failures"]
