"""What the IL of a printing program does to its arguments and locals, instruction by instruction.

Which slots an instruction writes, which it may change behind a reference, and which one a call of
the printing class prints. Found by following where each evaluation-stack entry comes from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from decoders.il import model_stack
from decoders.il.disasm import Instruction, Operand
from decoders.il.effects import Effects, argument_types
from decoders.metadata import ET, AssemblySet, GenericContext, Method, TypeSig

#: (whether it is an argument, IL index)
Variable = tuple[bool, int]
_THROUGH = ("stfld", "stind", "stobj", "initobj", "cpobj")
_CALLS = ("call", "callvirt", "newobj")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a stack entry comes from: a variable's value, its address, or a text of the program."""

    variable: Variable | None = None
    is_address: bool = False
    text: str | None = None


_UNKNOWN = Origin()


@dataclass(slots=True)
class PrintingIl:
    """By IL offset. `writes`: variables that have a new value when the instruction is done.

    `touches`: instructions that may change what references lead to. `prints`: (variable, name) of
    calls that print one. `returned`: the variable whose value the method returns in the end.
    `deep`: variables whose text includes what they refer to.
    """

    offsets: list[int] = field(default_factory=list)
    writes: dict[int, set[Variable]] = field(default_factory=dict)
    touches: set[int] = field(default_factory=set)
    prints: dict[int, tuple[Variable, str]] = field(default_factory=dict)
    stores: dict[int, Variable] = field(default_factory=dict)
    returned: Variable | None = None
    deep: set[Variable] = field(default_factory=set)


class _Watched(list[Any]):
    """A stack that remembers how far down it was taken."""

    def __init__(self, depth: int) -> None:
        super().__init__([None] * depth)
        self.low = depth

    def __delitem__(self, index: Any) -> None:
        super().__delitem__(index)
        self.low = min(self.low, len(self))


def read_il(universe: AssemblySet, method: Method, printing: str) -> PrintingIl:
    """Follow a method's IL. `printing` is the class whose calls print (name, value)."""
    model = model_stack(universe, method)
    assert not model.problems, (method.full_name, model.problems)
    result = PrintingIl([i.offset for i in model.instructions if i.offset not in model.unreachable])
    result.deep = _deep(universe, method)
    effects = Effects(universe, method, GenericContext())
    origins: list[Origin] = []
    for instruction in model.instructions:
        before = model.before[instruction.offset]
        origins = [*origins[: len(before)], *[_UNKNOWN] * (len(before) - len(origins))]
        watched = _Watched(0)
        watched.extend(before)
        watched.low = len(before)
        effects.apply(instruction, watched)
        taken = origins[watched.low:]
        origins = [*origins[: watched.low], *[_UNKNOWN] * (len(watched) - watched.low)]
        if len(watched) > watched.low:
            origins[watched.low:] = _pushed(method, instruction, taken, len(watched) - watched.low)
        _note(universe, method, instruction, taken, printing, result)
    return result


def _deep(universe: AssemblySet, method: Method) -> set[Variable]:
    def refers(sig: TypeSig) -> bool:
        return universe.normalize(sig.stripped()).et in (
            ET.BYREF, ET.CLASS, ET.OBJECT, ET.SZARRAY)

    arguments = argument_types(universe, method, GenericContext())
    return {(True, n) for n, sig in enumerate(arguments) if refers(sig)} | {
        (False, n) for n, sig in enumerate(method.locals) if refers(sig)}


def _variable(instruction: Instruction) -> Variable:
    return instruction.kind is Operand.ARG, instruction.number


def _pushed(
    method: Method, instruction: Instruction, taken: list[Origin], count: int
) -> list[Origin]:
    """Origins of what an instruction pushes."""
    name = instruction.name
    if name.startswith(("ldarg", "ldloc")) and name != "localloc":
        return [Origin(_variable(instruction), name.startswith(("ldarga", "ldloca")))]
    if name == "ldstr":
        return [Origin(text=method.assembly.user_string(instruction.number))]
    if name == "dup":
        return [taken[0]] * count
    if name == "ldflda" and taken[0].is_address:
        return taken  # within the variable
    if name.startswith(("ldind", "ldobj")) and not taken[0].is_address:
        return taken  # what a reference to a variable leads to: printed as the reference's text
    return [_UNKNOWN] * count


def _note(
    universe: AssemblySet, method: Method, instruction: Instruction, taken: list[Origin],
    printing: str, result: PrintingIl,
) -> None:
    """Enter what an instruction does."""
    name, offset = instruction.name, instruction.offset
    written: set[Variable] = set()
    if name.startswith(("stloc", "starg")):
        written.add(_variable(instruction))
        result.stores[offset] = _variable(instruction)
    elif name in _CALLS:
        owner = universe.definition(
            universe.resolve_member(method.assembly, instruction.number).owner)
        assert owner is not None
        if owner.full_name == printing:
            text, value = taken
            assert text.text is not None and value.variable is not None and not value.is_address, (
                f"{method.full_name}, IL_{offset:04x}: prints no variable under a name")
            result.prints[offset] = value.variable, text.text
            return
        if owner.assembly is method.assembly:
            result.touches.add(offset)  # the class library changes nothing of the program's
        written = {o.variable for o in taken if o.is_address and o.variable is not None}
    elif name.startswith(_THROUGH):
        if taken[0].is_address and taken[0].variable is not None:
            written.add(taken[0].variable)
        else:
            result.touches.add(offset)
    elif name.startswith("stelem"):
        result.touches.add(offset)
    elif name == "ret" and taken and not taken[0].is_address:
        result.returned = taken[0].variable
    if written:
        result.writes[offset] = written
