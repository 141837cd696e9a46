"""What each IL instruction does to the evaluation stack (ECMA-335 III.3 and III.4)."""

from __future__ import annotations

from collections.abc import Callable

from decoders.errors import ILError
from decoders.il.disasm import Instruction
from decoders.il.entries import (
    I4,
    I8,
    NI,
    NULL,
    OBJECT,
    R4,
    R8,
    Entry,
    Kind,
    binary,
    entry_for,
)
from decoders.metadata import (
    ET,
    Assembly,
    AssemblySet,
    GenericContext,
    MemberReference,
    Method,
    MethodSig,
    TypeSig,
    substitute,
)
from decoders.metadata.model import FIELD, METHODDEF, METHODSPEC, STANDALONESIG
from decoders.metadata.signatures import decode_method, substitute_method

Stack = list[Entry]


class Underflow(Exception):
    """An instruction found fewer entries than it takes."""

    def __init__(self, needed: int) -> None:
        self.needed = needed
        super().__init__(needed)


_RESULTS = {"i1": I4, "u1": I4, "i2": I4, "u2": I4, "i4": I4, "u4": I4, "i8": I8, "u8": I8,
            "i": NI, "u": NI, "r4": R4, "r8": R8, "ref": OBJECT}
# mnemonic: (entries taken, entry pushed)
_FIXED: dict[str, tuple[int, Entry | None]] = {
    "nop": (0, None), "break": (0, None), "pop": (1, None), "ldnull": (0, NULL),
    "ldc.i4": (0, I4), "ldc.i4.s": (0, I4), "ldc.i4.m1": (0, I4), "ldc.i8": (0, I8),
    "ldc.r4": (0, R4), "ldc.r8": (0, R8), "ldlen": (1, NI), "switch": (1, None),
    "br": (0, None), "br.s": (0, None), "leave": (0, None), "leave.s": (0, None),
    "brtrue": (1, None), "brtrue.s": (1, None), "brfalse": (1, None), "brfalse.s": (1, None),
    "ceq": (2, I4), "cgt": (2, I4), "cgt.un": (2, I4), "clt": (2, I4), "clt.un": (2, I4),
    "throw": (1, None), "rethrow": (0, None), "endfinally": (0, None), "endfilter": (1, None),
    "cpobj": (2, None), "stobj": (2, None), "initobj": (1, None), "cpblk": (3, None),
    "initblk": (3, None), "stsfld": (1, None), "stfld": (2, None), "stelem": (3, None),
    "ldftn": (0, NI), "ldvirtftn": (1, NI), "localloc": (1, NI), "sizeof": (0, I4),
    "jmp": (0, None), "unaligned.": (0, None), "volatile.": (0, None), "tail.": (0, None),
    "constrained.": (0, None), "readonly.": (0, None), "no.": (0, None), "conv.r.un": (1, R8),
}
_FIXED.update({f"ldc.i4.{n}": (0, I4) for n in range(9)})
_FIXED.update({
    f"{op}{suffix}": (2, None)
    for op in ("beq", "bge", "bgt", "ble", "blt", "bne.un", "bge.un", "bgt.un", "ble.un", "blt.un")
    for suffix in ("", ".s")
})
_FIXED.update({f"ldind.{n}": (1, e) for n, e in _RESULTS.items() if n not in ("u8", "u", "ref")})
_FIXED.update({f"stind.{n}": (2, None) for n in ("ref", "i1", "i2", "i4", "i8", "r4", "r8", "i")})
_FIXED.update({f"stelem.{n}": (3, None) for n in ("ref", "i", "i1", "i2", "i4", "i8", "r4", "r8")})
_FIXED.update({f"ldelem.{n}": (2, e) for n, e in _RESULTS.items() if n not in ("u8", "u", "ref")})
for _name, _entry in _RESULTS.items():
    if _name != "ref":
        _FIXED[f"conv.{_name}"] = (1, _entry)
        _FIXED[f"conv.ovf.{_name}"] = (1, _entry)
        _FIXED[f"conv.ovf.{_name}.un"] = (1, _entry)
_BINARY = frozenset({
    "add", "sub", "mul", "div", "rem", "div.un", "rem.un", "and", "or", "xor", "add.ovf",
    "add.ovf.un", "mul.ovf", "mul.ovf.un", "sub.ovf", "sub.ovf.un",
})


