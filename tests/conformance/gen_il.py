"""Checks of Opcodes.dll: the callers of the methods that il/*.cs emits, by the same names.

The names are those of il/Families.cs and il/Memory.cs: opcode with `_` for `.`, then the kind of
operand. Results that ECMA-335 leaves open (a shift by the width or more, a float out of the
target's range, a division that overflows) are not asked for.
"""

from __future__ import annotations

from tests.conformance.emit import Group
from tests.conformance.gen_numeric import INT, LONG, IntType

KINDS = ("int", "long", "native", "float", "double")
FORMS = ("beq", "bge", "bgt", "ble", "blt", "bne_un", "bge_un", "bgt_un", "ble_un", "blt_un")
#: The same operands for every comparison of a kind: all pairs are one check, a bit each.
OPERANDS = {
    "int": ("0", "1", "-1", "int.MaxValue", "int.MinValue", "256"),
    "long": ("0L", "1L", "-1L", "long.MaxValue", "long.MinValue", "0x100000000L"),
    "native": ("0L", "1L", "-1L", "long.MaxValue", "long.MinValue", "0x100000000L"),
    "float": ("0f", "-0f", "1.5f", "float.NaN", "float.NegativeInfinity", "-1.5f"),
    "double": ("0.0", "-0.0", "1.5", "double.NaN", "double.NegativeInfinity", "-1.5"),
}
CS = {"int": "int", "long": "long", "native": "long", "float": "float", "double": "double"}
ELEMENTS = (
    "SByte",
    "Byte",
    "Int16",
    "UInt16",
    "Int32",
    "UInt32",
    "Int64",
    "UInt64",
    "Single",
    "Double",
    "Boolean",
    "Char",
)
NARROW = ("SByte", "Byte", "Int16", "UInt16", "Char", "Boolean")


def compare_group() -> Group:
    group = Group("il_compare")
    for kind in KINDS:
        values = ", ".join(OPERANDS[kind])
        group.member(f"static {CS[kind]}[] V{kind}() {{ return new {CS[kind]}[] {{ {values} }}; }}")
    names = [f"{form}{short}" for form in FORMS for short in ("", "_s")]
    names += ["ceq", "cgt", "cgt_un", "clt", "clt_un"]
    for name in names:
        for kind in KINDS:
            method = f"{name}_{kind}"
            group.method(
                f"static long {method}()",
                f"{CS[kind]}[] v = V{kind}(); long m = 0; "
                "for (int i = 0; i < 6; i++) for (int j = 0; j < 6; j++) "
                f"m = m * 2 + Il.Compare.{method}(v[i], v[j]); return m;",
            )
            group.check(method, "T.L", f"{method}()")
    for name in ("brtrue", "brtrue_s", "brfalse", "brfalse_s"):
        for kind in KINDS[:3]:
            for value in OPERANDS[kind]:
                group.check(f"{name}_{kind}({value})", "T.I", f"Il.Compare.{name}_{kind}({value})")
    return group


def _native_ok(op: str, a: int, b: int) -> bool:
    unsigned = op.endswith("_un")
    if op.startswith(("div", "rem")):
        return b != 0 and not (not unsigned and a == LONG.low and b == -1)
    if "ovf" in op:
        kind = IntType("ulong", 64, False, ()) if unsigned else LONG
        if unsigned:
            a, b = a % (1 << 64), b % (1 << 64)
        exact = {"add": a + b, "sub": a - b, "mul": a * b}[op[:3]]
        return kind.holds(exact)
    return True


