"""A program that calls every public member of korlib with many arguments, written from korlib's
metadata.

    python -m tests.managed.sweep.generate DIR

writes DIR/Sweep.exe. It prints a line for each member, `Type.Member(parameters) = hash of all
results`, or with a member's name as its argument that member's results one by one. There are no
handlers in it: which calls throw is found out under mono first, and those are left out.
"""

from __future__ import annotations

import argparse
import re
import subprocess
from dataclasses import dataclass
from itertools import count
from math import gcd
from pathlib import Path

from decoders.metadata.model import Assembly, Method, TypeDef
from decoders.metadata.signatures import ET, TypeSig
from qemu_scripts import paths

HERE = Path(__file__).resolve().parent
CALLS = 300  # of one member at most
PUBLIC = 6  # MethodAttributes.MemberAccessMask, II.23.1.10
ACCESS = 7

#: Values' function and how many values it has, by type.
SAMPLES = {
    "System.Boolean": ("Boolean", 2), "System.Char": ("Char", 21), "System.Int64": ("Int64", 30),
    "System.UInt64": ("UInt64", 30), "System.Int32": ("Int32", 30), "System.UInt32": ("UInt32", 30),
    "System.Int16": ("Int16", 30), "System.UInt16": ("UInt16", 30), "System.SByte": ("SByte", 30),
    "System.Byte": ("Byte", 30), "System.Double": ("Double", 40), "System.Single": ("Single", 40),
    "System.String": ("Text", 20), "System.Object": ("Object", 17),
    "System.IFormatProvider": ("Provider", 2), "System.Globalization.CultureInfo": ("Culture", 1),
    "System.Collections.IComparer": ("Comparer", 3),
    "System.Globalization.NumberStyles": ("Styles", 9),
    "System.StringComparison": ("Comparison", 2), "System.StringSplitOptions": ("Splitting", 2),
    "System.MidpointRounding": ("Rounding", 2), "System.TypeCode": ("Code", 19),
    "System.Enum": ("Enumeration", 8), "System.Type": ("Type", 16), "System.Char[]": ("Chars", 4),
    "System.String[]": ("Texts", 4), "System.Object[]": ("Objects", 4),
    "System.Byte[]": ("Bytes", 4), "System.Int32[]": ("Ints", 4), "System.Array": ("Array", 7),
    "System.Collections.ArrayList": ("List", 3),
    "System.Collections.ICollection": ("Collection", 3), "System.Collections.Stack": ("Stack", 3),
    "System.Collections.Queue": ("Queue", 3), "System.Collections.Hashtable": ("Table", 3),
    "System.Collections.IDictionary": ("Dictionary", 3),
    "System.Text.StringBuilder": ("Builder", 3), "System.Text.Encoding": ("Encoding", 3),
    "System.Random": ("Random", 3), "System.TimeSpan": ("Span", 30),
    "System.DateTime": ("Date", 30),
}  # fmt: skip
NUMBERS = (
    "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Single", "Double",
)  # fmt: skip
#: Types whose members are called.
SWEPT = (
    *(f"System.{name}" for name in (
        *NUMBERS, "Boolean", "Char", "String", "Math", "Convert", "BitConverter", "Array", "Buffer",
        "Enum", "Random", "Object", "Type", "TimeSpan", "DateTime")),
    "System.Text.StringBuilder", "System.Text.Encoding", "System.Collections.ArrayList",
    "System.Collections.Stack", "System.Collections.Queue", "System.Collections.Hashtable",
)  # fmt: skip
#: Where an int counts or indexes.
SIZED = (
    "String", "Array", "Buffer", "BitConverter", "StringBuilder", "ArrayList", "Stack", "Queue",
    "Hashtable", "Encoding", "Char", "Type", "Enum",
)  # fmt: skip
#: What is different in every process, or is tested by its own test.
LEFT_OUT = re.compile(
    r"System\.(Object\.(GetHashCode|ReferenceEquals)|DateTime\.get_|Type\.(get_(Assembly|TypeHandle"
    r"|Module|UnderlyingSystemType)|GetTypeFromHandle|GetHashCode)|Random\.Random\(\)"
    r"|Math\.(Sin|Cos|Tan|Asin|Acos|Atan|Atan2|Exp|Log|Log10|Sinh|Cosh|Tanh|Pow)\()"
    r"|get_SyncRoot|(StringBuilder|ArrayList|Stack|Queue|Hashtable)\.GetHashCode"
    r"|Encoding\.(GetHashCode|ToString|get_(Default|EncodingName))|\.GetType\(\)|GetEnumerator"
)


