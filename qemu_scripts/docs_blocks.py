"""Terminal output in the documentation, made by running the commands for real.

A block is

    <!-- real output of: clrscope demo; from: ==== -->
    ...
    <!-- end of real output -->

and `python -m qemu_scripts.docs_blocks` runs the command and puts its stdout between the two, in a
fence; with `from:` only what begins at the first line that has that text. With `--check` nothing is
written; a block whose output has changed is an error. Numbers that may change from build to build
(addresses) do not count.
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
    r"(?P<head><!-- real output of: (?P<command>.+?)(?:; from: (?P<start>.+?))? -->\n)"
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


def _output(command: str, start: str | None) -> str:
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
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    if start is not None:
        found = [index for index, line in enumerate(lines) if start in line]
        if not found:
            raise EnvironmentFault(
                f"`{command}` (status {done.returncode}) prints no line with {start!r}: "
                f"{done.stderr.strip()}"
            )
        lines = lines[found[0] :]
    return "\n".join(lines) + "\n"


def process(file: Path, check: bool) -> list[Difference]:
    """Fill a file's blocks, or compare them; returns the blocks that differ(ed)."""
    differences: list[Difference] = []

    def replace(block: re.Match[str]) -> str:
        body = f"```text\n{_output(block['command'], block['start'])}```\n"
        if steady(body) == steady(block["body"]):
            return block[0]
        diff = difflib.unified_diff(
            block["body"].splitlines(), body.splitlines(), str(file), block["command"], lineterm=""
        )
        differences.append(Difference(file, block["command"], "\n".join(diff)))
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
