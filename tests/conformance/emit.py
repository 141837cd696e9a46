"""How a generated group of checks becomes a C# class."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

CHECKS_PER_METHOD = 40  # keeps methods near the size that people write


def ident(text: str) -> str:
    """A C# identifier out of any text."""
    return re.sub(r"\W", "_", text)


@dataclass
class Group:
    """One group: methods under test and the checks that call them, one printed line each."""

    name: str
    members: list[str] = field(default_factory=list)
    checks: list[tuple[str, str]] = field(default_factory=list)

    @property
    def class_name(self) -> str:
        return "".join(part.capitalize() for part in self.name.split("_")) + "Group"

    def method(self, signature: str, body: str) -> None:
        self.members.append(f"        {signature}\n        {{\n            {body}\n        }}\n")

    def member(self, text: str) -> None:
        self.members.append("        " + text + "\n")

    def check(self, name: str, report: str, expression: str) -> None:
        self.checks.append((name, f'{report}("{name}", {expression});'))

    def statements(self, name: str, text: str) -> None:
        """A check that needs more than an expression; `text` must print exactly one line."""
        self.checks.append((name, text))

    def render(self) -> str:
        counts = Counter(name for name, _ in self.checks)
        twice = [name for name, count in counts.items() if count > 1]
        if twice:
            raise ValueError(f"group {self.name}: check names used twice: {twice[:5]}")
        parts = [
            self.checks[i : i + CHECKS_PER_METHOD]
            for i in range(0, len(self.checks), CHECKS_PER_METHOD)
        ]
        lines = [f"    public static class {self.class_name}", "    {", *self.members]
        for number, part in enumerate(parts):
            lines += [f"        static void Part{number}()", "        {"]
            lines += ["            " + text for _, text in part]
            lines += ["        }", ""]
        lines += ["        public static void Run()", "        {"]
        lines += [f"            Part{number}();" for number in range(len(parts))]
        lines += ["        }", "    }", ""]
        return "\n".join(lines)


def source_file(groups: list[Group]) -> str:
    """A whole C# file with these groups."""
    head = "// Made by generate.py: change that, not this.\nnamespace Conformance\n{\n"
    return head + "\n".join(group.render() for group in groups) + "}\n"
