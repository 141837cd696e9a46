"""Calling-convention groups: how values travel into, out of and across calls."""

from __future__ import annotations

import random

from tests.conformance.emit import Group
from tests.conformance.kinds import SCALAR, SCALARS, SHAPED, SIZED, STRUCTS, Kind

SEED = 20


def _hash_body(params: list[Kind]) -> str:
    return " ".join(
        ["ulong h = 17;"] + [f"h = {k.mix('h', f'a{i}')};" for i, k in enumerate(params)]
    )


def _signature(params: list[Kind]) -> str:
    return ", ".join(f"{kind.cs} a{i}" for i, kind in enumerate(params))


def _arguments(params: list[Kind], seed: int) -> str:
    return ", ".join(kind.make(seed + 3 * i) for i, kind in enumerate(params))


def count_group() -> Group:
    """0 to 12 arguments of one scalar kind, static, instance and virtual."""
    group = Group("call_counts")
    group.member("sealed class Inst { public int tag; public Inst(int t) { tag = t; }")
    bodies: list[str] = []
    for kind in SCALARS:
        for count in range(13):
            params = [kind] * count
            name = f"{kind.name}{count}"
            text = _hash_body(params)
            group.method(
                f"public ulong I{name}({_signature(params)})", text + " return h + (ulong)tag;"
            )
            bodies.append(f"static ulong S{name}({_signature(params)}) {{ {text} return h; }}")
            arguments = _arguments(params, 11 + count)
            group.check(f"static.{kind.cs}.{count}", "T.UL", f"S{name}({arguments})")
            if count % 3 != 1 or kind.cs in ("int", "double"):
                group.check(
                    f"instance.{kind.cs}.{count}", "T.UL", f"new Inst(5).I{name}({arguments})"
                )
    group.member("}")
    for body in bodies:
        group.member(body)
    return group


def position_group() -> Group:
    """A struct of every size by value at argument positions 0..6, other arguments around it."""
    group = Group("struct_positions")
    others = [
        SCALAR[n] for n in ("int", "double", "long", "float", "byte", "short", "ulong", "sbyte")
    ]
    for kind in STRUCTS:
        positions = range(7) if kind in SIZED else (0, 1, 3, 4)
        for position in positions:
            params = [others[(i + position) % len(others)] for i in range(7)]
            params[position] = kind
            params = params[: max(position + 2, 3)]
            name = f"P{kind.name}_{position}"
            static = position % 2 == 0
            modifier = "static" if static else "virtual"
            holder = "" if static else "Holder"
            body = _hash_body(params) + " return h;"
            if static:
                group.method(f"static ulong {name}({_signature(params)})", body)
            else:
                group.member(
                    f"class {holder}{name} {{ public {modifier} ulong {name}({_signature(params)})"
                    f" {{ {body} }} }}"
                )
            call = f"{name}({_arguments(params, 29 + position)})"
            target = call if static else f"new {holder}{name}().{call}"
            group.check(f"{kind.name}.at{position}", "T.UL", target)
    return group


def return_group() -> Group:
    """Every kind returned from static, instance and virtual methods with 0, 2 and 5 arguments."""
    group = Group("returns")
    inst: list[str] = []
    for kind in (*SCALARS, *STRUCTS):
        for count in (0, 2, 5):
            params = [SCALAR["int"], SCALAR["double"], kind, SCALAR["long"], kind][:count]
            used = " ".join(f"h = {k.mix('h', f'a{i}')};" for i, k in enumerate(params))
            value = "a2" if count == 5 else kind.make(61 + count)
            body = f"ulong h = 5; {used} seen = h; return {value};"
            name = f"{kind.name}_{count}"
            group.member(f"static {kind.cs} S{name}({_signature(params)}) {{ {body} }}")
            modifier = "virtual " if count == 2 else ""
            inst.append(f"public {modifier}{kind.cs} I{name}({_signature(params)}) {{ {body} }}")
            arguments = _arguments(params, 41 + count)
            for form, target in (("static", "S"), ("instance", "inst.I")):
                check = f"{form}.{kind.name}.{count}"
                text = f"{{ {kind.cs} r = {target}{name}({arguments}); "
                text += f'T.UL("{check}", {kind.mix("seen", "r")}); }}'
                group.statements(check, text)
    group.member("static ulong seen;")
    group.member("static Inst inst = new Inst();")
    group.member("class Inst { " + "\n            ".join(inst) + " }")
    return group


