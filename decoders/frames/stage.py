"""How much of its frame a method has at an instruction: prologues build it, epilogues take it down.

Read off the machine code: while a slot is not written yet, what lies there is somebody else's.
"""

from __future__ import annotations

from dataclasses import dataclass

from decoders.errors import DecodeError
from decoders.frames.code_analysis import PrologueFacts, entry_rule, read_prologue, torn_down
from decoders.runtime import MethodCode

NOT_SET_UP = "the prologue has not set it up yet"
LEFT = "the frame is left: this lies below RSP"


@dataclass(frozen=True, slots=True)
class FrameStage:
    """What is in place. `name` is prologue, body or epilogue, with `?` where that is not known.

    `homes` are those that the prologue stores, as RBP offsets with their registers; `unhomed` the
    ones of them that it has not stored yet, `unsaved` the callee-saved registers likewise.
    `has_link`: the caller's RBP is in its slot. `missing` says why locals and everything below them
    are not there, "" when they are.
    """

    name: str
    homes: dict[int, str]
    unhomed: frozenset[int]
    unsaved: frozenset[str]
    has_link: bool
    missing: str


class FrameStages:
    """The stages of methods; what their prologues do is read once."""

    def __init__(self) -> None:
        self._facts: dict[int, PrologueFacts] = {}

    def facts(self, code: MethodCode) -> PrologueFacts:
        """What a method's whole prologue does."""
        found = self._facts.get(code.start)
        if found is None:
            found = read_prologue(code.bytes, code.record.prologue_size)
            self._facts[code.start] = found
        return found

    def at(self, code: MethodCode, offset: int, exact: int) -> FrameStage:
        """The stage at a frame's lookup offset and at its exact one (see Frame)."""
        facts = self.facts(code)
        if code.in_prologue(exact):
            so_far = read_prologue(code.bytes, exact)
            return FrameStage(
                "prologue", facts.homes, frozenset(facts.homes.keys() - so_far.homes.keys()),
                frozenset(facts.saves.keys() - so_far.saves.keys()),
                "rbp" in entry_rule(code.bytes, exact).saved, NOT_SET_UP)
        name, missing = "body", ""
        try:
            for epilogue in code.epilogues:
                if epilogue.start <= offset < epilogue.end:
                    name = "epilogue"
                    if torn_down(code.bytes, epilogue.start, exact):
                        missing = LEFT
        except DecodeError:
            name = "body?"
        return FrameStage(name, facts.homes, frozenset(), frozenset(), not missing, missing)
