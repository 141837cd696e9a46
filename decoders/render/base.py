"""The ends of rendering: a dataclass to plain values, and a registry of text renderers.

A text renderer is a function (result, Style) -> str registered with `@renders(ResultClass)`.
"""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class UnknownResultError(TypeError):
    """A result has no text renderer: a programming error, named by its class."""


_ANSI = {
    "name": "36", "type": "32", "address": "34", "value": "33", "bad": "1;31", "dim": "2",
    "mark": "1",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Style:
    """How text is made: `color` means ANSI sequences; `elements`, `depth` cap what is expanded."""

    color: bool = False
    elements: int = 32
    depth: int = 1
    width: int = 100

    def paint(self, role: str, text: str) -> str:
        """`text` in the colour of a role (name, type, address, value, bad, dim, mark)."""
        if not self.color or not text:
            return text
        return f"\x1b[{_ANSI[role]}m{text}\x1b[0m"


def address_field(**kwargs: Any) -> Any:
    """A dataclass field holding an address: plain output writes it as a hex string."""
    return dataclasses.field(metadata={"address": True}, **kwargs)


_renderers: dict[type, Callable[[Any, Style], str]] = {}


def renders(result: type[T]) -> Callable[[Callable[[T, Style], str]], Callable[[T, Style], str]]:
    """Register the decorated function as text renderer of a result class."""

    def declare(function: Callable[[T, Style], str]) -> Callable[[T, Style], str]:
        _renderers[result] = function
        return function

    return declare


def to_text(result: Any, style: Style) -> str:
    """The text of a result. Strings are themselves, None is nothing, lists are joined by lines."""
    if result is None:
        return ""
    if isinstance(result, str):
        return result
    if isinstance(result, list | tuple):
        return "\n".join(to_text(item, style) for item in result)
    for kind in type(result).__mro__:
        if kind in _renderers:
            return _renderers[kind](result, style)
    raise UnknownResultError(f"no text renderer for {type(result).__name__}")


def to_plain(value: Any) -> Any:
    """A result as dicts, lists, strings, numbers, booleans and None.

    Addresses (see `address_field`) are hex strings, bytes are hex, enums are their names. Members
    whose name starts with an underscore are left out.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        result = {}
        for member in dataclasses.fields(value):
            if member.name.startswith("_"):
                continue
            item = getattr(value, member.name)
            if member.metadata.get("address") and isinstance(item, int):
                result[member.name] = f"{item:#x}"
            else:
                result[member.name] = to_plain(item)
        return result
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((to_plain(item) for item in value), key=str)  # the same in every process
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def to_json(result: Any) -> str:
    """A result as JSON text. Numbers that JSON cannot hold (NaN, infinities) become strings."""
    return json.dumps(_finite(to_plain(result)), indent=2, ensure_ascii=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value