@dataclass
class Call:
    """One member: its label, the samples of its arguments, and the C# that calls it."""

    label: str
    parameters: list[tuple[str, int]]
    code: list[str]

    @property
    def combinations(self) -> int:
        total = 1
        for _, number in self.parameters:
            total *= number
        return total


def type_name(assembly: Assembly, sig: TypeSig) -> str | None:
    """The C# name of a type in a signature; None for pointers, generics and the like."""
    sig = sig.stripped()
    if sig.et in (ET.CLASS, ET.VALUETYPE) and sig.token >> 24 == 2:
        return assembly.type_def(sig.token & 0xFFFFFF).full_name
    if sig.et in (ET.SZARRAY, ET.BYREF):
        inner = type_name(assembly, sig.element)
        return inner and inner + ("[]" if sig.et == ET.SZARRAY else "&")
    if ET.VOID <= sig.et <= ET.STRING or sig.et == ET.OBJECT:
        names = ["Void", "Boolean", "Char", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32",
                 "Int64", "UInt64", "Single", "Double", "String"]
        return "System." + ("Object" if sig.et == ET.OBJECT else names[sig.et - 1])
    return None


def sample_of(owner: str, method: str, parameter: str, kind: str) -> tuple[str, int] | None:
    """Which of Values' functions makes arguments for a parameter; None when none does."""
    if kind == "System.String":
        if parameter == "format":
            composite = owner == "StringBuilder" or (owner == "String" and method == "Format")
            return ("Composite", 16) if composite else ("Format", 40)
        if "Parse" in method or owner == "Convert":
            return ("Number", 53)
    if parameter in ("toBase", "fromBase"):
        return ("Radix", 4)
    if kind == "System.Int32" and (owner in SIZED or parameter == "digits"):
        return ("Small", 18)
    return SAMPLES.get(kind)


def returned(kind: str, expression: str) -> str:
    """The statement that notes a value."""
    if kind == "System.Void":
        return f"{expression};"
    return f"Note.Put({expression});"


def call_of(assembly: Assembly, owner: TypeDef, method: Method) -> Call | None:
    """How to call a method; None where it is not public or some type has no samples."""
    name, full = method.name, owner.full_name
    convertible = name.startswith("System.IConvertible.")
    if ((method.flags & ACCESS) != PUBLIC and not convertible) or name == ".cctor":
        return None
    if method.generic_names:
        return None
    signature = method.signature
    kinds = [type_name(assembly, sig) for sig in signature.params]
    result = type_name(assembly, signature.ret)
    shown = "(" + ",".join(str(kind).split(".")[-1] for kind in kinds) + ")"
    label = f"{full}.{owner.name if name == '.ctor' else name}{shown}"
    if result is None or None in kinds or LEFT_OUT.search(label):
        return None
    code, words, parameters, after = [], [], [], []
    receiver = not method.is_static and name != ".ctor"
    if receiver:
        sample = SAMPLES.get(full)
        if sample is None:
            return None
        parameters.append(sample)
        code.append(f"{full} r = Values.{sample[0]}(i0);")
        if full not in ("System.Object", "System.Enum", "System.Type"):
            after.append("Note.Put(r);")
    for position, (kind, parameter) in enumerate(zip(kinds, method.param_names, strict=True)):
        assert kind is not None
        if kind.endswith("&"):
            code.append(f"{kind[:-1]} a{position};")
            words.append(f"out a{position}")
            after.append(f"Note.Put(a{position});")
            continue
        sample = sample_of(owner.name, name, parameter, kind)
        if sample is None:
            return None
        code.append(f"{kind} a{position} = Values.{sample[0]}(i{len(parameters)});")
        parameters.append(sample)
        words.append(f"a{position}")
        if kind.endswith("[]") or kind == "System.Array":
            after.append(f"Note.Put(a{position});")
    target = f"r.{name}" if receiver else f"{full}.{name}"
    expression = f"{target}({', '.join(words)})"
    if name == ".ctor":
        result, expression = full, f"new {full}({', '.join(words)})"
    elif convertible:
        expression = f"((System.IConvertible)r).{name.split('.')[-1]}({', '.join(words)})"
    elif name in ("op_Equality", "op_Inequality", "op_Addition", "op_Subtraction"):
        sign = {"E": "==", "I": "!=", "A": "+", "S": "-"}[name[3]]
        expression = f"a0 {sign} a1"
    elif name.startswith("op_"):
        return None
    elif name in ("get_Chars", "get_Item"):
        expression = f"r[{words[0]}]"
    elif name in ("set_Chars", "set_Item"):
        expression = f"r[{words[0]}] = {words[1]}"
    elif name.startswith("get_"):
        expression = f"{target.replace('.get_', '.')}"
    elif name.startswith("set_"):
        expression = f"{target.replace('.set_', '.')} = {words[0]}"
    code.append(returned(result, expression))
    return Call(label, parameters, [*code, *after])


