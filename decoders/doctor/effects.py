"""Family 7 and most of 3 and 4: each IL instruction's machine code, run on sample operands."""

from __future__ import annotations

from dataclasses import dataclass

from decoders.doctor.callees import helper_name
from decoders.doctor.calls import call_expectation, default_callee
from decoders.doctor.chunk import Cell, Chunk, Expect, MethodContext
from decoders.doctor.emulator import Run
from decoders.doctor.failures import NULL_PAGE, failures
from decoders.doctor.instructions import CONVERSIONS, RELATIONS, expectation
from decoders.doctor.model import said
from decoders.errors import DecodeError
from decoders.il import Instruction, Kind
from decoders.layout import align_up
from decoders.metadata import ET
from decoders.runtime import CallKind, MapFlags
from decoders.runtime.records import JitMapEntryRecord

# How often an instruction is run, each time on other operands; once where nothing is said.
_VARIANTS = {
    **dict.fromkeys(("shl", "shr", "shr.un", "brtrue", "brfalse"), 3),
    **dict.fromkeys(("div", "div.un", "rem", "rem.un", "localloc"), 4),
    **dict.fromkeys(RELATIONS, 4), **dict.fromkeys(CONVERSIONS, 2),
}  # fmt: skip
MAX_CASES = 64
_WIDE = (Kind.I8, Kind.NI)


@dataclass(frozen=True, slots=True)
class Wrong:
    """An instruction whose machine code does something else: rule id and what the finding says."""

    rule: str
    il: Instruction
    native: int
    what: str
    claimed: str
    expected: str
    evidence: tuple[str, ...]


@dataclass(slots=True)
class Counts:
    """Instructions seen, and those whose code was run."""

    seen: int = 0
    run: int = 0


def check_effects(context: MethodContext, counts: Counts) -> list[Wrong]:
    """Run every IL instruction of a method that is modelled; what is wrong, in IL order."""
    code = context.code
    context.machine.load(code.start, code.bytes)
    result: list[Wrong] = []
    entries = [e for e in code.map if not context.code.is_out_of_line(e)]
    for index, entry in enumerate(entries):
        instruction = context.listing.get(entry.il)
        if instruction is None or entry.il in context.model.unreachable:
            continue
        counts.seen += 1
        following = entries[index + 1].native if index + 1 < len(entries) else None
        found = _check(context, instruction, entry, following, counts)
        if found is not None:
            result.append(found)
    return result


def _variants(instruction: Instruction) -> int:
    if instruction.name == "switch":
        return min(len(instruction.targets), MAX_CASES) + 2
    return _VARIANTS.get(instruction.name.removesuffix(".s"), 1)


def _check(
    context: MethodContext, instruction: Instruction, entry: JitMapEntryRecord,
    following: int | None, counts: Counts,
) -> Wrong | None:
    modelled = False
    for variant in range(_variants(instruction)):
        chunk = Chunk(context, instruction, entry, variant)
        chunk.prepare_memory()
        try:
            made = expectation(chunk) or call_expectation(chunk)
        except DecodeError:
            break  # it names something that is not loaded: it never ran either
        if made is None:
            break
        modelled = True
        chunk.write_cells()  # samples may have been adjusted
        for address, content in made.stores:  # nothing may be there already
            context.machine.write(address, bytes(b ^ 0xFF for b in content))
        chunk.prepare_registers()
        found = _run(chunk, made, following) or _failing(chunk, made, variant, following)
        if found is not None:
            counts.run += 1
            return found
    counts.run += modelled
    return None


def _failing(chunk: Chunk, made: Expect, variant: int, following: int | None) -> Wrong | None:
    """The same instruction on operands that it must throw on."""
    if variant or following == chunk.entry.native:
        return None
    for change, expected in failures(chunk, made):
        chunk.prepare_memory()
        change(chunk)
        chunk.write_cells()
        chunk.prepare_registers()
        found = _run(chunk, expected, following)
        if found is not None:
            return found
    return None


