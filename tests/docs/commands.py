"""docs/commands.md, made from the commands that gdb has after `source gdbext/init.py`.

`python -m tests.docs.commands` writes it anew; a test holds it to the commands.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from qemu_scripts import paths

DOCUMENT = paths.ROOT / "docs" / "commands.md"
_REGISTRY = Path(__file__).with_name("registry.py")
_MARK = "registry: "

# The modules of gdbext/declared in the order of a first look at a crash.
_GROUPS = {
    "frames": "Frames and the stack",
    "doctor": "What is wrong",
    "postmortem": "Post-mortem",
    "catch": "Stopping at faults",
    "breakpoints": "Breakpoints",
    "stepping": "Stepping",
    "history": "Going back in a recording",
    "code": "Code",
    "types": "Types, methods and assemblies",
    "objects": "Objects and values",
    "heap": "The heap",
    "trace": "Traces of field stores",
    "call_trace": "Traces of calls and objects",
    "contract": "What the kernel publishes",
    "symbols": "Symbols for gdb itself",
    "dump": "Dumps",
    "vm": "The virtual machine",
}

_HEAD = """\
# Command reference

Made from the commands themselves (`python -m tests.docs.commands`): what stands here is what
`help NAME` prints. `source gdbext/init.py` defines all of it, before or after a target is there.

* Every command takes `--json`, and exists in gdb's machine interface as `-NAME` (`-clr-frame`),
  which gives the same members as a structured result.
* TAB completes names of methods, types and assemblies.
* A METHOD is `Ns.Type::Method`, any unambiguous end of that (`Bind`), or a code address; an ADDR is
  any gdb expression (`$rbx`, `0xffff800000103078`).
* No command calls a function in the guest.
* After gdb's own `finish` from C code that was compiled for the Microsoft ABI, structs are shown as
  that ABI returns them; gdb on Linux would read them by the System V ABI.
* Commands that only look work on a stopped machine, at a fault and on a dump alike; those that make
  the machine move need a live one. The few that need no target at all say so.
* The SOS names in the table below are aliases; `set clr aliases off` switches them off.
"""


def registered() -> dict[str, Any]:
    """What tests/docs/registry.py prints in a gdb of its own."""
    done = subprocess.run(
        ["gdb", "-nx", "-batch", "-q", "-ex", f"source {paths.ROOT / 'gdbext' / 'init.py'}",
         "-ex", f"source {_REGISTRY}"],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False,
    )
    for line in done.stdout.splitlines():
        if line.startswith(_MARK):
            found: dict[str, Any] = json.loads(line.removeprefix(_MARK))
            return found
    raise RuntimeError(f"gdb printed no registry:\n{done.stdout}{done.stderr}")


def _anchor(title: str) -> str:
    """The fragment that Markdown viewers give a heading."""
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c == "-")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _section(one: dict[str, Any]) -> list[str]:
    lines = [f"### {one['name']}", "", one["summary"], "", "```text", one["usage"], "```", ""]
    if one["details"]:
        # Laid out for a terminal, tables and all: so it stays.
        lines += ["```text", one["details"], "```", ""]
    if one["words"]:
        lines += ["| argument | meaning |", "| --- | --- |"]
        lines += [f"| `{name}` | {_cell(text)} |" for name, text in one["words"]] + [""]
    if one["examples"]:
        lines += ["Examples:", "", "```text", *one["examples"], "```", ""]
    notes = [f"MI: `-{one['name']}`."]
    if one["aliases"]:
        notes.append("Also known as " + ", ".join(f"`{a}`" for a in one["aliases"]) + ".")
    if not one["needs_target"]:
        notes.append("Needs no target.")
    return [*lines, " ".join(notes), ""]


def document(found: dict[str, Any]) -> str:
    """The whole of docs/commands.md."""
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in _GROUPS}
    for one in found["commands"]:
        groups.setdefault(one["group"], []).append(one)
    lines = [_HEAD]
    lines += ["| command | shows or does | SOS name |", "| --- | --- | --- |"]
    for members in groups.values():
        lines += [
            f"| [`{one['name']}`](#{_anchor(one['name'])}) | {_cell(one['summary'])} | "
            + ", ".join(f"`{a}`" for a in one["aliases"]) + " |"
            for one in members
        ]
    lines += ["", "`clr` lists them at the prompt. Then there are [settings](#settings) and",
              "[functions for expressions](#functions-for-expressions).", ""]
    for name, members in groups.items():
        if members:
            lines += [f"## {_GROUPS.get(name, name.title())}", ""]
            for one in members:
                lines += _section(one)
    lines += ["## Settings", "", "`set clr NAME VALUE`, `show clr NAME`.", "",
              "| setting | from the start | meaning |", "| --- | --- | --- |"]
    lines += [
        f"| `{name}` | {f'`{value}`' if value else 'empty'} | {_cell(text)} |"
        for name, value, text in found["parameters"]]
    lines += ["", "## Functions for expressions", "",
              "For `printf`, scripts and conditions, `clr-break METHOD if CONDITION` for example.",
              ""]
    for text in found["functions"]:
        head, _, rest = text.partition(": ")
        lines += [f"`{head}`", "", rest[:1].upper() + rest[1:], ""]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    """Write the document."""
    DOCUMENT.write_text(document(registered()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
