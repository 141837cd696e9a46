"""The assembly that `clrscope bench jit` compiles: 2,000 methods of some 190 IL bytes each.

The C# text is the same in every run (a fixed seed). It has what ordinary code has: arithmetic,
branches, loops, array elements, fields, calls and conversions. With an argument, Main calls each
method once, which compiles it; without one it calls none, so that the difference of two runs is
the methods' cost.
"""

from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass
from pathlib import Path

from qemu_scripts.errors import EnvironmentFault

METHODS = 2000
PER_CLASS = 100
_SEED = 20240601
_STATEMENTS = 10

_BINARY = ("+", "-", "*", "^", "&", "|")
_INTS = ("a", "b", "i0", "i1", "i2")


@dataclass(frozen=True)
class Sizes:
    """IL sizes of an assembly's generated methods: how many, and their bytes together."""

    methods: int
    il_bytes: int

    @property
    def mean(self) -> float:
        """Bytes of IL per method."""
        return self.il_bytes / self.methods


class _Writer:
    def __init__(self) -> None:
        self._random = random.Random(_SEED)

    def _int(self) -> str:
        return self._random.choice(_INTS)

    def _expression(self) -> str:
        pick = self._random
        left, right = self._int(), self._int()
        return (
            f"({left} {pick.choice(_BINARY)} {right}) {pick.choice(_BINARY)} {pick.randint(2, 99)}"
        )

    def _statement(self, number: int) -> str:
        pick = self._random
        target = pick.choice(("i0", "i1", "i2"))
        kind = pick.randrange(8)
        if kind == 0:
            return f"{target} = {self._expression()};"
        if kind == 1:
            return f"if ({self._int()} > {pick.randint(-50, 200)}) {target} = {self._expression()};"
        if kind == 2:
            return f"t[{target} & 7] = t[({self._int()} + {pick.randint(0, 9)}) & 7] + {target};"
        if kind == 3:
            return f"l = l * {pick.randint(3, 31)}L + (long){self._int()};"
        if kind == 4:
            return f"total += {self._int()} >> {pick.randint(1, 7)};"
        if kind == 5:
            return (
                f"for (int k = 0; k < {pick.randint(1, 3)}; k++) {target} += (k ^ {self._int()});"
            )
        if kind == 6 and number % PER_CLASS:
            # A call of a method that is compiled already; the guard keeps the run short.
            callee = pick.randrange(number - number % PER_CLASS, number)
            return f"if (l == {pick.randint(1, 9)}L) {target} = (int)M{callee}({self._int()}, b);"
        return f"{target} = (short){self._int()} + (byte)({self._int()} >> {pick.randint(1, 9)});"

    def method(self, number: int) -> list[str]:
        lines = [
            f"    public static long M{number}(int a, int b)",
            "    {",
            f"        int i0 = a + {self._random.randint(1, 999)}, i1 = b, i2 = a ^ b;",
            "        long l = i0;",
            "        int[] t = table;",
        ]
        lines += [f"        {self._statement(number)}" for _ in range(_STATEMENTS)]
        lines += ["        return l + i0 + i1 + i2;", "    }"]
        return lines


def source(methods: int = METHODS, throws: bool = False) -> str:
    """The C# text. throws: Main ends in an unhandled exception, for a debugger to look around."""
    writer = _Writer()
    lines = ["using System;", ""]
    classes = range(0, methods, PER_CLASS)
    for first in classes:
        members = range(first, min(first + PER_CLASS, methods))
        lines += [
            f"static class C{first // PER_CLASS}",
            "{",
            "    static int[] table = new int[8];",
            "    static int total;",
        ]
        for number in members:
            lines += writer.method(number)
        lines += ["    public static long All()", "    {", "        long sum = 0;"]
        lines += [f"        sum += M{number}({number}, {number * 3});" for number in members]
        lines += ["        return sum + total;", "    }", "}", ""]
    lines += [
        "static class Program",
        "{",
        "    static int Main(string[] args)",
        "    {",
        "        long sum = 0;",
        "        if (args.Length > 0)",
        "        {",
    ]
    lines += [f"            sum = sum * 31 + C{first // PER_CLASS}.All();" for first in classes]
    end = "throw new Exception();" if throws else "return 0;"
    lines += ["        }", "        Console.WriteLine(sum);", f"        {end}", "    }", "}", ""]
    return "\n".join(lines)


def compile_with_mcs(text: str, folder: Path, name: str) -> Path:
    """Compile C# to folder/NAME.exe; raises EnvironmentFault when mcs is missing or refuses."""
    source_file = folder / f"{name}.cs"
    source_file.write_text(text, encoding="utf-8")
    made = folder / f"{name}.exe"
    argv = ["mcs", "-nologo", "-debug", "-optimize-", "-warn:0", f"-out:{made}", str(source_file)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise EnvironmentFault("mcs is not installed; run ./install.sh") from error
    if done.returncode != 0:
        raise EnvironmentFault(f"mcs refuses {source_file}: {done.stdout}{done.stderr}")
    return made


def measure(assembly: Path) -> Sizes:
    """IL code sizes of the methods named M<number> (ECMA-335 II.25.4: tiny and fat headers)."""
    import dnfile

    image = dnfile.dnPE(str(assembly), clr_lazy_load=True)
    try:
        methods = il_bytes = 0
        assert image.net is not None and image.net.mdtables is not None
        for row in image.net.mdtables.MethodDef.rows:
            name = str(row.Name)
            if not (name.startswith("M") and name[1:].isdigit()):
                continue
            header = image.get_data(row.Rva, 8)
            if header[0] & 3 == 2:
                size = header[0] >> 2
            else:
                size = int.from_bytes(header[4:8], "little")
            methods += 1
            il_bytes += size
    finally:
        image.close()
    return Sizes(methods, il_bytes)
