"""A compiled method's records against its signature, its IL and its own machine code."""

from __future__ import annotations

from dataclasses import dataclass, field

from decoders.compare.allocations import check_allocations
from decoders.compare.machine import check_machine_code
from decoders.compare.model import Difference
from decoders.compare.widths import check_widths
from decoders.frames.code_analysis import read_prologue
from decoders.frames.view import SAVE_SLOTS, entry_text
from decoders.il import Entry, Kind, model_stack
from decoders.layout import FrameNeeds, align_up, frame_needs
from decoders.metadata import Method
from decoders.runtime import MethodCode, Runtime, SlotFlags, ValueKind
from decoders.runtime.model import ADDRESS
from decoders.runtime.records import JitStackEntryRecord

_SMALL = {ValueKind.I1, ValueKind.U1, ValueKind.I2, ValueKind.U2, ValueKind.I4, ValueKind.U4}
#: What an evaluation-stack entry of each kind may be recorded as.
ENTRY_KINDS = {
    Kind.I4: _SMALL, Kind.I8: {ValueKind.I8, ValueKind.U8},
    # Where a managed pointer and a null pointer meet, it stays a managed one for the collector.
    Kind.NI: {ValueKind.NINT, ValueKind.NUINT, ValueKind.BYREF},
    Kind.R4: {ValueKind.R4}, Kind.R8: {ValueKind.R8},
    Kind.REF: {ValueKind.REF}, Kind.BYREF: {ValueKind.BYREF}, Kind.VALUE: {ValueKind.STRUCT},
}


@dataclass(frozen=True, slots=True)
class MethodComparison:
    """What was compared and where it disagrees."""

    method: str
    code_start: int = field(metadata=ADDRESS)
    map_entries: int
    differences: tuple[Difference, ...]


def compare_method(runtime: Runtime, code: MethodCode) -> MethodComparison:
    """Compare one compiled method; DecodeError when its metadata cannot be had."""
    comparer = _MethodComparer(runtime, code)
    comparer.run()
    return MethodComparison(
        runtime.method_name(code.method), code.start, len(code.map),
        tuple(comparer.differences),
    )


