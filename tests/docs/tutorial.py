"""The terminal blocks of docs/tutorial.md, from one boot and one gdb.

    <!-- gdb: clr-args -->
    ...
    <!-- end of gdb -->

holds what that command prints at that place of the session; several commands are separated by
` & `, and `; until: TEXT` leaves out what comes from the first line with TEXT on. Two more are
`<!-- gdb: console -->`, what the kernel says of the fault, and `<!-- gdb: stop -->`, what gdb says
when it has stopped.
`python -m tests.docs.tutorial` fills the blocks, a test compares them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass

from qemu_scripts import paths
from qemu_scripts.docs_blocks import steady

DOCUMENT = paths.ROOT / "docs" / "tutorial.md"
FAULT = "this-not-homed"
_BLOCK = re.compile(
    r"(?P<head><!-- gdb: (?P<commands>.+?)(?:; until: (?P<until>.+?))? -->\n)"
    r"(?P<body>.*?)(?P<tail><!-- end of gdb -->)",
    re.DOTALL,
)
_MARK = "==== command "
_MADE_UP = ("console", "stop")


@dataclass(frozen=True)
class Output:
    """What one command of the session printed."""

    command: str
    lines: list[str]


def commands_of(text: str) -> list[str]:
    """The gdb commands of all blocks, in order."""
    found = [block["commands"] for block in _BLOCK.finditer(text)]
    return [one for line in found if line not in _MADE_UP for one in line.split(" & ")]


def session(commands: list[str]) -> tuple[list[str], list[Output]]:
    """Boot, stop at the fault, run the commands: (all lines before them, their outputs)."""
    argv = [sys.executable, "-m", "qemu_scripts.cli", "debug", "--batch", "--fault", FAULT]
    for index, command in enumerate(commands):
        argv += ["--ex", f"echo \\n{_MARK}{index}\\n", "--ex", command]
    argv += ["--ex", f"echo \\n{_MARK}{len(commands)}\\n"]
    done = subprocess.run(
        argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
        check=False, cwd=paths.ROOT,
    )
    before, *pieces = re.split(rf"^{_MARK}\d+\n", done.stdout, flags=re.MULTILINE)
    if len(pieces) != len(commands) + 1:
        raise RuntimeError(f"gdb ran {len(pieces)} of the commands:\n{done.stdout}{done.stderr}")
    outputs = []
    for command, piece in zip(commands, pieces, strict=False):
        lines = [line.rstrip() for line in piece.strip("\n").splitlines()]
        if not lines:
            raise RuntimeError(f"`{command}` prints nothing; gdb's errors:\n{done.stderr}")
        outputs.append(Output(command, lines))
    return before.splitlines(), outputs


def _made_up(what: str, before: list[str]) -> list[str]:
    """The console's or gdb's lines of the fault, whichever order the two arrived in."""
    start = next(i for i, line in enumerate(before) if line.startswith(
        "!!! EXCEPTION" if what == "console" else "clr-catch:"))
    if what == "stop":
        return ["(gdb) clr-catch", "(gdb) continue", *before[start : start + 2]]
    return [before[start], *(line for line in before[start:] if line.startswith("    "))]


def filled(text: str) -> str:
    """The document with every block that differs made anew."""
    before, outputs = session(commands_of(text))
    pending = iter(outputs)

    def replace(block: re.Match[str]) -> str:
        lines: list[str] = []
        if block["commands"] in _MADE_UP:
            lines = _made_up(block["commands"], before)
        else:
            for _ in block["commands"].split(" & "):
                output = next(pending)
                lines += [f"(gdb) {output.command}", *output.lines]
        if block["until"]:
            cut = next((i for i, line in enumerate(lines) if block["until"] in line), None)
            if cut is None:
                raise RuntimeError(f"`{block['commands']}` prints no {block['until']!r}")
            lines = lines[:cut]
        body = "\n".join(["```text", *lines]).rstrip() + "\n```\n"
        kept = block["body"] if steady(block["body"]) == steady(body) else body
        return block["head"] + kept + block["tail"]

    return _BLOCK.sub(replace, text)


def main() -> int:
    """Fill the blocks."""
    DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