class Effects:
    """Applies instructions of one method to a stack."""

    def __init__(self, universe: AssemblySet, method: Method, context: GenericContext) -> None:
        self.universe = universe
        self.method = method
        self.assembly = method.assembly
        self.context = context
        self.signature = method.signature
        self.args = argument_entries(universe, method, context)
        self.locals = [substitute(t, context) for t in method.locals]

    def apply(self, instruction: Instruction, stack: Stack) -> None:
        """Change `stack` as the instruction does; Underflow, ILError or MetadataError."""
        fixed = _FIXED.get(instruction.name)
        if fixed is not None:
            take(stack, fixed[0])
            if fixed[1] is not None:
                stack.append(fixed[1])
        elif instruction.name in _BINARY:
            self._binary(instruction, stack)
        else:
            handler = _HANDLERS.get(instruction.name)
            if handler is None:
                raise ILError(instruction.offset, f"no stack effect known for {instruction.name}")
            handler(self, instruction, stack)

    def type_of(self, token: int) -> TypeSig:
        """A type token under the method's generic context."""
        return substitute(self.universe.type_sig(self.assembly, token), self.context)

    def entry(self, sig: TypeSig) -> Entry:
        """The stack entry of a type under the method's generic context."""
        return entry_for(self.universe, substitute(sig, self.context))

    def member(self, token: int) -> MemberReference:
        """A member token."""
        return self.universe.resolve_member(self.assembly, token, self.context)

    def _binary(self, instruction: Instruction, stack: Stack) -> None:
        a, b = take(stack, 2)
        result = binary(a, b, instruction.name)
        if result is None:
            raise ILError(
                instruction.offset,
                f"{instruction.name} of {a.kind.value} and {b.kind.value} is not defined",
            )
        stack.append(result)

    def _unary(self, instruction: Instruction, stack: Stack) -> None:
        stack.append(take(stack, 1)[0])

    def _shift(self, instruction: Instruction, stack: Stack) -> None:
        stack.append(take(stack, 2)[0])

    def _dup(self, instruction: Instruction, stack: Stack) -> None:
        entry = take(stack, 1)[0]
        stack += (entry, entry)

    def _ldarg(self, instruction: Instruction, stack: Stack) -> None:
        stack.append(self._arg(instruction))

    def _arg(self, instruction: Instruction) -> Entry:
        if instruction.number >= len(self.args):
            raise ILError(
                instruction.offset,
                f"argument {instruction.number} of a method that has {len(self.args)}",
            )
        return self.args[instruction.number]

    def _ldarga(self, instruction: Instruction, stack: Stack) -> None:
        self._arg(instruction)
        index = instruction.number - (0 if self.method.is_static else 1)
        element = (
            self.signature.params[index] if index >= 0
            else self.universe.type_def_sig(self.method.owner)
        )
        stack.append(Entry(Kind.BYREF, self._plain(element)))

    def _plain(self, sig: TypeSig) -> TypeSig:
        return self.universe.normalize(substitute(sig, self.context).stripped())

    def _starg(self, instruction: Instruction, stack: Stack) -> None:
        self._arg(instruction)
        take(stack, 1)

    def _local(self, instruction: Instruction) -> TypeSig:
        if instruction.number >= len(self.locals):
            raise ILError(
                instruction.offset,
                f"local {instruction.number} of a method that has {len(self.locals)}",
            )
        return self.locals[instruction.number]

    def _ldloc(self, instruction: Instruction, stack: Stack) -> None:
        stack.append(entry_for(self.universe, self._local(instruction)))

    def _ldloca(self, instruction: Instruction, stack: Stack) -> None:
        stack.append(Entry(Kind.BYREF, self._plain(self._local(instruction))))

    def _stloc(self, instruction: Instruction, stack: Stack) -> None:
        self._local(instruction)
        take(stack, 1)

    def _ldstr(self, instruction: Instruction, stack: Stack) -> None:
        stack.append(Entry(Kind.REF, TypeSig(ET.STRING)))

    def _ldfld(self, instruction: Instruction, stack: Stack) -> None:
        take(stack, 1)
        stack.append(self._field_entry(instruction))

    def _field_entry(self, instruction: Instruction) -> Entry:
        return self.entry(self._field_type(instruction))

    def _field_type(self, instruction: Instruction) -> TypeSig:
        found = self.member(instruction.number).field_type
        if found is None:
            raise ILError(instruction.offset, f"{instruction.name} of a method")
        return found

    def _ldflda(self, instruction: Instruction, stack: Stack) -> None:
        base = take(stack, 1)[0]
        # Through a native pointer the result is one too (III.4.11).
        field_type = self._plain(self._field_type(instruction))
        stack.append(NI if base.kind is Kind.NI else Entry(Kind.BYREF, field_type))

    def _ldsfld(self, instruction: Instruction, stack: Stack) -> None:
        stack.append(self._field_entry(instruction))

    def _ldsflda(self, instruction: Instruction, stack: Stack) -> None:
        stack.append(Entry(Kind.BYREF, self._plain(self._field_type(instruction))))

    def _call(self, instruction: Instruction, stack: Stack) -> None:
        member = self.member(instruction.number)
        if member.method_signature is None:
            raise ILError(instruction.offset, f"{instruction.name} of a field")
        self._invoke(member.method_signature, stack)

    def _invoke(self, sig: MethodSig, stack: Stack, extra: int = 0) -> None:
        take(stack, len(sig.params) + (1 if sig.has_this and not sig.explicit_this else 0) + extra)
        if sig.ret.stripped().et is not ET.VOID:
            stack.append(self.entry(sig.ret))

    def _calli(self, instruction: Instruction, stack: Stack) -> None:
        if instruction.number >> 24 != STANDALONESIG:
            raise ILError(instruction.offset, f"calli with token {instruction.number:#010x}")
        signature = site_signature(self.assembly, instruction.number)
        self._invoke(substitute_method(signature, self.context), stack, 1)

    def _newobj(self, instruction: Instruction, stack: Stack) -> None:
        member = self.member(instruction.number)
        if member.method_signature is None:
            raise ILError(instruction.offset, "newobj of a field")
        take(stack, len(member.method_signature.params))
        stack.append(self.entry(member.owner))

    def _ldobj(self, instruction: Instruction, stack: Stack) -> None:
        take(stack, 1)
        stack.append(entry_for(self.universe, self.type_of(instruction.number)))

    def _ref_to_type(self, instruction: Instruction, stack: Stack) -> None:
        take(stack, 1)
        stack.append(Entry(Kind.REF, self.type_of(instruction.number)))

    def _byref_to_type(self, instruction: Instruction, stack: Stack) -> None:
        take(stack, 1)
        stack.append(Entry(Kind.BYREF, self.type_of(instruction.number)))

    def _newarr(self, instruction: Instruction, stack: Stack) -> None:
        take(stack, 1)
        element = self.type_of(instruction.number)
        stack.append(Entry(Kind.REF, TypeSig(ET.SZARRAY, args=(element,))))

    def _ldelema(self, instruction: Instruction, stack: Stack) -> None:
        take(stack, 2)
        stack.append(Entry(Kind.BYREF, self.type_of(instruction.number)))

    def _ldelem(self, instruction: Instruction, stack: Stack) -> None:
        take(stack, 2)
        stack.append(entry_for(self.universe, self.type_of(instruction.number)))

    def _ldelem_ref(self, instruction: Instruction, stack: Stack) -> None:
        array = take(stack, 2)[0]
        stack.append(
            self.entry(array.type.element)
            if array.type is not None and array.type.et is ET.SZARRAY else OBJECT
        )

    def _ldind_ref(self, instruction: Instruction, stack: Stack) -> None:
        base = take(stack, 1)[0]
        entry = self.entry(base.type) if base.type is not None else OBJECT
        stack.append(entry if entry.kind is Kind.REF else OBJECT)

    def _mkrefany(self, instruction: Instruction, stack: Stack) -> None:
        take(stack, 1)
        stack.append(Entry(Kind.VALUE, TypeSig(ET.TYPEDBYREF)))

    def _ldtoken(self, instruction: Instruction, stack: Stack) -> None:
        table = instruction.number >> 24
        if table in (METHODDEF, METHODSPEC):
            name = "System.RuntimeMethodHandle"
        elif table == FIELD:
            name = "System.RuntimeFieldHandle"
        elif table == 0x0A:
            is_field = self.member(instruction.number).is_field
            name = f"System.Runtime{'Field' if is_field else 'Method'}Handle"
        else:
            name = "System.RuntimeTypeHandle"
        stack.append(self._core(name))

    def _refanytype(self, instruction: Instruction, stack: Stack) -> None:
        take(stack, 1)
        stack.append(self._core("System.RuntimeTypeHandle"))

    def _arglist(self, instruction: Instruction, stack: Stack) -> None:
        stack.append(self._core("System.RuntimeArgumentHandle"))

    def _core(self, name: str) -> Entry:
        core = self.universe.core
        found = core.find_type(name) if core is not None else None
        # Without the class library the handle is still an 8-byte struct of a type we cannot name.
        sig = self.universe.type_def_sig(found) if found else TypeSig(ET.TYPEDBYREF)
        return Entry(Kind.VALUE, sig)

    def _ret(self, instruction: Instruction, stack: Stack) -> None:
        wanted = 0 if self.signature.ret.stripped().et is ET.VOID else 1
        take(stack, wanted)
        if stack:
            raise ILError(instruction.offset, f"ret leaves {len(stack)} entries on the stack")


