"""The abstract evaluation stack of a method's IL: types and depth at every IL offset.

A fixed point over the control-flow graph with merging at joins (ECMA-335 III.1.7.5, III.1.8.1.3).
It models what IL says, not what a JIT did with it: comparing the two is the point.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from decoders.errors import DecodeError, ILError
from decoders.il.disasm import Instruction, disassemble_partly
from decoders.il.effects import Effects, Underflow
from decoders.il.entries import OBJECT, Entry, entry_for, merge
from decoders.metadata import (
    AssemblySet,
    ClauseKind,
    GenericContext,
    Method,
    MethodBody,
)

MAX_VISITS = 64
_NO_FALL_THROUGH = frozenset({
    "br", "br.s", "leave", "leave.s", "ret", "throw", "rethrow", "endfinally", "endfilter", "jmp",
})


@dataclass(frozen=True, slots=True)
class StackModel:
    """Evaluation stacks by IL offset, deepest entry first; `problems` says what was wrong.

    `unreachable` holds offsets that control flow never reaches; their stacks assume an empty one
    at the first of them (III.1.7.5).
    """

    instructions: list[Instruction]
    before: dict[int, tuple[Entry, ...]]
    problems: list[ILError]
    unreachable: frozenset[int] = field(default=frozenset())

    def at(self, offset: int) -> tuple[Entry, ...]:
        """The stack before the instruction at an IL offset."""
        found = self.before.get(offset)
        if found is None:
            raise ILError(offset, "no stack is known here: not an instruction boundary, or bad IL")
        return found

    @property
    def max_depth(self) -> int:
        """Deepest stack in entries."""
        return max(map(len, self.before.values()), default=0)


def model_stack(
    universe: AssemblySet, method: Method, context: GenericContext | None = None,
    body: MethodBody | None = None,
) -> StackModel:
    """Model a method's evaluation stack. Malformed IL ends up in `problems`, never in a crash.

    `body` replaces the method's own, for IL that was read elsewhere.
    """
    return _Modeller(universe, method, context or GenericContext(), body or method.body).run()


class _Modeller:
    def __init__(
        self, universe: AssemblySet, method: Method, context: GenericContext, body: MethodBody
    ) -> None:
        self.universe = universe
        self.body = body
        self.effects = Effects(universe, method, context)
        self.instructions, error = disassemble_partly(self.body.il)
        self.problems: list[ILError] = [error] if error else []
        self.by_offset = {i.offset: i for i in self.instructions}
        self.before: dict[int, tuple[Entry, ...]] = {}
        self.visits: dict[int, int] = {}
        self.work: list[int] = []
        self.dead = False

    def run(self) -> StackModel:
        if self.instructions:
            self.flow(0, (), 0)
        self.enter_handlers()
        self.drain()
        # Dead code has no say in what live code finds on the stack.
        self.dead = True
        unreachable: set[int] = set()
        for instruction in self.instructions:
            if instruction.offset not in self.before:
                reached = set(self.before)
                self.flow(instruction.offset, (), instruction.offset)
                self.drain()
                unreachable |= set(self.before) - reached
        self.problems.sort(key=lambda p: p.offset)
        return StackModel(
            self.instructions, self.before, self.problems, frozenset(unreachable)
        )

    def problem(self, offset: int, message: str) -> None:
        if not any(p.offset == offset for p in self.problems):
            self.problems.append(ILError(offset, message))

    def enter_handlers(self) -> None:
        for clause in self.body.clauses:
            if clause.kind is ClauseKind.CATCH:
                try:
                    sig = self.effects.type_of(clause.class_token)
                    entry = entry_for(self.universe, sig)
                except DecodeError as error:
                    self.problem(clause.handler_offset, f"its exception type is bad: {error}")
                    entry = OBJECT
                self.flow(clause.handler_offset, (entry,), clause.handler_offset)
            elif clause.kind is ClauseKind.FILTER:
                self.flow(clause.filter_offset, (OBJECT,), clause.filter_offset)
                self.flow(clause.handler_offset, (OBJECT,), clause.handler_offset)
            else:
                self.flow(clause.handler_offset, (), clause.handler_offset)

    def drain(self) -> None:
        while self.work:
            offset = self.work.pop()
            self.visits[offset] = self.visits.get(offset, 0) + 1
            if self.visits[offset] > MAX_VISITS:
                self.problem(offset, "its stack types do not settle")
                continue
            self.step(self.by_offset[offset])

    def step(self, instruction: Instruction) -> None:
        offset = instruction.offset
        stack = list(self.before[offset])
        try:
            self.effects.apply(instruction, stack)
        except Underflow as error:
            self.problem(offset, f"{instruction.name} needs {error.needed} entries on the stack")
            return
        except ILError as error:
            self.problem(offset, str(error).partition(": ")[2])
            return
        except DecodeError as error:
            self.problem(offset, f"{instruction.name}: {error}")
            return
        if len(stack) > max(self.body.max_stack, 8):
            self.problem(offset, f"the stack grows beyond .maxstack {self.body.max_stack}")
            if len(stack) > 65535:
                return
        state = () if instruction.name.startswith("leave") else tuple(stack)
        for target in instruction.targets:
            self.flow(target, state, offset)
        if instruction.name not in _NO_FALL_THROUGH:
            if instruction.end >= len(self.body.il):
                self.problem(offset, "control runs off the end of the method")
            else:
                self.flow(instruction.end, state, offset)

    def flow(self, target: int, state: tuple[Entry, ...], source: int) -> None:
        if target not in self.by_offset:
            self.problem(source, f"control goes to IL_{target & 0xFFFFFFFF:04x}, "
                                 "which is no instruction")
            return
        known = self.before.get(target)
        if known is None:
            self.before[target] = state
            self.work.append(target)
            return
        if self.dead:
            return
        if len(known) != len(state):
            self.problem(target, f"paths meet with {len(known)} and {len(state)} stack entries")
            return
        merged = []
        for a, b in zip(known, state, strict=True):
            entry = merge(self.universe, a, b)
            if entry is None:
                self.problem(target, f"paths meet with {a.kind.value} and {b.kind.value}")
                return
            merged.append(entry)
        if tuple(merged) != known:
            self.before[target] = tuple(merged)
            self.work.append(target)
