"""For the doctor and for post-mortem reports: the store that made some bytes what they are.

Both know an address that holds what it should not (a smashed return address, an object header) and
do not care how its writer is found. `gdbext.timetravel.store_finder` gives a finder on a replay,
`qemu_scripts.timetravel.who_wrote.store_finder` one that runs the guest again; without either there
is no finder, and the doctor says what it knows without one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from decoders.timetravel.report import LastWrite, StorePlace, Target

# Finds the last store to some bytes; raises DecodeError (gdb) or ClrscopeError (who-wrote).
StoreFinder = Callable[[Target], LastWrite]


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
    sentence = f"{what} at {address:#x} was last written by {place_phrase(place)}"
    if len(chain) > 1:
        sentence = (
            f"{what} at {address:#x} was copied there by {place_phrase(chain[0])}; the value was "
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
        return f"{text}{where}, called by {place.caller.method}{il}"
    return text + where
