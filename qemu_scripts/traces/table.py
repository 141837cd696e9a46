"""Counters of coverage and profile, as the plugin keeps them. 32 bytes each, little-endian."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from qemu_scripts.traces.shared import RECORD_SIZE, SharedFile

INSN, EDGE, NODE, BLOCK, ALLOC = 1, 2, 3, 4, 5
_ENTRY = struct.Struct("<3Q2I")

Entry = tuple[int, int, int, int, int]


def entries(shared: SharedFile) -> Iterator[Entry]:
    """(a, b, count, kind, extra) of every entry so far; an entry's index is its node number."""
    return _ENTRY.iter_unpack(shared.data[: shared.head * RECORD_SIZE])


@dataclass
class Coverage:
    """What ran: executions begun by instruction address, and by (branch, target).

    sizes: of the instructions, in bytes; an address that was translated but never began counts 0.
    lost: counters that found no room in the table: with any, nothing follows from an absence.
    """

    instructions: dict[int, int] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    edges: dict[tuple[int, int], int] = field(default_factory=dict)
    lost: int = 0


def coverage(shared: SharedFile) -> Coverage:
    """Read the table of a run in mode coverage."""
    result = Coverage(lost=shared.lost)
    for a, b, count, kind, _ in entries(shared):
        if kind == INSN:
            # The guest may have replaced code: sizes differ, executions add up.
            result.instructions[a] = result.instructions.get(a, 0) + count
            result.sizes[a] = b
        elif kind == EDGE:
            result.edges[a, b] = count
    return result


@dataclass(frozen=True)
class Sample:
    """Executions of one block under one stack.

    calls: addresses of the call instructions, outermost first. pc: the block's first address.
    size: its instructions. count: times it began.
    """

    calls: tuple[int, ...]
    pc: int
    size: int
    count: int

    @property
    def instructions(self) -> int:
        """Instructions executed; a block that an exception left early counts whole."""
        return self.size * self.count


@dataclass
class Profile:
    """Where the guest's instructions went, and which objects were made where.

    calls: by (stack with the call instruction last). allocations: (stack, MethodTable) to objects.
    truncated: calls deeper than the shadow stack, whose callees count as their caller's.
    """

    samples: list[Sample] = field(default_factory=list)
    calls: dict[tuple[int, ...], int] = field(default_factory=dict)
    allocations: dict[tuple[tuple[int, ...], int], int] = field(default_factory=dict)
    instructions: int = 0
    lost: int = 0
    truncated: int = 0


def profile(shared: SharedFile) -> Profile:
    """Read the table of a run in mode profile."""
    result = Profile(instructions=shared.instructions, lost=shared.lost, truncated=shared.truncated)
    stacks: dict[int, tuple[int, ...]] = {}
    for index, (a, b, count, kind, extra) in enumerate(entries(shared)):
        if kind == NODE:
            # A node is made after its parent, so that the parent's stack is known.
            stacks[index] = (*stacks[b], a) if a else ()
            if a:
                result.calls[stacks[index]] = count
        elif kind == BLOCK:
            result.samples.append(Sample(stacks[b], a, extra, count))
        elif kind == ALLOC:
            result.allocations[stacks[b], a] = count
    return result
