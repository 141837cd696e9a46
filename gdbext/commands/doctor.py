"""`clr-doctor`: compare what the runtime claims with metadata, IL and machine code."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gdb

import decoders.doctor.render  # noqa: F401 (registers the renderer)
from decoders.doctor import Doctor, DoctorReport, Subject
from decoders.doctor.sarif import to_sarif
from decoders.errors import DecodeError
from decoders.frames import Frame
from decoders.timetravel.guilty import answers
from decoders.timetravel.suspects import suspects
from gdbext import frames, limits, timetravel
from gdbext.command import Arguments
from gdbext.session import LookupFailure, Session


def clr_doctor(session: Session, arguments: Arguments) -> DoctorReport:
    """Everything, or one thing."""
    subject = Subject(session.runtime, session.codes, _stack(session), session.viewer().sources)
    report = _ask(session, Doctor(subject), arguments.get("WHAT"))
    # On a replay: who wrote the bytes that are overwritten. Elsewhere: what would tell.
    report = replace(report, stores=answers(
        suspects(subject, report), timetravel.store_finder(session)))
    target = arguments.option("sarif")
    if target is not None:
        try:
            Path(target).expanduser().write_text(to_sarif(report) + "\n", encoding="utf-8")
        except OSError as error:
            raise LookupFailure(f"cannot write {target}: {error.strerror}") from None
    return report


def _ask(session: Session, doctor: Doctor, what: str | None) -> DoctorReport:
    if what is None:
        return doctor.everything()
    if session.is_address(what):
        return doctor.address(session.address(what))
    try:
        method = session.find_method(what)
    except LookupFailure as failure:
        try:
            info = session.find_type(what)
        except LookupFailure:
            raise failure from None
        return doctor.type(info)
    code = session.code_of(method)
    if code is None:
        raise LookupFailure(f"{method.full_name} has not been compiled: it has no code to look at")
    return doctor.method(code)


def _stack(session: Session) -> list[Frame]:
    """gdb's frames: it knows the C code's unwind tables, which decoders do not."""
    result: list[Frame] = []
    try:
        for count, frame in enumerate(frames.outwards()):
            if count >= limits.FRAMES:
                break
            if frame.type() not in (gdb.SIGTRAMP_FRAME, gdb.INLINE_FRAME):
                result.append(frames.decoded(session, frame))
    except (gdb.error, DecodeError):
        return result  # a broken stack is a finding of its own: what could be followed is looked at
    return result