def native_group() -> Group:
    group = Group("il_native")
    ops = (
        "add",
        "sub",
        "mul",
        "div",
        "div_un",
        "rem",
        "rem_un",
        "and",
        "or",
        "xor",
        "add_ovf",
        "add_ovf_un",
        "sub_ovf",
        "sub_ovf_un",
        "mul_ovf",
        "mul_ovf_un",
    )
    values = (0, 1, -1, LONG.high, LONG.low, 0x123456789A, -77)
    for op in ops:
        for a in values:
            for b in values:
                if _native_ok(op, a, b):
                    call = f"Il.Native.{op}({LONG.literal(a)}, {LONG.literal(b)})"
                    group.check(f"{op}({a},{b})", "T.L", call)
            for b in (1, 5, 0x7FFFFFFF, -3):
                # Whether an int32 is widened by sign or by zero for unsigned forms is not said.
                if _native_ok(op, a, b) and (b > 0 or not op.endswith("_un")):
                    call = f"Il.Native.{op}_mixed({LONG.literal(a)}, {INT.literal(b)})"
                    group.check(f"{op}_mixed({a},{b})", "T.L", call)
    for op in ("shl", "shr", "shr_un"):
        for kind, limit in (("int", 31), ("long", 63), ("native", 63)):
            cs = INT if kind == "int" else LONG
            for a in (1, -1, cs.high, cs.low):
                for n in sorted({0, 1, 31, limit}):
                    call = f"Il.Native.{op}_{kind}({cs.literal(a)}, {n})"
                    group.check(f"{op}_{kind}({a},{n})", "T.L", call)
    for op in ("neg", "not"):
        for a in values:
            group.check(f"{op}({a})", "T.L", f"Il.Native.{op}({LONG.literal(a)})")
    return group


TARGETS = {
    "i1": (8, True),
    "u1": (8, False),
    "i2": (16, True),
    "u2": (16, False),
    "i4": (32, True),
    "u4": (32, False),
    "i8": (64, True),
    "u8": (64, False),
    "i": (64, True),
    "u": (64, False),
}


def convert_group() -> Group:
    group = Group("il_convert")
    integers = {
        "int": (0, 5, -1, 127, 128, 255, 32768, 65535, INT.high, INT.low),
        "long": (0, 5, -1, 128, 65535, INT.high, INT.low, 0xFFFFFFFF, LONG.high, LONG.low),
        "native": (0, 5, -1, 255, 0x80000000, LONG.high, LONG.low),
    }
    reals = {"float": (0.0, 5.75, 100.5, -1.5), "double": (0.0, 5.75, 100.5, -1.5, 4e9, -3e9, 5e18)}
    for suffix, (bits, signed) in TARGETS.items():
        target = IntType("", bits, signed, ())
        for form in (f"conv_{suffix}", f"conv_ovf_{suffix}", f"conv_ovf_{suffix}_un"):
            for kind, values in integers.items():
                source_bits = 32 if kind == "int" else 64
                for a in values:
                    seen = a % (1 << source_bits) if form.endswith("_un") else a
                    if "ovf" in form and not target.holds(seen):
                        continue
                    literal = (INT if kind == "int" else LONG).literal(a)
                    group.check(
                        f"{form}_{kind}({a})", "T.L", f"Il.Convert.{form}_{kind}({literal})"
                    )
            if form.endswith("_un"):
                continue  # conv.ovf.*.un of a float: no signedness to speak of
            for kind, real_values in reals.items():
                for value in real_values:
                    if form == "conv_i" and kind == "double" and not 0 <= value <= INT.high:
                        continue  # mono 6.8 converts through 32 bits
                    if target.holds(int(value)):
                        literal = f"{value!r}{'f' if kind == 'float' else ''}"
                        group.check(
                            f"{form}_{kind}({value!r})",
                            "T.L",
                            f"Il.Convert.{form}_{kind}({literal})",
                        )
    for kind, values in integers.items():
        for a in values:
            literal = (INT if kind == "int" else LONG).literal(a)
            group.check(f"conv_r4_{kind}({a})", "T.F", f"Il.Convert.conv_r4_{kind}({literal})")
            group.check(f"conv_r8_{kind}({a})", "T.D", f"Il.Convert.conv_r8_{kind}({literal})")
            if kind == "native" and not 0 <= a <= 0xFFFFFFFF:
                continue  # mono 6.8 takes the lower 32 bits
            group.check(f"conv_r_un_{kind}({a})", "T.D", f"Il.Convert.conv_r_un_{kind}({literal})")
    for kind in ("float", "double"):
        for literal in OPERANDS[kind]:
            group.check(
                f"conv_r4_{kind}({literal})", "T.F", f"Il.Convert.conv_r4_{kind}({literal})"
            )
            group.check(
                f"conv_r8_{kind}({literal})", "T.D", f"Il.Convert.conv_r8_{kind}({literal})"
            )
    for literal in ("0.0", "-2.5", "1e308", "5e-324"):
        group.check(f"ckfinite({literal})", "T.D", f"Il.Convert.ckfinite({literal})")
    return group


