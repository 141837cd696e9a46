"""How a subcommand of `clrscope` is declared: its help, options, examples and action together."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from qemu_scripts.errors import UsageError


@dataclass(frozen=True)
class Command:
    """One subcommand.

    name: one or more words ("run", "bench jit").
    summary: one line for the list; description: the help's paragraph.
    examples: command lines with what each does, shown in the help.
    options: adds the arguments to a parser. action: does it and returns the exit status.
    usage_status: the exit status of bad usage, where it is not that of `clrscope run`.
    """

    name: str
    summary: str
    description: str
    examples: tuple[tuple[str, str], ...]
    options: Callable[[argparse.ArgumentParser], None]
    action: Callable[[argparse.Namespace], int]
    usage_status: int | None = None

    def epilog(self) -> str:
        """The examples, as the help shows them."""
        lines = ["examples:"]
        for command, what in self.examples:
            lines += [f"  {command}", f"      {what}"]
        return "\n".join(lines)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are UsageError, so that bad usage has its own status."""

    usage_status: int | None = None

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        options.setdefault("allow_abbrev", False)
        super().__init__(**options)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see `{self.prog} --help`)", self.usage_status)


def parser_for(prog: str, description: str, epilog: str, commands: list[Command]) -> Parser:
    """The parser of all commands; the chosen one is left in the namespace as `command`."""
    top = Parser(prog=prog, description=description, epilog=epilog)
    subparsers = top.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    groups: dict[str, Any] = {}
    for command in commands:
        *group, name = command.name.split()
        parent = subparsers
        if group:
            word = group[0]
            if word not in groups:
                members = ", ".join(c.name for c in commands if c.name.startswith(word + " "))
                groups[word] = subparsers.add_parser(word, help=members).add_subparsers(
                    metavar="WHAT", required=True, parser_class=Parser
                )
            parent = groups[word]
        parser = parent.add_parser(
            name, help=command.summary, description=command.description, epilog=command.epilog()
        )
        parser.usage_status = command.usage_status
        command.options(parser)
        parser.set_defaults(command=command)
    return top
