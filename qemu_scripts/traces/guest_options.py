"""The options that every command that runs the guest with the plugin has, and what they mean."""

from __future__ import annotations

import argparse
from pathlib import Path

from qemu_scripts import run
from qemu_scripts.errors import EnvironmentFault, UsageError
from qemu_scripts.faults import FAULTS
from qemu_scripts.outcome import Kind, Outcome


def add(parser: argparse.ArgumentParser) -> None:
    """--fault, --memory, --timeout, --verbose, and the program with its arguments."""
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME[@ASM!TYPE::METHOD]",
        help="break code generation in one known way; may be repeated: " + ", ".join(FAULTS),
    )  # fmt: skip
    parser.add_argument("--memory", default="64M", metavar="SIZE", help="guest RAM (default 64M)")
    parser.add_argument(
        "--timeout", type=float, metavar="S", help="end the guest after S seconds"
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="show the kernel's console too, on stderr"
    )
    parser.add_argument(
        "command_line", nargs=argparse.REMAINDER, metavar="PROGRAM.exe [ARG...]",
        help="a .NET program and its arguments; without one the driver scenario runs",
    )  # fmt: skip


def run_options(options: argparse.Namespace) -> run.RunOptions:
    """The run that was asked for: it ends by itself and prints on stderr. Raises UsageError."""
    words = list(options.command_line)
    if words and words[0] == "--":
        del words[0]
    if words and words[0].startswith("-"):
        raise UsageError(
            f"unrecognized option {words[0]!r} (see `clrscope {options.command.name} --help`)"
        )
    if options.timeout is not None and not 0 < options.timeout < float("inf"):
        raise UsageError("--timeout needs a number of seconds above 0")
    return run.RunOptions(
        program=Path(words[0]) if words else None,
        arguments=tuple(words[1:]),
        fault=tuple(options.fault),
        memory=options.memory,
        timeout=options.timeout,
        on_fault="exit",
        verbose=options.verbose,
        output=2,
        show_log=options.verbose,
    )


def require_run(result: Outcome) -> None:
    """Raises EnvironmentFault when there was no run to speak of."""
    if result.kind in (Kind.ENVIRONMENT, Kind.BAD_USAGE):
        raise EnvironmentFault(result.message)


def write_file(path: Path, text: str) -> None:
    """Write a result; raises EnvironmentFault."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EnvironmentFault(f"{path} cannot be written: {error.strerror}") from error


def require_writable(*files: Path | None) -> None:
    """Before a long run: raises UsageError for a result whose folder is missing or is a folder."""
    for path in files:
        if path is not None and not path.absolute().parent.is_dir():
            raise UsageError(f"{path} cannot be written: the folder {path.parent} does not exist")
        if path is not None and path.is_dir():
            raise UsageError(f"{path} is a folder; name a file")
