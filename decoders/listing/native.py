"""A method's machine code with the IL and source that each stretch belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field

from decoders.errors import DecodeError
from decoders.frames.code_analysis import instructions
from decoders.il import instruction_text
from decoders.il.disasm import disassemble_partly
from decoders.metadata import Method
from decoders.runtime import (
    CallKind,
    CodeKind,
    CodePlace,
    CodeRegistry,
    MapFlags,
    MethodCode,
    Runtime,
)
from decoders.runtime.code import HelperKind
from decoders.source import MethodSource, SequencePoint

MAX_STUB = 4096


@dataclass(frozen=True, slots=True)
class NativeLine:
    """One machine instruction.

    `il` is set where an IL instruction's code begins, `file` and `line` where a source line's does,
    `region` where prologue, body, an out-of-line path or epilogue begins. `note` names what a call
    calls or an operand points at; `current` marks the instruction at the given PC.
    """

    address: int = field(metadata={"address": True})
    bytes: str
    text: str
    region: str
    il: str
    file: str
    line: int
    note: str
    current: bool


@dataclass(frozen=True, slots=True)
class NativeListing:
    """A compiled method's machine code."""

    method: str
    start: int = field(metadata={"address": True})
    size: int
    frame_size: int
    lines: tuple[NativeLine, ...]
    problems: tuple[str, ...]


def native_listing(
    runtime: Runtime, registry: CodeRegistry, code: MethodCode,
    source: MethodSource | None = None, pc: int | None = None,
) -> NativeListing:
    """List compiled code; parts that cannot be resolved are named in `problems`."""
    return _Lister(runtime, registry, code, source, pc).run()


def place_listing(
    runtime: Runtime, place: CodePlace, pc: int | None = None
) -> NativeListing:
    """List a thunk or stub: code that belongs to no method."""
    name = place.name
    if place.method is not None:
        name = f"thunk of {runtime.method_name(place.method)}"
    start, size = place.start, min(place.size, MAX_STUB)
    if place.kind is not CodeKind.STUB:
        # The place is a page of thunks: list the one that the address is in.
        unbox = place.kind is CodeKind.UNBOX_THUNKS
        size = runtime.contract.number("UnboxThunkSize" if unbox else "MethodThunkSize")
        start += (place.address - start) // size * size
    data = runtime.memory.read(start, size, "a thunk's or stub's code")
    lines, end = [], start
    for instruction in instructions(data, start, MAX_STUB):
        end = instruction.address + instruction.size
        lines.append(NativeLine(
            instruction.address, instruction.bytes.hex(),
            f"{instruction.mnemonic} {instruction.op_str}".strip(), "", "", "", 0, "",
            pc == instruction.address))
    return NativeListing(name, start, end - start, 0, tuple(lines), ())


class _Lister:
    def __init__(
        self, runtime: Runtime, registry: CodeRegistry, code: MethodCode,
        source: MethodSource | None, pc: int | None,
    ) -> None:
        self.runtime = runtime
        self.registry = registry
        self.code = code
        self.source = source
        self.pc = pc
        self.problems: list[str] = []
        self.last_point: SequencePoint | None = None

    def run(self) -> NativeListing:
        method: Method | None = None
        il: dict[int, str] = {}
        try:
            method = self.runtime.metadata_method(self.code.method)
            names = self.source.local_names() if self.source is not None else {}
            found, error = disassemble_partly(method.body.il)
            il = {
                i.offset: instruction_text(self.runtime.universe, method, i, names)
                for i in found}
            if error is not None:
                self.problems.append(str(error))
        except DecodeError as error:
            self.problems.append(str(error))
        begins: dict[int, list[int]] = {}
        slow: set[int] = set()
        seen: set[int] = set()
        for entry in self.code.map:
            begins.setdefault(entry.native, []).append(entry.il)
            # The blocks that throw lie behind everything else, each for an instruction seen before.
            if entry.il in seen and entry.flags & MapFlags.CALL_SITE:
                slow.add(entry.native)
            seen.add(entry.il)
        calls = {c.native: c for c in self.code.call_sites}
        lines = []
        region = ""
        data = self.code.bytes
        end = 0
        for instruction in instructions(data, 0, 1 << 20):
            offset = instruction.address
            end = offset + instruction.size
            now = self._region(offset, offset in slow, region)
            note = ""
            if offset in calls:
                note = self._call(calls[offset].target, calls[offset].kind, calls[offset].helper)
            elif instruction.mnemonic in ("mov", "movabs") and "0x" in instruction.op_str:
                note = self._constant(instruction.op_str)
            ils = begins.get(offset, [])
            file, line = self._point(ils)
            lines.append(NativeLine(
                self.code.start + offset, instruction.bytes.hex(),
                f"{instruction.mnemonic} {instruction.op_str}".strip(),
                now if now != region else "", "; ".join(il.get(i, f"IL_{i:04x}") for i in ils),
                file, line, note, self.pc == self.code.start + offset))
            region = now
        if end < len(data):
            self.problems.append(
                f"the bytes at {self.code.start + end:#x} are no instruction: "
                f"{data[end : end + 8].hex()}")
        return NativeListing(
            self.runtime.method_name(self.code.method, True), self.code.start, len(data),
            self.code.record.frame_size, tuple(lines), tuple(self.problems))

    def _region(self, offset: int, slow: bool, before: str) -> str:
        if self.code.in_prologue(offset):
            return "prologue"
        if self.code.in_epilogue(offset):
            return "epilogue"
        if slow or before in ("epilogue", "out of line"):
            return "out of line"
        return "body"

    def _point(self, ils: list[int]) -> tuple[str, int]:
        if self.source is None or not ils:
            return "", 0
        point = self.source.at(ils[-1])
        last = self.last_point
        if point is None:
            return "", 0
        self.last_point = point
        # Compilers put points inside lines too, at calls.
        if last is not None and (last.file, last.line) == (point.file, point.line):
            return "", 0
        return point.file, point.line

    def _call(self, target: int, kind: int, helper: int) -> str:
        what = CallKind(kind).name.lower() if kind in set(CallKind) else f"kind {kind}"
        if kind == CallKind.HELPER:
            known = helper in set(HelperKind)
            return f"helper {HelperKind(helper).name.lower() if known else helper}"
        if not target:
            return what
        try:
            return f"{what} {self.runtime.method_name(self.runtime.method(target))}"
        except DecodeError as error:
            return f"{what} <{error}>"

    def _constant(self, operands: str) -> str:
        """What a 64-bit immediate points at: a MethodTable or code; nothing for plain numbers."""
        try:
            value = int(operands.rpartition(",")[2].strip(), 16)
        except ValueError:
            return ""
        if value < 1 << 32:
            return ""
        try:
            place = self.registry.find(value)
            if place is not None and place.method is not None:
                return self.runtime.method_name(place.method)
            if place is not None:
                return place.name
            return "MethodTable of " + self.runtime.type_name(
                self.runtime.type_of_table(value).address)
        except DecodeError:
            return ""  # not everything large is an address of ours