def mixed_group() -> Group:
    """Random signatures of 1 to 12 parameters over all kinds, called in five ways."""
    group = Group("call_mixes")
    rng = random.Random(SEED)
    kinds = [*SCALARS, *SCALARS, *STRUCTS]
    forms = ("static", "instance", "virtual", "interface", "ctor")
    for number in range(150):
        params = [rng.choice(kinds) for _ in range(rng.randint(1, 12))]
        form = forms[number % len(forms)]
        arguments = _arguments(params, number)
        signature = _signature(params)
        body = _hash_body(params) + " return h;"
        name = f"M{number}"
        if form == "static":
            group.member(f"static ulong {name}({signature}) {{ {body} }}")
            call = f"{name}({arguments})"
        elif form == "ctor":
            store = _hash_body(params) + " H = h;"
            group.member(
                f"class C{number} {{ public ulong H; public C{number}({signature}) {{ {store} }} }}"
            )
            call = f"new C{number}({arguments}).H"
        else:
            interface = (
                f"interface I{number} {{ ulong {name}({signature}); }} "
                if form == "interface"
                else ""
            )
            base = f" : I{number}" if interface else ""
            modifier = "virtual " if form == "virtual" else ""
            group.member(
                f"{interface}class C{number}{base} {{ public {modifier}ulong {name}({signature})"
                f" {{ {body} }} }}"
            )
            receiver = f"((I{number})new C{number}())" if interface else f"new C{number}()"
            call = f"{receiver}.{name}({arguments})"
        kinds_text = "_".join(kind.name for kind in params)
        group.check(f"{form}.{number}.{kinds_text}", "T.UL", call)
    return group


def return_mix_group() -> Group:
    """Random results with random parameters: `this`, the return buffer and arguments together."""
    group = Group("return_mixes")
    rng = random.Random(SEED + 3)
    kinds = [*SCALARS, *STRUCTS]
    forms = ("static", "instance", "virtual", "interface", "struct", "boxed")
    group.member("static ulong seen;")
    for number in range(120):
        result = rng.choice((*STRUCTS, *STRUCTS, *SCALARS))
        params = [rng.choice(kinds) for _ in range(rng.randint(0, 7))]
        form = forms[number % len(forms)]
        value = f"a{params.index(result)}" if result in params else result.make(number + 500)
        this = "" if form == "static" else " seen = T.Mix(seen, (ulong)tag);"
        body = f"{_hash_body(params)} seen = h;{this} return {value};"
        method = f"{result.cs} M{number}({_signature(params)})"
        if form == "static":
            group.member(f"static {method} {{ {body} }}")
            receiver = ""
        else:
            interface = form in ("interface", "boxed")
            if interface:
                group.member(f"interface I{number} {{ {method}; }}")
            sort = "struct" if form in ("struct", "boxed") else "class"
            group.member(
                f"{sort} C{number}{f' : I{number}' if interface else ''} {{ public int tag; "
                f"public C{number}(int t) {{ tag = t; }} "
                f"public {'virtual ' if form == 'virtual' else ''}{method} {{ {body} }} }}"
            )
            receiver = f"new C{number}({number})."
            if interface:
                receiver = f"((I{number})new C{number}({number}))."
        check = f"{form}.{number}.{result.name}_of_{len(params)}"
        call = f"{receiver}M{number}({_arguments(params, number)})"
        text = f"{{ {result.cs} r = {call}; "
        text += f'T.UL("{check}", {result.mix("seen", "r")}); }}'
        group.statements(check, text)
    return group


