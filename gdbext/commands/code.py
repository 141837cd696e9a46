"""clr-il and clr-disas: a method's IL, and its machine code with IL and source between."""

from __future__ import annotations

from dataclasses import replace

import decoders.render.listings  # noqa: F401 (registers the renderers)
from decoders.listing import (
    ILListing,
    NativeListing,
    il_listing,
    native_listing,
    place_listing,
)
from decoders.metadata import Method
from decoders.runtime import CodePlace, MethodCode
from gdbext import frames, target
from gdbext.command import Arguments, UsageError
from gdbext.session import LookupFailure, Session


def methods_meant(session: Session, text: str) -> list[Method]:
    """The methods that a word means: one, or all overloads of one name."""
    if session.is_address(text):
        return [session.find_method(text)]
    found = session.find_methods(text)
    if len({(m.assembly.key, m.full_name) for m in found}) == 1:
        return found
    return [session.find_method(text)]


def _current(session: Session, name: str) -> CodePlace:
    frame = frames.choose(session, None)
    place = frames.place_of(session, frame)
    if place is None:
        raise LookupFailure(
            f"the current frame ({frame.name() or hex(frame.pc())}) runs no managed code: "
            f"give {name} a method")
    return place


def _at(session: Session, text: str) -> CodePlace:
    address = session.address(text)
    place = session.codes.find(address)
    if place is None:
        raise LookupFailure(
            f"{address:#x} is not in generated code; gdb's own `disassemble` shows C code")
    return place


def clr_il(session: Session, arguments: Arguments) -> ILListing | list[ILListing]:
    """One listing, or one for each overload."""
    text = arguments.get("METHOD")
    if text is None:
        place = _current(session, "clr-il")
        if place.method is None:
            raise LookupFailure(f"{place.address:#x} belongs to no method")
        methods = [session.runtime.metadata_method(place.method)]
    else:
        methods = methods_meant(session, text)
    made = [
        il_listing(session.runtime.universe, method, session.method_source(method))
        for method in methods
    ]
    return made[0] if len(made) == 1 else made


def _marked(session: Session, code: MethodCode) -> int | None:
    """Where the selected frame is in this code: at its call, if it waits for one."""
    frame = frames.choose(session, None)
    place = frames.place_of(session, frame)
    if place is None or place.code is None or place.code.start != code.start:
        return None
    if frames.is_caller(frame):
        site = code.call_returning_to(frame.pc() - code.start)
        if site is not None:
            return code.start + site.native
    return int(frame.pc())


def _around(listing: NativeListing, count: int) -> NativeListing:
    middle = next((i for i, line in enumerate(listing.lines) if line.current), None)
    if middle is None:
        raise LookupFailure("-around needs a current instruction, and none is in this method")
    return replace(listing, lines=listing.lines[max(0, middle - count) : middle + count + 1])


def clr_disas(session: Session, arguments: Arguments) -> NativeListing | list[NativeListing]:
    """One listing, or one for each compiled overload."""
    text = arguments.get("METHOD")
    if text is None or session.is_address(text):
        place = _current(session, "clr-disas") if text is None else _at(session, text)
        if place.code is None:
            return place_listing(session.runtime, place, target.selected_frame().pc())
        codes = [place.code]
    else:
        methods = methods_meant(session, text)
        codes = [code for m in methods if (code := session.code_of(m)) is not None]
        if not codes:
            raise LookupFailure(
                f"{methods[0].full_name} has not been compiled yet: it was never called")
    made = []
    for code in codes:
        method = session.runtime.metadata_method(code.method)
        listing = native_listing(
            session.runtime, session.codes, code, session.method_source(method),
            _marked(session, code))
        around = arguments.option("around")
        if around is not None:
            if not around.isdigit():
                raise UsageError(f"clr-disas: -around {around!r} is not a number")
            listing = _around(listing, int(around))
        made.append(listing)
    return made[0] if len(made) == 1 else made
