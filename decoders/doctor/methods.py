"""All checks of one compiled method as findings with a place, and the types it hangs on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from decoders.doctor.chunk import MethodContext
from decoders.doctor.effects import Counts, Wrong, check_effects
from decoders.doctor.emulator import Machine
from decoders.doctor.facts import VERDICTS, Facts, assemblies_digest, method_key
from decoders.doctor.framecode import check_frame_code
from decoders.doctor.helpertargets import HelperTargets
from decoders.doctor.model import Certainty, Finding, Place
from decoders.doctor.records import check_records
from decoders.doctor.rules import RULES
from decoders.doctor.sizes import Sizes
from decoders.errors import DecodeError, SourceError
from decoders.frames.view import SourceFinder
from decoders.il import instruction_text
from decoders.il.disasm import Operand
from decoders.metadata import ET, TypeSig, type_name
from decoders.runtime import CodeRegistry, MethodCode, Runtime

MAX_PER_RULE = 1


@dataclass
class MethodChecker:
    """Checks methods with one emulator."""

    runtime: Runtime
    registry: CodeRegistry
    machine: Machine
    sizes: Sizes
    sources: SourceFinder | None = None
    counts: Counts = field(default_factory=Counts)
    problems: list[str] = field(default_factory=list)
    helpers: HelperTargets = field(init=False)

    def __post_init__(self) -> None:
        self.helpers = HelperTargets(self.registry)

    @cached_property
    def assemblies(self) -> bytes:
        """A digest of all metadata."""
        return assemblies_digest(self.runtime)

    def check(self, code: MethodCode) -> list[Finding]:
        """Everything about one method, most telling first."""
        try:
            return self._checked(code)
        except DecodeError as error:
            name = self.runtime.method_name(code.method)
            self.problems.append(f"{name} could not be checked: {error}")
            return []

    def _checked(self, code: MethodCode) -> list[Finding]:
        facts = Facts(self.runtime, self.registry, self.helpers)
        # Wrong layouts change what code is held against: such a run is no one else's.
        key = None if self.sizes.tainted else method_key(code, self.assemblies)
        known = VERDICTS.find(key, facts) if key is not None else None
        if known is not None:
            self.counts.seen += known[0]
            self.counts.run += known[1]
            return []
        seen, run = self.counts.seen, self.counts.run
        self.machine.watch = facts.touched
        context = MethodContext(facts, self.machine, self.sizes, code)
        found = _Findings(self, context).make()
        if key is not None and not found:
            VERDICTS.keep(key, facts, self.counts.seen - seen, self.counts.run - run)
        return found


class _Findings:
    def __init__(self, checker: MethodChecker, context: MethodContext) -> None:
        self.checker = checker
        self.context = context
        self.runtime = checker.runtime
        self.name = self.runtime.method_name(context.code.method)
        self.result: list[Finding] = []

    def make(self) -> list[Finding]:
        context = self.context
        types = frozenset(self.types())
        for record in check_records(context):
            self.add(record.rule, record.il, None, record.what, record.claimed, record.expected, (),
                     types)
        for fault in check_frame_code(context):
            self.add(fault.rule, None, fault.native, fault.what, fault.claimed, fault.expected,
                     fault.evidence, types)
        wrong = check_effects(context, self.checker.counts)
        self.effects(wrong, types)
        return self.result

    def effects(self, wrong: list[Wrong], types: frozenset[str]) -> None:
        """The first of each rule, with how many more there are."""
        by_rule: dict[str, list[Wrong]] = {}
        for found in wrong:
            by_rule.setdefault(found.rule, []).append(found)
        for rule, group in by_rule.items():
            more = len(group) - MAX_PER_RULE
            for index, found in enumerate(group[:MAX_PER_RULE]):
                evidence = found.evidence
                if more > 0 and index == MAX_PER_RULE - 1:
                    others = ", ".join(
                        f"IL_{w.il.offset:04x} {w.il.name}" for w in group[MAX_PER_RULE:][:6])
                    evidence += (f"the same at {more} more: {others}",)
                self.add(rule, found.il.offset, found.native, found.what, found.claimed,
                         found.expected, evidence, types)

    def add(
        self, rule: str, il: int | None, native: int | None, what: str, claimed: str,
        expected: str, evidence: tuple[str, ...], types: frozenset[str],
    ) -> None:
        context = self.context
        text = ""
        if il is not None and il in context.listing:
            text = instruction_text(
                self.runtime.universe, context.method, context.listing[il])
        address = context.code.start + (native or 0)
        if il is not None and native is None:
            address = context.code.start + (context.code.native_of(il) or 0)
        file, line = self.line(il or 0)
        where = f" at {text}" if text else ""
        self.result.append(Finding(
            RULES[rule], f"in {self.name}{where}: {what}", Place(
                context.method.assembly.name, type_name(
                    self.runtime.universe,
                    self.runtime.universe.type_def_sig(context.method.owner)),
                self.name, il, text, address, file, line),
            claimed, expected, evidence, Certainty.CERTAIN, types))

    def line(self, il: int) -> tuple[str, int]:
        """Source line, ("", 0) where there is none."""
        if self.checker.sources is None:
            return "", 0
        method = self.context.method
        try:
            reader = self.checker.sources(method.assembly.name, method.assembly.key)
            source = reader.method(method.token) if reader is not None else None
            point = source.at(il) if source is not None else None
        except SourceError:
            return "", 0  # a debug file of another build: the place has no line then
        return (point.file, point.line) if point is not None else ("", 0)

    def types(self) -> set[str]:
        """Names of all types that the method's code was made from."""
        universe, method = self.runtime.universe, self.context.method
        result: set[str] = set()

        def add(sig: TypeSig) -> None:
            sig = universe.normalize(sig.stripped())
            result.add(type_name(universe, sig))
            if sig.et in (ET.SZARRAY, ET.BYREF, ET.PTR, ET.ARRAY):
                add(sig.element)

        add(universe.type_def_sig(method.owner))
        for sig in (*method.locals, *method.signature.params, method.signature.ret):
            add(sig)
        for instruction in self.context.model.instructions:
            if instruction.kind is not Operand.TOKEN:
                continue
            try:
                self._token(add, instruction.name, instruction.number)
            except DecodeError:
                continue  # names something that is not loaded, and so never ran
        return result

    def _token(self, add: object, name: str, token: int) -> None:
        assert callable(add)
        universe, assembly = self.runtime.universe, self.context.method.assembly
        table = token >> 24
        if table in (1, 2, 0x1B):
            sig = universe.type_sig(assembly, token)
            add(sig)
            if name == "newarr":
                add(TypeSig(ET.SZARRAY, args=(sig,)))
        elif table in (4, 6, 0x0A):
            member = universe.resolve_member(assembly, token)
            add(member.owner)
            if member.field_type is not None:
                add(member.field_type)
            elif member.method_signature is not None:
                for sig in (member.method_signature.ret, *member.method_signature.params):
                    add(sig)