def memory_group() -> Group:
    group = Group("il_memory")
    group.member(
        "static unsafe void Prepare(byte* m) { for (int i = 0; i < 64; i++) "
        "m[i] = (byte)(i < 24 ? 0xC1 + i * 5 : 0x55); m[2] = 1; }"
    )
    group.member(
        "static unsafe ulong Hash(byte* m, int n) { ulong h = 3; "
        "for (int i = 0; i < n; i++) h = T.Mix(h, m[i]); return h; }"
    )
    for element in ELEMENTS:
        for variant in range(4):
            # Unaligned addresses only where the prefix allows them (variants 1 and 3).
            offset = 3 if variant & 1 else 8
            source = 2 if element == "Boolean" else offset
            for way in ("ind", "obj"):
                method = f"{way}_{element}_{variant}"
                group.method(
                    f"static unsafe ulong {method}()",
                    "byte* m = stackalloc byte[64]; Prepare(m); "
                    f"Il.Memory.{method}((long)(m + {source}), (long)(m + {32 + offset})); "
                    "return Hash(m, 64);",
                )
                group.check(method, "T.UL", f"{method}()")
    for variant in range(4):
        base = 1 if variant & 1 else 0
        for size in (0, 1, 3, 7, 8, 16, 23):
            for op in ("cpblk", "initblk"):
                method = f"{op}_{variant}_{size}"
                call = (
                    f"Il.Memory.cpblk_{variant}((long)m + {base}, (long)m + {32 + base}, {size})"
                    if op == "cpblk"
                    else f"Il.Memory.initblk_{variant}((long)m + {32 + base}, 0x1AB, {size})"
                )
                group.method(
                    f"static unsafe ulong {method}()",
                    f"byte* m = stackalloc byte[64]; Prepare(m); {call}; return Hash(m, 64);",
                )
                group.check(method, "T.UL", f"{method}()")
    for method, text in (
        ("native_cell", "return (ulong)Il.Memory.native_cell((long)(m + 8), -5) ^ Hash(m, 64);"),
        ("cpobj_long", "Il.Memory.cpobj_long((long)m, (long)(m + 40)); return Hash(m, 64);"),
    ):
        group.method(
            f"static unsafe ulong {method}()", f"byte* m = stackalloc byte[64]; Prepare(m); {text}"
        )
        group.check(method, "T.UL", f"{method}()")
    for size in (2, 17, 4095, 4096, 9000):
        group.check(f"localloc_sum({size})", "T.I", f"Il.Memory.localloc_sum({size})")
    values = {
        "SByte": ("-5", "T.I"),
        "Byte": ("250", "T.I"),
        "Int16": ("-300", "T.I"),
        "UInt16": ("65000", "T.I"),
        "Int32": ("-70000", "T.I"),
        "UInt32": ("0xfffffff1U", "T.U"),
        "Int64": ("-1L << 40", "T.L"),
        "UInt64": ("ulong.MaxValue - 4", "T.UL"),
        "Single": ("1.25f", "T.F"),
        "Double": ("-2.5", "T.D"),
        "Boolean": ("true", "T.B"),
        "Char": ("'\\u20ac'", "T.I"),
    }
    for element, (literal, report) in values.items():
        group.check(f"elem_{element}", report, f"Il.Memory.elem_{element}({literal})")
    group.check("elem_native", "T.L", "Il.Memory.elem_native(-9L)")
    group.check("elem_string", "T.S", 'Il.Memory.elem_string("element")')
    for n in (0, 1, -1000, 123456):
        group.check(f"many_locals({n})", "T.I", f"Il.Memory.many_locals({n})")
        group.check(f"many_arguments({n})", "T.I", f"Il.Memory.call_many_arguments({n})")
    return group


def truncation_group() -> Group:
    group = Group("il_truncation")
    for where in ("local", "field", "arg", "element"):
        for kind in NARROW:
            # A bool slot is a byte; other values than 0 and 1 in it are kept by some, not by all.
            values = (
                (0, 1) if kind == "Boolean" else (0, 127, 128, 255, 0x1FF, 0x18000, -1, 0x12345)
            )
            for value in values:
                call = f"Il.Memory.{where}_{kind}({value})"
                group.check(f"{where}_{kind}({value})", "T.I", call)
    return group


def il_groups() -> list[Group]:
    return [native_group(), compare_group(), convert_group(), memory_group(), truncation_group()]
