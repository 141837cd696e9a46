"""Breakpoints on managed methods and lines that may not be compiled yet.

gdb has a breakpoint on a name that it may not know yet. When a method that is meant is compiled,
it gets symbols with that name (gdbext.symbols), and gdb itself moves the breakpoint there: number,
hit count, conditions and `delete` stay gdb's.
"""

from __future__ import annotations

import gdb

from decoders.errors import DecodeError
from decoders.metadata import Method
from decoders.metadata.names import split_method
from decoders.runtime import MethodCode, MethodInfo
from decoders.stops import (
    Location,
    LocationError,
    Place,
    managed_names,
    places_in,
    rewrite_condition,
)
from decoders.stops.location import LineIndex, matches
from decoders.stops.report import BreakpointReport
from decoders.symbols.collect import symbol_name
from gdbext import compiled, target
from gdbext.session import Session, suggest
from gdbext.symbols import loader

_lines = LineIndex()


def _make(label: str, condition: str, temporary: bool, hardware: bool) -> gdb.Breakpoint:
    """gdb's breakpoint on a function that may not exist yet.

    By command, because only so is the condition kept unparsed until the function is there.
    """
    before = {b.number for b in gdb.breakpoints()}
    verb = ("t" if temporary else "") + ("hbreak" if hardware else "break")
    text = f"{verb} -function {label}" + (f" if {condition}" if condition else "")
    gdb.execute(f"with breakpoint pending on -- {text}", to_string=True)
    made = [b for b in gdb.breakpoints() if b.number not in before]
    if len(made) != 1:
        raise LocationError(f"gdb made {len(made)} breakpoints of `{text}`")
    return made[0]


class ManagedBreakpoint:
    """One `clr-break`: gdb's breakpoint and the places found so far."""

    def __init__(
        self, session: Session | None, location: Location, condition: str, temporary: bool,
        hardware: bool,
    ) -> None:
        self.location = location
        self.condition = condition
        self.places: list[Place] = []
        self.notes: list[str] = []
        self.waits = True
        # Quick tests for what is compiled: the method's simple name, or tokens with the line.
        self._simple = None if location.is_pattern else split_method(
            location.method.rpartition("!")[2])[2]
        self._tokens: set[int] = set()
        self.label = location.text
        if "." not in location.text and not location.file:
            self.label = f"managed.{location.text}"  # C has functions without dots
        found = self._find(session) if session is not None else []
        if session is not None:
            self._resolve(session, found)
        if condition:
            condition = self._native_condition(session, found)
        kvm = compiled.breakpoint_kind() == gdb.BP_HARDWARE_BREAKPOINT
        self.breakpoint = _make(self.label, condition, temporary, hardware or kvm)
        if self.waits:
            compiled.listen(self)

    @property
    def number(self) -> int:
        """gdb's number."""
        return int(self.breakpoint.number)

    def _find(self, session: Session) -> list[Method]:
        """Metadata methods that are meant, as far as assemblies are loaded."""
        location = self.location
        if not location.file:
            found = session.find_methods(location.method)
            if not found and not location.is_pattern:
                known = session.names("method")
                self.notes.append(
                    f"no loaded assembly has a method {location.method!r} yet"
                    f"{suggest(location.method, known)}")
            return found
        found = []
        for assembly in session.runtime.universe:
            reader = session.source(assembly)
            if reader is not None:
                found += [assembly.method(token & 0xFFFFFF)
                          for token in _lines.tokens(reader, assembly.key, location)]
        self._tokens |= {method.token for method in found}
        if not found:
            self.notes.append(
                f"no loaded assembly has code for {location.file}:{location.line} yet")
        return found

    def _resolve(self, session: Session, methods: list[Method]) -> None:
        """Add what is compiled; wait for the rest, and for what is not loaded."""
        waiting = not methods or self.location.is_pattern
        for method in methods:
            code = session.code_of(method)
            if code is not None:
                self._add(session, code, method)
            waiting = waiting or code is None or bool(method.generic_names) or bool(
                method.owner.generic_names)
        self.waits = waiting

    def _add(self, session: Session, code: MethodCode, method: Method) -> None:
        place = places_in(self.location, code, method, _lines, session.source(method.assembly))
        if any(p.address == place.address for p in self.places):
            return
        self.places.append(place)
        # A whole method's own name is its symbol: gdb goes behind the prologue by itself.
        whole = self.location.il is None and not self.location.file
        if whole and symbol_name(session.runtime.method_name(code.method)) == self.label:
            loader.know(session, code)
        else:
            loader.label(session, code, self.label, place.native)

    def _native_condition(self, session: Session | None, methods: list[Method]) -> str:
        names: set[str] = set()
        if session is not None:
            for method in methods:
                names |= managed_names(method, session.method_source(method))

        def is_managed(name: str) -> bool:
            if methods:
                return name in names
            return target.symbol_address(name) is None

        return rewrite_condition(self.condition, is_managed)

    def wants(self, name: str, token: int) -> bool:
        """See compiled.Listener."""
        if self.location.file:
            return not self._tokens or token in self._tokens
        if self._simple is None:
            return True
        return name == self._simple

    def compiled(self, session: Session, method: MethodInfo, code: MethodCode) -> None:
        """See compiled.Listener: is it one of ours?"""
        try:
            found = session.runtime.metadata_method(method)
            reader = lambda: session.source(found.assembly)  # noqa: E731
            if not matches(self.location, found, _lines, reader):
                return
            self._add(session, code, found)
            self._resolve(session, self._find(session))
        except DecodeError as error:
            if str(error) not in self.notes:
                self.notes.append(str(error))
                if not self.places:
                    gdb.write(f"clr-break {self.location.text}: {error}\n", gdb.STDERR)
            return
        self.notes = [n for n in self.notes if not n.startswith("no loaded assembly")]
        if not self.waits:
            compiled.ignore(self)

    def drop(self) -> None:
        """gdb's breakpoint is gone."""
        compiled.ignore(self)
        loader.unlabel(self.label)

    def report(self) -> BreakpointReport:
        """How it stands."""
        return BreakpointReport(
            self.number, self.location.text, self.condition, tuple(self.places), self.waits,
            tuple(self.notes))


_all: list[ManagedBreakpoint] = []


def every() -> list[ManagedBreakpoint]:
    """Those that are still there."""
    return list(_all)


def add(made: ManagedBreakpoint) -> ManagedBreakpoint:
    """Remember one until gdb's breakpoint is deleted."""
    if not _all:
        gdb.events.breakpoint_deleted.connect(_deleted)
    _all.append(made)
    return made


def _deleted(gone: gdb.Breakpoint) -> None:
    for made in list(_all):
        if made.breakpoint is gone or made.number == gone.number:
            _all.remove(made)
            made.drop()
    if not _all:
        gdb.events.breakpoint_deleted.disconnect(_deleted)