def byvalue_group() -> Group:
    """The callee changes its copy; the caller's must stay. Then ref and out of the same struct."""
    group = Group("by_value")
    for kind in STRUCTS:
        other, name = kind.make(99), kind.name
        group.member(
            f"static ulong Change{name}({kind.cs} v, int i) {{ v = {other}; "
            f"return Make.Hash{name}((ulong)i, ref v); }}"
        )
        group.member(
            f"static ulong Forward{name}({kind.cs} v) {{ ulong h = Change{name}(v, 3); "
            f"return Make.Hash{name}(h, ref v); }}"
        )
        group.member(f"static void Fill{name}(int i, out {kind.cs} v) {{ v = Make.{name}(i); }}")
        group.member(
            f"static void Swap{name}(ref {kind.cs} a, ref {kind.cs} b) "
            f"{{ {kind.cs} t = a; a = b; b = t; }}"
        )
        group.member(f"static {kind.cs} F{name}(int i) {{ return Make.{name}(i); }}")
        group.member(f"static {kind.cs} field{name};")
        mix = f"Make.Hash{name}(h, ref x); h = Make.Hash{name}(h, ref y)"
        start = f"{{ ulong h = 3; {kind.cs} x = Make.{name}(7); {kind.cs} y; "
        for check, text in (
            ("change", f"y = x; h += Change{name}(x, 1);"),
            ("forward", f"y = x; h += Forward{name}(y);"),
            ("out_swap", f"Fill{name}(8, out y); Swap{name}(ref x, ref y);"),
            ("chain", f"x = y = F{name}(13);"),
            ("chain_field", f"x = field{name} = F{name}(14); y = field{name};"),
            (
                "array",
                f"{kind.cs}[] a = new {kind.cs}[3]; a[1] = x; y = a[2]; a[2] = F{name}(4); "
                f"x = a[2] = a[1]; h += Change{name}(a[1], 5);",
            ),
            ("discard", f"F{name}(3); y = F{name}(6); Change{name}(y, 2);"),
            ("box", f"object o = x; x = F{name}(9); y = ({kind.cs})o;"),
        ):
            group.statements(
                f"{name}.{check}", f'{start}{text} h = {mix}; T.UL("{name}.{check}", h); }}'
            )
    return group


