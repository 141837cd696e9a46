"""Who wrote an address: what a store looks like, from whichever source it is known."""

from decoders.timetravel.report import (
    CallerPlace,
    History,
    LastWrite,
    StorePlace,
    Target,
    TargetFacts,
    Write,
)

__all__ = ["CallerPlace", "History", "LastWrite", "StorePlace", "Target", "TargetFacts", "Write"]
