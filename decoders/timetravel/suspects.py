"""Which bytes the doctor's findings show to be overwritten: the questions for who wrote them.

Most are what a finding was read from. A frame that has been left and a layout that is wrong show
no damage themselves; where it must lie is computed here.
"""

from __future__ import annotations

from collections.abc import Iterator

from capstone import x86_const as x86

from decoders.compare import compare_type
from decoders.compare.types import FieldRow
from decoders.doctor import DoctorReport, Finding, Subject
from decoders.doctor.model import Certainty, DamageKind
from decoders.errors import DecodeError
from decoders.frames import Frame, FrameKind
from decoders.frames.code_analysis import instruction_at, instructions, read_prologue
from decoders.memory import read_pointer
from decoders.runtime import MethodCode
from decoders.timetravel.report import Role, Suspect, Target

# Between a frame's evaluation stack and a callee's return address: shadow space and arguments.
_CALL_AREA = 1024
# The frame family's and the layout family's numbers (decoders.doctor.rules).
_LAYOUT, _FRAMES = 2, 3
_ORDER = (
    Role.RETURN_ADDRESS, Role.SAVED_RBP, Role.SAVED_REGISTER, Role.METHOD_TABLE, Role.ARRAY_LENGTH,
    Role.OBJECT_HEADER, Role.NEIGHBOUR, Role.REFERENCE,
)


def suspects(subject: Subject, report: DoctorReport) -> dict[str, tuple[Suspect, ...]]:
    """By the title of each cause: the bytes that it or what follows from it shows to be
    overwritten, the likeliest first. A cause without any has an empty entry."""
    found: dict[str, list[Suspect]] = {f.title(): [] for f in report.findings}
    referred = {
        d.holds for f in (*report.findings, *report.consequences) for d in f.damage
        if d.kind is DamageKind.REFERENCE}
    begun = {
        d.address for f in (*report.findings, *report.consequences) for d in f.damage
        if d.kind is DamageKind.METHOD_TABLE and d.address in referred}
    for finding in (*report.findings, *report.consequences):
        cause = _cause(finding, report)
        if cause in found:
            found[cause] += _damaged(finding, cause, begun)
    search = _Search(subject, report)
    for finding in report.findings:
        found[finding.title()] += search.left_frame(finding)
        found[finding.title()] += search.neighbours(finding)
    return {
        title: tuple(sorted(dict.fromkeys(mine), key=_rank)) for title, mine in found.items()}


def _rank(suspect: Suspect) -> tuple[bool, int]:
    return suspect.certainty == Certainty.POSSIBLE.value, _ORDER.index(suspect.role)


def _cause(finding: Finding, report: DoctorReport) -> str:
    """The title of the cause that a finding follows from, over as many steps as it takes."""
    steps = {f.title(): f.cause for f in report.consequences}
    title = finding.title()
    for _ in range(len(steps) + 1):
        if not steps.get(title):
            break
        title = steps.pop(title)
    return title


def _damaged(finding: Finding, cause: str, begun: set[int]) -> Iterator[Suspect]:
    """What a finding was read from. `begun`: where references say that an object begins."""
    for damage in finding.damage:
        certainty, why = finding.certainty, finding.what
        if damage.kind is DamageKind.REFERENCE and damage.holds in begun:
            continue  # it is right: what it leads to is not
        if damage.kind is DamageKind.METHOD_TABLE and damage.address not in begun:
            certainty = Certainty.POSSIBLE
            why += ", and no reference says that an object began there"
        yield Suspect(
            cause, Role(damage.kind.value), Target(damage.address, damage.size, damage.what), why,
            certainty.value)


