"""Types, methods and tokens as C# programmers write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from decoders.errors import MetadataError
from decoders.metadata.model import FIELD as FIELD_TABLE
from decoders.metadata.model import (
    MEMBERREF,
    METHODDEF,
    METHODSPEC,
    STANDALONESIG,
    TYPEDEF,
    TYPEREF,
    TYPESPEC,
    USERSTRING,
    Assembly,
    Method,
)
from decoders.metadata.signatures import ET, MethodSig, TypeSig, decode_locals, decode_method
from decoders.metadata.universe import AssemblySet, MemberReference

KEYWORDS = {
    ET.VOID: "void", ET.BOOLEAN: "bool", ET.CHAR: "char", ET.I1: "sbyte", ET.U1: "byte",
    ET.I2: "short", ET.U2: "ushort", ET.I4: "int", ET.U4: "uint", ET.I8: "long", ET.U8: "ulong",
    ET.R4: "float", ET.R8: "double", ET.STRING: "string", ET.OBJECT: "object", ET.I: "IntPtr",
    ET.U: "UIntPtr", ET.TYPEDBYREF: "TypedReference",
}
MAX_STRING = 80


def type_name(
    universe: AssemblySet, sig: TypeSig, type_params: Sequence[str] = (),
    method_params: Sequence[str] = (), full: bool = True,
) -> str:
    """A type's C# name; generic parameters by name where given, else T0, M0."""
    def inner(part: TypeSig) -> str:
        return type_name(universe, part, type_params, method_params, full)

    sig = universe.normalize(sig)
    if sig.et in KEYWORDS:
        return KEYWORDS[sig.et]
    if sig.et in (ET.CLASS, ET.VALUETYPE):
        name = universe.sig_name(sig)
        return name if full else name.rpartition(".")[2].rpartition("+")[2]
    if sig.et is ET.PTR:
        return inner(sig.element) + "*"
    if sig.et is ET.BYREF:
        return "ref " + inner(sig.element)
    if sig.et is ET.SZARRAY:
        return _array(inner, sig, "[]")
    if sig.et is ET.ARRAY and sig.shape is not None:
        return _array(inner, sig, "[" + "," * (sig.shape[0] - 1) + "]")
    if sig.et is ET.VAR:
        return type_params[sig.number] if sig.number < len(type_params) else f"T{sig.number}"
    if sig.et is ET.MVAR:
        return method_params[sig.number] if sig.number < len(method_params) else f"M{sig.number}"
    if sig.et is ET.GENERICINST:
        generic = inner(sig.args[0])
        bare = generic.partition("`")
        args = ", ".join(inner(a) for a in sig.args[1:])
        tail = bare[2].lstrip("0123456789")
        return f"{bare[0]}<{args}>{tail}"
    if sig.et is ET.FNPTR and sig.method is not None:
        parts = [inner(p) for p in (*sig.method.params, sig.method.ret)]
        return f"delegate*<{', '.join(parts)}>"
    if sig.et in (ET.PINNED, ET.CMOD_OPT, ET.CMOD_REQD):
        return inner(sig.element)
    return sig.et.name.lower()


def _array(inner: Callable[[TypeSig], str], sig: TypeSig, suffix: str) -> str:
    # int[][,] reads outside in: the outer rank comes first (C# 12.8.17.5 in reverse of nesting).
    suffixes = [suffix]
    element = sig.element
    while element.et in (ET.SZARRAY, ET.ARRAY):
        rank = element.shape[0] if element.shape else 1
        suffixes.append("[" + "," * (rank - 1) + "]")
        element = element.element
    return inner(element) + "".join(suffixes)


def method_signature(universe: AssemblySet, method: Method, full: bool = True) -> str:
    """`static bool Ns.Type.Method<T>(byte bus, ref int x)`."""
    sig = method.signature
    owner = method.owner
    generics = method.generic_names

    def name(part: TypeSig) -> str:
        return type_name(universe, part, owner.generic_names, generics, full)

    params = ", ".join(
        f"{name(p)} {n}" for p, n in zip(sig.params, method.param_names, strict=True)
    )
    prefix = "static " if method.is_static else ""
    arity = f"<{', '.join(generics)}>" if generics else ""
    owner_name = owner.full_name if full else owner.name
    return f"{prefix}{name(sig.ret)} {owner_name}.{method.name}{arity}({params})"


def signature_text(universe: AssemblySet, sig: MethodSig, name: str) -> str:
    """A call site's signature: `ret name(types)`."""
    params = ", ".join(type_name(universe, p) for p in sig.params)
    return f"{type_name(universe, sig.ret)} {name}({params})"


def member_text(universe: AssemblySet, member: MemberReference) -> str:
    """`type Owner::field` or `ret Owner::Method<args>(types)`."""
    owner = type_name(universe, member.owner)
    if member.field_type is not None:
        return f"{type_name(universe, member.field_type)} {owner}::{member.name}"
    assert member.method_signature is not None
    args = ", ".join(type_name(universe, a) for a in member.method_args)
    name = f"{owner}::{member.name}" + (f"<{args}>" if args else "")
    prefix = "instance " if member.method_signature.has_this else ""
    return prefix + signature_text(universe, member.method_signature, name)


def quote(text: str) -> str:
    """A string literal, cut at 80 characters, with control characters escaped."""
    shown = text[:MAX_STRING]
    escaped = "".join(
        {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0", '"': '\\"', "\\": "\\\\"}.get(
            c, c if c.isprintable() else f"\\u{ord(c):04x}")
        for c in shown
    )
    return f'"{escaped}"' + ("..." if len(text) > MAX_STRING else "")


def token_text(universe: AssemblySet, assembly: Assembly, token: int) -> str:
    """What an IL operand token means; a bad token gives a text that says so."""
    table = token >> 24
    try:
        if table == USERSTRING:
            return quote(assembly.user_string(token))
        if table in (TYPEDEF, TYPEREF, TYPESPEC):
            return type_name(universe, universe.type_sig(assembly, token))
        if table in (METHODDEF, MEMBERREF, METHODSPEC, FIELD_TABLE):
            return member_text(universe, universe.resolve_member(assembly, token))
        if table == STANDALONESIG:
            row = assembly.image.table("StandAloneSig").row(token & 0xFFFFFF)
            blob = assembly.image.blob(row.Signature_BlobIndex)
            if blob[:1] == b"\x07":
                return f"locals({len(decode_locals(blob, assembly.key))})"
            return signature_text(universe, decode_method(blob, assembly.key), "*")
    except MetadataError as error:
        return f"<bad token {token:#010x}: {error}>"
    return f"<bad token {token:#010x}>"
