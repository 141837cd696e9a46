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
# The rule for homes that a prologue leaves as they were.
_NOT_STORED = "argument-home"


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
    search = _Search(subject, report)
    causes = {f.title(): f for f in report.findings}
    for finding in (*report.findings, *report.consequences):
        cause = causes.get(_cause(finding, report))
        if cause is not None:
            found[cause.title()] += search.damaged(finding, cause, begun)
    for finding in report.findings:
        found[finding.title()] += search.left_frame(finding)
        found[finding.title()] += search.neighbours(finding)
    return {
        title: tuple(sorted(dict.fromkeys(mine), key=_rank)) for title, mine in found.items()}


def _rank(suspect: Suspect) -> tuple[bool, int]:
    return suspect.certainty == Certainty.POSSIBLE.value, list(Role).index(suspect.role)


def _cause(finding: Finding, report: DoctorReport) -> str:
    """The title of the cause that a finding follows from, over as many steps as it takes."""
    steps = {f.title(): f.cause for f in report.consequences}
    title = finding.title()
    for _ in range(len(steps) + 1):
        if not steps.get(title):
            break
        title = steps.pop(title)
    return title


class _Search:
    """Damage that no finding names."""

    def __init__(self, subject: Subject, report: DoctorReport) -> None:
        self.runtime = subject.runtime
        self.registry = subject.registry
        self.report = report
        self.stack = [f for f in subject.stack() if f.kind is not FrameKind.TRAP]
        self.managed = [
            f for f in self.stack if f.kind is FrameKind.MANAGED and f.code and not f.guessed]

    def damaged(self, finding: Finding, cause: Finding, begun: set[int]) -> Iterator[Suspect]:
        """What a finding was read from. `begun`: where references say that an object begins."""
        for damage in finding.damage:
            certainty, why = finding.certainty, finding.what
            role = Role(damage.kind.value)
            owner = damage.owner or finding.place.method
            since = self._called_at(owner, damage.address)
            if since and cause.rule.id == _NOT_STORED:
                continue  # what a prologue does not store is a leftover: nobody overwrote it
            if role is Role.REFERENCE and damage.holds in begun:
                continue  # it is right: what it leads to is not
            if role is Role.METHOD_TABLE and damage.address not in begun:
                certainty = Certainty.POSSIBLE
                why += ", and no reference says that an object began there"
            yield Suspect(
                cause.title(), role, Target(damage.address, damage.size, damage.what), why,
                certainty.value, owner=damage.owner, since=since)

    def _called_at(self, method: str, address: int) -> int:
        """Where the call of the frame of a method that has an address in it stored its return
        address; 0 when there is none."""
        for frame in self.managed:
            code, cfa = frame.code, frame.cfa
            assert code is not None
            if cfa is not None and frame.sp <= address < cfa + 8 * len(code.args) and (
                    self.runtime.method_name(code.method) == method):
                return cfa - 8
        return 0

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
                    (one for one in slots if one[0] is not slot and one[0].offset < end
                     and start < one[0].offset + one[0].size), None)
                if start >= end or other is None:
                    continue
                yield Suspect(
                    finding.title(), Role.NEIGHBOUR,
                    Target(frame.rbp + start, end - start,
                           f"byte {start - other[0].offset} of {other[1]} of {method}"),
                    f"{label} beside it has {slot.size} bytes, and its field {row.name} lies at "
                    f"+{row.claimed_offset}", finding.certainty.value,
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
