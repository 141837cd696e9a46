"""clr-dump: the attached guest as a core file."""

from __future__ import annotations

import json
from pathlib import Path

import decoders.render.dump  # noqa: F401 (registers the renderer)
from decoders.memory.coredump import DumpInfo
from gdbext import dump
from gdbext.command import Arg, Arguments, Option, command
from gdbext.session import LookupFailure, Session


@command(
    "clr-dump", "Write the attached guest to a core file that gdb and the clr commands open.",
    args=(Arg("FILE", "the file to write", "rest"),),
    options=(
        Option("about", "a JSON file saying how the run came here (clrscope makes it)", "text"),
        Option("serial", "a file with the kernel's console, kept in the dump", "text"),
    ),
    details="""
Later: `gdb kernel.elf --core FILE`, then `source gdbext/init.py`. The file is sparse: it takes as
much of the disk as the guest has written of its RAM. Needs RAM that is mapped from a file.
""",
    examples=("clr-dump /tmp/guest.core",),
)
def clr_dump(session: Session, arguments: Arguments) -> DumpInfo:
    """Write the dump."""
    about = {"ended": "stopped", "message": "stopped by a debugger", "events": []}
    text, serial = _content(arguments, "about"), _content(arguments, "serial")
    if text:
        try:
            about = dict(json.loads(text))
        except (ValueError, TypeError) as error:
            raise LookupFailure(f"-about {arguments.option('about')}: {error}") from None
    return dump.write(session, Path(arguments["FILE"]).expanduser(), about, serial)


def _content(arguments: Arguments, option: str) -> bytes:
    name = arguments.option(option)
    if name is None:
        return b""
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise LookupFailure(f"-{option} {name} cannot be read: {error.strerror}") from None
