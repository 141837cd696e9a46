"""clr-dump: the attached guest as a core file."""

from __future__ import annotations

from pathlib import Path

import decoders.render.dump  # noqa: F401 (registers the renderer)
from decoders.memory.coredump import DumpInfo
from gdbext import dump
from gdbext.command import Arg, Arguments, command
from gdbext.session import Session


@command(
    "clr-dump", "Write the attached guest to a core file that gdb and the clr commands open.",
    args=(Arg("FILE", "the file to write", "rest"),),
    details="""
Later: `gdb kernel.elf --core FILE`, then `source gdbext/init.py`. The file is sparse: it takes as
much of the disk as the guest has written of its RAM. Needs RAM that is mapped from a file.
""",
    examples=("clr-dump /tmp/guest.core",),
)
def clr_dump(session: Session, arguments: Arguments) -> DumpInfo:
    """Write the dump."""
    about = {"ended": "stopped", "message": "stopped by a debugger", "events": []}
    return dump.write(session, Path(arguments["FILE"]).expanduser(), about, b"")
