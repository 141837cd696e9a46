"""Terminal output in the documentation, made by running the commands for real.

A block is

    <!-- real output of: clrscope demo; from: ==== -->
    ...
    <!-- end of real output -->

and `python -m qemu_scripts.docs_blocks` runs the command and puts its stdout between the two, in a
fence. With `from:` it begins at the first line that has that text, with `to:` it ends before the
next line that has that one. With `--check` nothing is written; a block whose output has changed is
an error. Numbers that may change from build to build (addresses) do not count.
"""

from __future__ import annotations

import difflib
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qemu_scripts import paths
from qemu_scripts.errors import ClrscopeError, EnvironmentFault, UsageError

_BLOCK = re.compile(
    r"(?P<head><!-- real output of: (?P<command>.+?)"
    r"(?:; from: (?P<start>.+?))?(?:; to: (?P<end>.+?))? -->\n)"
    r"(?P<body>.*?)"
    r"(?P<tail><!-- end of real output -->)",
    re.DOTALL,
)
_SECONDS = 120


@dataclass(frozen=True)
class Difference:
    """A block whose text is not what its command prints now."""

    file: Path
    command: str
    diff: str


def documents() -> list[Path]:
    """The files that may hold blocks."""
    return [paths.ROOT / "README.md", *sorted((paths.ROOT / "docs").glob("**/*.md"))]


def steady(text: str) -> str:
    """The text without what any change moves: addresses, code offsets, line numbers."""
    text = re.sub(r"\b0x[0-9a-fA-F]{5,16}\b", "0x...", text)
    text = re.sub(r"\+0x[0-9a-fA-F]{1,4}\b", "+0x...", text)
    text = re.sub(r"\+\d+>", "+N>", text)
    return re.sub(r"(\.(?:cs|c|S)):\d+", r"\1:N", text)


def _output(command: str) -> list[str]:
    """The lines that the command prints on stdout, without the blanks at their ends."""
    program, *words = shlex.split(command)
    if program != "clrscope":
        raise UsageError(f"the block's command {command!r} does not begin with clrscope")
    done = subprocess.run(
        [sys.executable, "-m", "qemu_scripts.cli", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=_SECONDS,
        check=False,
        cwd=paths.ROOT,
    )
    if not done.stdout:
        raise EnvironmentFault(
            f"`{command}` (status {done.returncode}) prints nothing: {done.stderr.strip()}"
        )
    return [line.rstrip() for line in done.stdout.splitlines()]


def _part(lines: list[str], block: re.Match[str]) -> str:
    """What the block shows of its command's output."""
    first, last = 0, len(lines)
    if block["start"] is not None:
        first = _line_with(block["start"], lines, 0, block)
    if block["end"] is not None:
        last = _line_with(block["end"], lines, first + 1, block)
    return "\n".join(lines[first:last]).rstrip() + "\n"


def _line_with(text: str, lines: list[str], first: int, block: re.Match[str]) -> int:
    for index in range(first, len(lines)):
        if text in lines[index]:
            return index
    raise EnvironmentFault(f"`{block['command']}` prints no line with {text!r}")


def process(file: Path, check: bool) -> list[Difference]:
    """Fill a file's blocks, or compare them; returns the blocks that differ(ed)."""
    differences: list[Difference] = []
    printed: dict[str, list[str]] = {}

    def replace(block: re.Match[str]) -> str:
        command = block["command"]
        if command not in printed:
            printed[command] = _output(command)
        body = f"```text\n{_part(printed[command], block)}```\n"
        if steady(body) == steady(block["body"]):
            return block[0]
        diff = difflib.unified_diff(
            block["body"].splitlines(), body.splitlines(), str(file), command, lineterm=""
        )
        differences.append(Difference(file, command, "\n".join(diff)))
        return block["head"] + body + block["tail"]

    text = file.read_text(encoding="utf-8")
    made = _BLOCK.sub(replace, text)
    if not check and made != text:
        file.write_text(made, encoding="utf-8")
    return differences


def main(words: Sequence[str]) -> int:
    """Fill (or with --check compare) the blocks of all documents."""
    check = list(words) == ["--check"]
    if words and not check:
        print("usage: python -m qemu_scripts.docs_blocks [--check]", file=sys.stderr)
        return 124
    try:
        found = [one for file in documents() for one in process(file, check)]
    except ClrscopeError as error:
        print(f"docs_blocks: {error}", file=sys.stderr)
        return 125
    for difference in found:
        print(difference.diff)
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
