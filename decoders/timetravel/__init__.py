"""Who wrote an address: what a store looks like, from whichever source it is known."""

from decoders.timetravel.report import (
    CallerPlace,
    History,
    LastWrite,
    Role,
    StoreAnswer,
    StorePlace,
    Suspect,
    Target,
    TargetFacts,
    Write,
)

__all__ = [
    "CallerPlace", "History", "LastWrite", "Role", "StoreAnswer", "StorePlace", "Suspect", "Target",
    "TargetFacts", "Write",
]
