"""Places to stop at in managed code, and what stopping there found."""

from decoders.stops.location import (
    Location,
    LocationError,
    Place,
    managed_names,
    parse_location,
    places_in,
    rewrite_condition,
)

__all__ = [
    "Location", "LocationError", "Place", "managed_names", "parse_location", "places_in",
    "rewrite_condition",
]
