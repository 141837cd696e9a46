"""Putting findings in order: causes before consequences, and what each has to do with the fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from decoders.doctor.model import Finding
from decoders.frames import FaultView, Frame, FrameKind
from decoders.runtime import Fault, Runtime

LAYOUT_FAMILY = 2
_DAMAGE = 60  # rules from this rank on see damage, not its cause
_CALLER = frozenset({"callee-saved", "save-area", "local-slot"})


@dataclass(frozen=True, slots=True)
class Situation:
    """The fault at hand: its view, and the managed methods on its stack by frame level."""

    fault: Fault | None
    view: FaultView | None
    methods: tuple[tuple[int, str], ...]
    text: str = ""


def situation(
    runtime: Runtime, fault: Fault | None, view: FaultView | None, frames: Sequence[Frame]
) -> Situation:
    """What is known of the stop."""
    methods = tuple(
        (f.level, runtime.method_name(f.code.method)) for f in frames
        if f.kind is FrameKind.MANAGED and f.code is not None)
    text = ""
    if fault is not None:
        text = fault.name
        if fault.vector == 14:
            text += f" at CR2={fault.cr2:#x}: {fault.access}"
        if fault.detail:
            text += f": {fault.detail}"
    return Situation(fault, view, methods, text)


def arrange(
    findings: Sequence[Finding], depends: Mapping[str, set[str]], where: Situation
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """(causes, consequences). `depends` maps a type to those that its layout is made from."""
    tainted = {t for f in findings if f.rule.family == LAYOUT_FAMILY for t in f.types}
    closure = _closure(tainted, depends)
    primary = [f for f in findings if f.rule.family == LAYOUT_FAMILY
               and not any(closure[t] & tainted - f.types for t in f.types)]
    causes, followers = list(primary), []
    rest = [f for f in findings if f not in primary]
    for finding in rest:
        cause = next((c for c in primary if _follows(finding, c, closure)), None)
        if cause is not None:
            followers.append(replace(finding, cause=cause.title()))
        else:
            causes.append(finding)
    causes.sort(key=lambda f: _weight(f, where))
    first, more = _demote(causes, where)
    return (
        tuple(replace(f, relation=_relation(f, where)) for f in first),
        tuple(sorted(followers + more, key=lambda f: (f.rule.rank, f.place.text()))),
    )


def _closure(tainted: set[str], depends: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Each type with everything that its layout is made from."""
    result: dict[str, set[str]] = {}
    for name in {*depends, *tainted}:
        seen: set[str] = set()
        work = [name]
        while work:
            for other in depends.get(work.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    work.append(other)
        result[name] = seen - {name}
    return result


def _follows(finding: Finding, cause: Finding, closure: Mapping[str, set[str]]) -> bool:
    if finding.rule.family == 6 and finding.rule.id == "code-identity":
        return False
    involved = set(finding.types)
    for name in finding.types:
        involved |= closure.get(name, set())
    return bool(involved & cause.types)


def _demote(
    causes: list[Finding], where: Situation
) -> tuple[list[Finding], list[Finding]]:
    """Damage follows from a broken method or type, when there is one that was found."""
    more: list[Finding] = []
    causes = _one_per_type(causes, more)
    broken = [f for f in causes if f.rule.rank < _DAMAGE]
    if not broken:
        block = next((f for f in causes if f.rule.id == "heap-block"), None)
        lost = [f for f in causes if block is not None and f.rule.id == "reference-target"]
        more += [replace(f, cause=block.title()) for f in lost if block is not None]
        return [f for f in causes if f not in lost], more
    first: list[Finding] = []
    seen: dict[str, Finding] = {}
    for finding in causes:
        if finding.rule.rank >= _DAMAGE:
            more.append(replace(finding, cause=broken[0].title()))
            continue
        # The first finding of a method is its cause; what else is off in it mostly follows.
        key = finding.place.method
        if key and key in seen:
            more.append(replace(finding, cause=seen[key].title()))
            continue
        if key:
            seen.setdefault(key, finding)
        first.append(finding)
    return first, more


def _one_per_type(causes: list[Finding], more: list[Finding]) -> list[Finding]:
    """The first layout finding of a type stands for the type."""
    first: dict[str, Finding] = {}
    kept = []
    for finding in causes:
        known = first.setdefault(finding.place.type, finding) if (
            finding.rule.family == LAYOUT_FAMILY) else finding
        if known is finding:
            kept.append(finding)
        else:
            more.append(replace(finding, cause=known.title()))
    return kept


def _level(finding: Finding, where: Situation) -> int | None:
    return next((n for n, m in where.methods if m == finding.place.method), None)


def _weight(finding: Finding, where: Situation) -> tuple[int, int, str]:
    """Small is first."""
    level = _level(finding, where)
    near = 0
    if level is not None:
        near = 6 if (n := [m for _, m in where.methods].index(finding.place.method)) == 0 else max(
            1, 5 - n)
    return (finding.rule.rank - near, finding.place.il_offset or 0, finding.place.text())


def _relation(finding: Finding, where: Situation) -> str:
    """Why it leads, or does not lead, to the fault at hand."""
    if where.fault is None:
        return "nothing has failed yet: the damage is visible before it shows"
    level = _level(finding, where)
    if level is not None:
        faulting = where.view is not None and where.view.method == finding.place.method
        if faulting:
            best = where.view.explanations[0].text if (
                where.view is not None and where.view.explanations) else where.text
            return f"the fault happened in this very method (frame #{level}): {best}"
        return f"the method is frame #{level} of the stack that failed"
    if finding.rule.id in _CALLER:
        return (
            "the method has returned: its caller goes on with registers or a return address that "
            f"are not its own, and that is how {_brief(where)} comes about")
    if finding.rule.id.startswith("vtable"):
        return ("a virtual call through the slot runs another method: "
                f"{_brief(where)} is within reach")
    if finding.rule.family == LAYOUT_FAMILY:
        return ("memory that was sized, and code that was compiled, with the wrong numbers do not "
                f"meet what others expect: {_brief(where)} is within reach")
    return ("the method is not among the managed frames found on the stack that failed; what it "
            f"left behind can still lead to {_brief(where)}")


def _brief(where: Situation) -> str:
    assert where.fault is not None
    if where.fault.vector == 14:
        return f"the page fault at {where.fault.cr2:#x}"
    name = where.fault.name
    return "the failed check" if name == "check failed" else f"the {name}"
