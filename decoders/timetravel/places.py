"""What an instruction is that stored: from its address alone, with no machine to ask."""

from __future__ import annotations

from collections.abc import Callable

from decoders.errors import DecodeError
from decoders.frames.code_analysis import instruction_at
from decoders.il import instruction_text
from decoders.il.disasm import disassemble_partly
from decoders.metadata import Method
from decoders.runtime import CodeKind, CodeRegistry, MethodCode, Runtime
from decoders.source import MethodSource
from decoders.timetravel.report import CallerPlace, StorePlace

# A method's lines and local names; None where there are none.
SourceOf = Callable[[Method], "MethodSource | None"]


def instruction_text_at(code: bytes, address: int) -> str:
    """The machine instruction at the start of some bytes."""
    found = instruction_at(code, address)
    return f"{found.mnemonic} {found.op_str}".strip() if found is not None else "(bad)"


def native_place(
    pc: int, kind: str, name: str, instruction: str, file: str = "", line: int = 0,
    caller: CallerPlace | None = None,
) -> StorePlace:
    """A store by C code, a stub or a thunk."""
    return StorePlace(
        pc, kind, name, "", 0, "", None, "", file, line, instruction, caller)


def kind_of(place_kind: CodeKind) -> str:
    """The StorePlace.kind of generated code that is no method."""
    return "stub" if place_kind is CodeKind.STUB else "thunk"


class Places:
    """Makes places of managed code."""

    def __init__(self, runtime: Runtime, codes: CodeRegistry, source_of: SourceOf) -> None:
        self._runtime = runtime
        self._codes = codes
        self._source_of = source_of

    def store(self, code: MethodCode, pc: int, caller: CallerPlace | None = None) -> StorePlace:
        """The store at `pc` in a method's code."""
        offset = pc - code.start
        stage = (
            "prologue" if code.in_prologue(offset)
            else "epilogue" if code.in_epilogue(offset) else "body"
        )
        entry = code.map_at(offset)
        il = entry.il if entry is not None else None
        method, text, file, line = self._il(code, il if il is not None else 0)
        return StorePlace(
            pc, "managed", self._runtime.method_name(code.method),
            method.assembly.name if method is not None else "?", code.method.record.token, stage,
            il if stage == "body" else None, text if stage == "body" else "", file, line,
            instruction_text_at(code.bytes[offset : offset + 15], pc),
            caller if stage != "body" else None,
        )

    def caller(self, code: MethodCode, return_address: int) -> CallerPlace | None:
        """The call that returns to an address in a method's code; None when none does."""
        site = code.call_returning_to(return_address - code.start)
        if site is None:
            return None
        _, text, file, line = self._il(code, site.il)
        return CallerPlace(self._runtime.method_name(code.method), site.il, text, file, line)

    def caller_at(self, return_address: int) -> CallerPlace | None:
        """The same for any address."""
        place = self._codes.find(return_address - 1)
        if place is None or place.code is None:
            return None
        return self.caller(place.code, return_address)

    def _il(self, code: MethodCode, il: int) -> tuple[Method | None, str, str, int]:
        """(method, text of the IL instruction, file, line); what is not known is empty."""
        try:
            method = self._runtime.metadata_method(code.method)
            source = self._source_of(method)
            instructions, _ = disassemble_partly(method.body.il)
        except DecodeError:
            return None, "", "", 0  # damaged metadata: the address is still an answer
        found = next((i for i in instructions if i.offset == il), None)
        names = source.local_names(il) if source is not None else {}
        text = (
            instruction_text(self._runtime.universe, method, found, names)
            if found is not None else ""
        )
        point = source.at(il) if source is not None else None
        return method, text, point.file if point else "", point.line if point else 0
