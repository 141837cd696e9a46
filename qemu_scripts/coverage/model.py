"""What a coverage report says, whatever file it becomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Branch:
    """A conditional IL branch or switch. ways: executions by destination, in IL order of the
    source: the way on first. `ran` is false when it was never reached."""

    il: int
    line: int
    ways: tuple[int, ...]
    ran: bool

    @property
    def taken(self) -> int:
        """Ways that were gone at least once."""
        return sum(count > 0 for count in self.ways)


@dataclass
class MethodReport:
    """One method. statements: (line, column, executions) of each place that the compiler marked.

    calls: times that it was entered. compiled: whether the guest ever compiled it.
    """

    assembly: str
    type: str
    name: str
    line: int
    calls: int
    compiled: bool
    statements: list[tuple[int, int, int]] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)


@dataclass(frozen=True)
class Total:
    """`covered` of `all`."""

    covered: int
    all: int

    @property
    def rate(self) -> float:
        """0 to 1; nothing to cover is covered."""
        return self.covered / self.all if self.all else 1.0

    def __add__(self, other: Total) -> Total:
        return Total(self.covered + other.covered, self.all + other.all)

    def __str__(self) -> str:
        return f"{self.covered}/{self.all} ({100 * self.rate:.1f}%)"


@dataclass
class FileReport:
    """One source file. name: as the compiler wrote it. path: where it lies, None if not found.

    stale: the file is newer than the assembly, so that its lines may have moved.
    """

    name: str
    path: Path | None
    stale: bool
    methods: list[MethodReport] = field(default_factory=list)

    @property
    def lines(self) -> dict[int, int]:
        """Executions by line: of the line's most executed statement."""
        result: dict[int, int] = {}
        for method in self.methods:
            for line, _, count in method.statements:
                result[line] = max(result.get(line, 0), count)
        return dict(sorted(result.items()))

    @property
    def partial(self) -> set[int]:
        """Lines of which some statements ran and others did not."""
        seen: dict[int, set[bool]] = {}
        for method in self.methods:
            for line, _, count in method.statements:
                seen.setdefault(line, set()).add(count > 0)
        return {line for line, states in seen.items() if len(states) == 2}

    @property
    def branches(self) -> dict[int, list[Branch]]:
        """Branches by line, in the order of methods and of IL."""
        result: dict[int, list[Branch]] = {}
        for method in self.methods:
            for branch in method.branches:
                result.setdefault(branch.line, []).append(branch)
        return dict(sorted(result.items()))

    @property
    def line_total(self) -> Total:
        """Lines."""
        lines = self.lines
        return Total(sum(count > 0 for count in lines.values()), len(lines))

    @property
    def branch_total(self) -> Total:
        """Ways of branches."""
        return branch_total(self.methods)

    @property
    def method_total(self) -> Total:
        """Methods that were entered."""
        return Total(sum(m.calls > 0 for m in self.methods), len(self.methods))


def branch_total(methods: Iterable[MethodReport]) -> Total:
    """Ways gone, of all ways of all branches."""
    branches = [branch for method in methods for branch in method.branches]
    return Total(sum(b.taken for b in branches), sum(len(b.ways) for b in branches))


@dataclass
class Report:
    """All files, by name. what: the program, for titles. unmarked: methods without lines.

    lost: counters for which the plugin had no room: absences then prove nothing.
    """

    what: str
    files: list[FileReport]
    unmarked: int = 0
    lost: int = 0

    def _sum(self, totals: Iterable[Total]) -> Total:
        return sum(totals, Total(0, 0))

    @property
    def line_total(self) -> Total:
        """Lines."""
        return self._sum(file.line_total for file in self.files)

    @property
    def branch_total(self) -> Total:
        """Ways of branches."""
        return self._sum(file.branch_total for file in self.files)

    @property
    def method_total(self) -> Total:
        """Methods."""
        return self._sum(file.method_total for file in self.files)

    def to_text(self) -> str:
        """A table."""
        rows = [
            (f.name.removeprefix("./"), str(f.line_total), str(f.branch_total), str(f.method_total))
            for f in self.files
        ]
        rows.append(
            ("total", str(self.line_total), str(self.branch_total), str(self.method_total))
        )
        table = [("file", "lines", "branches", "methods"), *rows]
        widths = [max(len(row[i]) for row in table) for i in range(4)]
        return "\n".join(
            "  ".join([row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in (1, 2, 3))])
            for row in table
        )