def site_signature(assembly: Assembly, token: int) -> MethodSig:
    """The signature that a calli names (StandAloneSig table, ECMA-335 II.22.36, II.23.2.3)."""
    row = assembly.image.table("StandAloneSig").row(token & 0xFFFFFF)
    return decode_method(assembly.image.blob(row.Signature_BlobIndex), assembly.key)


def take(stack: Stack, count: int) -> Stack:
    """Remove and return the top `count` entries, deepest first."""
    if len(stack) < count:
        raise Underflow(count)
    if not count:
        return []
    taken = stack[-count:]
    del stack[-count:]
    return taken


def this_type(universe: AssemblySet, method: Method) -> TypeSig:
    """The type of `this`: the owner, instantiated over its own parameters; byref for structs."""
    owner = universe.type_def_sig(method.owner)
    count = len(method.owner.generic_names)
    if count:
        args = tuple(TypeSig(ET.VAR, number=i) for i in range(count))
        owner = TypeSig(ET.GENERICINST, args=(owner, *args))
    if universe.is_value_type(method.owner):
        return TypeSig(ET.BYREF, args=(owner,))
    return owner


def argument_types(
    universe: AssemblySet, method: Method, context: GenericContext
) -> list[TypeSig]:
    """Types of all IL arguments, `this` first where there is one."""
    sig = method.signature
    types = [substitute(p, context) for p in sig.params]
    if sig.has_this and not sig.explicit_this:
        types.insert(0, substitute(this_type(universe, method), context))
    return types


