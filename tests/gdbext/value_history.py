"""What each argument and local of a program that prints them was, at each stop of a recording.

A program prints each argument when a method begins, and each variable after every assignment.
Between two assignments a variable has one value, so a line says what it was at every stop between
them; which assignments were done by then is known from the IL offsets that were passed. Locals are
zero before the first one (ECMA-335 II.25.4.4, InitLocals).
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from decoders.metadata import Assembly, AssemblySet, Method
from decoders.runtime import SlotKind
from decoders.source import SourceReader
from tests.gdbext.printing_il import PrintingIl, Variable, read_il

_HIDDEN = (SlotKind.RETBUF, SlotKind.GENERIC_CONTEXT)


@dataclass(slots=True)
class Looked:
    """A method that was looked at: where it lies, its IL, and its variables.

    `edges`: native offsets of prologue and epilogue instructions, `visited` those of stops.
    `offsets`: the variables' slots as RBP offsets; `names`: those of the source.
    """

    name: str
    start: int
    edges: list[int]
    prologue: int
    ret: int
    il_at: dict[int, list[int]]
    il: PrintingIl
    offsets: dict[Variable, int]
    names: dict[Variable, str]
    visited: set[int] = field(default_factory=set)

    def stage(self, native: int) -> str:
        """prologue, body, epilogue, or left: the frame is gone."""
        if native < self.prologue:
            return "prologue"
        if native == self.ret:
            return "left"
        return "epilogue" if native in self.edges else "body"

    def label(self, variable: Variable) -> str:
        """Its name, or number where only the compiler knows of it."""
        return self.names.get(variable, f"V_{variable[1]}")


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame as it was shown. `index`: how many stops its own code had before.

    `during`: "" for a stop in its own code; while it waits for a call, "call" at the callee's
    first instruction and "return" at its last.
    """

    index: int
    native: int
    during: str
    slots: tuple[tuple[str, str, int | None, str | None], ...]


@dataclass(slots=True)
class Activation:
    """One call of a method: where control went in it, and when its variables changed.

    `passed`: the native offsets of its stops. `assigned`: at which of them each variable had its
    first assignment behind it; `changes`: from which on its text may be another one.
    """

    method: Looked
    registers: dict[str, int]
    parent: Activation | None
    called_at: int
    shown: list[Shown] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)
    assigned: dict[Variable, int] = field(default_factory=dict)
    changes: dict[Variable, list[int]] = field(default_factory=dict)
    known: dict[Variable, dict[int, str]] = field(default_factory=dict)

    def span(self, variable: Variable, index: int) -> int:
        """Number of the stretch without changes that the state at stop `index` belongs to."""
        return bisect_right(self.changes.get(variable, []), index)

    def learn(self, variable: Variable, index: int, text: str) -> None:
        """The variable's value at a stop, as printed."""
        before = self.known.setdefault(variable, {}).setdefault(self.span(variable, index), text)
        assert before == text, (
            f"{self.method.name}: {self.method.label(variable)} is {before} and {text} with no "
            "assignment between")

    def is_assigned(self, variable: Variable, index: int) -> bool:
        """Whether a local had its first assignment behind it at a stop."""
        return variable in self.assigned and index >= self.assigned[variable]

    def text(self, variable: Variable, index: int) -> str | None:
        """The variable's value at a stop, None where no line says it."""
        return self.known.get(variable, {}).get(self.span(variable, index))

    def executed(self, index: int, il: int) -> tuple[Variable, str] | None:
        """An instruction's effect, seen from the next stop on; what it prints."""
        facts = self.method.il
        changed = set(facts.writes.get(il, ()))
        for variable in changed:
            self.assigned.setdefault(variable, index + 1)
        if il in facts.touches:
            changed |= facts.deep
        for variable in changed:
            changes = self.changes.setdefault(variable, [])
            if not changes or changes[-1] != index + 1:
                changes.append(index + 1)
        return facts.prints.get(il)


