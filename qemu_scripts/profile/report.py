"""A profile as a table: each method's own weight, and that with its callees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tabulate import tabulate

from qemu_scripts.traces.managed import FrameName, Stack


@dataclass(frozen=True)
class Row:
    """own: weight of the frame itself. total: with what it called; recursion counts once."""

    frame: FrameName
    own: int
    total: int


def rows(stacks: Mapping[Stack, int]) -> list[Row]:
    """One row for each frame, the heaviest first."""
    own: dict[FrameName, int] = {}
    total: dict[FrameName, int] = {}
    for stack, weight in stacks.items():
        own[stack[-1]] = own.get(stack[-1], 0) + weight
        for frame in set(stack):
            total[frame] = total.get(frame, 0) + weight
    found = [Row(frame, own.get(frame, 0), total[frame]) for frame in total]
    return sorted(found, key=lambda row: (-row.own, -row.total, row.frame.name))


def to_text(stacks: Mapping[Stack, int], unit: str, top: int) -> str:
    """The table's first `top` rows and its sum."""
    every = sum(stacks.values())
    found = rows(stacks)
    table = [
        (f"{row.own:,}", f"{100 * row.own / every:.1f}%", f"{row.total:,}",
         f"{100 * row.total / every:.1f}%", row.frame.kind.value, row.frame.name)
        for row in found[:top]
    ]  # fmt: skip
    text = tabulate(
        table,
        headers=("own", "", "with callees", "", "", f"of {every:,} {unit}"),
        colalign=("right", "right", "right", "right", "left", "left"),
        disable_numparse=True,
        tablefmt="plain",
    )
    left = len(found) - len(table)
    return text + (f"\n... and {left} more" if left > 0 else "")