def argument_entries(
    universe: AssemblySet, method: Method, context: GenericContext
) -> list[Entry]:
    """What ldarg pushes for each IL argument."""
    return [entry_for(universe, t) for t in argument_types(universe, method, context)]


_Handler = Callable[[Effects, Instruction, Stack], None]
_HANDLERS: dict[str, _Handler] = {
    "neg": Effects._unary, "not": Effects._unary, "ckfinite": Effects._unary,
    "shl": Effects._shift, "shr": Effects._shift, "shr.un": Effects._shift,
    "dup": Effects._dup, "ldstr": Effects._ldstr, "ldfld": Effects._ldfld,
    "ldflda": Effects._ldflda, "ldsfld": Effects._ldsfld, "ldsflda": Effects._ldsflda,
    "call": Effects._call, "callvirt": Effects._call, "calli": Effects._calli,
    "newobj": Effects._newobj, "ldobj": Effects._ldobj, "castclass": Effects._ref_to_type,
    "isinst": Effects._ref_to_type, "box": Effects._ref_to_type, "unbox": Effects._byref_to_type,
    "refanyval": Effects._byref_to_type, "unbox.any": Effects._ldobj, "newarr": Effects._newarr,
    "ldelema": Effects._ldelema, "ldelem": Effects._ldelem, "ldelem.ref": Effects._ldelem_ref,
    "ldind.ref": Effects._ldind_ref, "mkrefany": Effects._mkrefany, "ldtoken": Effects._ldtoken,
    "refanytype": Effects._refanytype, "arglist": Effects._arglist, "ret": Effects._ret,
}
for _verb, _method in (("ldarg", Effects._ldarg), ("ldarga", Effects._ldarga),
                       ("starg", Effects._starg), ("ldloc", Effects._ldloc),
                       ("ldloca", Effects._ldloca), ("stloc", Effects._stloc)):
    for _suffix in ("", ".s", ".0", ".1", ".2", ".3"):
        _HANDLERS[_verb + _suffix] = _method
