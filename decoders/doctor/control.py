"""The expected effect of leave, endfinally and localloc (ECMA-335 III.3.46, III.3.35, III.3.47).

A finally handler is code of its method's frame: leave stores the address to go on at in the slot
of each clause that it leaves and jumps to the innermost handler; endfinally jumps through the slot.
"""

from __future__ import annotations

from collections.abc import Callable

from decoders.doctor import emulator
from decoders.doctor.chunk import Chunk, Expect, MethodContext, Problem
from decoders.doctor.emulator import Run
from decoders.layout import align_up
from decoders.metadata import ClauseKind
from decoders.runtime import SlotKind

_SIZES = (40, 16, 1, 0)


def _slot(context: MethodContext, clause: int) -> int | None:
    """The recorded slot, from RBP, of a clause's address to go on at. Both sides are held to it."""
    slots = context.code.temps
    if clause >= len(slots) or slots[clause].slot_kind != SlotKind.TEMP or slots[clause].size != 8:
        return None
    return slots[clause].offset


def _leave(chunk: Chunk) -> Expect | None:
    context, instruction = chunk.context, chunk.instruction
    inside = instruction.offset
    left = [(i, c) for i, c in enumerate(context.method.body.clauses)
            if c.kind is ClauseKind.FINALLY and c.try_offset <= inside < c.try_end
            and not c.try_offset <= instruction.number < c.try_end]
    slots = [_slot(context, index) for index, _ in left]
    if None in slots:
        return None
    goals = [*(c.handler_offset for _, c in left), instruction.number]
    made = Expect("il-effect", len(chunk.cells), next=(goals[0],))

    def after(run: Run) -> Problem | None:
        for slot, goal in zip(slots, goals[1:], strict=True):
            assert slot is not None
            problem = _goes_on(chunk, chunk.machine.word(context.rbp + slot), goal)
            if problem is not None:
                return problem
        return None

    if left:
        made.subject = "finally at " + ", ".join(f"IL_{c.handler_offset:04x}" for _, c in left)
        made.after = after
    return made


def _goes_on(chunk: Chunk, address: int, goal: int) -> Problem | None:
    """Run on from where a finally handler would: it must lead to an IL offset."""
    context = chunk.context
    code = context.code
    if not code.start <= address < code.end:
        return ("il-effect", f"behind a finally handler it would go on at {address:#x}, outside of "
                "the method", f"{address:#x}", f"IL_{goal:04x}")
    run = context.machine.run(address, context.stops, context.calls, lambda at, made: None)
    arrived = [e.il for e in context.boundaries.get(run.stop - code.start, [])
               if not context.code.is_out_of_line(e)]
    if run.error or goal not in arrived:
        where = run.error or (f"IL_{arrived[0]:04x}" if arrived else f"{run.stop:#x}")
        return ("il-effect", f"behind a finally handler it would go on at {where}", where,
                f"IL_{goal:04x}")
    return None


def _end_finally(chunk: Chunk) -> Expect | None:
    context = chunk.context
    own = next((i for i, c in enumerate(context.method.body.clauses)
                if c.handler_offset <= chunk.instruction.offset < c.handler_end), None)
    slot = _slot(context, own) if own is not None else None
    if slot is None:
        return None
    made = Expect("il-effect", len(chunk.cells), leads_to=emulator.TARGETS)
    chunk.machine.write(context.rbp + slot, emulator.TARGETS.to_bytes(8, "little"))
    return made


def _localloc(chunk: Chunk) -> Expect:
    context, machine = chunk.context, chunk.machine
    size = _SIZES[chunk.variant % len(_SIZES)]
    chunk.set_number(chunk.cells[-1], size)
    made = Expect("il-effect", 1, moved=align_up(size, 16))
    zeroed = context.method.body.init_locals

    def check(raw: bytes) -> str:
        if not size:
            return ""  # no block: what is pushed means nothing
        block, low = int.from_bytes(raw, "little"), context.bottom - made.moved
        if not low <= block <= context.bottom - size:
            return f"its block of {size} bytes begins {block - low:+d} bytes from RSP"
        if zeroed and any(machine.read(block, size)):
            return "its block is not zeroed, though the method has InitLocals"
        return ""

    made.pushes = [check]
    return made


CONTROL: dict[str, Callable[[Chunk], Expect | None]] = {
    "leave": _leave, "leave.s": _leave, "endfinally": _end_finally, "localloc": _localloc,
}  # fmt: skip
