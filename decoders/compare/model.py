"""One disagreement between two sources of a fact."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """`subject` is what disagrees ("field ProgIf"), `what` the property ("offset").

    `claimed` comes from the kernel's records or memory, `expected` from metadata, IL or the machine
    code, as `source` says.
    """

    subject: str
    what: str
    claimed: str
    expected: str
    source: str

    def __str__(self) -> str:
        return (
            f"{self.subject}: {self.what} is {self.claimed}, "
            f"{self.source} says {self.expected}"
        )
