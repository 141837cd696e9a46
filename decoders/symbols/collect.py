"""From the kernel's records of compiled methods to functions with lines and call frames."""

from __future__ import annotations

from collections.abc import Callable

from decoders.errors import DecodeError
from decoders.frames.code_analysis import entry_rule, instructions, torn_down
from decoders.metadata import Method
from decoders.runtime import MethodCode, Runtime
from decoders.source import MethodSource
from decoders.symbols import dwarf
from decoders.symbols.object import Line, SymbolObject

# A method's debug information, None where there is none.
SourceOf = Callable[[Method], "MethodSource | None"]
# push rbp; mov rbp, rsp, which has two encodings.
_STANDARD_ENTRIES = (b"\x55\x48\x89\xe5", b"\x55\x48\x8b\xec")
_STANDARD_EXIT = b"\xc9\xc3"  # leave; ret
# mov [rbp + d8], register: the saves of the Tier-0 prologue.
_SAVES = (
    (dwarf.RBX, -8, b"\x48\x89\x5d\xf8"), (dwarf.R12, -16, b"\x4c\x89\x65\xf0"),
    (dwarf.R13, -24, b"\x4c\x89\x6d\xe8"), (dwarf.R14, -32, b"\x4c\x89\x75\xe0"),
    (dwarf.R15, -40, b"\x4c\x89\x7d\xd8"),
)
_NUMBERS = {"rax": 0, "rdx": 1, "rcx": 2, "rbx": 3, "rsi": 4, "rdi": 5, "rbp": 6, "rsp": 7,
            **{f"r{n}": n for n in range(8, 16)}}


def symbol_name(name: str) -> str:
    """A method's name as a debugger's symbol: `Ns.Type.Method`, nested types with dots."""
    return name.replace("::", ".").replace("+", ".").replace("/", ".")


class Collector:
    """Keeps an object of all methods compiled so far. `problems` names what is missing."""

    def __init__(self) -> None:
        self.object = SymbolObject()
        self.problems: list[str] = []
        self._made: dict[int, int] = {}

    def add(self, runtime: Runtime, codes: list[MethodCode], source: SourceOf) -> int:
        """Encode what is new among these methods; how many that were."""
        count = 0
        for code in codes:
            # Code that another run put at the same place is another function.
            if self._made.get(code.start) == code.record.method:
                continue
            self._made[code.start] = code.record.method
            count += 1
            name = symbol_name(runtime.method_name(code.method))
            lines: list[Line] = []
            try:
                found = source(runtime.metadata_method(code.method))
                lines = method_lines(code, found) if found is not None else []
            except DecodeError as error:
                self.problems.append(f"{name}: {error}")
            lines = lines or il_lines(code, name)
            self.object.add(name, code.start, code.end - code.start, lines, frame_program(code))
        return count


def method_lines(code: MethodCode, source: MethodSource) -> list[Line]:
    """Where in the machine code each source line begins; the prologue is the first line's."""
    result: list[Line] = []
    last: tuple[str, int] | None = None
    low = high = 0
    for native, il in code.boundaries():
        if low <= il < high:
            continue  # still in the last one's sequence point
        point, low, high = source.span_at(il)
        if point is None:
            continue
        place = (point.file, point.line)
        if place == last:
            continue
        if not result:
            result.append(Line(0, *place))
            if native == 0:
                last = place
                continue
        elif result[-1].offset == native:
            result.pop()
        result.append(Line(native, *place))
        last = place
    return result


def il_lines(code: MethodCode, name: str) -> list[Line]:
    """Without source: IL offset + 1 as the line of a file that does not exist.

    A debugger needs lines to find the end of the prologue, and steps by them.
    """
    result: list[Line] = []
    for native, il in code.boundaries():
        if not result:
            result.append(Line(0, f"{name}.il", il + 1))
        if result[-1].offset == native:
            result.pop()
        result.append(Line(native, f"{name}.il", il + 1))
    return result


def frame_program(code: MethodCode) -> bytes:
    """Call-frame instructions, read off the machine code of prologue and epilogues."""
    data = code.bytes
    prologue = data[: code.record.prologue_size]
    out = b""
    registers: list[int] = []
    if prologue.startswith(_STANDARD_ENTRIES):
        out = (dwarf.advance(1) + dwarf.cfa(dwarf.RSP, 16) + dwarf.saved(dwarf.RBP, -16)
               + dwarf.advance(3) + dwarf.cfa(dwarf.RBP, 16))
        at = len(_STANDARD_ENTRIES[0])
        found = sorted(
            (place + len(text), register, offset) for register, offset, text in _SAVES
            if (place := prologue.find(text)) >= 0)
        for end, register, offset in found:
            out += dwarf.advance(end - at) + dwarf.saved(register, offset - 16)
            at = end
            registers.append(register)
        registers.append(dwarf.RBP)
    else:
        out, at, registers = _unusual_prologue(data, len(prologue))
    for epilogue in code.epilogues:
        exit_at = epilogue.end - 1
        if data[epilogue.end - 2 : epilogue.end] != _STANDARD_EXIT:
            left = _left_at(data, epilogue.start, epilogue.end)
            if left is None:
                continue
            exit_at = left
        out += dwarf.advance(exit_at - at) + dwarf.REMEMBER + dwarf.cfa(dwarf.RSP, 8)
        out += b"".join(dwarf.restored(r) for r in registers)
        at = exit_at
        if epilogue.end < len(data):
            out += dwarf.advance(epilogue.end - exit_at) + dwarf.RESTORE
            at = epilogue.end
    return out


def _unusual_prologue(data: bytes, size: int) -> tuple[bytes, int, list[int]]:
    out, at = b"", 0
    known: dict[str, int] = {}
    for instruction in instructions(data[:size], 0):
        end = instruction.address + instruction.size
        rule = entry_rule(data, end)
        out += dwarf.advance(end - at) + dwarf.cfa(_NUMBERS[rule.register], rule.offset)
        for name, offset in rule.saved.items():
            if name not in known and name in _NUMBERS and offset % 8 == 0:
                out += dwarf.saved(_NUMBERS[name], offset)
                known[name] = offset
        at = end
    return out, at, [_NUMBERS[name] for name in known]


def _left_at(data: bytes, start: int, end: int) -> int | None:
    """Offset behind the instruction that leaves the frame, None when none does."""
    for instruction in instructions(data[start:end], start):
        after = int(instruction.address + instruction.size)
        if torn_down(data, start, after):
            return after
    return None
