"""clr-dump: the attached guest as a core file."""

from __future__ import annotations

import json
from pathlib import Path

import decoders.render.dump  # noqa: F401 (registers the renderer)
from decoders.memory.coredump import DumpInfo
from gdbext import dump
from gdbext.command import Arguments
from gdbext.session import LookupFailure, Session


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