def nested_group() -> Group:
    """Calls inside the arguments of calls while the evaluation stack holds live entries."""
    group = Group("nested_calls")
    rng = random.Random(SEED + 1)
    group.member("static int F1(int a) { return a * 3 + 1; }")
    group.member("static long F2(int a, long b) { return a - b * 5; }")
    group.member("static double F3(double a, int b, float c) { return a * 2 - b + c; }")
    group.member(
        "static int F4(byte a, short b, sbyte c, ushort d, char e) "
        "{ return a + b * 2 + c * 3 + d * 4 + e * 5; }"
    )
    group.member(
        "static long F5(long a, int b, long c, int d, long e, int f) "
        "{ return a + b * 2 - c * 3 + d * 4 - e * 5 + f * 6; }"
    )
    group.member("static S32 F6(S32 s, int n) { s.i0 += n; s.l1 ^= (ulong)(uint)n; return s; }")
    group.member("static int F7(S32 s) { return s.i0 * 3 + (int)s.l1; }")
    group.member(
        "static S12 F8(int a, int b) { S12 s; s.i0 = a; s.i1 = b; s.i2 = a ^ b; return s; }"
    )
    group.member(
        "static int F9(int a, S12 s, int b) { return a + s.i0 * 3 - s.i1 + s.i2 * 7 - b; }"
    )
    group.member(
        "class Node { public int V; public Node L, R; "
        "public Node(Node l, int v, Node r) { L = l; V = v; R = r; } "
        "public virtual int Sum() { return V + (L == null ? 0 : 3 * L.Sum()) "
        "- (R == null ? 0 : R.Sum()); } }"
    )

    def integer(depth: int) -> str:
        if depth == 0:
            return rng.choice(("x", "y", str(rng.randint(-99, 99))))
        d = depth - 1
        choice = rng.randrange(12)
        if choice == 0:
            return f"({integer(d)} + F1({integer(d)}))"
        if choice == 1:
            return f"({integer(d)} * 3 - (int)F2({integer(d)}, {wide(d)}))"
        if choice == 2:
            return f"(F1({integer(d)}) ^ ({integer(d)} + F7(F6(s, {integer(d)}))))"
        if choice == 3:
            first = f"(byte){integer(d)}, (short){integer(d)}"
            return f"F4({first}, (sbyte){integer(d)}, (ushort){integer(d)}, 'c')"
        if choice == 4:
            return f"F9({integer(d)}, F8({integer(d)}, {integer(d)}), {integer(d)})"
        if choice == 5:
            return f"({integer(d)} > {integer(d)} ? F1({integer(d)}) : {integer(d)})"
        if choice == 6:
            return f"F7(F6(F6(s, {integer(d)}), {integer(d)}))"
        if choice == 7:
            return f"({node(d)}.Sum() - {integer(d)})"
        if choice == 8:
            return f"(int)({real(d)} % 100000)"
        if choice == 9:
            return f"(y - (x = {integer(d)}) + x)"
        if choice == 10:
            condition = f"{integer(d)} < 0 && {integer(d)} > x || {integer(d)} == y"
            return f"(({condition}) ? x : F1({integer(d)}))"
        return f"({integer(d)} - ({integer(d)} & ({integer(d)} | {integer(d)})))"

    def wide(depth: int) -> str:
        if depth == 0:
            return rng.choice(("z", "12345678901L"))
        d = depth - 1
        return rng.choice(
            (
                lambda: f"(z + F2({integer(d)}, {wide(d)}))",
                lambda: (
                    f"F5({wide(d)}, {integer(d)}, {wide(d)}, {integer(d)}, {wide(d)}, {integer(d)})"
                ),
                lambda: f"({integer(d)} + {wide(d)} * 7)",
            )
        )()

    def real(depth: int) -> str:
        if depth == 0:
            return rng.choice(("w", "1.5"))
        d = depth - 1
        return rng.choice(
            (
                lambda: f"(w - F3({real(d)}, {integer(d)}, 2.5f))",
                lambda: f"(F3({real(d)}, {integer(d)}, (float)1.25) * 0.5)",
                lambda: f"({integer(d)} + {real(d)})",
            )
        )()

    def node(depth: int) -> str:
        if depth <= 1:
            return f"new Node(null, {integer(depth)}, null)"
        d = depth - 1
        return f"new Node({node(d)}, {integer(d)}, {node(d)})"

    makers = {"int": (integer, "T.I"), "long": (wide, "T.L"), "double": (real, "T.D")}
    for number in range(90):
        cs = ("int", "int", "long", "double")[number % 4]
        maker, report = makers[cs]
        expression = maker(2 + number % 3)
        signature = f"static {cs} E{number}(int x, int y, long z, double w, S32 s)"
        group.method(signature, f"unchecked {{ return {expression}; }}")
        group.check(
            f"expr{number}", report, f"E{number}({number}, -5, 77777777777L, 0.25, Make.S32(3))"
        )
    return group


def locals_group() -> Group:
    """Methods with 1 to 40 locals of mixed kinds, all live until the end."""
    group = Group("locals")
    rng = random.Random(SEED + 2)
    kinds = [*SCALARS, *STRUCTS]
    for count in (1, 2, 3, 4, 5, 8, 12, 16, 24, 40):
        for variant in range(4):
            chosen = [rng.choice(kinds) for _ in range(count)]
            name = f"L{count}_{variant}"
            lines = [f"{kind.cs} v{i} = {kind.make(i + variant)};" for i, kind in enumerate(chosen)]
            if variant % 2:
                lines += [f"v{i} = {kind.make(i + 50)};" for i, kind in enumerate(chosen) if i % 2]
            lines += ["ulong h = 1;"] + [
                f"h = {k.mix('h', f'v{i}')};" for i, k in enumerate(chosen)
            ]
            group.method(f"static ulong {name}()", " ".join(lines) + " return h;")
            group.check(f"count{count}.{variant}", "T.UL", f"{name}()")
    return group


