"""Counts of machine instructions and jumps, as counts of IL instructions and branches.

An IL instruction with code of its own ran as often as its first machine instruction began. One
without (nop, a prefix) ran as often as the next one, less what jumped straight to that.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from decoders.il import Instruction
from decoders.runtime import MethodCode
from qemu_scripts.traces.table import Coverage

#: Instructions after which control never reaches the next one (ECMA-335 III.3).
_NEVER_FALLS = frozenset(
    {"br", "br.s", "ret", "throw", "rethrow", "leave", "leave.s", "endfinally", "endfilter", "jmp"}
)


@dataclass
class IlCounts:
    """Executions of one method's IL, summed over its compiled bodies.

    instructions: by offset; none for what no code was made of. ways: of each conditional branch
    and switch, executions by where it went; a way that means the same place as another is one.
    calls: times that the method was entered.
    """

    calls: int = 0
    instructions: dict[int, int] = field(default_factory=dict)
    ways: dict[int, dict[int, int]] = field(default_factory=dict)

    def add(self, other: IlCounts) -> None:
        """Count another body of the same method in."""
        self.calls += other.calls
        for il, count in other.instructions.items():
            self.instructions[il] = self.instructions.get(il, 0) + count
        for il, ways in other.ways.items():
            mine = self.ways.setdefault(il, {})
            for target, count in ways.items():
                mine[target] = mine.get(target, 0) + count


def destinations(instruction: Instruction) -> tuple[int, ...]:
    """Where a conditional branch or switch may go, in source order; () for all others."""
    if not instruction.targets or instruction.name in _NEVER_FALLS:
        return ()
    # The way on first: compilers jump over what the source has next.
    return tuple(dict.fromkeys((instruction.end, *instruction.targets)))


class EdgeIndex:
    """The plugin's jumps, by where they start."""

    def __init__(self, edges: Mapping[tuple[int, int], int]) -> None:
        self._edges = sorted((source, target, count) for (source, target), count in edges.items())
        self._sources = [edge[0] for edge in self._edges]

    def between(self, start: int, end: int) -> Sequence[tuple[int, int, int]]:
        """(source, target, count) of jumps in [start, end)."""
        return self._edges[bisect_left(self._sources, start) : bisect_left(self._sources, end)]


def _jumps(
    code: MethodCode, start: int, end: int, found: Coverage
) -> Iterator[tuple[int, int, int]]:
    """Unconditional jumps in [start, end), as EdgeIndex.between gives conditional ones.

    A jump goes as often as it begins, so that the plugin does not count its edge. Encodings: E9
    and EB (Intel SDM volume 2, JMP).
    """
    for address in range(start, end):
        at = address - code.start
        opcode, count = code.bytes[at], found.instructions.get(address, 0)
        if count and opcode in (0xE9, 0xEB):
            size = 5 if opcode == 0xE9 else 2
            step = int.from_bytes(code.bytes[at + 1 : at + size], "little", signed=True)
            yield address, address + size + step, count


def il_counts(
    code: MethodCode, il: Sequence[Instruction], found: Coverage, edges: EdgeIndex
) -> IlCounts:
    """Counts of one compiled body."""
    result = IlCounts(calls=found.instructions.get(code.start, 0))
    entries = [(entry.il, entry.native) for entry in code.map]
    natives = dict(entries)
    ends = {
        offset: entries[i + 1][1] if i + 1 < len(entries) else code.end - code.start
        for i, (offset, _) in enumerate(entries)
    }
    by_offset = {instruction.offset: instruction for instruction in il}
    own = {
        offset: found.instructions.get(code.start + native, 0)
        for offset, native in entries
        if ends[offset] > native
    }
    arrivals: dict[int, int] = {}
    for offset, native in entries:
        instruction = by_offset.get(offset)
        if instruction is None or offset not in own or not instruction.targets:
            continue
        ways = destinations(instruction)
        if not ways:
            for target in instruction.targets:
                arrivals[target] = arrivals.get(target, 0) + own[offset]
            continue
        places = {natives[way]: way for way in reversed(ways) if way in natives}
        counted = dict.fromkeys(places.values(), 0)
        start, end = code.start + native, code.start + ends[offset]
        gone = [*edges.between(start, end), *_jumps(code, start, end, found)]
        for _, target, count in gone:
            way = places.get(target - code.start)
            if way is not None:
                counted[way] += count
        result.ways[offset] = counted
        for target in instruction.targets:
            if target in counted:
                arrivals[target] = arrivals.get(target, 0) + counted[target]
    following: int | None = None
    for offset, _ in reversed(entries):
        if offset in own:
            result.instructions[offset] = own[offset]
        elif following is not None:
            left = result.instructions[following] - arrivals.get(following, 0)
            result.instructions[offset] = max(left, 0)
        else:
            result.instructions[offset] = 0
        following = offset
    return result
