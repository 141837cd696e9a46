"""JSON as data descriptors allow it: comments and trailing commas, but no duplicate members."""

from __future__ import annotations

import json
import re
from typing import Any

from decoders.errors import ContractError

_TOKENS = re.compile(
    r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=(?:\s|//[^\n]*|/\*.*?\*/)*[\]}])', re.DOTALL
)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ContractError(f"the contract's JSON defines {twice!r} twice in one object")
    return result


def _no_constant(text: str) -> Any:
    raise ContractError(f"the contract's JSON holds {text}, which is not a JSON number")


def parse(text: str) -> Any:
    """Parse JSON with `//` and `/* */` comments and trailing commas; ContractError if malformed."""
    # Comments become a blank and trailing commas vanish; strings are matched so they stay whole.
    plain = _TOKENS.sub(
        lambda m: m[0] if m[0][0] == '"' else "" if m[0] == "," else " ", text
    )
    try:
        return json.loads(plain, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError as error:
        raise ContractError("the contract's JSON is nested too deeply to be one") from error
    except ValueError as error:
        raise ContractError(
            f"the contract's JSON is malformed ({error}); check the descriptor's address and size"
        ) from error
