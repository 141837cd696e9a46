"""Numeric groups: integer and float arithmetic, comparisons, shifts, conversions, checked forms.

Every operation is a method of its own and takes its operands as arguments, so that the C# compiler
cannot fold it and a method that fails to compile in the guest costs one operation only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tests.conformance.emit import Group, ident


@dataclass(frozen=True)
class IntType:
    """An integer type of C#: its keyword, width in bits, signedness and edge values."""

    cs: str
    bits: int
    signed: bool
    values: tuple[int, ...]

    @property
    def low(self) -> int:
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        return (1 << (self.bits - (1 if self.signed else 0))) - 1

    def holds(self, value: int) -> bool:
        return self.low <= value <= self.high

    def literal(self, value: int) -> str:
        if self.bits < 32:
            return f"({self.cs})({value})"
        suffix = {"int": "", "uint": "U", "long": "L", "ulong": "UL"}[self.cs]
        if self.signed and value == self.low:
            return f"{self.cs}.MinValue"
        return f"({value}{suffix})" if value < 0 else f"{value}{suffix}"

    @property
    def report(self) -> str:
        return {"int": "T.I", "uint": "T.U", "long": "T.L", "ulong": "T.UL"}.get(self.cs, "T.I")


INT = IntType("int", 32, True, (0, 1, -1, -7, 0x7FFFFFFF, -0x80000000, 0x12345678))
UINT = IntType("uint", 32, False, (0, 1, 7, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x9ABCDEF0))
LONG = IntType(
    "long",
    64,
    True,
    (0, 1, -1, -7, (1 << 63) - 1, -(1 << 63), 0x123456789ABCDEF0, 0x80000000),
)
ULONG = IntType(
    "ulong", 64, False, (0, 1, 7, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 0xFEDCBA9876543210)
)
SMALL = (
    IntType("sbyte", 8, True, (0, 1, -1, 127, -128)),
    IntType("byte", 8, False, (0, 1, 127, 128, 255)),
    IntType("short", 16, True, (0, 1, -1, 32767, -32768)),
    IntType("ushort", 16, False, (0, 1, 32767, 32768, 65535)),
    IntType("char", 16, False, (0, 65, 0x7FFF, 0x8000, 0xFFFF)),
)
WIDE = (INT, UINT, LONG, ULONG)

