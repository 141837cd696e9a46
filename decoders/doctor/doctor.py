"""The doctor: every check over the whole runtime, one method, or one address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from decoders.doctor.emulator import Machine
from decoders.doctor.heapcheck import HeapCheck
from decoders.doctor.layouts import check_methods_of, check_type, related_types
from decoders.doctor.methods import MethodChecker
from decoders.doctor.model import Coverage, DoctorReport, Finding, Place, said
from decoders.doctor.rules import RULES
from decoders.doctor.sizes import Sizes
from decoders.doctor.stackcheck import StackCheck
from decoders.doctor.verdict import LAYOUT_FAMILY, Situation, arrange, situation
from decoders.errors import DecodeError
from decoders.frames import Frame, FrameKind, Unwinder, explain_fault
from decoders.frames.view import SourceFinder
from decoders.runtime import CodeRegistry, Fault, MethodCode, Runtime, TypeInfo, last_fault


@dataclass(slots=True)
class Subject:
    """What the doctor looks at. `frames` is the stack where the machine stopped, innermost first;
    without it the stack of the last fault is unwound."""

    runtime: Runtime
    registry: CodeRegistry
    frames: Sequence[Frame] | None = None
    sources: SourceFinder | None = None
    _stack: list[Frame] | None = field(default=None)

    def fault(self) -> Fault | None:
        """The last fault."""
        return last_fault(self.runtime)

    def stack(self) -> list[Frame]:
        """Frames to look at; empty when nothing tells where to begin."""
        if self._stack is None:
            fault = self.fault()
            if self.frames is not None:
                self._stack = list(self.frames)
            elif fault is not None and fault.frame is not None:
                unwinder = Unwinder(self.runtime, self.registry)
                self._stack = list(unwinder.fault_backtrace(fault).frames)
            else:
                self._stack = []
        return self._stack


class Doctor:
    """Runs checks. One emulator serves all runs."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.runtime = subject.runtime
        self.registry = subject.registry
        self.machine = Machine(self.runtime.memory)
        self.problems: list[str] = []

    def everything(self) -> DoctorReport:
        """The whole runtime: types, methods, heap, stack."""
        findings, depends, types = self._types()
        methods, checker = self._methods(self.registry.methods(), self._tainted(findings))
        findings += methods
        heap, frames = self._heap_and_stack(findings, True)
        return self._report(
            "the whole runtime", findings, depends,
            Coverage(types, len(self.registry.methods()), checker.counts.seen, checker.counts.run,
                     len(heap.tables), frames))

    def method(self, code: MethodCode) -> DoctorReport:
        """One compiled method, with the types that it works with."""
        findings, depends, types = self._types()
        found, checker = self._methods([code], self._tainted(findings))
        involved = {t for f in found for t in f.types}
        info = self.runtime.type(code.method.record.owner)
        own = check_methods_of(self.runtime, self.registry, info)
        name = self.runtime.method_name(code.method)
        kept = [f for f in findings if f.types & involved]
        kept += [f for f in own if f.place.method == name and f not in kept]
        return self._report(
            name, [*kept, *found], depends,
            Coverage(types, 1, checker.counts.seen, checker.counts.run))

    def type(self, info: TypeInfo) -> DoctorReport:
        """One type and its methods' code."""
        findings, depends, types = self._types()
        name = self.runtime.type_name(info.address)
        codes = [c for c in self.registry.methods() if c.method.record.owner == info.address]
        methods, checker = self._methods(codes, self._tainted(findings))
        kept = [f for f in findings if name in f.types or f.place.type == name]
        return self._report(
            name, kept + methods, depends,
            Coverage(types, len(codes), checker.counts.seen, checker.counts.run))

    def address(self, address: int) -> DoctorReport:
        """Whatever lies at an address: code, a MethodTable, an object, a place in the heap."""
        place = self.registry.find(address)
        if place is not None and place.method is not None:
            code = place.code or self.registry.code_of(place.method)
            if code is not None:
                return self.method(code)
        info = self._type_at(address)
        if info is not None:
            return self.type(info)
        findings, depends, types = self._types()
        heap, _ = self._heap_and_stack(findings, False)
        near = self._near(heap, address)
        low, high, name = near
        if not name:
            self.problems.append(
                f"no code, type or heap block lies at {address:#x}: nothing was checked there")
        kept = [f for f in findings
                if low <= f.place.address < high or (name and name in f.types)]
        return self._report(
            f"{address:#x}" + (f", in a {name}" if name else ""), kept, depends,
            Coverage(types, blocks=len(heap.tables)))

    def _type_at(self, address: int) -> TypeInfo | None:
        try:
            return self.runtime.type_of_table(address)
        except DecodeError:
            return next((t for t in self.runtime.types() if t.address == address), None)

    def _near(self, heap: HeapCheck, address: int) -> tuple[int, int, str]:
        """The block that holds an address, as a range, with its type's name."""
        below = [a for a in heap.tables if a - heap.heap.header <= address]
        if not below:
            return address, address + 1, ""
        start = max(below)
        following = [a for a in heap.tables if a > start]
        end = min(following) if following else start + 8
        if address >= end:
            return address, address + 1, ""
        info = self.runtime.type_of_table(heap.tables[start])
        return start, end, self.runtime.type_name(info.address)

    # Parts.

    def _types(self) -> tuple[list[Finding], dict[str, set[str]], int]:
        findings: list[Finding] = []
        depends: dict[str, set[str]] = {}
        count = 0
        for info in self.runtime.types():
            if not info.is_loaded:
                continue
            name = self.runtime.type_name(info.address)
            try:
                depends[name] = related_types(self.runtime, info)
                if info.record.method_table:
                    count += 1
                    findings += check_type(self.runtime, self.registry, info)
                findings += check_methods_of(self.runtime, self.registry, info)
            except DecodeError as error:
                findings.append(Finding(
                    RULES["type-relations"], f"{name} cannot be read: {said(error)}",
                    Place(type=name, address=info.address), "unreadable", "a type",
                    types=frozenset({name})))
        return findings, depends, count

    @staticmethod
    def _tainted(findings: Sequence[Finding]) -> frozenset[str]:
        return frozenset(t for f in findings if f.rule.family == LAYOUT_FAMILY for t in f.types)

    def _methods(
        self, codes: Sequence[MethodCode], tainted: frozenset[str]
    ) -> tuple[list[Finding], MethodChecker]:
        checker = MethodChecker(
            self.runtime, self.registry, self.machine, Sizes(self.runtime, tainted),
            self.subject.sources)
        found = [f for code in codes for f in checker.check(code)]
        self.problems += checker.problems
        return found, checker

    def _heap_and_stack(self, findings: list[Finding], with_stack: bool) -> tuple[HeapCheck, int]:
        heap = HeapCheck(self.runtime)
        frames = 0
        try:
            heap.walk()
            heap.references()
            heap.statics()
        except DecodeError as error:
            self.problems.append(f"the heap could not be walked to its end: {said(error)}")
        if with_stack:
            stack = StackCheck(self.runtime, self.registry, heap)
            frames = len(self.subject.stack())
            stack.check(self.subject.stack())
            findings += stack.findings
        findings += heap.findings
        return heap, frames

    def _situation(self) -> Situation:
        fault = self.subject.fault()
        view = None
        frames = self.subject.stack()
        if fault is not None and fault.frame is not None:
            at = next((f for f in frames if f.pc == fault.frame.rip and f.kind
                       is not FrameKind.TRAP and not f.is_caller), None)
            if at is not None:
                view = explain_fault(self.runtime, self.registry, fault, at)
        return situation(self.runtime, fault, view, frames)

    def _report(
        self, scope: str, findings: Sequence[Finding], depends: dict[str, set[str]],
        coverage: Coverage,
    ) -> DoctorReport:
        try:
            where = self._situation()
        except DecodeError as error:
            self.problems.append(f"the fault could not be looked at: {said(error)}")
            where = Situation(None, None, ())
        first, more = arrange(list(dict.fromkeys(findings)), depends, where)
        return DoctorReport(
            scope, first, more, where.view, where.text, coverage, tuple(self.problems))
