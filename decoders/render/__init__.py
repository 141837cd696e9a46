"""Renderers: a result dataclass in, text or JSON out. Commands print nothing themselves."""

from decoders.render.base import (
    Style,
    UnknownResultError,
    address_field,
    renders,
    to_json,
    to_plain,
    to_text,
)

__all__ = [
    "Style", "UnknownResultError", "address_field", "renders", "to_json", "to_plain", "to_text",
]
