"""docs/adopting.md: its table of levels, and what the decoders find of the C example in it.

`python -m tests.docs.adopting` fills both in; tests hold the levels to a real guest.
"""

from __future__ import annotations

import re
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import decoders.render.contract  # noqa: F401 (registers the renderer)
from decoders.contract import SYMBOL, read_contract
from decoders.contract.summary import ContractSummary, summarise
from decoders.memory import RecordedMemory
from decoders.render import Style, to_text
from decoders.runtime import REQUIRED, REQUIRED_CONTRACTS, REQUIRED_GLOBALS
from qemu_scripts import paths
from qemu_scripts.docs_blocks import steady

DOCUMENT = paths.ROOT / "docs" / "adopting.md"


@dataclass(frozen=True)
class Level:
    """What to publish next, and the commands that work from then on."""

    title: str
    types: tuple[str, ...]
    globals: tuple[str, ...]
    commands: tuple[str, ...]


LEVELS = (
    Level("types",
          ("Assembly", "TypeDesc", "FieldDesc", "MethodTable", "MethodDesc"),
          ("AssemblyList", "TypeList", "Generation", "BuildId", "LayoutPolicy", "ObjectType",
           "StringType"),
          ("clr-types", "clr-il", "clr-statics", "clr-vt")),
    Level("objects",
          ("Object", "Array", "String", "ObjectHeader"),
          ("ObjectHeaderSize", "ObjectHeaderInBaseSize", "ObjectAlignment", "MinObjectSize"),
          ("clr-obj", "clr-array")),
    Level("code",
          ("CodeChunk", "CodeEntry", "JitCode", "JitSlot", "JitMapEntry", "JitCallSite",
           "JitStoreSite", "JitStackEntry", "JitClause", "JitRange"),
          ("CodeRegistry", "MethodThunkSize", "UnboxThunkSize"),
          ("clr-modules", "clr-layout", "clr-mt", "clr-token", "clr-methods", "clr-method",
           "clr-disas", "clr-jit-frame", "clr-args", "clr-locals", "clr-evalstack")),
    Level("faults",
          ("LastFault", "TrapFrame", "Thread"),
          ("LastFaultRecord", "Threads"),
          ("clr-bt", "clr-frame", "clr-doctor")),
    Level("the heap",
          ("HeapSegment",),
          ("HeapSegments", "FreeObjectMethodTable"),
          ("clr-heap", "clr-verify-heap", "clr-gcroot", "clr-dso")),
)


def table() -> str:
    """The levels as Markdown, with the number of fields that each type must have."""
    lines = ["| level | types (fields needed) | globals | commands that work from here on |",
             "| --- | --- | --- | --- |"]
    for number, level in enumerate(LEVELS, 1):
        types = ", ".join(f"{name} ({len(REQUIRED[name])})" for name in level.types)
        commands = ", ".join(f"`{name}`" for name in level.commands)
        lines.append(
            f"| {number} {level.title} | {types} | {', '.join(level.globals)} | {commands} |")
    return "\n".join(lines) + "\n"


def example(text: str) -> str:
    """The document's C example."""
    (code,) = re.findall(r"```c\n(.*?)```", text, re.DOTALL)
    return str(code)


def _segments(elf: bytes) -> Iterator[tuple[int, bytes]]:
    """(address, bytes) of the PT_LOADs of an ELF64 file (System V gABI, program header)."""
    (start,) = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for at in range(start, start + size * count, size):
        kind, _, offset, address, _, in_file, in_memory = struct.unpack_from("<IIQQQQQ", elf, at)
        if kind == 1:
            yield address, elf[offset : offset + in_file].ljust(in_memory, b"\0")


def published(code: str) -> ContractSummary:
    """Compile and link the example and read it as the gdb commands read a kernel."""
    with tempfile.TemporaryDirectory(prefix="clr-") as folder:
        source, program = Path(folder) / "example.c", Path(folder) / "example.elf"
        source.write_text(code, encoding="utf-8")
        subprocess.run(
            ["gcc", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-fno-pie", "-no-pie",
             "-mcmodel=kernel", "-nostdlib", "-static", "-Wl,-e,0",
             "-Wl,-Ttext-segment=0xffffffff80100000", str(source), "-o", str(program)],
            check=True)
        names = subprocess.run(["nm", str(program)], capture_output=True, text=True, check=True)
        addresses = {line.split()[-1]: int(line.split()[0], 16)
                     for line in names.stdout.splitlines()}
        memory = RecordedMemory(_segments(program.read_bytes()))
    address = addresses[SYMBOL]
    return summarise(read_contract(memory, address), address, None, False,
                     REQUIRED, REQUIRED_GLOBALS, REQUIRED_CONTRACTS)


def _cut(line: str) -> str:
    return line if len(line) <= 100 else line[:100].rpartition(", ")[0] + ", ..."


def output(code: str) -> str:
    """What `clr-contract` prints of the example, long lines cut."""
    lines = to_text(published(code), Style()).splitlines()
    return "```text\n(gdb) clr-contract\n" + "\n".join(map(_cut, lines)) + "\n```\n"


def _replaced(made: str, part: re.Match[str]) -> str:
    # Where the linker puts things does not count.
    return part[1] + (part[2] if steady(part[2]) == steady(made) else made) + part[3]


def filled(text: str) -> str:
    """The document with its table and output made anew."""
    for name, made in (("levels", table()), ("clr-contract", output(example(text)))):
        text, count = re.subn(
            rf"(<!-- {name} -->\n)(.*?)(<!-- end of {name} -->)",
            partial(_replaced, made), text, flags=re.DOTALL)
        if count != 1:
            raise RuntimeError(f"{DOCUMENT} has {count} parts {name!r}, not 1")
    return text


def main() -> int:
    """Write the document."""
    DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
