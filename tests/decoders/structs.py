"""Random C# value types, and a program in which mono itself measures them."""

from __future__ import annotations

import random

PRIMITIVES = ["byte", "sbyte", "bool", "char", "short", "ushort", "int", "uint", "long", "ulong",
              "float", "double"]


def generate(seed: int, count: int) -> str:
    """C# source of `count` structs S0..Sn, and a Main printing `name size field=offset ...`."""
    rng = random.Random(seed)
    parts = ["using System; using System.Runtime.InteropServices;", "unsafe static class P {"]
    body = []
    for index in range(count):
        kind = rng.choice(["plain", "plain", "pack", "explicit"])
        attribute = {
            "plain": "",
            "pack": f"[StructLayout(LayoutKind.Sequential, Pack = {rng.choice([1, 2, 4, 8])})] ",
            "explicit": "[StructLayout(LayoutKind.Explicit)] ",
        }[kind]
        fields, prints = [], []
        for number in range(rng.randint(1, 6)):
            types = PRIMITIVES + [f"S{i}" for i in range(index)][-4:]
            offset = f"[FieldOffset({rng.randint(0, 9)})] " if kind == "explicit" else ""
            fields.append(f"{offset}public {rng.choice(types)} f{number};")
            prints.append(
                f'Console.Write(" f{number}={{0}}", (byte*)&v.f{number} - (byte*)&v);')
        parts.append(f"{attribute}public struct S{index} {{ {' '.join(fields)} }}")
        body.append(
            f'{{ S{index} v = new S{index}(); Console.Write("S{index} {{0}}", sizeof(S{index}));'
            f' {" ".join(prints)} Console.WriteLine(); }}')
    return "\n".join([*parts, "static void Main() {", *body, "} }"])
