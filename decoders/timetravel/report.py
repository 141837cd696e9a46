"""The results of clr-last-write, clr-history and `clrscope who-wrote`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from decoders.runtime.model import ADDRESS


@dataclass(frozen=True, slots=True)
class Target:
    """Bytes whose writer is asked for. `what`: how the question named them."""

    address: int = field(metadata=ADDRESS)
    size: int
    what: str


class Role(Enum):
    """What overwritten bytes are for, and so who writes them rightly; the first are asked first."""

    RETURN_ADDRESS = "return address"
    SAVED_RBP = "saved RBP"
    SAVED_REGISTER = "saved register"
    METHOD_TABLE = "MethodTable pointer"
    ARRAY_LENGTH = "array length"
    OBJECT_HEADER = "object header"
    NEIGHBOUR = "neighbour of a value"
    SLOT = "slot of a frame"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Suspect:
    """Bytes that a finding shows to be overwritten.

    finding: the cause's title line. why: the sentence that says so. certainty: how sure that is
    ("certain", "likely", "possible"). rightful: address of the instruction whose store there is
    right, 0 where none is known. What the guilty store must be, "" where any may be it: expected is
    how the text of its IL instruction ends, by its method. Bytes of a frame: owner is the method
    whose own stores there are right, "" where they may be the guilty ones too; since is where its
    call stored the return address, 0 where that is not known: what was stored before is a leftover.
    """

    finding: str
    role: Role
    target: Target
    why: str
    certainty: str
    rightful: int = field(default=0, metadata=ADDRESS)
    expected: str = ""
    by: str = ""
    owner: str = ""
    since: int = field(default=0, metadata=ADDRESS)


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """A target's bytes at some moment, and the registers of the frame that it was named in."""

    target: Target
    data: bytes
    registers: dict[str, int]


@dataclass(frozen=True, slots=True)
class CallerPlace:
    """A managed method waiting in a call, and the call's IL instruction."""

    method: str
    il_offset: int | None
    il: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class StorePlace:
    """The instruction that stored.

    kind: "managed", "stub", "thunk" or "native" (C code of the kernel). method: the managed method,
    or the C function. il_offset: None in native code. stage: "prologue", "body" or "epilogue" of a
    managed method; a store in a prologue belongs to no IL instruction. caller: the nearest managed
    caller, where the store's own method is not the whole answer (prologues and native code).
    """

    pc: int = field(metadata=ADDRESS)
    kind: str
    method: str
    assembly: str
    token: int = field(metadata=ADDRESS)
    stage: str
    il_offset: int | None
    il: str
    file: str
    line: int
    instruction: str
    caller: CallerPlace | None = None

    @property
    def key(self) -> tuple[str, str, int | None, str]:
        """What two ways of finding a store must agree on: method, stage, IL, instruction."""
        return self.method, self.stage, self.il_offset, self.instruction


@dataclass(frozen=True, slots=True)
class Write:
    """One store to the target.

    before, after: the target's bytes, None where they are not known. instructions: executed before
    the store, since the start of the recording or run; None where they were not counted. order:
    a number that is larger for later stores of the same source.
    """

    place: StorePlace
    before: bytes | None
    after: bytes | None
    instructions: int | None
    order: int = 0


@dataclass(frozen=True, slots=True)
class LastWrite:
    """The last store before some moment; `write` None: there was none since the start.

    source: "replay" or "store log". notes: what to know about the answer. origin: where the store
    only copied its value, the last write of what it copied from.
    """

    target: Target
    write: Write | None
    source: str
    notes: tuple[str, ...] = ()
    origin: LastWrite | None = None

    @property
    def chain(self) -> tuple[StorePlace, ...]:
        """The places of this store and of its origins, the newest first."""
        here = () if self.write is None else (self.write.place,)
        return here + (self.origin.chain if self.origin is not None else ())


@dataclass(frozen=True, slots=True)
class StoreAnswer:
    """Who wrote the bytes that a finding shows to be overwritten, in a sentence.

    suspects: the bytes; empty when there are none. target, place, certainty: of the guilty store,
    None and "" without one; then the sentence says why there is none. value: what it left in the
    target, as a number with 0x or as bytes, "" where it is not known. source: "replay" or "store
    log". next_look: what would answer, where nobody was asked.
    """

    finding: str
    suspects: tuple[Suspect, ...]
    sentence: str
    target: Target | None = None
    place: StorePlace | None = None
    value: str = ""
    certainty: str = ""
    source: str = ""
    next_look: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Stores to the target, the newest first; `truncated`: there may be older ones.

    problem: why the way back ended before the start, "" when it did not.
    """

    target: Target
    writes: tuple[Write, ...]
    truncated: bool
    problem: str = ""
