"""The kinds of value that travel through calls: scalars, references and structs of every size."""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A type of C# with a way to make a value from a seed and a way to hash one."""

    cs: str
    name: str
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def is_struct(self) -> bool:
        return bool(self.fields)

    def make(self, seed: int) -> str:
        """An expression: a value that depends on `seed`, with the sign bit often set."""
        if self.is_struct:
            return f"Make.{self.name}({seed})"
        bits = (seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) & ((1 << 64) - 1)
        literals = {
            "int": f"unchecked((int)0x{bits & 0xFFFFFFFF:08x}U)",
            "uint": f"0x{bits & 0xFFFFFFFF:08x}U",
            "long": f"unchecked((long)0x{bits:016x}UL)",
            "ulong": f"0x{bits:016x}UL",
            "sbyte": f"((sbyte)({struct.unpack('b', bytes([bits & 0xFF]))[0]}))",
            "byte": f"((byte){bits & 0xFF})",
            "short": f"((short)({struct.unpack('h', struct.pack('H', bits & 0xFFFF))[0]}))",
            "ushort": f"((ushort){bits & 0xFFFF})",
            "char": f"((char){bits & 0xFFFF})",
            "bool": "true" if bits & 0x10 else "false",
            "float": f"{((bits & 0xFFFFF) - 0x80000) / 64!r}f",
            "double": f"({((bits & 0xFFFFFFFFFF) - 0x8000000000) / 1024!r})",
            "string": f'"s{seed}"',
            "object": f"Make.Object({seed})",
        }
        return literals[self.cs]

    def mix(self, hash_name: str, value: str) -> str:
        """An expression: `hash_name` with this value mixed in."""
        if self.is_struct:
            return f"Make.Hash{self.name}({hash_name}, ref {value})"
        forms = {
            "float": f"T.MixF({hash_name}, {value})",
            "double": f"T.MixD({hash_name}, {value})",
            "bool": f"T.Mix({hash_name}, {value} ? 1UL : 2UL)",
            "string": f"Make.HashString({hash_name}, {value})",
            "object": f"Make.HashObject({hash_name}, {value})",
        }
        return forms.get(self.cs, f"T.Mix({hash_name}, unchecked((ulong){value}))")


SCALARS = tuple(
    Kind(cs, cs.capitalize())
    for cs in (
        "int",
        "uint",
        "long",
        "ulong",
        "sbyte",
        "byte",
        "short",
        "ushort",
        "char",
        "bool",
        "float",
        "double",
        "string",
        "object",
    )
)
SCALAR = {kind.cs: kind for kind in SCALARS}


def _run(letter: str, cs: str, count: int) -> tuple[tuple[str, str], ...]:
    return tuple((cs, f"{letter}{i}") for i in range(count))


def _struct(name: str, *fields: tuple[str, str]) -> Kind:
    return Kind(name, name, tuple(fields))


