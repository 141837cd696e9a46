"""A dump that is cut off: gdb reads zeros where the file ends too early, and says so only once."""

from __future__ import annotations

import re
from pathlib import Path

import gdb

from decoders.errors import DecodeError
from decoders.memory.elfcore import ElfCore

_FILE = re.compile(r"^Local core dump file:\n\s*`(.+)', file type", re.M)
_said: set[tuple[str, int]] = set()


def complain() -> None:
    """One sentence on stderr for each dump that lacks bytes that its headers promise."""
    found = _FILE.search(gdb.execute("info target", to_string=True))
    if found is None:
        return
    path = Path(found[1])
    try:
        size = path.stat().st_size
        whole = max((s.offset + s.filesz for s in ElfCore.open(path).segments), default=0)
    except (OSError, DecodeError):
        return  # gone, or of a form that only gdb reads: gdb itself says what it finds wrong
    if size < whole and (found[1], size) not in _said:
        _said.add((found[1], size))
        gdb.write(
            f"clrscope: the dump {path} is truncated: it has {size} bytes of {whole}; what is "
            "missing may read as zeros, so do not trust what follows: copy the dump again\n",
            gdb.STDERR)
