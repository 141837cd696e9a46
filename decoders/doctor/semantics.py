"""What IL arithmetic, comparisons and conversions give (ECMA-335 III.1.5, III.3), on bytes."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable

from decoders.il import Kind

Operand = tuple[Kind, bytes]

_FLOATS = (Kind.R4, Kind.R8)


def unsigned(value: bytes, size: int = 8) -> int:
    """The low bytes as an unsigned number."""
    return int.from_bytes(value[:size], "little")


def signed(value: bytes, size: int = 8) -> int:
    """The low bytes as a signed number."""
    return int.from_bytes(value[:size], "little", signed=True)


def number(kind: Kind, value: bytes) -> int:
    """An integer entry, sign-extended."""
    return signed(value, 4 if kind is Kind.I4 else 8)


def real(kind: Kind, value: bytes) -> float:
    """A floating-point entry."""
    found: float = struct.unpack("<f" if kind is Kind.R4 else "<d",
                                 value[: 4 if kind is Kind.R4 else 8])[0]
    return found


def pack(size: int, value: int) -> bytes:
    """A number's low bytes."""
    return (value & (1 << 8 * size) - 1).to_bytes(size, "little")


def pack_real(kind: Kind, value: float) -> bytes:
    """A floating-point entry's bytes."""
    return struct.pack("<f" if kind is Kind.R4 else "<d", value)


def width(a: Kind, b: Kind) -> int:
    """Bytes that a binary integer operation works on."""
    return 4 if a is Kind.I4 and b is Kind.I4 else 8


def _divide(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


_INTEGER: dict[str, Callable[[int, int], int]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "and": lambda a, b: a & b, "or": lambda a, b: a | b, "xor": lambda a, b: a ^ b,
    "div": _divide, "rem": lambda a, b: a - b * _divide(a, b),
    "div.un": lambda a, b: a // b, "rem.un": lambda a, b: a % b,
}
_REAL: dict[str, Callable[[float, float], float]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
}


def binary(name: str, a: Operand, b: Operand) -> bytes | None:
    """add, sub, mul, div, rem, and, or, xor (and forms with .un, .ovf); None where unknown."""
    plain = name.replace(".ovf", "")
    if a[0] in _FLOATS and b[0] in _FLOATS:
        kind = Kind.R4 if a[0] is b[0] is Kind.R4 else Kind.R8
        operation = _REAL.get(plain)
        if operation is None:
            return None
        return pack_real(kind, operation(real(*a), real(*b)))
    is_unsigned = plain.endswith(".un")
    if ".ovf" in name:
        plain = plain.removesuffix(".un")
    found = _INTEGER.get(plain)
    if found is None:
        return None
    size = width(a[0], b[0])
    left, right = pack(size, number(*a)), pack(size, number(*b))
    if is_unsigned:
        return pack(size, found(unsigned(left, size), unsigned(right, size)))
    return pack(size, found(signed(left, size), signed(right, size)))


def shift(name: str, value: Operand, count: Operand) -> bytes:
    """shl, shr, shr.un; the count is smaller than the width."""
    size = 4 if value[0] is Kind.I4 else 8
    by = number(*count) & 8 * size - 1
    if name == "shl":
        return pack(size, unsigned(value[1], size) << by)
    if name == "shr":
        return pack(size, signed(value[1], size) >> by)
    return pack(size, unsigned(value[1], size) >> by)


def unary(name: str, value: Operand) -> bytes:
    """neg, not."""
    if value[0] in _FLOATS:
        return pack_real(value[0], -real(*value))
    size = 4 if value[0] is Kind.I4 else 8
    found = number(*value)
    return pack(size, -found if name == "neg" else ~found)


def compare(relation: str, a: Operand, b: Operand) -> bool | None:
    """eq, ne.un, gt, gt.un, ge, ge.un, lt, lt.un, le, le.un as in clt or blt.

    Floats that are unordered are in no relation but those with .un (III.1.5 table 4, III.3.26).
    """
    base = relation.removesuffix(".un")
    if a[0] in _FLOATS and b[0] in _FLOATS:
        x, y = real(*a), real(*b)
        if math.isnan(x) or math.isnan(y):
            return relation.endswith(".un")
        return _relation(base, x, y)
    if a[0] in _FLOATS or b[0] in _FLOATS:
        return None
    size = width(a[0], b[0])
    left, right = pack(size, number(*a)), pack(size, number(*b))
    if relation.endswith(".un") and base != "ne":
        return _relation(base, unsigned(left, size), unsigned(right, size))
    return _relation(base, signed(left, size), signed(right, size))


def _relation(name: str, a: float, b: float) -> bool | None:
    return {"eq": a == b, "ne": a != b, "gt": a > b, "ge": a >= b, "lt": a < b,
            "le": a <= b}.get(name)


_TARGETS = {"i1": 1, "u1": 1, "i2": 2, "u2": 2, "i4": 4, "u4": 4, "i8": 8, "u8": 8, "i": 8, "u": 8}


def conversion_range(name: str) -> tuple[int, int]:
    """Smallest and largest value of a conv.ovf instruction's target."""
    target = name.removeprefix("conv.ovf.").removesuffix(".un")
    bits = 8 * _TARGETS[target]
    if target.startswith("u"):
        return 0, (1 << bits) - 1
    return -(1 << bits - 1), (1 << bits - 1) - 1


def convert(name: str, value: Operand) -> bytes | None:
    """conv.* on operands that are in range of the target; None where this model does not know."""
    target = name.removeprefix("conv.").removeprefix("ovf.")
    source_unsigned = target.endswith(".un")
    target = target.removesuffix(".un")
    kind, raw = value
    if target in ("r4", "r8", "r"):
        if kind in _FLOATS:
            found = real(kind, raw)
        elif source_unsigned:
            found = float(unsigned(raw, 4 if kind is Kind.I4 else 8))
        else:
            found = float(number(kind, raw))
        return pack_real(Kind.R4 if target == "r4" else Kind.R8, found)
    size = _TARGETS.get(target)
    if size is None:
        return None
    if kind in _FLOATS:
        whole = math.trunc(real(kind, raw))
    elif source_unsigned or (target in ("u8", "u") and kind is Kind.I4):
        whole = unsigned(raw, 4 if kind is Kind.I4 else 8)
    else:
        whole = number(kind, raw)
    if size < 4:
        low = pack(size, whole)
        whole = signed(low, size) if target.startswith("i") else unsigned(low, size)
        return pack(4, whole)
    return pack(size, whole)