class _Checker:
    def __init__(self, chunk: Chunk, made: Expect, run: Run) -> None:
        self.chunk = chunk
        self.context = chunk.context
        self.made = made
        self.run = run
        self.machine = chunk.machine

    def wrong(self, rule: str, what: str, claimed: str, expected: str) -> Wrong:
        evidence = list(self.context.code_text(self.run.trace))
        if self.made.subject:
            evidence.insert(0, f"the IL names {self.made.subject}")
        return Wrong(rule, self.chunk.instruction, self.chunk.entry.native, what, claimed, expected,
                     tuple(evidence))

    def check(self) -> Wrong | None:
        if self.made.problems:
            return self.wrong(*self.made.problems[0])
        if self.made.faults or self.made.throws is not None:
            return self._thrown()
        if self.run.error:
            return self.wrong(
                self.made.rule, f"its code breaks: {self.run.error}", self.run.error,
                "code that runs")
        problem = self.made.after(self.run) if self.made.after is not None else None
        if problem is not None:
            return self.wrong(*problem)
        return self._stores() or self._end()

    # Exceptions.

    def _thrown(self) -> Wrong | None:
        """With operands that it must throw on: the fault of a null, or the throw block."""
        run, made, context = self.run, self.made, self.context
        if made.faults:
            if run.touched is not None and run.touched < NULL_PAGE:
                return None
            return self.wrong(made.rule, "null is not noticed where it is used",
                              run.error or "it goes on", "a fault in the first page")
        assert made.throws is not None
        name = helper_name(made.throws)
        called: list[int] = []

        def on_call(address: int, made: Run) -> None:
            site = context.sites.get(address - context.code.start)
            called.append(site.helper if site is not None and site.kind == CallKind.HELPER else -1)

        if not run.error and any(
                context.code.is_out_of_line(e) and e.il == self.chunk.instruction.offset
                for e in context.boundaries.get(run.stop - context.code.start, [])):
            self.machine.run(run.stop, frozenset(), context.calls, on_call)
        if called == [made.throws]:
            return None
        have = helper_name(called[0]) if called else run.error or "it goes on"
        return self.wrong(
            made.rule, f"on operands that it must throw on it does not come to {name}", have, name)

    # Stores.

    def _stores(self) -> Wrong | None:
        context, made = self.context, self.made
        bottom = context.bottom
        temps = context.rbp + min(
            [s.offset for s in context.code.locals] + [context.code.record.locals_low, -40])
        allowed = [(a, a + len(c)) for a, c in made.stores] + made.allowed
        allowed += [(bottom - 0x100000, bottom), (bottom, max(bottom, temps))]
        for store in self.run.stores:
            end = store.address + store.size
            if any(low <= store.address and end <= high for low, high in allowed):
                continue
            text = self._place(store.address)
            wanted = ", ".join(
                f"{len(c)} bytes at {self._place(a)}" for a, c in made.stores) or "no such store"
            rule = made.rule
            return self.wrong(
                rule, f"it writes {store.size} bytes at {text}",
                f"{store.size} bytes at {text}", wanted)
        for address, content in made.stores:
            have = self.machine.read(address, len(content))
            if have != content:
                return self.wrong(
                    made.rule, f"{self._place(address)} does not get the whole value",
                    have.hex(), content.hex())
        return None

    def _place(self, address: int) -> str:
        """An emulated address in words."""
        context = self.context
        for index, cell in enumerate(self.chunk.cells):
            if cell.entry.kind in (Kind.REF, Kind.BYREF, Kind.NI) and (
                    0 <= address - cell.pointer < 0x1E00):
                return f"[entry {index} + {address - cell.pointer}]"
        if context.rbp - context.frame - 0x1000 <= address < context.rbp + 0x1000:
            return f"[rbp{address - context.rbp:+d}]"
        return f"{address:#x}"

    # The state behind the instruction.

    def _end(self) -> Wrong | None:
        context, made = self.context, self.made
        native = self.run.stop - context.code.start
        if made.returns:
            return self._returned(native)
        if made.ends or made.leads_to is not None:
            return self._left(native)
        candidates = context.boundaries.get(native, [])
        arrived = [e for e in candidates if not context.code.is_out_of_line(e)
                   and (made.next is None or e.il in made.next)]
        if not arrived:
            if any(context.code.is_out_of_line(e) for e in candidates):
                where = "a throw block"
            else:
                where = f"IL_{candidates[0].il:04x}" if candidates else f"+{native:#x}"
            wanted = " or ".join(f"IL_{n:04x}" for n in made.next or ())
            return self.wrong(made.rule, f"it goes on at {where}", where, wanted)
        return self._state(arrived[0])

    def _left(self, native: int) -> Wrong | None:
        """Instructions behind which nothing of the method follows, or what the frame says."""
        made, run, context = self.made, self.run, self.context
        if made.ends:
            if run.stop in context.calls:
                return None
            return self.wrong(made.rule, f"it goes on at +{native:#x}", f"+{native:#x}",
                              "a call that does not return")
        if run.stop != made.leads_to:
            return self.wrong(made.rule, f"it goes on at {run.stop:#x}", f"{run.stop:#x}",
                              f"{made.leads_to:#x}, as its slot says")
        rsp = self.machine.get("rsp")
        if rsp != context.bottom:
            return self.wrong("stack-depth", "it leaves entries on the evaluation stack",
                              f"RSP {rsp - context.bottom:+d}", "an empty evaluation stack")
        return None

    def _state(self, entry: JitMapEntryRecord) -> Wrong | None:
        context, made, chunk = self.context, self.made, self.chunk
        after = context.model.before.get(entry.il)
        if after is None:
            return None
        pushes = list(made.pushes)
        kept = chunk.cells[: len(chunk.cells) - made.pops]
        if len(kept) + len(pushes) != len(after):
            return None  # the IL is broken here: the model has said so
        values = [c.value[: c.significant] for c in kept]
        in_rax = bool(entry.flags & MapFlags.TOS_IN_RAX)
        at = context.bottom - made.moved
        places: list[tuple[int | None, int]] = []
        for index, model in enumerate(after):
            if in_rax and index == len(after) - 1:
                places.append((None, 8))
                continue
            at -= context.sizes.slot(model)
            places.append((at, context.sizes.slot(model)))
        rsp = self.machine.get("rsp")
        if rsp != at:
            rule = made.rule if made.rule == "value-move" else "stack-depth"
            have, want = chunk.rsp - rsp, chunk.rsp - at
            return self.wrong(
                rule, f"it moves RSP by {-have:+d} bytes where the IL needs {-want:+d}",
                f"RSP {-have:+d}", f"RSP {-want:+d}")
        for index, (address, _) in enumerate(places):
            size = context.sizes.significant(after[index])
            raw = (self.machine.get("rax").to_bytes(8, "little") if address is None
                   else self.machine.read(address, size))[:size]
            expected = values[index] if index < len(kept) else pushes[index - len(kept)]
            if expected is None:
                continue
            if callable(expected):
                message = expected(raw)
                if message:
                    return self.wrong(made.rule, message, raw.hex(), "see the rule")
            elif raw != expected[:size] and len(expected) >= size:
                return self._value(index, len(kept), raw, expected[:size])
        return None

    def _value(self, index: int, kept: int, raw: bytes, expected: bytes) -> Wrong:
        made, chunk = self.made, self.chunk
        if index < kept:
            rule = "shadow-space" if self._called() else made.rule
            return self.wrong(
                rule, f"entry {index} of the evaluation stack, which it does not use, changes",
                raw[:16].hex(), expected[:16].hex())
        rule = made.rule
        what = "the result is wrong"
        wide = any(c.entry.kind in _WIDE for c in chunk.cells[-2:])
        if rule == "il-effect" and wide and chunk.instruction.name.partition(".")[0] in (
                "div", "rem", "shr", "shl", "mul", "add", "sub", "and", "or", "xor", "neg", "not"):
            widths = self._widths()
            if widths and max(widths) < 8:
                rule = "operand-width"
                what = f"the operation works on {8 * max(widths)} bits of 64-bit operands"
                return self.wrong(rule, what, f"{8 * max(widths)} bits", "64 bits")
        found = self._whose(raw)
        if found:
            what = f"what arrives is {found}"
        operands = ", ".join(
            f"{int.from_bytes(c.value[: c.significant], 'little'):#x}"
            for c in chunk.cells[len(chunk.cells) - made.pops:] if c.significant <= 8)
        given = f" for operands {operands}" if operands else ""
        return self.wrong(
            rule, what, f"{int.from_bytes(raw[:8], 'little'):#x}{given}",
            f"{int.from_bytes(expected[:8], 'little'):#x}")

    def _called(self) -> bool:
        return any(a in self.context.calls for a in self.run.trace)

    def _widths(self) -> list[int]:
        result = []
        names = ("div", "idiv", "imul", "mul", "shl", "shr", "sar", "add", "sub", "and", "or",
                 "xor", "neg", "not")
        for address in self.run.trace:
            found = self.context.disassembly.get(address - self.context.code.start)
            if found is not None and found.mnemonic in names and found.operands and (
                    found.reg_name(found.operands[0].reg) not in ("rsp", "edx")):
                result.append(found.operands[0].size)
        return result

    def _whose(self, raw: bytes) -> str:
        """The slot whose sample value this is."""
        context = self.context
        if len(raw) < 2 or not any(raw):
            return ""
        for name, _, offset, _ in context.arguments:
            if self.machine.read(context.rbp + offset, len(raw)) == raw:
                return f"the home of {name} at [rbp{offset:+d}]"
        for slot in context.code.locals:
            if self.machine.read(context.rbp + slot.offset, len(raw)) == raw:
                return f"local {slot.number} at [rbp{slot.offset:+d}]"
        for disp in range(8, 16 + 8 * 12, 8):
            if self.machine.read(context.rbp + disp, len(raw)) == raw:
                return f"what lies at [rbp{disp:+d}]"
        return ""

    def _returned(self, native: int) -> Wrong | None:
        context, chunk = self.context, self.chunk
        if not any(e.start == native for e in context.code.epilogues):
            return self.wrong("il-effect", f"it ends at +{native:#x}", f"+{native:#x}", "epilogue")
        ret = context.method.signature.ret.stripped()
        if ret.et is ET.VOID or not chunk.cells:
            return None
        cell = chunk.cells[-1]
        plain = context.sizes.plain(ret)
        rax = self.machine.get("rax")
        if context.return_buffer is not None:
            buffer = self.machine.word(context.rbp + context.return_buffer)
            if rax != buffer:
                return self.wrong("il-effect", "RAX does not hold the return buffer's address",
                                  f"{rax:#x}", f"{buffer:#x}")
            return None
        return self._scalar(cell, plain.et, rax)

    def _scalar(self, cell: Cell, et: ET, rax: int) -> Wrong | None:
        context = self.context
        if et in (ET.R4, ET.R8):
            if (et is ET.R4) != (cell.entry.kind is Kind.R4):
                return None
            size = 4 if et is ET.R4 else 8
            raw = self.machine.xmm(0)[:size]
            if raw != cell.value[:size]:
                return self.wrong("il-effect", "XMM0 does not hold the result", raw.hex(),
                                  cell.value[:size].hex())
            return None
        # Small results are widened to 32 bits (docs/frame.md, Calls).
        wanted = context.sizes.widen(
            context.method.signature.ret.stripped(), cell.value[: cell.significant])
        raw = rax.to_bytes(8, "little")[: len(wanted)]
        if raw != wanted:
            return self.wrong("il-effect", "RAX does not hold the result", raw.hex(), wanted.hex())
        return None


def _run(chunk: Chunk, made: Expect, following: int | None) -> Wrong | None:
    context = chunk.context
    start = context.code.start + chunk.entry.native
    epilogue = any(e.start == chunk.entry.native for e in context.code.epilogues)
    if following == chunk.entry.native or epilogue:
        run = Run(stop=start)  # no code: the state must be right as it is
        return _Checker(chunk, made, run).check()

    answer = made.on_call or default_callee(chunk, made)

    def on_call(address: int, run: Run) -> int | None:
        site = context.sites.get(address - context.code.start)
        run.trace.append(address)
        if site is None:
            run.error = f"the call at {address:#x} is not among the recorded ones"
            return None
        try:
            if not answer(site, run):
                return None
        except DecodeError as error:
            run.error = f"at the call at {address:#x}: {said(error)}"
            return None
        return context.code.start + site.native_return

    stops = context.stops if made.leads_to is None else context.stops | {made.leads_to}
    run = context.machine.run(start, stops, context.calls, on_call)
    return _Checker(chunk, made, run).check()


__all__ = ["Counts", "Wrong", "align_up", "check_effects"]