class _Search:
    """Damage that no finding names."""

    def __init__(self, subject: Subject, report: DoctorReport) -> None:
        self.runtime = subject.runtime
        self.registry = subject.registry
        self.report = report
        self.stack = [f for f in subject.stack() if f.kind is not FrameKind.TRAP]
        self.managed = [
            f for f in self.stack if f.kind is FrameKind.MANAGED and f.code and not f.guessed]

    def left_frame(self, finding: Finding) -> Iterator[Suspect]:
        """The register that the fault's address was made of, in the frame of a blamed callee.

        The method has returned, so that its frame lies below the stack pointer of what failed: its
        return address behind a call, the RBP that its caller still has, and a save slot that holds
        what the register holds. That the method itself stored there is still to be seen.
        """
        view = self.report.fault
        method = finding.place.method
        if finding.rule.family != _FRAMES or view is None or view.access is None or not method:
            return
        caller = next((f for f in self.stack if f.pc == view.rip and not f.is_caller), None)
        callee = next(
            (c for c in self.registry.methods() if self.runtime.method_name(c.method) == method),
            None)
        if caller is None or callee is None:
            return
        saves = read_prologue(callee.bytes, callee.record.prologue_size).saves
        for register in (view.access.base_register, view.access.index_register):
            if register not in saves or register not in caller.registers:
                continue
            value = caller.registers[register]
            slot = self._left_slot(caller, saves[register], value)
            if slot is None:
                continue
            yield Suspect(
                finding.title(), Role.SAVED_REGISTER,
                Target(slot, 8, f"the saved {register} of {method}"),
                f"{register}, which the faulting address was made of, is {value:#x}, as is what "
                f"{method} had for it in its frame", Certainty.LIKELY.value,
                rightful=_saving(callee, register, saves[register]), by=method)

    def _left_slot(self, caller: Frame, displacement: int, value: int) -> int | None:
        """Where a frame just left below a caller holds a value, at an RBP displacement."""
        memory = self.runtime.memory
        for slot in range(caller.sp - 8, caller.sp - _CALL_AREA, -8):
            try:
                base = read_pointer(memory, slot - 8, "a saved RBP below the stack pointer")
                if base != caller.registers.get("rbp") or (
                        read_pointer(memory, slot - 8 + displacement, "a save slot") != value):
                    continue
                returned = read_pointer(memory, slot, "a return address below the stack pointer")
            except DecodeError:
                return None  # the stack ends here
            if self._behind_call(returned):
                return slot - 8 + displacement
        return None

    def _behind_call(self, address: int) -> bool:
        """Whether the instruction before an address may be a call (two to eight bytes)."""
        try:
            before = self.runtime.memory.read(address - 8, 8, "code before a return address")
        except DecodeError:
            return False
        for size in range(2, 9):
            found = instruction_at(before[8 - size :], 0)
            if found is not None and found.mnemonic == "call" and found.size == size:
                return True
        return False

    def neighbours(self, finding: Finding) -> Iterator[Suspect]:
        """Slots beside a value whose fields, as claimed, reach beyond it, in the frames found."""
        if finding.rule.family != _LAYOUT or not finding.place.type:
            return
        for info in self.runtime.find_type(finding.place.type):
            try:
                rows = compare_type(self.runtime, self.registry, info).fields
            except DecodeError:
                continue  # said by the doctor
            for frame in self.managed:
                yield from self._beside(finding, frame, info.address, rows)

    def _beside(
        self, finding: Finding, frame: Frame, wanted: int, rows: tuple[FieldRow, ...]
    ) -> Iterator[Suspect]:
        code = frame.code
        assert code is not None and frame.offset is not None
        if frame.rbp is None or code.in_prologue(frame.offset) or code.in_epilogue(frame.offset):
            return
        method = self.runtime.method_name(code.method)
        slots = [*((s, f"argument {s.number}") for s in code.args),
                 *((s, f"local {s.number}") for s in code.locals)]
        for slot, label in slots:
            if slot.type != wanted:
                continue
            for row in rows:
                if row.is_static or row.claimed_offset is None or not row.claimed_size:
                    continue
                start = slot.offset + max(row.claimed_offset, slot.size)
                end = slot.offset + row.claimed_offset + row.claimed_size
                other = next(
                    (name for s, name in slots if s is not slot and s.offset < end
                     and start < s.offset + s.size), None)
                if start >= end or other is None:
                    continue
                yield Suspect(
                    finding.title(), Role.NEIGHBOUR,
                    Target(frame.rbp + start, end - start,
                           f"byte {start - slot.offset} behind {label} of {method}"),
                    f"{label} has {slot.size} bytes and its field {row.name} lies at "
                    f"+{row.claimed_offset}, in {other}", finding.certainty.value,
                    expected=f"{finding.place.type}::{row.name}")


def _saving(code: MethodCode, register: str, displacement: int) -> int:
    """Address of the prologue's instruction that saves a register; 0 when there is none."""
    for found in instructions(code.bytes[: code.record.prologue_size], code.start):
        operands = found.operands
        if len(operands) != 2 or operands[0].type != x86.X86_OP_MEM or (
                operands[1].type != x86.X86_OP_REG):
            continue
        memory = operands[0].mem
        if memory.base == x86.X86_REG_RBP and memory.disp == displacement and (
                found.reg_name(operands[1].reg) == register):
            return int(found.address)
    return 0
