"""Machine code with one instruction left out: nearly every such mutant is found.

The guest's memory stays as it is: the changed code is looked at on the host.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from decoders.doctor.emulator import Machine
from decoders.doctor.facts import VERDICTS
from decoders.doctor.methods import MethodChecker
from decoders.doctor.sizes import Sizes
from decoders.frames.code_analysis import instructions
from decoders.il import disassemble
from decoders.runtime import MethodCode
from tests.doctor.machine import EXIT, booted

pytestmark = pytest.mark.guest
SOURCE = Path(__file__).with_name("Rare.cs")
# Of common IL instructions only every so many mutants.
STEP = 4
#: Each must be among the mutants, with all of its own.
WANTED = {
    "localloc", "leave", "endfinally", "newobj", "call", "callvirt", "rem", "ldtoken", "add.ovf",
    "mul.ovf", "sub.ovf", "conv.ovf.u1", "conv.ovf.i4", "switch", "ldelem.i4",
}


def left_out(code: MethodCode) -> Iterator[tuple[str, str, MethodCode]]:
    """Copies of a method's code, each with one instruction of its body made a row of nops: the IL
    instruction that it belongs to, what it was, the changed code."""
    method = code.runtime.metadata_method(code.method)
    il = {i.offset: i.name for i in disassemble(method.body.il)}
    entries = [e for e in code.map if not code.is_out_of_line(e)]
    ends = [*(e.native for e in entries[1:]), code.epilogues[0].start]
    for entry, end in zip(entries, ends, strict=True):
        for found in instructions(code.bytes[entry.native : end], entry.native):
            changed = MethodCode(code.runtime, code.record)
            before, behind = code.bytes[: found.address], code.bytes[found.address + found.size:]
            changed.__dict__["bytes"] = before + b"\x90" * found.size + behind
            yield il[entry.il], f"{method.full_name} {found.mnemonic} {found.op_str}", changed


def test_an_instruction_left_out_is_found(
    build: object, mcs_compile: Callable[..., Path]
) -> None:
    exe = mcs_compile(SOURCE, options=["-unsafe"])
    with booted(exe, at=EXIT) as guest:
        assert guest.report().healthy
        subject = guest.subject()
        runtime, registry = subject.runtime, subject.registry
        checker = MethodChecker(runtime, registry, Machine(runtime.memory), Sizes(runtime))
        own = [c for c in registry.methods()
               if runtime.assembly_at(c.method.record.assembly).name == "Rare"]
        assert len(own) > 8
        tried: Counter[str] = Counter()
        missed: list[str] = []
        for code in own:
            for number, (name, what, changed) in enumerate(left_out(code)):
                if number % STEP and name not in WANTED:
                    continue
                tried[name] += 1
                if not checker.check(changed) and not checker.problems:
                    missed.append(f"{name}: {what}")
                checker.problems.clear()
    assert tried.keys() >= WANTED, WANTED - tried.keys()
    total = sum(tried.values())
    assert total > 150
    # A jump to the next instruction, or a load of what the register holds, changes nothing.
    assert len(missed) < 0.03 * total, missed
    by_name = Counter(m.partition(":")[0] for m in missed)
    assert all(2 * by_name[n] <= tried[n] for n in WANTED), missed


def test_what_is_known_to_be_right_is_not_run_again(
    build: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with booted(at=EXIT) as guest:
        first = guest.report()
        kept = dict(VERDICTS._known)
        monkeypatch.setattr(Machine, "run", lambda *words: pytest.fail("it is run again"))
        again = guest.report()
        assert first == again and len(kept) >= first.coverage.methods
