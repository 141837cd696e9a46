"""Going back in a replay: where it stands, the store before, and what bytes a person means."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import capstone
import gdb
from capstone import x86_const

from decoders.errors import DecodeError, TargetError
from decoders.frames.code_analysis import instruction_at, instructions
from decoders.frames.unwind import GENERAL, PRESERVED
from decoders.frames.view import FrameView, Role
from decoders.inspect.objects import field_value
from decoders.metadata.names import method_matches
from decoders.runtime import Value, last_fault
from decoders.timetravel import CallerPlace, LastWrite, StorePlace, Target, TargetFacts, Write
from decoders.timetravel.copies import copy_of
from decoders.timetravel.guilty import StoreFinder
from decoders.timetravel.places import Places, instruction_text_at, kind_of, native_place
from gdbext import frames, target, variables
from gdbext.session import LookupFailure, Session
from gdbext.timetravel_replay import (
    NotAReplay,
    back_one,
    back_to,
    forward_one,
    others_disabled,
    position,
    quietly,
    recording_end,
)

# Stores that a person asks about are of this size unless a type says otherwise.
WORD = 8
MAX_SIZE = 4096
_CALLER_DEPTH = 32
MOST_COPIES = 8
MOST_HITS = 300
_NEAR_END = 4
_READERS = (
    "cmpb", "cmpw", "cmpd", "cmpq", "cmps", "test", "push", "call", "jmp", "mul", "imul", "div",
    "idiv", "fld", "fild", "comis", "ucomis", "prefetch", "nop", "ldmxcsr", "fxrstor", "xrstor",
    "lgdt", "lidt", "lldt", "ltr", "invlpg", "clflush", "ptest", "verr", "verw", "lods", "scas",
)


class _Watch(gdb.Breakpoint):
    """A watch for writes, whether they change the value or not: QEMU stops at each of them."""

    def __init__(self, wanted: Target) -> None:
        where = f"*(unsigned char(*)[{wanted.size}]){wanted.address:#x}"
        super().__init__(where, gdb.BP_WATCHPOINT, gdb.WP_WRITE, internal=True)
        self.silent = True


def _bytes_at(wanted: Target) -> bytes | None:
    try:
        return bytes(gdb.selected_inferior().read_memory(wanted.address, wanted.size))
    except gdb.error:
        return None  # not mapped at that time: the write is still a write


def _writes(wanted: Target) -> bool:
    """Whether the instruction at PC is about to write into the target."""
    frame = gdb.newest_frame()
    try:
        code = bytes(gdb.selected_inferior().read_memory(frame.pc(), 15))
    except gdb.error:
        return False
    found = instruction_at(code, frame.pc())
    return found is not None and _overlap(_written(frame, found), wanted)


def _written(frame: gdb.Frame, found: Any) -> list[tuple[int, int]]:
    """(address, size) of what an instruction writes, by the registers that a frame has now."""
    ranges: list[tuple[int, int]] = []
    if found.group(capstone.CS_GRP_CALL) or found.mnemonic.startswith("push"):
        ranges.append((target.register(frame, "rsp") - 8, 8))
    # capstone says of movups, movlps and cmpxchg that they read their destination: what comes first
    # is written, but for those that only look at it.
    only_reads = (name := found.mnemonic.split()[-1]) in ("cmp", "bt") or (
        name.startswith(_READERS)
    )
    for number, operand in enumerate(found.operands):
        if operand.type == x86_const.X86_OP_MEM and (
            operand.access & capstone.CS_AC_WRITE or (number == 0 and not only_reads)
        ):
            memory = operand.mem
            at = memory.disp
            for register, scale in ((memory.base, 1), (memory.index, memory.scale)):
                if register == x86_const.X86_REG_RIP:
                    at += found.address + found.size
                elif register:
                    at += target.register(frame, found.reg_name(register)) * scale
            ranges.append((at & 2**64 - 1, operand.size))
    return ranges


def _overlap(ranges: list[tuple[int, int]], wanted: Target) -> bool:
    return any(
        at < wanted.address + wanted.size and wanted.address < at + size for at, size in ranges
    )


def to_store_before(session: Session, wanted: Target) -> Write | None:
    """Go back to the last store before here and stop in front of it; None when there is none.

    The machine then stands at the start of the replay.
    """
    if position() == 0:
        return None
    # A step forward onto the recording's very end would end QEMU: those few by themselves.
    end = recording_end()
    while end is not None and end - position() < _NEAR_END and position():
        after = _bytes_at(wanted)
        back_one()
        if _writes(wanted):
            return _write(session, wanted, after)
    # Going back skips the instruction just executed: it is looked at by itself.
    after = _bytes_at(wanted)
    back_one()
    hits = 0
    while not _writes(wanted):
        forward_one()
        while True:
            # QEMU 7.2 takes an unaligned store for one to all of its page below: such hits are
            # passed, most of them without a step to look at them.
            hits += 1
            if hits > MOST_HITS:
                raise TargetError(
                    f"QEMU stopped {MOST_HITS} times at stores beside {wanted.address:#x}; ask "
                    "again to go on from here"
                )
            if not _back_to_hit(wanted):
                return None
            if not _just_wrote_elsewhere(session, wanted):
                break
        after = _bytes_at(wanted)
        back_one()
    return _write(session, wanted, after)


def _write(session: Session, wanted: Target, after: bytes | None) -> Write:
    """The store that is about to be executed."""
    at = position()
    return Write(place_here(session), _bytes_at(wanted), after, at, at)


def _just_wrote_elsewhere(session: Session, wanted: Target) -> bool:
    """Whether the store just executed is a plain one beside the target; False when in doubt."""
    frame = gdb.newest_frame()
    pc = frame.pc()
    start = _function_start(session, frame)
    if start is None or not start < pc <= start + MAX_SIZE:
        return False
    listing = instructions(bytes(gdb.selected_inferior().read_memory(start, pc - start)), start)
    # A plain move changes no register that its address is made of.
    last = listing[-1] if listing else None
    if last is None or last.address + last.size != pc or not last.mnemonic.startswith("mov"):
        return False
    ranges = _written(frame, last)
    return bool(ranges) and not _overlap(ranges, wanted)


def _function_start(session: Session, frame: gdb.Frame) -> int | None:
    try:
        place = frames.place_of(session, frame)
        if place is not None:
            return place.code.start if place.code is not None else None
        function = frame.function()
        return int(function.value().address) if function is not None else None
    except DecodeError:
        return None  # no contract yet: the slow way works too


def _back_to_hit(wanted: Target) -> bool:
    with others_disabled():
        watch = _Watch(wanted)
        try:
            quietly("reverse-continue")
        finally:
            watch.delete()
    return position() != 0


def place_here(session: Session) -> StorePlace:
    """The instruction at PC as the place of a store."""
    frame = gdb.newest_frame()
    session.suspect()
    try:
        place = frames.place_of(session, frame)
    except DecodeError:
        place = None  # so early that there is no contract yet: native code
    if place is not None and place.code is not None:
        caller = None
        if not place.code.map_at(frame.pc() - place.code.start):
            caller = _managed_caller(session, frame)
        return _places(session).store(place.code, frame.pc(), caller)
    sal = frame.find_sal()
    file = sal.symtab.filename if sal.symtab is not None else ""
    name = frames.name_of(session, frame, place) if place else frame.name()
    return native_place(
        frame.pc(), kind_of(place.kind) if place is not None else "native",
        name or hex(frame.pc()), _instruction(frame), file, sal.line if file else 0,
        _managed_caller(session, frame),
    )


def _places(session: Session) -> Places:
    return Places(session.runtime, session.codes, session.method_source)


def _instruction(frame: gdb.Frame) -> str:
    try:
        code = bytes(gdb.selected_inferior().read_memory(frame.pc(), 15))
    except gdb.error:
        return "(no memory at pc)"
    return instruction_text_at(code, frame.pc())


def _managed_caller(session: Session, frame: gdb.Frame) -> CallerPlace | None:
    older = frame.older()
    for _ in range(_CALLER_DEPTH):
        if older is None:
            return None
        try:
            managed = frames.is_managed(session, older)
        except DecodeError:
            return None  # no contract yet
        if managed:
            return _places(session).caller_at(older.pc())
        older = older.older()
    return None


def copied_from(session: Session) -> Target | None:
    """Where the store at PC got its value, if it only copies a slot of its frame."""
    frame = gdb.newest_frame()
    place = frames.place_of(session, frame)
    found = copy_of(place.code, frame.pc()) if place is not None and place.code else None
    if found is None:
        return None
    address = (target.register(frame, "rbp") + found.source) & 2**64 - 1
    return Target(address, found.size, f"[rbp{found.source:+d}]")




def last_write(session: Session, wanted: Target, follow: bool) -> LastWrite:
    """The store before here, and with `follow` what it copied, and so on."""
    written = to_store_before(session, wanted)
    result = LastWrite(wanted, written, "replay")
    links = [result]
    while follow and links[-1].write is not None and len(links) <= MOST_COPIES:
        source = copied_from(session)
        if source is None:
            break
        links.append(LastWrite(source, to_store_before(session, source), "replay"))
    for link in reversed(links[:-1]):
        links[-1] = replace(link, origin=links[-1])
    return links[-1]


def store_finder(session: Session) -> StoreFinder | None:
    """A finder for `decoders.timetravel.guilty`, None when the target cannot go back.

    The machine stands where it stood when the finder returns.
    """
    try:
        position()
    except NotAReplay:
        return None

    def find(wanted: Target) -> LastWrite:
        start, level = position(), gdb.selected_frame().level()
        now = _bytes_at(wanted)
        try:
            found = last_write(session, wanted, True)
        finally:
            back_to(start)
            gdb.execute(f"frame level {level}", to_string=True)
        left = found.write.after if found.write is not None else None
        if left is None or left == now:
            return found
        note = ("the bytes there now are not what that store left: an exception entry or a device "
                "wrote them since")
        return replace(found, notes=(*found.notes, note))

    return find


def facts(session: Session, wanted: Target) -> TargetFacts:
    """The target's bytes now, and the selected frame's registers."""
    data = session.runtime.memory.read(wanted.address, wanted.size, wanted.what)
    frame = target.selected_frame()
    names = ("rip", "rsp", *PRESERVED) if frames.is_caller(frame) else ("rip", *GENERAL)
    return TargetFacts(wanted, data, target.known_registers(frame, names))


# What people type.


def meant(
    session: Session, text: str | None, size: str | None = None, method: str | None = None
) -> Target:
    """The bytes that a person means; in the frame of `method` if one is named.

    `0xADDRESS`, `$rsp-8`, a C expression; `local`, `this.Field`, `local.Field.Field`;
    `OBJECT.Field` with an object's address; `*LOCAL` for the MethodTable of the object that it
    refers to; a slot of the frame by name (`"saved rbx"`, `"return address"`). Without text: the
    return address that a `ret` took, where that is what went wrong.
    """
    wanted = _size(size) if size is not None else None
    frame = frames.choose(session, None) if method is None else _frame_of(session, method)
    frame.select()
    found = _suspect(session) if text is None else _meant(session, text.strip())
    if wanted is not None:
        found = Target(found.address, wanted, found.what)
    if not 0 < found.size <= MAX_SIZE:
        raise LookupFailure(f"{found.what} has {found.size} bytes; ask for 1 to {MAX_SIZE} of them")
    return found


def _frame_of(session: Session, method: str) -> gdb.Frame:
    """The newest managed frame of a method."""
    for count, frame in enumerate(frames.outwards()):
        place = frames.place_of(session, frame) if count < MAX_SIZE else None
        if place is None or place.code is None:
            continue
        if method_matches(session.runtime.metadata_method(place.code.method), method):
            return frame
    raise LookupFailure(f"no frame of {method!r} is on the stack; `clr-bt` lists the frames")


def _size(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise LookupFailure(f"-size {text!r} is not a number of bytes") from None


def _suspect(session: Session) -> Target:
    """The overwritten return address of a fault that came from one."""
    frame = frames.choose(session, None)
    fault = last_fault(session.runtime)
    trap = fault.frame if fault is not None else None
    if trap is not None and session.codes.find(trap.rip) is None:
        below = trap.rsp - 8
        word = session.runtime.memory.read(below, 8, "the word below the stack pointer")
        if int.from_bytes(word, "little") == trap.rip:
            return Target(below, 8, "the return address that `ret` took")
    raise LookupFailure(
        f"say which bytes: ADDRESS, a local of frame {frame.level()}, OBJECT.FIELD or "
        "\"return address\""
    )


def _meant(session: Session, text: str) -> Target:
    name = text.strip("\"'")
    if name.startswith("*") and not name.startswith("*("):
        inner = _meant(session, name[1:])
        pointer = session.runtime.memory.read(inner.address, 8, f"the reference {name[1:]}")
        return Target(int.from_bytes(pointer, "little"), WORD, f"the MethodTable of {name}")
    slot = _slot(session, name)
    if slot is not None:
        return slot
    # C expressions have dots as well: an address comes first, then what has a field's name.
    if name.startswith("$") and not re.fullmatch(r"\$\w+((\.\w+|\[\d+\])+)", name):
        address = session.address(name)
        return Target(address, WORD, f"{name} = {address:#x}")
    head, dot, path = _split_object(name)
    if dot:
        return _of_value(field_value(session.values(), session.address(head), path), name)
    frame = frames.choose(session, None)
    if frames.is_managed(session, frame):
        try:
            return _of_value(variables.lookup(session, frame, name), name)
        except DecodeError as error:
            is_name = re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_<>\w]+)*", name)
            if is_name and (isinstance(error, LookupFailure) or not _is_c(name)):
                raise LookupFailure(str(error)) from None
    if re.fullmatch(r"[A-Za-z_]\w*", name):
        try:
            symbol = gdb.parse_and_eval(name)
        except gdb.error as error:
            raise LookupFailure(f"{name} is no local of this frame, and {error}") from None
        if symbol.address is not None:
            return Target(int(symbol.address), int(symbol.type.sizeof), name)
    address = session.address(name)
    return Target(address, WORD, name if name.startswith("0x") else f"{name} = {address:#x}")


def _is_c(name: str) -> bool:
    try:
        gdb.parse_and_eval(name)
    except gdb.error:
        return False
    return True


def _split_object(name: str) -> tuple[str, bool, str]:
    """`0xffff.Field.Field` or `$rcx.Field`: (object, whether it is one, path)."""
    found = re.fullmatch(r"(0x[0-9a-fA-F]+|\d+|\$\w+|\(.*\))((?:\.[^.\[\]]+|\[\d+\])+)", name)
    return (found[1], True, found[2].lstrip(".")) if found else ("", False, "")


def _of_value(value: Value, what: str) -> Target:
    if not value.address:
        raise LookupFailure(f"{what} is in a register here, not in memory")
    return Target(value.address, value.size, what)


def _slot(session: Session, name: str) -> Target | None:
    """A slot of the frame by the name that clr-frame shows; None when it has none of it."""
    try:
        frame = frames.choose(session, None)
        if not frames.is_managed(session, frame):
            return None
        view = session.viewer().view(frames.decoded(session, frame))
    except DecodeError:
        return None  # the words mean something else, or the error comes again with its reason
    return _named_slot(view, frames.name_of(session, frame, frames.place_of(session, frame)), name)


def _named_slot(view: FrameView, method: str, name: str) -> Target | None:
    for slot in view.slots:
        if slot.name == name and slot.address and slot.role is not Role.TOP_OF_STACK:
            return Target(slot.address, slot.size or WORD, f"{name} of {method}")
    return None
