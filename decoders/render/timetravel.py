"""Text of stores and their history."""

from __future__ import annotations

from decoders.render.base import Style, renders
from decoders.timetravel.report import (
    CallerPlace,
    History,
    LastWrite,
    StorePlace,
    TargetFacts,
    Write,
)


def _bytes(data: bytes | None) -> str:
    if data is None:
        return "?"
    if len(data) in (1, 2, 4, 8):
        return f"{int.from_bytes(data, 'little'):#x}"
    text = data[:32].hex(" ")
    return text + (" ..." if len(data) > 32 else "")


def _where(file: str, line: int) -> str:
    return f" at {file}:{line}" if file else ""


def _il(offset: int | None, text: str) -> str:
    return "" if offset is None else text or f"IL_{offset:04x}"


def _caller(caller: CallerPlace, style: Style) -> str:
    il = _il(caller.il_offset, caller.il)
    where = _where(caller.file, caller.line)
    return f"  called by {style.paint('name', caller.method)} {il}{where}".rstrip()


def place_text(place: StorePlace, style: Style) -> list[str]:
    """Method and IL, machine instruction, caller; a line each."""
    name = style.paint("name", place.method or "?")
    if place.kind == "managed":
        what = f"the {place.stage}" if place.stage != "body" else _il(place.il_offset, place.il)
        lines = [f"  {name}  {what}{_where(place.file, place.line)}"]
    else:
        lines = [f"  {name} ({place.kind} code){_where(place.file, place.line)}"]
    lines.append(f"  {style.paint('address', f'{place.pc:#x}')}: {place.instruction}")
    if place.caller is not None:
        lines.append(_caller(place.caller, style))
    return lines


def _change(write: Write) -> str:
    count = "" if write.instructions is None else f" after {write.instructions:,} instructions"
    return f"{_bytes(write.before)} -> {_bytes(write.after)}{count}"


@renders(LastWrite)
def last_write(found: LastWrite, style: Style) -> str:
    """What was asked, the store, and what it changed."""
    target = found.target
    head = f"{target.what} ({target.size} bytes at {target.address:#x})"
    if found.write is None:
        lines = [f"{head} was not written before here: no store since the start reached it"]
    else:
        lines = [f"{head} was last written by", *place_text(found.write.place, style)]
        lines.append(f"  {_change(found.write)}")
    lines += [style.paint("dim", f"  note: {note}") for note in found.notes]
    if found.origin is not None:
        lines += ["which copied it from:", last_write(found.origin, style)]
    return "\n".join(lines)


@renders(History)
def history(found: History, style: Style) -> str:
    """All writes, the newest first."""
    target = found.target
    lines = [f"{target.what} ({target.size} bytes at {target.address:#x}): "
             f"{len(found.writes)} write{'s' if len(found.writes) != 1 else ''}, newest first"]
    for number, write in enumerate(found.writes, 1):
        place = place_text(write.place, style)
        lines.append(f"{number:>3} {_change(write)}")
        lines += ["  " + line for line in place]
    if found.problem:
        lines.append(style.paint("bad", f"! {found.problem}"))
    elif found.truncated:
        lines.append("(truncated: there are older ones; -limit N shows more)")
    elif not found.writes:
        lines.append("  none since the start of the recording")
    return "\n".join(lines)


@renders(TargetFacts)
def target_facts(found: TargetFacts, style: Style) -> str:
    """Where the bytes are and what they hold."""
    target = found.target
    registers = "  ".join(f"{name}={value:#x}" for name, value in found.registers.items())
    return f"{target.what}: {target.size} bytes at {target.address:#x}: {_bytes(found.data)}\n" + (
        style.paint("dim", registers))
