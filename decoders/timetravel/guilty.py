"""For the doctor and for post-mortem reports: the store that made some bytes what they are.

Both know an address that holds what it should not (a smashed return address, an object header) and
do not care how its writer is found. `gdbext.timetravel.store_finder` gives a finder on a replay,
`qemu_scripts.timetravel.second_run` one that runs the guest once more with a log of all stores;
without either there is no finder, and the doctor says what would answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from decoders.errors import DecodeError
from decoders.timetravel.report import (
    LastWrite,
    Role,
    StoreAnswer,
    StorePlace,
    Suspect,
    Target,
    Write,
)

# Finds the last store to some bytes; raises DecodeError with a sentence where it cannot.
StoreFinder = Callable[[Target], LastWrite]
# Each question costs a way back in a replay: so many causes are asked for, so many bytes of each.
MOST_CAUSES = 3
MOST_BYTES = 3
_LEVELS = ("possible", "likely", "certain")
_NOTHING_OVERWRITTEN = (
    "no store to name: what is wrong is the code or the record itself, and no bytes that it "
    "overwrote are found")


@dataclass(frozen=True, slots=True)
class GuiltyStore:
    """`sentence` names the store for a person; `place` is where the value was made."""

    sentence: str
    place: StorePlace
    found: LastWrite


def guilty_store(
    find: StoreFinder, address: int, size: int = 8, what: str = "the bytes"
) -> GuiltyStore | None:
    """Name the store that last wrote `size` bytes at `address`; None when none did."""
    found = find(Target(address, size, what))
    chain = found.chain
    if not chain:
        return None
    place = chain[-1]
    sentence = f"{what} ({address:#x}) was last written by {place_phrase(place)}"
    if len(chain) > 1:
        sentence = (
            f"{what} ({address:#x}) was copied there by {place_phrase(chain[0])}; the value was "
            f"made by {place_phrase(place)}"
        )
    return GuiltyStore(sentence, place, found)


def place_phrase(place: StorePlace) -> str:
    """`Ns.Type::Method, IL_0012: stfld ... (File.cs:3)`."""
    where = f" ({place.file.rpartition('/')[2]}:{place.line})" if place.file else ""
    if place.kind != "managed":
        text = f"{place.method} ({place.kind} code)"
    elif place.stage == "body":
        text = f"{place.method}, {place.il}"
    else:
        text = f"the {place.stage} of {place.method}, `{place.instruction}`"
    if place.caller is not None:
        il = f", {place.caller.il}" if place.caller.il else ""
        at = place.caller
        line = f" ({at.file.rpartition('/')[2]}:{at.line})" if at.file else ""
        return f"{text}{where}, called by {place.caller.method}{il}{line}"
    return text + where


def answers(
    suspects: Mapping[str, Sequence[Suspect]], find: StoreFinder | None
) -> tuple[StoreAnswer, ...]:
    """Who wrote what each cause overwrote (titles of causes with their suspects, in order).

    Without a finder: what would answer, for the causes that have suspects.
    """
    made = []
    for title, mine in list(suspects.items())[:MOST_CAUSES]:
        asked = tuple(mine[:MOST_BYTES])
        if find is not None:
            made.append(_answer(title, asked, find))
        elif asked:
            made.append(_unasked(title, asked))
    return tuple(made)


def _unasked(title: str, asked: tuple[Suspect, ...]) -> StoreAnswer:
    target = asked[0].target
    size = f" --size {target.size}" if target.size != 8 else ""
    look = f"clrscope who-wrote {target.address:#x}{size}"
    return StoreAnswer(
        title, asked,
        f"who wrote {target.what} is not known here: `{look}` with this run's options says it, or "
        "`clrscope record` and clr-doctor at the end of the replay",
        target=target, next_look=look)


def _answer(title: str, asked: tuple[Suspect, ...], find: StoreFinder) -> StoreAnswer:
    """The first suspect whose store is not a rightful one; else why there is none."""
    reasons = []
    for suspect in asked:
        target = suspect.target
        try:
            guilty = guilty_store(find, target.address, target.size, target.what)
            first = guilty.found.write if guilty is not None else None
            if guilty is None or first is None:
                reasons.append(f"no store to {target.what} ({target.address:#x}) since the start")
                continue
            innocent = _rightful(suspect, first.place) or _leftover(suspect, first, find)
        except DecodeError as error:
            reasons.append(f"who wrote {target.what} could not be found: {error}")
            continue
        if innocent:
            reasons.append(f"{target.what} ({target.address:#x}) was last written by {innocent}")
            continue
        value = _value(first)
        certainty = _certainty(suspect, guilty.found)
        shown = f": {value}" if value else ""
        notes = "".join(f"; {note}" for note in guilty.found.notes)
        return StoreAnswer(
            title, asked, f"{guilty.sentence}{shown} ({certainty}){notes}", target, guilty.place,
            value, certainty, guilty.found.source)
    return StoreAnswer(title, asked, "; ".join(reasons) or _NOTHING_OVERWRITTEN)


def _rightful(suspect: Suspect, place: StorePlace) -> str:
    """Who wrote the bytes, when that is who should have; "" for a store that is guilty."""
    if suspect.role is Role.RETURN_ADDRESS and place.instruction.startswith("call"):
        return "the call itself, so that nobody overwrote it"
    if suspect.role is Role.SAVED_RBP and place.instruction.startswith("push"):
        return "the prologue that saves it, so that nobody overwrote it"
    if suspect.rightful and place.pc == suspect.rightful:
        return f"the prologue of {place.method}, which saves it there, so that nobody overwrote it"
    if suspect.role is Role.ARRAY_LENGTH and place.kind != "managed":
        return f"{place.method} ({place.kind} code), as the runtime does"
    if suspect.expected and not place.il.endswith(suspect.expected):
        return f"{place_phrase(place)}, not as {suspect.expected}"
    if suspect.owner and place.method == suspect.owner:
        return f"{place_phrase(place)}, whose own it is"
    if suspect.by and place.method != suspect.by:
        return f"{place_phrase(place)}, not by {suspect.by}"
    return ""


def _leftover(suspect: Suspect, first: Write, find: StoreFinder) -> str:
    """Who wrote bytes of a frame before it was one; "" when that was later, or cannot be told."""
    # Saved registers and return addresses are written by the call itself, or behind it.
    if not suspect.since or suspect.role not in (Role.SLOT, Role.REFERENCE):
        return ""
    called = find(Target(suspect.since, 8, "a return address")).write
    if called is None or called.order <= first.order:
        return ""
    return f"{place_phrase(first.place)}, before the frame was made: nothing is stored there since"


def _certainty(suspect: Suspect, found: LastWrite) -> str:
    """No more certain than that the bytes are overwritten; less when the store is not their last
    change, or when native code stored, which does so rightly as well."""
    level = _LEVELS.index(suspect.certainty)
    assert found.write is not None
    if found.notes or (
        suspect.role in (Role.METHOD_TABLE, Role.OBJECT_HEADER)
        and found.write.place.kind != "managed"
    ):
        level = min(level, 0)
    return _LEVELS[level]


def _value(write: Write) -> str:
    if write.after is None:
        return ""
    if len(write.after) in (1, 2, 4, 8):
        after = f"{int.from_bytes(write.after, 'little'):#x}"
        if write.before is None:
            return after
        return f"{int.from_bytes(write.before, 'little'):#x} -> {after}"
    return write.after[:32].hex(" ")


# Plain values, as `decoders.render.to_plain` makes them, and back: a debugger finds the suspects,
# and another process asks.


def suspects_of(plain: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Suspect, ...]]:
    """The suspects of plain StoreAnswers."""
    return {
        answer["finding"]: tuple(_suspect(one) for one in answer["suspects"]) for answer in plain}


def _suspect(plain: Mapping[str, Any]) -> Suspect:
    target = plain["target"]
    return Suspect(
        plain["finding"], Role[plain["role"]],
        Target(int(target["address"], 16), target["size"], target["what"]), plain["why"],
        plain["certainty"], int(plain["rightful"], 16), plain["expected"], plain["by"],
        plain["owner"], int(plain["since"], 16))
