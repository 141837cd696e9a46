"""Family 3: the prologue and every epilogue, run in the emulator."""

from __future__ import annotations

from dataclasses import dataclass

from decoders.compare.machine import written_registers
from decoders.doctor import emulator
from decoders.doctor.chunk import MethodContext
from decoders.doctor.emulator import Run

NAMES = ("rbx", "rsi", "rdi", "r12", "r13", "r14", "r15")
_ENTRY = emulator.FRAME_BASE + 8  # RSP at the method's first instruction


@dataclass(frozen=True, slots=True)
class FrameFault:
    """Something wrong with a prologue or epilogue; `native` is an offset into the code."""

    rule: str
    native: int
    what: str
    claimed: str
    expected: str
    evidence: tuple[str, ...]


def check_frame_code(context: MethodContext) -> list[FrameFault]:
    """Run the prologue on noise, then each epilogue on what the prologue made."""
    context.machine.load(context.code.start, context.code.bytes)
    return _FrameCode(context).check()


class _FrameCode:
    def __init__(self, context: MethodContext) -> None:
        self.context = context
        self.machine = context.machine
        self.found: list[FrameFault] = []
        self.before: dict[str, int] = {}
        self.run = Run()

    def add(self, rule: str, native: int, what: str, claimed: str, expected: str,
            *evidence: str) -> None:
        self.found.append(FrameFault(rule, native, what, claimed, expected, evidence))

    def check(self) -> list[FrameFault]:
        context, machine = self.context, self.machine
        low = max(emulator.STACK_BASE, context.rbp - context.frame - 0x400)
        machine.write(low, machine.noise(context.rbp + 0x200 - low))
        for name in emulator.REGISTERS:
            self.before[name] = machine.number()
            machine.set(name, self.before[name])
        machine.set("rsp", _ENTRY)
        xmm = [machine.noise(16) for _ in range(4)]
        for number, data in enumerate(xmm):
            machine.set_xmm(number, data)
        back = machine.word(_ENTRY)
        start, size = context.code.start, context.code.record.prologue_size
        self.run = machine.run(
            start, frozenset({start + size}), context.calls, lambda address, run: None)
        if self.run.error or self.run.stop != start + size:
            self.add("frame-record", 0, "the prologue does not run to its recorded end",
                     f"+{self.run.stop - start:#x} {self.run.error}", f"+{size:#x}")
            return self.found
        self.registers(back)
        self.homes(xmm)
        self.saves()
        self.zeroed()
        for epilogue in context.code.epilogues:
            self.epilogue(epilogue.start, epilogue.end, back)
        return self.found

    def prologue_text(self) -> tuple[str, ...]:
        return self.context.code_text(self.run.trace, 12)

    def registers(self, back: int) -> None:
        context, machine = self.context, self.machine
        rbp, rsp = machine.get("rbp"), machine.get("rsp")
        if rbp != context.rbp:
            self.add("frame-record", 0, "RBP is not the frame's behind the prologue",
                     f"{rbp - context.rbp:+#x}", "entry RSP - 8")
        if context.rbp - rsp != context.code.record.frame_size:
            self.add("frame-record", 0, "the prologue makes a frame of another size than recorded",
                     f"{context.code.record.frame_size} recorded", f"{context.rbp - rsp} made")
        if rsp % 16:
            self.add("call-alignment", 0, "the frame leaves RSP unaligned", f"{rsp % 16}", "0")
        if machine.word(context.rbp) != self.before["rbp"] or machine.word(_ENTRY) != back:
            self.add("save-area", 0, "the prologue overwrites RBP's slot or the return address",
                     "other values", "the caller's", *self.prologue_text())
        for name in NAMES:
            if machine.get(name) != self.before[name]:
                self.add("callee-saved", 0, f"the prologue itself changes {name}",
                         f"{machine.get(name):#x}", "the caller's value", *self.prologue_text())

    def homes(self, xmm: list[bytes]) -> None:
        context = self.context
        claimed = len(context.code.args)
        for home in context.needs.homes:
            if home.register is None:
                continue
            size = home.size if not home.indirect else 8
            if home.register.startswith("xmm"):
                value = xmm[int(home.register[3:])][:size]
            else:
                value = self.before[home.register].to_bytes(8, "little")[:size]
            if self.machine.read(context.rbp + home.offset, size) == value:
                continue
            label = home.name if home.name.startswith("<") else f"`{home.name}`"
            evidence = [
                f"the signature puts {label} into {home.register}, its home is "
                f"[rbp{home.offset:+d}]"]
            if claimed != len(context.needs.homes):
                evidence.append(
                    f"the JIT recorded {claimed} arguments, the signature needs "
                    f"{len(context.needs.homes)} with hidden ones")
            elsewhere = [h.offset for h in context.needs.homes if h is not home
                         and self.machine.read(context.rbp + h.offset, size) == value]
            if elsewhere:
                evidence.append(f"it is stored at [rbp{elsewhere[0]:+d}] instead")
            self.add(
                "argument-home", 0,
                f"{label} arrives in {home.register} and is never stored in its home "
                f"[rbp{home.offset:+d}]", "no store in the prologue",
                f"{home.register} in [rbp{home.offset:+d}]", *evidence, *self.prologue_text())

    def saves(self) -> None:
        """Each callee-saved register that the body writes has its value somewhere in the frame."""
        context, machine = self.context, self.machine
        written = written_registers(context.code, context.disassembly.values())
        for name, offset in written.items():
            first = context.disassembly[offset]
            use = f"{context.code.start + offset:#x}: {first.mnemonic} {first.op_str}"
            slot = context.facts.saves.get(name)
            if slot is None:
                self.add(
                    "callee-saved", offset,
                    f"{name} is used at +{offset:#x} and never saved: the caller's value is lost",
                    f"{name} not saved", f"{name} saved in the prologue", use)
        for name, slot in context.facts.saves.items():
            if machine.word(context.rbp + slot) != self.before[name]:
                wipe = [f"{s.pc:#x} writes {s.size} bytes at [rbp{s.address - context.rbp:+d}]"
                        for s in self.run.stores
                        if s.address < context.rbp + slot + 8
                        and context.rbp + slot < s.address + s.size][-1:]
                self.add(
                    "save-area", 0,
                    f"{name}, saved at [rbp{slot:+d}], is overwritten before the body begins: the "
                    "caller gets another value", f"{machine.word(context.rbp + slot):#x}",
                    "the caller's value", *wipe, self._locals_over(slot))

    def _locals_over(self, slot: int) -> str:
        for local in self.context.code.locals:
            if local.offset < slot + 8 and slot < local.offset + local.size:
                return (f"local {local.number} is recorded at [rbp{local.offset:+d}], "
                        f"{local.size} bytes")
        record = self.context.code.record
        return f"locals are recorded at [{record.locals_low}, {record.locals_high})"

    def zeroed(self) -> None:
        context = self.context
        if not context.method.body.init_locals:
            return
        for slot in context.code.locals:
            data = self.machine.read(context.rbp + slot.offset, slot.size)
            if any(data):
                self.add("local-slot", 0, f"local {slot.number} is not zeroed by the prologue",
                         "other bytes", "zeros (InitLocals)")

    def epilogue(self, start: int, end: int, back: int) -> None:
        context, machine = self.context, self.machine
        for name in context.facts.saves:
            machine.set(name, machine.number())
        machine.set("rbp", context.rbp)
        machine.set("rsp", context.rbp - context.frame)
        rax = machine.get("rax")
        returns = frozenset(
            context.code.start + o for o, i in context.disassembly.items()
            if start <= o < end and i.mnemonic == "ret")
        first = context.code.start + start
        run = machine.run(first, returns, frozenset(), lambda address, run: None)
        text = context.code_text(run.trace)
        if run.error or run.stop not in returns:
            self.add("frame-record", start, f"the epilogue at +{start:#x} does not reach its ret",
                     run.error or f"{run.stop:#x}", "ret", *text)
            return
        for name in context.facts.saves:
            slot = context.facts.saves[name]
            if machine.word(context.rbp + slot) != self.before[name]:
                continue  # wiped: said above
            if machine.get(name) != self.before[name]:
                self.add(
                    "callee-saved", start,
                    f"{name} is saved at [rbp{slot:+d}] and not restored by the epilogue at "
                    f"+{start:#x}: the caller's value is lost", f"{machine.get(name):#x}",
                    f"[rbp{slot:+d}]", *text)
        if machine.get("rsp") != _ENTRY or machine.word(_ENTRY) != back:
            self.add("frame-record", start, "RSP does not point to the return address at ret",
                     f"{machine.get('rsp') - _ENTRY:+#x}", "entry RSP", *text)
        if machine.get("rbp") != self.before["rbp"] and (
                machine.word(context.rbp) == self.before["rbp"]):
            self.add("callee-saved", start, "RBP is not restored by the epilogue",
                     f"{machine.get('rbp'):#x}", "the caller's", *text)
        if machine.get("rax") != rax:
            self.add("il-effect", start, "the epilogue changes RAX, which holds the result",
                     f"{machine.get('rax'):#x}", f"{rax:#x}", *text)
