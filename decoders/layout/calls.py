"""Expected argument homes and local needs of a method: Microsoft x64 with CLR argument order.

Source: Microsoft x64 calling convention (learn.microsoft.com, "x64 calling convention"); the order
`this`, return buffer, generic context, arguments is CoreCLR's (clr-abi.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from decoders.il import argument_types
from decoders.layout.fields import Shape, align_up
from decoders.layout.tables import LayoutModel
from decoders.metadata import ET, GenericContext, Method, TypeSig, substitute

REGISTERS = ("rcx", "rdx", "r8", "r9")
FLOAT_REGISTERS = ("xmm0", "xmm1", "xmm2", "xmm3")
FIRST_HOME = 16


class Role(Enum):
    """What an argument slot carries."""

    THIS = "this"
    RETURN_BUFFER = "return buffer"
    ARGUMENT = "argument"


@dataclass(frozen=True, slots=True)
class ArgumentHome:
    """Where an argument lives once its callee's prologue ran.

    `offset` is from RBP. `register` is where it arrives, None when the caller put it on the stack.
    `indirect`: the slot holds the address of a copy that the caller made. `size` is the value's.
    """

    index: int
    role: Role
    name: str
    type: TypeSig
    offset: int
    size: int
    indirect: bool
    register: str | None


@dataclass(frozen=True, slots=True)
class LocalNeed:
    """What a local needs of the frame."""

    index: int
    type: TypeSig
    size: int
    align: int


@dataclass(frozen=True, slots=True)
class FrameNeeds:
    """What a method's frame must hold."""

    homes: tuple[ArgumentHome, ...]
    locals: tuple[LocalNeed, ...]
    local_bytes: int
    returns_by_buffer: bool


def by_value(shape: Shape) -> bool:
    """Whether a value of this size travels in a register or stack slot itself."""
    return shape.size in (1, 2, 4, 8)


def frame_needs(
    model: LayoutModel, method: Method, context: GenericContext | None = None
) -> FrameNeeds:
    """Homes and local needs of a method, from its signature and local types alone."""
    context = context or GenericContext()
    universe = model.universe
    sig = method.signature
    slots: list[tuple[Role, str, TypeSig]] = [
        (Role.ARGUMENT, name, t)
        for name, t in zip(
            (["this"] if sig.has_this and not sig.explicit_this else []) + method.param_names,
            argument_types(universe, method, context), strict=True,
        )
    ]
    if sig.has_this and slots:
        slots[0] = (Role.THIS, slots[0][1], slots[0][2])
    ret = substitute(sig.ret, context).stripped()
    buffer = ret.et is not ET.VOID and not by_value(model.fields.value_shape(ret))
    if buffer:
        pointer = TypeSig(ET.BYREF, args=(ret,))
        slots.insert(1 if sig.has_this else 0, (Role.RETURN_BUFFER, "<return buffer>", pointer))
    homes = []
    for position, (role, name, type_sig) in enumerate(slots):
        shape = model.fields.value_shape(type_sig)
        register = None
        if position < 4:
            plain = universe.normalize(type_sig.stripped())
            floating = plain.et in (ET.R4, ET.R8)
            register = (FLOAT_REGISTERS if floating else REGISTERS)[position]
        homes.append(
            ArgumentHome(
                position, role, name, type_sig, FIRST_HOME + 8 * position, shape.size,
                not by_value(shape), register,
            )
        )
    needs = []
    for index, local in enumerate(method.locals if method.has_body else ()):
        local_type = substitute(local, context)
        shape = model.fields.value_shape(local_type)
        needs.append(LocalNeed(index, local_type, shape.size, shape.align))
    total = sum(align_up(n.size, 8) for n in needs)
    return FrameNeeds(tuple(homes), tuple(needs), total, buffer)