def calls(korlib: Path) -> list[Call]:
    """All calls that can be made of korlib's members, by label."""
    assembly = Assembly.open(korlib)
    found: dict[str, Call] = {}
    for owner in assembly.types:
        if owner.full_name not in SWEPT:
            continue
        for method in owner.methods:
            call = call_of(assembly, owner, method)
            if call is not None:
                found[call.label] = call
    return [found[label] for label in sorted(found)]


def source(members: list[Call], masks: dict[str, str]) -> tuple[str, list[int]]:
    """The program, and for each of its lines which member it belongs to (-1: none). Without masks
    it finds out which calls throw."""
    lines: list[tuple[int, str]] = []

    def put(text: str, member: int = -1) -> None:
        lines.append((member, text))

    put("using System;")
    put("static class Sweep {")
    for number, call in enumerate(members):
        total = call.combinations
        made = min(total, CALLS)
        step = 1 if total <= CALLS else next(
            step for step in count(total // CALLS * 7 + 1) if gcd(step, total) == 1
        )
        mask = masks.get(call.label, "")
        put(f"static void M{number}() {{")
        put(f'if (!Note.Begin("{call.label}", "{mask}")) return;')
        put(f"for (int i = 0; i < {made}; i++) {{ if (!Note.Next()) continue;")
        put(f"int at = (int)((long)i * {step} % {total});")
        for position, (_, many) in enumerate(call.parameters):
            put(f"int i{position} = at % {many}; at /= {many};")
        if not masks:
            put("try {")
        for statement in call.code:
            put(statement, number)
        put("Note.Done();")
        if not masks:
            put("Note.Probed(true); } catch (Exception) { Note.Probed(false); }")
        put("} Note.End(); }")
    put("static void Main(string[] words) {")
    put('if (words.Length > 0) Note.Only = words[0] == "all" ? "" : words[0];')
    for number in range(len(members)):
        put(f"M{number}();")
    put("} }")
    return "\n".join(text for _, text in lines) + "\n", [member for member, _ in lines]


def compile_program(folder: Path, members: list[Call], masks: dict[str, str]) -> list[Call]:
    """Compile folder/Sweep.exe; returns the members that it holds: what mono's library does not
    have is left out. RuntimeError when something else is wrong."""
    while True:
        text, owners = source(members, masks)
        (folder / "Sweep.cs").write_text(text, encoding="utf-8")
        command = ["mcs", "-nologo", "-warn:0", "-optimize+", f"-out:{folder / 'Sweep.exe'}"]
        done = subprocess.run([*command, folder / "Sweep.cs", HERE / "Values.cs"],
                              capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return members
        where = re.findall(r"Sweep\.cs\((\d+),\d+\): error", done.stdout + done.stderr)
        bad = {owners[int(line) - 1] for line in where}
        if not bad or -1 in bad:
            raise RuntimeError(done.stdout + done.stderr)
        members = [call for number, call in enumerate(members) if number not in bad]


def build(folder: Path, korlib: Path = paths.MANAGED / "korlib.dll") -> tuple[Path, list[str]]:
    """folder/Sweep.exe and the labels of korlib's members that mono's library does not have."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = calls(korlib)
    members = compile_program(folder, wanted, {})
    done = subprocess.run(
        ["mono", folder / "Sweep.exe"], capture_output=True, text=True, check=True
    )
    masks = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines())
    members = [call for call in members if "1" in masks[call.label]]
    compile_program(folder, members, masks)
    present = {call.label for call in members}
    return folder / "Sweep.exe", [call.label for call in wanted if call.label not in present]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    program, missing = build(parser.parse_args().folder)
    print(program)
    print(f"not in mono's library, or always throws: {', '.join(missing) or 'nothing'}")
