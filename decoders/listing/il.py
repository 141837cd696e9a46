"""A method's IL with resolved operands, evaluation stacks, source lines and protected regions."""

from __future__ import annotations

from dataclasses import dataclass, field

from decoders.errors import DecodeError
from decoders.il import Entry, Kind, StackModel, instruction_text, model_stack
from decoders.metadata import (
    AssemblySet,
    Clause,
    ClauseKind,
    Method,
    method_signature,
    token_text,
    type_name,
)
from decoders.source import MethodSource


@dataclass(frozen=True, slots=True)
class ILLine:
    """One IL instruction. `stack` are the types before it, deepest first.

    `file` and `line` are set where a source line's code begins; `regions` names protected regions
    and handlers that begin here.
    """

    offset: int
    text: str
    stack: tuple[str, ...]
    reachable: bool
    file: str
    line: int
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ILListing:
    """A method's IL. `problems` says what is malformed."""

    method: str
    assembly: str
    token: int = field(metadata={"address": True})
    max_stack: int
    init_locals: bool
    locals: tuple[tuple[int, str, str], ...]
    lines: tuple[ILLine, ...]
    problems: tuple[str, ...]


def il_listing(
    universe: AssemblySet, method: Method, source: MethodSource | None = None
) -> ILListing:
    """List a method's IL; MetadataError when it has none."""
    body = method.body
    model = model_stack(universe, method)
    names = source.local_names() if source is not None else {}
    points = {p.il: p for p in (source.points if source is not None else ()) if not p.hidden}
    regions = _regions(universe, method, body.clauses)
    lines = []
    last = ("", 0)
    for instruction in model.instructions:
        here = source.local_names(instruction.offset) if source is not None else {}
        point = points.get(instruction.offset)
        place = (point.file, point.line) if point is not None else last
        begins, last = place != last, place
        lines.append(ILLine(
            instruction.offset, instruction_text(universe, method, instruction, here),
            _stack(universe, model, instruction.offset),
            instruction.offset not in model.unreachable,
            *(place if begins else ("", 0)),
            tuple(regions.get(instruction.offset, ()))))
    locals_ = tuple(
        (i, names.get(i, f"V_{i}"), type_name(universe, t)) for i, t in enumerate(method.locals))
    return ILListing(
        method_signature(universe, method), method.assembly.name, method.token, body.max_stack,
        body.init_locals, locals_, tuple(lines), tuple(str(p) for p in model.problems),
    )


def stack_text(universe: AssemblySet, entry: Entry) -> str:
    """A modelled entry's type."""
    if entry.type is None:
        return "null" if entry.kind is Kind.REF else entry.kind.value
    name = type_name(universe, entry.type)
    return f"ref {name}" if entry.kind is Kind.BYREF else name


def _stack(universe: AssemblySet, model: StackModel, offset: int) -> tuple[str, ...]:
    return tuple(stack_text(universe, e) for e in model.before.get(offset, ()))


def _regions(
    universe: AssemblySet, method: Method, clauses: tuple[Clause, ...]
) -> dict[int, list[str]]:
    result: dict[int, list[str]] = {}
    for clause in clauses:
        what = clause.kind.name.lower() if clause.kind.name else "catch"
        if clause.kind is ClauseKind.CATCH:
            try:
                what += " " + token_text(universe, method.assembly, clause.class_token)
            except DecodeError as error:
                what += f" <{error}>"
        span = f"IL_{clause.try_offset:04x}-IL_{clause.try_end:04x}"
        result.setdefault(clause.try_offset, []).append(f"try to IL_{clause.try_end:04x}")
        result.setdefault(clause.handler_offset, []).append(f"{what} of {span}")
        if clause.kind is ClauseKind.FILTER:
            result.setdefault(clause.filter_offset, []).append(f"filter of {span}")
    return result