class History:
    """A recording of a program, and what it printed.

    `prints`: (activation, stop, variable, name) of each line, at the call that prints it.
    `commands`: (command, its JSON, the slots as recorded) where commands were run.
    """

    def __init__(
        self, assembly: Assembly, universe: AssemblySet, source: SourceReader, printing: str
    ) -> None:
        self._assembly, self._universe = assembly, universe
        self._source, self._printing = source, printing
        self.methods: dict[int, Looked] = {}
        self.activations: list[Activation] = []
        self.commands: list[tuple[str, Any, list[Any]]] = []
        self.ended = False
        self.prints: list[tuple[Activation, int, Variable, str]] = []
        self._stack: list[Activation] = []

    def load(self, recording: Path, printed: list[str]) -> None:
        """Read a recording; `printed` are the program's lines, `NAME=VALUE`."""
        waiting: list[tuple[int, list[Any]]] = []
        for line in recording.read_text(encoding="utf-8").splitlines():
            kind, *rest = json.loads(line)
            if kind == "method":
                self._method(rest[0])
            elif kind == "caller":
                waiting.append((rest[0], rest[1]))
            elif kind == "stop":
                self._stop(waiting, *rest)
                waiting = []
            elif kind == "command":
                self.commands.append((rest[0], json.loads(rest[1]), rest[2]))
            self.ended = kind == "end"
        assert not self._stack, "the recording breaks off"
        self._tell(printed)

    def _method(self, record: dict[str, Any]) -> None:
        method = self._assembly.method(record["token"] & 0xFFFFFF)
        il_at: dict[int, list[int]] = {}
        for native, il in record["map"]:
            il_at.setdefault(native, []).append(il)
        arguments = [offset for offset, kind in record["arguments"] if kind not in _HIDDEN]
        offsets: dict[Variable, int] = {(True, n): offset for n, offset in enumerate(arguments)}
        offsets.update({(False, n): offset for n, offset in enumerate(record["locals"])})
        self.methods[record["start"]] = Looked(
            method.full_name, record["start"], record["edges"], record["prologue"],
            record["epilogue"][1] - 1, il_at, read_il(self._universe, method, self._printing),
            offsets, dict(self._names(method)))

    def _names(self, method: Method) -> Iterator[tuple[Variable, str]]:
        names = [*([] if method.is_static else ["this"]), *method.param_names]
        yield from (((True, n), name) for n, name in enumerate(names))
        found = self._source.method(method.token)
        if found is not None:
            yield from (((False, local.index), local.name) for local in found.locals)

    def _stop(
        self, waiting: list[tuple[int, list[Any]]], number: int, start: int, native: int,
        registers: dict[str, int], slots: list[Any],
    ) -> None:
        method = self.methods[start]
        if native == 0:
            assert number == len(self.activations)
            parent = self._stack[-1] if self._stack else None
            called_at = len(parent.passed) - 1 if parent is not None else -1
            self.activations.append(Activation(method, registers, parent, called_at))
            self._stack.append(self.activations[-1])
        activation = self.activations[number]
        assert activation is self._stack[-1]
        for caller_number, caller_slots in waiting:
            caller = self.activations[caller_number]
            assert caller is activation.parent
            caller.shown.append(Shown(
                activation.called_at, caller.passed[-1], "return" if native else "call",
                tuple(map(tuple, caller_slots))))
        method.visited.add(native)
        index = len(activation.passed)
        activation.passed.append(native)
        activation.shown.append(Shown(index, native, "", tuple(map(tuple, slots))))
        for il in method.il_at.get(native, []):
            printing = activation.executed(index, il)
            if printing is not None:
                self.prints.append((activation, index, *printing))
        if native == method.ret:
            self._stack.pop()

    def _tell(self, printed: list[str]) -> None:
        """Each executed print has its line."""
        assert len(printed) == len(self.prints), (len(printed), len(self.prints))
        for line, (activation, index, variable, name) in zip(printed, self.prints, strict=True):
            said, _, text = line.partition("=")
            assert said == name == activation.method.label(variable), (
                activation.method.name, line, name, activation.method.label(variable))
            activation.learn(variable, index, text)
        for activation in self.activations:
            _learn_result(activation)


def _learn_result(activation: Activation) -> None:
    """The compiler's own local for a result: it is what the caller stores and then prints."""
    variable, caller = activation.method.il.returned, activation.parent
    if variable is None or caller is None or variable in activation.method.names:
        return
    behind = activation.called_at + 1
    (first, *_) = caller.method.il_at[caller.passed[behind]]
    stored = caller.method.il.stores.get(first)
    text = caller.text(stored, behind + 1) if stored is not None else None
    if text is not None:
        activation.learn(variable, len(activation.passed) - 1, text)