BINARY = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "rem": "%",
    "and": "&",
    "or": "|",
    "xor": "^",
}
COMPARE = (("eq", "=="), ("ne", "!="), ("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">="))


def _undefined(op: str, kind: IntType, a: int, b: int) -> bool:
    """True where ECMA-335 lets div or rem throw: a zero divisor, or the lowest value by -1."""
    return op in ("div", "rem") and (b == 0 or (kind.signed and a == kind.low and b == -1))


def _exact(op: str, a: int, b: int) -> int:
    return {"add": a + b, "sub": a - b, "mul": a * b}[op]


def integer_groups() -> list[Group]:
    groups = []
    for kind in WIDE:
        group = Group(kind.cs + "_arith")
        for name, op in BINARY.items():
            method = name.capitalize()
            group.method(
                f"static {kind.cs} {method}({kind.cs} a, {kind.cs} b)", f"return a {op} b;"
            )
            for a in kind.values:
                for b in kind.values:
                    if not _undefined(name, kind, a, b):
                        call = f"{method}({kind.literal(a)}, {kind.literal(b)})"
                        group.check(f"{name}({a},{b})", kind.report, call)
        for name, op in (("neg", "-"), ("not", "~")):
            if name == "neg" and kind.cs == "ulong":
                continue  # C# has no unary minus on ulong
            method = name.capitalize()
            result = "long" if name == "neg" and kind.cs == "uint" else kind.cs
            group.method(f"static {result} {method}({kind.cs} a)", f"return {op}a;")
            for a in kind.values:
                report = "T.L" if result == "long" else kind.report
                group.check(f"{name}({a})", report, f"{method}({kind.literal(a)})")
        for name, op in (("shl", "<<"), ("shr", ">>")):
            method = name.capitalize()
            group.method(f"static {kind.cs} {method}({kind.cs} a, int n)", f"return a {op} n;")
            for a in kind.values[1:]:
                for n in (0, 1, 31, 32, 63):
                    group.check(
                        f"{name}({a},{n})", kind.report, f"{method}({kind.literal(a)}, {n})"
                    )
        groups.append(group)
        groups.append(_compare_group(kind))
    groups += [_small_group(), _immediate_group(), _checked_group()]
    return groups


def _compare_methods(group: Group, cs: str, suffix: str = "") -> None:
    """Six comparisons as values, as taken branches and as negated branches, a bit each."""
    value = " ".join(
        f"if ({n.upper()}{suffix}(a, b)) m |= {1 << i};" for i, (n, _) in enumerate(COMPARE)
    )
    for name, op in COMPARE:
        group.method(f"static bool {name.upper()}{suffix}({cs} a, {cs} b)", f"return a {op} b;")
    taken = " ".join(f"if (a {op} b) m |= {1 << i};" for i, (_, op) in enumerate(COMPARE))
    negated = " ".join(f"if (!(a {op} b)) m |= {1 << i};" for i, (_, op) in enumerate(COMPARE))
    loops = " ".join(
        f"n = 0; while (a {op} b) {{ m |= {1 << i}; n++; if (n > 0) break; }}"
        for i, (_, op) in enumerate(COMPARE)
    )
    group.method(f"static int Value{suffix}({cs} a, {cs} b)", f"int m = 0; {value} return m;")
    group.method(f"static int Taken{suffix}({cs} a, {cs} b)", f"int m = 0; {taken} return m;")
    group.method(f"static int Negated{suffix}({cs} a, {cs} b)", f"int m = 0; {negated} return m;")
    group.method(f"static int Loop{suffix}({cs} a, {cs} b)", f"int m = 0; int n; {loops} return m;")


def _compare_group(kind: IntType) -> Group:
    group = Group(kind.cs + "_compare")
    _compare_methods(group, kind.cs)
    values = kind.values[1:6]
    for a in values:
        for b in values:
            for form in ("Value", "Taken", "Negated"):
                call = f"{form}({kind.literal(a)}, {kind.literal(b)})"
                group.check(f"{form.lower()}({a},{b})", "T.I", call)
        call = f"Loop({kind.literal(a)}, {kind.literal(values[0])})"
        group.check(f"loop({a})", "T.I", call)
    return group


def _small_group() -> Group:
    group = Group("small_arith")
    for kind in SMALL:
        up = kind.cs.capitalize()
        for name, op in (("add", "+"), ("mul", "*"), ("xor", "^"), ("shl", "<<")):
            method = up + name.capitalize()
            right = "b & 7" if name == "shl" else "b"
            body = f"return ({kind.cs})(a {op} ({right}));"
            group.method(f"static {kind.cs} {method}({kind.cs} a, {kind.cs} b)", body)
            for a in kind.values:
                for b in kind.values[1:4:2]:
                    call = f"{method}({kind.literal(a)}, {kind.literal(b)})"
                    group.check(f"{kind.cs}.{name}({a},{b})", "T.I", call)
        group.method(
            f"static int {up}Step({kind.cs} a)",
            f"a++; a += ({kind.cs})3; a--; a <<= 1; return a >> 1;",
        )
        for a in kind.values:
            group.check(f"{kind.cs}.step({a})", "T.I", f"{up}Step({kind.literal(a)})")
    return group


def _immediate_group() -> Group:
    group = Group("immediate")
    forms = {
        INT: (
            "a + 5",
            "a - 200",
            "a * -3",
            "a / 7",
            "a % 10",
            "a & 0xff",
            "a | 0x10000",
            "a ^ -1",
            "a << 7",
            "a >> 9",
            "5 - a",
            "1 << (a & 15)",
            "a * 8",
            "a / 16",
            "a % 16",
            "a / -5",
        ),
        UINT: (
            "a + 5U",
            "a * 9U",
            "a / 10U",
            "a % 10U",
            "a >> 31",
            "a / 0x80000001U",
            "a & 0xffff0000U",
        ),
        LONG: (
            "a + 5L",
            "a * -3L",
            "a / 7L",
            "a % 10L",
            "a & 0xffL",
            "a + 0x123456789aL",
            "a << 40",
            "a >> 40",
            "a / 1000000007L",
            "a ^ 0x5555555555555555L",
            "a - int.MaxValue",
        ),
        ULONG: (
            "a / 10UL",
            "a % 10UL",
            "a >> 33",
            "a / 0x8000000000000001UL",
            "a * 0xcccccccccccccccdUL",
        ),
    }
    for kind, expressions in forms.items():
        for i, expression in enumerate(expressions):
            method = f"{kind.cs.capitalize()}{i}"
            group.method(f"static {kind.cs} {method}({kind.cs} a)", f"return {expression};")
            for a in kind.values[1:]:
                name = f"{kind.cs}[{expression.replace(' ', '')}]({a})"
                group.check(name, kind.report, f"{method}({kind.literal(a)})")
    constants = [*range(-2, 11), 127, 128, -128, -129, 255, 256, 32767, 65536, 0x7FFFFFFF]
    for value in constants:
        group.check(f"ldc.i4({value})", "T.I", str(value))
    group.check("ldc.i4(min)", "T.I", "int.MinValue")
    for value in (
        0,
        1,
        -1,
        0x7FFFFFFF,
        0x80000000,
        0xFFFFFFFF,
        0x100000000,
        -0x80000000,
        -0x80000001,
    ):
        group.check(f"ldc.i8({value})", "T.L", f"({value}L)")
    group.check("ldc.i8(min)", "T.L", "long.MinValue")
    return group


def _checked_group() -> Group:
    """add.ovf and family where the exact result fits: overflow ends a program (see programs/)."""
    group = Group("checked")
    for kind in WIDE:
        up = kind.cs.capitalize()
        for name in ("add", "sub", "mul"):
            method = up + name.capitalize()
            body = f"return checked(a {BINARY[name]} b);"
            group.method(f"static {kind.cs} {method}({kind.cs} a, {kind.cs} b)", body)
            for a in kind.values:
                for b in kind.values:
                    if kind.holds(_exact(name, a, b)):
                        call = f"{method}({kind.literal(a)}, {kind.literal(b)})"
                        group.check(f"{kind.cs}.{name}({a},{b})", kind.report, call)
    targets = (*SMALL, *WIDE)
    for source in WIDE:
        for target in targets:
            if source == target:
                continue
            method = ident(f"{source.cs}_to_{target.cs}")
            body = f"return checked(({target.cs})a);"
            group.method(f"static {target.cs} {method}({source.cs} a)", body)
            values = sorted(
                {*source.values, *(v for v in (target.low, target.high) if source.holds(v))}
            )
            for a in values:
                if target.holds(a):
                    call = f"{method}({source.literal(a)})"
                    group.check(f"{source.cs}_to_{target.cs}({a})", target.report, call)
    for target in targets:
        method = ident(f"double_to_{target.cs}")
        group.method(f"static {target.cs} {method}(double a)", f"return checked(({target.cs})a);")
        reals = (0.0, 1.75, 100.5, float(target.high // 2), -1.5 if target.signed else 3.25)
        for real in reals:
            group.check(f"double_to_{target.cs}({real!r})", target.report, f"{method}({real!r})")
    return group


def _int_conversion(group: Group, source: IntType) -> None:
    for target in (*SMALL, *WIDE):
        if target != source:
            method = ident(f"{source.cs}_to_{target.cs}")
            group.method(
                f"static {target.cs} {method}({source.cs} a)", f"return unchecked(({target.cs})a);"
            )
            for a in source.values:
                group.check(
                    f"{source.cs}_to_{target.cs}({a})",
                    target.report,
                    f"{method}({source.literal(a)})",
                )
    for target_cs, report in (("float", "T.F"), ("double", "T.D")):
        method = ident(f"{source.cs}_to_{target_cs}")
        group.method(f"static {target_cs} {method}({source.cs} a)", f"return ({target_cs})a;")
        for a in source.values:
            group.check(
                f"{source.cs}_to_{target_cs}({a})", report, f"{method}({source.literal(a)})"
            )
    for native, back in (("IntPtr", "long"), ("UIntPtr", "ulong")):
        if source.cs == "char":
            continue  # C# has no conversion from char to a pointer
        method = ident(f"{source.cs}_via_{native}")
        pointer = "void*" if native == "IntPtr" else "byte*"
        group.method(
            f"static unsafe {back} {method}({source.cs} a)",
            f"return unchecked(({back})({pointer})a);",
        )
        for a in source.values:
            group.check(
                f"{source.cs}_via_{native}({a})",
                "T.L" if back == "long" else "T.UL",
                f"{method}({source.literal(a)})",
            )


def _float_sources(target: IntType) -> list[float]:
    """Values whose truncation fits the target (ECMA-335 III.3.27: anything else is unspecified)."""
    values = [0.0, 0.999, 1.5, 2.0, 42.75, 126.5]
    if target.bits >= 16:
        values += [32000.25]
    if target.bits >= 32:
        values += [2147483520.0]
        values += [] if target.signed else [2147483648.0, 4294967040.0]
    if target.bits >= 64:
        values += [4294967296.0, 1e15, 9.0e18]
        values += [] if target.signed else [9223372036854775808.0, 1.8e19]
    values += [-0.5, -1.5, -127.75] if target.signed else [-0.5]
    if target.signed and target.bits == 32:
        values += [-2147483648.0]
    if target.signed and target.bits == 64:
        values += [-2147483649.0, -9223372036854775808.0]
    return values


def conversion_groups() -> list[Group]:
    groups = []
    for source in WIDE:
        group = Group("conv_" + source.cs)
        _int_conversion(group, source)
        groups.append(group)
    group = Group("conv_small")
    for source in SMALL:
        _int_conversion(group, source)
    groups.append(group)
    group = Group("conv_float")
    for source_cs, suffix in (("float", "f"), ("double", "")):
        for target in (*SMALL, *WIDE):
            method = ident(f"{source_cs}_to_{target.cs}")
            group.method(f"static {target.cs} {method}({source_cs} a)", f"return ({target.cs})a;")
            for a in _float_sources(target):
                call = f"{method}({a!r}{suffix})"
                group.check(f"{source_cs}_to_{target.cs}({a!r})", target.report, call)
    group.method("static float Narrow(double a)", "return (float)a;")
    group.method("static double Widen(float a)", "return a;")
    for a in (0.1, -0.0, 1e300, 1e-300, 16777217.0, 3.4028235677973366e38, 1.401298464324817e-45):
        group.check(f"narrow({a!r})", "T.F", f"Narrow({a!r})")
    for literal in (
        "0.1f",
        "-0.0f",
        "3.4028235E38f",
        "1E-45f",
        "float.NaN",
        "float.NegativeInfinity",
    ):
        group.check(f"widen({literal})", "T.D", f"Widen({literal})")
    groups.append(group)
    return groups


def _float_literal(value: float, cs: str) -> str:
    if math.isnan(value):
        return f"{cs}.NaN"
    if math.isinf(value):
        return f"{cs}.{'Positive' if value > 0 else 'Negative'}Infinity"
    return f"({value!r}{'f' if cs == 'float' else ''})"


def float_groups() -> list[Group]:
    groups = []
    for cs, report, huge, tiny in (("float", "T.F", 3e38, 1e-40), ("double", "T.D", 1e308, 5e-324)):
        values = (0.0, -0.0, 1.5, -2.75, huge, math.inf, math.nan)
        group = Group(cs + "_arith")
        for name, op in list(BINARY.items())[:5]:
            method = name.capitalize()
            group.method(f"static {cs} {method}({cs} a, {cs} b)", f"return ({cs})(a {op} b);")
            pairs = [(a, b) for a in values for b in values]
            pairs += [
                (0.1, 3.0),
                (tiny, 2.0),
                (1.0, 3.0),
                (-7.5, 2.0),
                (7.5, -2.0),
                (1e10, 0.7),
                (tiny, tiny),
            ]
            for a, b in pairs:
                call = f"{method}({_float_literal(a, cs)}, {_float_literal(b, cs)})"
                group.check(f"{name}({a!r},{b!r})", report, call)
        group.method(f"static {cs} Neg({cs} a)", "return -a;")
        group.method(f"static {cs} Step({cs} a)", f"a += 1; a *= 2; a -= ({cs})0.5; a++; return a;")
        for a in values[:-1]:
            group.check(f"neg({a!r})", report, f"Neg({_float_literal(a, cs)})")
            group.check(f"step({a!r})", report, f"Step({_float_literal(a, cs)})")
        groups.append(group)
        group = Group(cs + "_compare")
        _compare_methods(group, cs)
        for a in values[1:]:
            for b in values[1:]:
                for form in ("Value", "Taken", "Negated"):
                    call = f"{form}({_float_literal(a, cs)}, {_float_literal(b, cs)})"
                    group.check(f"{form.lower()}({a!r},{b!r})", "T.I", call)
        group.method(f"static {cs} Pick(bool c, {cs} a, {cs} b)", "return c ? a : b;")
        group.check("pick(true)", report, f"Pick(true, ({cs})1.5, ({cs})2.5)")
        group.check("pick(false)", report, f"Pick(false, ({cs})1.5, ({cs})2.5)")
        groups.append(group)
    return groups
