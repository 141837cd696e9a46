"""Families 5 and 8 over a stack: return addresses, saved RBP, and what slots refer to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from decoders.doctor.framecheck import FrameCheck, Methods, live_references
from decoders.doctor.heapcheck import HeapCheck
from decoders.doctor.model import Certainty, Damage, DamageKind, Finding, Place, said
from decoders.doctor.rules import RULES
from decoders.errors import DecodeError
from decoders.frames import Frame, FrameKind
from decoders.frames.code_analysis import instructions
from decoders.layout import Role as FrameRole
from decoders.layout import frame_needs
from decoders.memory import is_canonical, read_pointer
from decoders.metadata import Method, TypeSig, type_name
from decoders.runtime import CodeRegistry, Runtime, threads


class StackCheck:
    """Checks the frames of one stack, innermost first."""

    def __init__(self, runtime: Runtime, registry: CodeRegistry, heap: HeapCheck) -> None:
        self.runtime = runtime
        self.registry = registry
        self.heap = heap
        self.findings: list[Finding] = []
        self.methods = Methods(runtime)
        self.frames = FrameCheck(runtime, self.methods)

    def check(self, frames: Sequence[Frame]) -> None:
        """All frames, out to the first that was reached by a guess or by damage: what lies further
        out is no evidence."""
        inner: Frame | None = None
        for frame in frames:
            if frame.kind is FrameKind.TRAP:
                continue
            if frame.guessed:
                break
            try:
                self._executable(frame)
                if frame.kind is FrameKind.MANAGED and frame.code is not None:
                    if frame.is_caller and not self.frames.base(frame, inner):
                        break
                    self._frame(frame)
                    if inner is not None and inner.kind is FrameKind.MANAGED:
                        self.frames.called(frame, inner)
                inner = frame
            except DecodeError as error:
                self.findings.append(Finding(
                    RULES["saved-register"], f"frame #{frame.level} cannot be read: {said(error)}",
                    Place(address=frame.pc), "unreadable", "a frame",
                    certainty=Certainty.LIKELY))
        self.findings += self.frames.findings

    def _executable(self, frame: Frame) -> None:
        """A PC without a mapping, or a return address that no call leaves behind."""
        where = Place(address=frame.pc)
        try:
            before = self.runtime.memory.read(frame.pc - 8, 9, "code around a return address")
        except DecodeError as error:
            if frame.pc >> 47:
                return  # kernel text that a partial dump leaves out
            self.findings.append(Finding(
                RULES["return-address"],
                f"frame #{frame.level} runs at {frame.pc:#x}, where no code is", where,
                f"{frame.pc:#x}", "an address behind a call", (said(error),),
                damage=self._returned_by(frame)))
            return
        if not frame.is_caller:
            return
        if not any(_is_call(before[8 - size : 8], size) for size in (2, 3, 4, 5, 6, 7, 8)):
            self.findings.append(Finding(
                RULES["return-address"],
                f"the return address {frame.pc:#x} of frame #{frame.level} lies behind no call",
                where, f"{frame.pc:#x}", "an address behind a call", certainty=Certainty.LIKELY,
                damage=self._returned_by(frame)))

    def _returned_by(self, frame: Frame) -> tuple[Damage, ...]:
        """The word that a `ret` took this frame's PC from: right below its stack pointer."""
        slot = frame.sp - 8
        try:
            word = read_pointer(self.runtime.memory, slot, "the word below a stack pointer")
        except DecodeError:
            return ()  # no `ret` took it from there
        if word != frame.pc:
            return ()
        return (Damage(DamageKind.RETURN_ADDRESS, slot, 8, word,
                       f"the return address to frame #{frame.level}"),)

    def _frame(self, frame: Frame) -> None:
        code = frame.code
        assert code is not None and frame.offset is not None
        method = self.runtime.metadata_method(code.method)
        name, universe = self.runtime.method_name(code.method), self.runtime.universe
        if frame.is_caller and not code.in_epilogue(frame.offset) and (
                code.call_returning_to(frame.offset + 1) is None):
            self.findings.append(Finding(
                RULES["return-address"],
                f"in {name}: frame #{frame.level} returns to +{frame.offset + 1:#x}, which is "
                "behind no recorded call", Place(
                    method.assembly.name, "", name, frame.il, "", frame.pc),
                f"+{frame.offset + 1:#x}", "a recorded call site",
                damage=self._returned_by(frame)))
        if frame.rbp is None or code.in_prologue(frame.offset) or code.in_epilogue(frame.offset):
            return
        self._saved(frame, name)
        self.frames.constants(frame)
        for address, sig, label in self._references(frame, method):
            value = read_pointer(self.runtime.memory, address, f"{label} of {name}")
            self.heap.reference(value, sig, f"in {name}: {label}", address, Place(
                method.assembly.name,
                type_name(universe, universe.type_def_sig(method.owner)), name, frame.il, "",
                address))

    def _references(self, frame: Frame, method: Method) -> Iterator[tuple[int, TypeSig, str]]:
        """Every slot of a frame that holds a reference for certain: where, static type, name.

        Types are those of the signature, of the locals' signature and of the IL's stack. Locals
        count where they are zeroed at the start. An evaluation stack is known to be in memory
        while a call is made.
        """
        code = frame.code
        assert code is not None and frame.rbp is not None and frame.offset is not None
        fields = self.runtime.layout.fields
        for home in frame_needs(self.runtime.layout, method).homes:
            if home.role is not FrameRole.RETURN_BUFFER and (
                    fields.value_shape(home.type).is_reference):
                yield (frame.rbp + home.offset, home.type,
                       f"argument {home.name} at [rbp{home.offset:+d}]")
        if method.body.init_locals:
            for slot, sig in zip(code.locals, method.locals, strict=False):
                if fields.value_shape(sig.stripped()).is_reference:
                    yield (frame.rbp + slot.offset, sig.stripped(),
                           f"local {slot.number} at [rbp{slot.offset:+d}]")
        site = code.call_returning_to(frame.offset + 1) if frame.is_caller else None
        for live in live_references(self.methods, frame, site) if site is not None else ():
            assert live.entry.type is not None
            yield (live.address, live.entry.type,
                   f"entry {live.index} of the evaluation stack at {live.address:#x}")

    def _saved(self, frame: Frame, name: str) -> None:
        """The saved RBP of a managed frame leads outwards, within the stack."""
        assert frame.rbp is not None
        value = read_pointer(self.runtime.memory, frame.rbp, "the saved RBP")
        stack = next((t for t in threads(self.runtime)
                      if t.stack_low <= frame.rbp < t.stack_high), None)
        place = self.registry.find(
            read_pointer(self.runtime.memory, frame.rbp + 8, "the return address") - 1)
        # Only managed callers keep a frame base in RBP.
        if stack is None or place is None or place.code is None:
            return
        if not is_canonical(value) or not frame.rbp < value < stack.stack_high:
            self.findings.append(Finding(
                RULES["saved-register"],
                f"in {name}: the saved RBP at {frame.rbp:#x} is {value:#x}, no outer frame",
                Place(method=name, address=frame.rbp), f"{value:#x}",
                f"between {frame.rbp:#x} and {stack.stack_high:#x}",
                damage=(Damage(DamageKind.SAVED_RBP, frame.rbp, 8, value,
                               f"the saved RBP of {name}"),)))


def _is_call(code: bytes, size: int) -> bool:
    found = instructions(code, 0, 1)
    return bool(found and found[0].mnemonic == "call" and found[0].size == size)