class _MethodComparer:
    def __init__(self, runtime: Runtime, code: MethodCode) -> None:
        self.runtime = runtime
        self.code = code
        self.method: Method = runtime.metadata_method(code.method)
        self.differences: list[Difference] = []

    def _differ(
        self, subject: str, what: str, claimed: object, expected: object, source: str
    ) -> None:
        if claimed != expected:
            self.differences.append(
                Difference(subject, what, str(claimed), str(expected), source))

    def run(self) -> None:
        self._identity()
        needs = frame_needs(self.runtime.layout, self.method)
        self._homes(needs)
        self._locals(needs)
        self._prologue(needs)
        self._stack()

    def _homes(self, needs: FrameNeeds) -> None:
        args = self.code.args
        self._differ("arguments", "count", len(args), len(needs.homes), "the signature")
        for home, slot in zip(needs.homes, args, strict=False):
            subject = f"home of {home.name}"
            self._differ(subject, "offset", slot.offset, home.offset, "the calling convention")
            self._differ(
                subject, "indirect", bool(slot.flags & SlotFlags.INDIRECT), home.indirect,
                "the calling convention")
            size = 8 if home.indirect else home.size
            self._differ(subject, "size", slot.size, size, "the signature")

    def _locals(self, needs: FrameNeeds) -> None:
        slots = self.code.locals
        self._differ("locals", "count", len(slots), len(needs.locals), "metadata")
        lowest_save = min(
            (offset for number, _, offset in SAVE_SLOTS
             if self.code.record.saved_registers >> number & 1), default=0)
        taken: list[tuple[int, int, str]] = []
        for need, slot in zip(needs.locals, slots, strict=False):
            subject = f"local {need.index}"
            self._differ(subject, "size", slot.size, need.size, "metadata")
            end = slot.offset + need.size
            if slot.offset % need.align:
                self._differ(subject, "alignment", slot.offset, f"a multiple of {need.align}",
                             "metadata")
            if end > lowest_save:
                self._differ(
                    subject, "extent", f"{slot.offset}..{end}",
                    f"to end at or below {lowest_save} (saved registers and RBP)", "the frame")
            if slot.offset < -self.code.record.frame_size:
                self._differ(
                    subject, "extent", slot.offset,
                    f"within the frame of {self.code.record.frame_size} bytes", "the frame")
            for low, high, other in taken:
                if slot.offset < high and low < end:
                    self._differ(subject, "extent", f"{slot.offset}..{end}",
                                 f"not to overlap {other} at {low}..{high}", "the frame")
            taken.append((slot.offset, end, subject))

    def _prologue(self, needs: FrameNeeds) -> None:
        record = self.code.record
        facts = read_prologue(self.code.bytes, record.prologue_size)
        source = "the prologue's machine code"
        for home in needs.homes:
            if home.register is None:
                continue
            homed = facts.homes.get(home.offset)
            if homed is None:
                self._differ(f"home of {home.name}", "store", "expected",
                             f"that {home.register} is never stored there", source)
            elif _whole(homed) != home.register:
                self._differ(f"home of {home.name}", "register", home.register, homed, source)
        claimed = {n: o for number, n, o in SAVE_SLOTS if record.saved_registers >> number & 1}
        self._differ("saved registers", "slots", claimed, facts.saves, source)
        if facts.frame_size is not None:
            self._differ("frame", "size", record.frame_size, facts.frame_size, source)
        if facts.frame_size is not None and facts.frame_size % 16:
            self._differ("frame", "alignment", facts.frame_size, "a multiple of 16", source)
        self.differences += check_machine_code(self.runtime, self.code, facts)

    def _identity(self) -> None:
        """The code belongs to the method that it says, and the method says so too."""
        record = self.code.record
        info = self.code.method
        self._differ("IL", "size", record.il_size, len(self.method.body.il), "metadata")
        if info.record.code != record.address:
            self._differ(
                "code", "owner", f"{record.address:#x}",
                f"that the method's code is {info.record.code:#x}", "the method's own record")

    def _stack(self) -> None:
        model = model_stack(self.runtime.universe, self.method)
        listing = {i.offset: i for i in model.instructions}
        self.differences += check_allocations(self.runtime, self.code, self.method, listing)
        self.differences += check_widths(self.code, model, listing)
        for problem in model.problems:
            self._differ(f"IL_{problem.offset:04x}", "IL", "compiled", str(problem), "the IL model")
        for entry in self.code.map:
            # Out-of-line paths describe the middle of an instruction, which IL does not know.
            if self.code.is_out_of_line(entry) or entry.il in model.unreachable:
                continue
            subject = f"evaluation stack at IL_{entry.il:04x}"
            expected = model.before.get(entry.il)
            if expected is None:
                self._differ(subject, "place", "recorded", "no instruction begins here", "IL")
                continue
            claimed = self.code.stack_at(entry)
            self._differ(subject, "depth", len(claimed), len(expected), "IL")
            for index, (have, want) in enumerate(zip(claimed, expected, strict=False)):
                self._entry(f"{subject}, entry {index}", have, want)

    def _entry(self, subject: str, have: JitStackEntryRecord, want: Entry) -> None:
        universe = self.runtime.universe
        kinds = ENTRY_KINDS[want.kind]
        if have.value_kind not in kinds:
            name = ValueKind(have.value_kind).name if have.value_kind in set(ValueKind) else "?"
            self._differ(subject, "kind", name, want.kind.value, "IL")
            return
        size = 8
        if want.kind is Kind.VALUE and want.type is not None:
            size = align_up(self.runtime.layout.fields.value_shape(want.type).size, 8)
        self._differ(subject, "size", have.size, size, "metadata")
        if want.type is None or not have.type or want.kind in (Kind.REF, Kind.BYREF):
            return
        if universe.canonical(self.runtime.sig(have.type)) != universe.canonical(want.type):
            self._differ(subject, "type", self.runtime.type_name(have.type),
                         entry_text(universe, want), "IL")


def _whole(register: str) -> str:
    """The 64-bit register that a name is part of, for the argument registers."""
    return {"ecx": "rcx", "cx": "rcx", "cl": "rcx", "edx": "rdx", "dx": "rdx", "dl": "rdx",
            "r8d": "r8", "r8w": "r8", "r8b": "r8", "r9d": "r9", "r9w": "r9", "r9b": "r9"
            }.get(register, register)


