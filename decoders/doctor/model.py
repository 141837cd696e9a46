"""What the doctor says: rules, findings, and the report that puts them in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from decoders.errors import DecodeError, ReadError
from decoders.frames.explain import FaultView
from decoders.runtime.model import ADDRESS
from decoders.timetravel.report import StoreAnswer


class Certainty(Enum):
    """How sure a finding is."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Rule:
    """One invariant. `family` is one of the eight of the architecture; `next_look` a command.

    `rank` orders findings when nothing else does: causes have small numbers, damage large ones.
    """

    id: str
    family: int
    title: str
    sentence: str
    next_look: str
    rank: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding is. Empty strings, None and 0 stand for what does not apply."""

    assembly: str = ""
    type: str = ""
    method: str = ""
    il_offset: int | None = None
    il: str = ""
    address: int = field(default=0, metadata=ADDRESS)
    file: str = ""
    line: int = 0

    def text(self) -> str:
        """`Ns.Type::Method IL_0012` or the type's name, or the address."""
        head = self.method or self.type or (f"{self.address:#x}" if self.address else "the target")
        if self.il_offset is not None:
            head += f" IL_{self.il_offset:04x}"
        return head


class DamageKind(Enum):
    """What bytes are for that do not hold what they should."""

    RETURN_ADDRESS = "return address"
    SAVED_RBP = "saved RBP"
    METHOD_TABLE = "MethodTable pointer"
    OBJECT_HEADER = "object header"
    ARRAY_LENGTH = "array length"
    REFERENCE = "reference"
    SLOT = "slot of a frame"


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes in memory that do not hold what they should: somebody stored that.

    `holds` is their value, little-endian; `what` names them with where they are. `owner`: where
    that is known, the method whose frame they are of, which may store there.
    """

    kind: DamageKind
    address: int = field(metadata=ADDRESS)
    size: int
    holds: int = field(metadata=ADDRESS)
    what: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken invariant.

    `what` is one sentence. `evidence` are further sentences: addresses, instructions, bytes.
    `types` names every type whose layout the finding hangs on. `relation` says what it has to do
    with the fault at hand; `cause` is the title line of the finding that it follows from. `damage`
    names the bytes that it was read from, where overwritten bytes are what it shows, the likeliest
    first.
    """

    rule: Rule
    what: str
    place: Place
    claimed: str
    expected: str
    evidence: tuple[str, ...] = ()
    certainty: Certainty = Certainty.CERTAIN
    types: frozenset[str] = frozenset()
    relation: str = ""
    cause: str = ""
    damage: tuple[Damage, ...] = ()

    def title(self) -> str:
        """The first line: rule and sentence."""
        return f"{self.rule.id}: {self.what}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was looked at."""

    types: int = 0
    methods: int = 0
    instructions: int = 0
    instructions_run: int = 0
    blocks: int = 0
    frames: int = 0


def said(error: DecodeError) -> str:
    """An error's sentence, the same for every kind of memory: why a read failed is told by each in
    its own words, and a dump must give the same report as the guest that it was made of."""
    if isinstance(error, ReadError):
        return f"cannot read {error.size} bytes at {error.address:#x} for {error.purpose}"
    return str(error)


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """Findings, root cause first; `consequences` follow from one of them.

    `problems` says what could not be looked at, and why. `scope` is what was asked for. `stores`:
    who wrote the bytes that findings show to be overwritten, where somebody asked.
    """

    scope: str
    findings: tuple[Finding, ...]
    consequences: tuple[Finding, ...]
    fault: FaultView | None
    fault_text: str
    coverage: Coverage
    problems: tuple[str, ...]
    stores: tuple[StoreAnswer, ...] = ()

    @property
    def healthy(self) -> bool:
        """No finding at all."""
        return not self.findings and not self.consequences
