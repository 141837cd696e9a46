"""Runs inside gdb, not under pytest: stops at every IL boundary of a program's methods and at every
instruction of their prologues and epilogues, and writes down what the frame commands show there.

Set before it is sourced: $clr_record_program, the assembly's name; $clr_record_into, the file to
write; $clr_record_skip, classes to pass over (`A,B`). One JSON value a line:

    ["method", {...}]                   a method that is looked at, when it is compiled
    ["stop", activation, start, native, registers, slots]
                                        a stop: the method's start, the offset in it, the registers
                                        at its first instruction (else {}), and the frame's slots
    ["caller", activation, slots]       the caller's frame, at its callee's first and last
                                        instruction; `activation` is the caller's
    ["command", command, text, slots]   what clr-args, clr-locals or clr-frame --json print there
    ["end"]

A slot is [role, name, offset from RBP, text of its value or null].
Breakpoints are only in methods that are being executed: each costs time at each stop.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import gdb

from decoders.frames.code_analysis import instructions
from decoders.runtime import MethodCode
from gdbext import frames
from gdbext.compiled import fresh
from gdbext.session import session
from tests.gdbext.value_texts import value_text

_HOOK = "clr_method_compiled_hook"
_U64 = (1 << 64) - 1
_SAVED = ("rsp", "rbp", "rbx", "r12", "r13", "r14", "r15")
# Loops of a prologue (probing, zeroing) are not looked at again and again.
_EDGE_VISITS = 3
_SAMPLE = 24


def _setting(name: str) -> str:
    return str(gdb.convenience_variable(name).string())


class _Compiled(gdb.Breakpoint):
    """Stops when a method of the program is compiled."""

    def __init__(self, program: str, skipped: set[str]) -> None:
        super().__init__(_HOOK, gdb.BP_HARDWARE_BREAKPOINT, internal=True)
        self.silent = True
        self.program, self.skipped = program, skipped
        self.code: MethodCode | None = None

    def stop(self) -> bool:
        """gdb's protocol."""
        now = fresh()
        info = now.runtime.method(int(gdb.parse_and_eval("$rcx")) & _U64)
        method = now.runtime.metadata_method(info)
        if method.assembly.name != self.program or method.owner.full_name in self.skipped:
            return False
        self.code = now.codes.code_of(info)
        return True


@dataclass(slots=True)
class _Method:
    """A method that is looked at: its places, and its breakpoints while it is executed."""

    start: int
    places: list[int]
    edges: set[int]
    ret: int
    activations: int = 0
    breakpoints: dict[int, gdb.Breakpoint] = field(default_factory=dict)
    visits: dict[int, int] = field(default_factory=dict)

    def enter(self) -> None:
        """One more activation."""
        self.activations += 1
        if not self.breakpoints:
            self.visits.clear()
            self.breakpoints = {place: _breakpoint(place) for place in self.places}

    def visit(self, pc: int) -> None:
        """A stop at one of the places."""
        self.visits[pc] = self.visits.get(pc, 0) + 1
        if pc in self.edges and pc != self.ret and self.visits[pc] == _EDGE_VISITS:
            self.breakpoints[pc].enabled = False

    def leave(self) -> None:
        """One activation less."""
        self.activations -= 1
        if not self.activations:
            for one in self.breakpoints.values():
                one.delete()
            self.breakpoints = {}


def _breakpoint(address: int) -> gdb.Breakpoint:
    # Hardware: gdb takes a stop one byte behind a software breakpoint for a stop at it.
    made = gdb.Breakpoint(f"*{address:#x}", gdb.BP_HARDWARE_BREAKPOINT, internal=True)
    made.silent = True
    return made


class _Recorder:
    def __init__(self, into: Path) -> None:
        self.file = into.open("w", encoding="utf-8")
        self.by_place: dict[int, _Method] = {}
        self.stack: list[tuple[int, _Method]] = []
        self.numbers = count()
        self.entries: list[gdb.Breakpoint] = []
        self.stops = 0
        self.last = 0

    def write(self, *value: Any) -> None:
        """One line."""
        self.file.write(json.dumps(value) + "\n")

    def method(self, code: MethodCode) -> None:
        """Look at a method from now on."""
        if code.start in self.by_place:
            return
        record = code.record
        edges = [i.address for i in instructions(code.bytes, 0)
                 if code.in_prologue(i.address) or code.in_epilogue(i.address)]
        boundaries = [m for m in code.map if not code.is_out_of_line(m)]
        natives = {*edges, *(m.native for m in boundaries)} - {0}
        (epilogue,) = code.epilogues
        method = _Method(
            code.start, [code.start + n for n in sorted(natives)],
            {code.start + n for n in {*edges} - {0} - {m.native for m in boundaries}},
            code.start + epilogue.end - 1)
        assert code.bytes[epilogue.end - 1] == 0xC3, "an epilogue ends in ret"
        self.by_place.update(dict.fromkeys([code.start, *method.places], method))
        self.entries.append(_breakpoint(code.start))
        self.write("method", {
            "start": code.start, "token": code.method.record.token, "edges": edges,
            "prologue": record.prologue_size, "epilogue": [epilogue.start, epilogue.end],
            "map": [[m.native, m.il] for m in boundaries],
            "arguments": [[s.offset, s.slot_kind] for s in code.args],
            "locals": [s.offset for s in code.locals],
        })

    def stop(self, pc: int) -> bool:
        """Write down a stop; False after the outermost method's last instruction."""
        if pc == self.last:
            return True  # QEMU may stop twice without having executed anything between
        self.last = pc
        method = self.by_place[pc]
        frame = gdb.newest_frame()
        registers = {}
        if pc == method.start:
            method.enter()
            self.stack.append((next(self.numbers), method))
            registers = {n: int(frame.read_register(n)) & _U64 for n in _SAVED}
        activation, top = self.stack[-1]
        assert top is method, f"a stop at {pc:#x} in a method that is not the innermost one"
        method.visit(pc)
        if pc in (method.start, method.ret) and len(self.stack) > 1:
            self.write("caller", self.stack[-2][0], _slots(frame.older()))
        slots = _slots(frame)
        self.write("stop", activation, method.start, pc - method.start, registers, slots)
        if self.stops % _SAMPLE == 0:
            for command in ("clr-args", "clr-locals", "clr-frame"):
                text = str(gdb.execute(f"{command} 0 --json", to_string=True))
                self.write("command", command, text, slots)
        self.stops += 1
        if pc == method.ret:
            self.stack.pop()
            method.leave()
        return bool(self.stack)


def _slots(frame: gdb.Frame) -> list[list[Any]]:
    """What clr-frame shows of a frame's slots."""
    view = session().viewer().view(frames.decoded(session(), frame))
    assert not view.problems, view.problems
    return [[s.role.name, s.name, s.offset, value_text(s.value) if s.value is not None else None]
            for s in view.slots]


def _record() -> None:
    for setting in ("breakpoint always-inserted on", "suppress-cli-notifications on"):
        gdb.execute(f"set {setting}")
    hook = _Compiled(_setting("clr_record_program"), set(_setting("clr_record_skip").split(",")))
    recorder = _Recorder(Path(_setting("clr_record_into")))
    going = True
    while going:
        gdb.execute("continue", to_string=True)
        if hook.code is not None:
            recorder.method(hook.code)
            hook.code = None
        else:
            going = recorder.stop(int(gdb.newest_frame().pc()))
    recorder.write("end")
    recorder.file.close()
    for one in (hook, *recorder.entries):
        one.delete()


_record()  # an exception is printed by gdb, and ["end"] is then missing