# One struct of every size 1..16, then 24, 32, 40, 48 and 64 (the size is in the name).
SIZED = (
    *(_struct(f"S{n}", *_run("b", "byte", n)) for n in (1, 2, 3)),
    _struct("S4", *_run("h", "short", 2)),
    _struct("S5", *_run("b", "byte", 5)),
    _struct("S6", *_run("h", "ushort", 3)),
    _struct("S7", *_run("b", "sbyte", 7)),
    _struct("S8", *_run("i", "int", 2)),
    _struct("S9", *_run("b", "byte", 9)),
    _struct("S10", *_run("h", "short", 5)),
    _struct("S11", *_run("b", "byte", 11)),
    _struct("S12", *_run("i", "int", 3)),
    _struct("S13", *_run("b", "byte", 13)),
    _struct("S14", *_run("h", "ushort", 7)),
    _struct("S15", *_run("b", "sbyte", 15)),
    _struct("S16", *_run("l", "long", 2)),
    _struct("S24", *_run("l", "long", 2), ("int", "i0"), ("short", "h0"), ("byte", "b0")),
    _struct("S32", ("int", "i0"), ("ulong", "l0"), ("ulong", "l1"), *_run("f", "bool", 3)),
    _struct("S40", *_run("d", "double", 5)),
    _struct("S48", *_run("l", "long", 3), *_run("f", "float", 5), ("sbyte", "b0")),
    _struct("S64", *_run("l", "long", 8)),
)
# Other shapes of the sizes that travel in registers, floats and references among them.
SHAPED = (
    _struct("F4", ("float", "x")),
    _struct("F8", ("float", "x"), ("float", "y")),
    _struct("D8", ("double", "x")),
    _struct("L8", ("long", "x")),
    _struct("I4", ("int", "x")),
    _struct("U2", ("char", "x")),
    _struct("Bool1", ("bool", "x")),
    _struct("R8", ("object", "x")),
    _struct("F12", *_run("f", "float", 3)),
    _struct("F16", *_run("f", "float", 4)),
    _struct("D16", *_run("d", "double", 2)),
    _struct("RI16", ("object", "o"), ("int", "i")),
    _struct("IR24", ("byte", "b"), ("string", "s"), ("short", "h")),
    _struct("ID16", ("int", "i"), ("double", "d")),
)
STRUCTS = SIZED + SHAPED


def support_source() -> str:
    """C#: the struct types, the class Make (a maker and a hash for each) and the reference type."""
    out = ["// Made by generate.py: change that, not this.", "namespace Conformance", "{"]
    out += [
        "    public class Cell",
        "    {",
        "        public int Value;",
        "        public Cell(int value) { Value = value; }",
        "    }",
        "",
    ]
    for kind in STRUCTS:
        out += [f"    public struct {kind.cs}", "    {"]
        out += [f"        public {cs} {name};" for cs, name in kind.fields]
        out += ["    }", ""]
    out += [
        "    public static class Make",
        "    {",
        "        public static object Object(int seed) { return new Cell(seed * 7 + 1); }",
        "        public static ulong HashObject(ulong h, object v)",
        "        {",
        "            return T.Mix(h, v == null ? 1UL : (ulong)((Cell)v).Value);",
        "        }",
        "        public static ulong HashString(ulong h, string v)",
        "        {",
        "            return T.Mix(h, v == null ? 1UL : (ulong)(v[1] + v.Length));",
        "        }",
        "",
    ]
    for kind in STRUCTS:
        out += [
            f"        public static {kind.cs} {kind.name}(int seed)",
            "        {",
            f"            {kind.cs} v;",
        ]
        for i, (cs, name) in enumerate(kind.fields):
            out.append(f"            v.{name} = {_field_value(cs, i)};")
        out += ["            return v;", "        }", ""]
        out += [
            f"        public static ulong Hash{kind.name}(ulong h, ref {kind.cs} v)",
            "        {",
        ]
        out += [f"            h = {SCALAR[cs].mix('h', 'v.' + name)};" for cs, name in kind.fields]
        out += ["            return h;", "        }", ""]
        out += [
            f"        public static ulong Of{kind.name}({kind.cs} v)",
            "        {",
            f"            return Hash{kind.name}(17, ref v);",
            "        }",
            "",
        ]
    out += ["    }", "}", ""]
    return "\n".join(out)


def _field_value(cs: str, index: int) -> str:
    factor = 2 * index + 3
    if cs == "object":
        return f"Object(seed + {index})"
    if cs == "string":
        return 'seed % 2 == 0 ? "xeven" : "yo"'
    if cs == "bool":
        return f"(seed * {factor} & 2) != 0"
    if cs in ("float", "double"):
        return f"({cs})(seed * {factor}) / 4"
    if cs in ("long", "ulong"):
        return f"unchecked(({cs})(seed * {factor}) * 0x0102030405060708)"
    return f"unchecked(({cs})(seed * {factor * 37} + {index}))"
