"""clr-postmortem: the whole report about a stopped target."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gdb

from decoders.errors import DecodeError
from decoders.memory.coredump import read_notes
from decoders.memory.elfcore import ElfCore
from decoders.render import Style, renders
from decoders.runtime import last_fault
from gdbext.command import Arguments
from gdbext.session import LookupFailure, Session


@dataclass(frozen=True, slots=True)
class PostMortem:
    """The report, and the folder it was written to ("" when it was not)."""

    report: dict[str, Any]
    folder: str


@renders(PostMortem)
def post_mortem_text(result: PostMortem, style: Style) -> str:
    """The verdict, and where the rest is."""
    from decoders.report import verdict_text

    text = verdict_text(result.report)
    return f"{text}\nreport: {result.folder}/report.html" if result.folder else text


def clr_postmortem(session: Session, arguments: Arguments) -> PostMortem | None:
    """Collect, judge, write."""
    # At first use: it takes the doctor along, which loads as long as all other commands.
    from decoders.report import make_report, render_all
    from gdbext import facts

    found = facts.collect(session)
    path = arguments.option("facts")
    if path is not None:
        _write(Path(path), json.dumps(found).encode())
        return None
    run, serial = _run(session)
    report = make_report(run, found, serial)
    gdb.set_convenience_variable("clr_status", report["verdict"]["status"])
    folder = arguments.option("out")
    if folder is not None:
        for name, content in render_all(report, found["sarif"]).items():
            _write(Path(folder).expanduser() / name, content)
    return PostMortem(report, folder or "")


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise LookupFailure(f"{path} cannot be written: {error.strerror}") from None


def _run(session: Session) -> tuple[dict[str, Any], bytes]:
    """How the target came here: by the dump's notes, else what the machine itself tells."""
    connection = gdb.selected_inferior().connection
    if connection is not None and connection.type == "core":
        path = _core_path()
        if path:
            try:
                notes = read_notes(ElfCore.open(path), path)
            except DecodeError:
                pass  # a core that something else wrote: the machine's memory has to do
            else:
                about = {k: v for k, v in notes.about.items() if k != "version"}
                return about, notes.serial
    fault = None
    try:
        fault = last_fault(session.runtime)
    except DecodeError:
        pass  # no contract: then there is no record either
    from decoders.report import Ended

    ended = Ended.FAULT if fault is not None else Ended.STOPPED
    return {"ended": ended.value, "message": "stopped by a debugger", "events": []}, b""


def _core_path() -> str:
    text = str(gdb.execute("info files", to_string=True))
    for line in text.splitlines():
        found = line.strip()
        if found.startswith("`") and "file type" in found:
            return found[1:].partition("'")[0]
    return ""