def struct_array_group() -> Group:
    """Arrays of each struct: element stride, whole-element and field access, ref to an element."""
    group = Group("struct_arrays")
    for kind in STRUCTS:
        cs, name = kind.cs, kind.name
        field = kind.fields[-1][1]
        group.member(
            f"static ulong All{name}({cs}[] a) {{ ulong h = 1; for (int i = 0; i < a.Length; i++) "
            f"h = Make.Hash{name}(h, ref a[i]); return h; }}"
        )
        group.member(f"static void Set{name}(ref {cs} r, {cs} v) {{ r = v; }}")
        start = (
            f"{{ {cs}[] a = new {cs}[5]; for (int i = 0; i < 5; i++) a[i] = Make.{name}(i + 20); "
        )
        for check, text in (
            ("fill", ""),
            ("field", f"a[2].{field} = a[4].{field};"),
            ("move", f"a[0] = a[3]; a[4] = a[1]; {cs} v = a[2]; a[3] = v;"),
            ("ref", f"Set{name}(ref a[1], a[2]); Set{name}(ref a[4], new {cs}());"),
        ):
            group.statements(
                f"{name}.{check}", f'{start}{text} T.UL("{name}.{check}", All{name}(a)); }}'
            )
        group.method(
            f"static unsafe long Stride{name}(void* a, void* b)", "return (byte*)b - (byte*)a;"
        )
        if not any(field_cs in ("string", "object") for field_cs, _ in kind.fields):
            group.statements(
                f"{name}.stride",
                f"unsafe {{ {cs}[] a = new {cs}[3]; fixed ({cs}* p = a) "
                f'T.L("{name}.stride", Stride{name}(p, p + 2) * 1000 + sizeof({cs})); }}',
            )
    return group


def switch_group() -> Group:
    """A jump table of 300 entries and a method long enough that every branch is a far one."""
    group = Group("big_methods")
    cases = "\n".join(
        f"                case {i}: x = x * 3 + {i * i % 97}; break;" for i in range(300)
    )
    group.method(
        "static int Big(int i, int x)",
        f"switch (i)\n            {{\n{cases}\n                default: x = -1; break;\n"
        "            }\n            return x;",
    )
    for i in (-1, 0, 1, 149, 298, 299, 300):
        group.check(f"switch({i})", "T.I", f"Big({i}, 7)")
    steps = "\n".join(
        f"                if ((x & {1 << i % 12}) != 0) x = x * 5 + {i}; else x = x ^ {i * 17};"
        for i in range(400)
    )
    group.method(
        "static int Long(int n)",
        "int x = n;\n            for (int k = 0; k < 3; k++)\n"
        f"            {{\n{steps}\n                if (x == 12345) break;\n            }}\n"
        "            return x;",
    )
    for i in (0, 1, 77, -5):
        group.check(f"long({i})", "T.I", f"Long({i})")
    many = " + ".join(f"(a + {i}) * b" for i in range(60))
    group.method("static int Wide(int a, int b)", f"return {many};")
    group.check("wide", "T.I", "Wide(3, -7)")
    right = "a" + "".join(f" - (b + {i}" for i in range(40)) + ")" * 40
    group.method("static int Deep(int a, int b)", f"return {right};")
    group.check("deep_stack", "T.I", "Deep(3, -7)")
    right = "a" + "".join(f" - (Wide(b, {i})" for i in range(25)) + ")" * 25
    group.method("static int DeepCalls(int a, int b)", f"return {right};")
    group.check("deep_calls", "T.I", "DeepCalls(3, -7)")
    return group


def call_groups() -> list[Group]:
    assert all(kind in STRUCTS for kind in SHAPED)
    return [
        count_group(),
        position_group(),
        return_group(),
        mixed_group(),
        return_mix_group(),
        byvalue_group(),
        nested_group(),
        locals_group(),
        struct_array_group(),
        switch_group(),
    ]
