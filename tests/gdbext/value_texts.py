"""One text for a value, the one that tests/programs/values.cs prints for it (its head says how)."""

from __future__ import annotations

import re
import struct

from decoders.runtime import ByrefValue, ObjectValue, Value

_FLOATS = {"float": ("<f", "<I"), "double": ("<d", "<Q")}


def value_text(value: Value) -> str:
    """The program's text for a value as the decoders read it; `?...` for one that has an error."""
    if value.error:
        return f"?{value.error}"
    if isinstance(value, ByrefValue) and value.pointee is not None:
        return "&" + value_text(value.pointee)
    if value.target is not None:
        return _object_text(value.target)
    if value.fields:
        return _list("{}", [f.value for f in value.fields])
    if value.type in _FLOATS:
        pack, unpack = _FLOATS[value.type]
        return str(struct.unpack(unpack, struct.pack(pack, value.scalar))[0])
    if isinstance(value.scalar, bool):
        return "true" if value.scalar else "false"
    if isinstance(value.scalar, str):
        number = re.fullmatch(r"'.*' \((\d+)\)|'\\u([0-9a-f]{4})'", value.text, re.DOTALL)
        assert number is not None, value
        return number[1] or str(int(number[2], 16))
    # References that were not followed: null, or the text of a string.
    return value.text if value.text[:1] in ("n", '"') else str(value.scalar)


def _object_text(found: ObjectValue) -> str:
    if found.string is not None:
        return f'"{found.string}"'
    if found.length is not None:
        assert not found.truncated, found
        return _list("[]", found.elements)
    if found.kind in ("valuetype", "enum", "primitive"):
        values = [f.value for f in found.fields]
        return "box " + (_list("{}", values) if found.kind == "valuetype"
                         else value_text(values[0]))
    return _list("{}", [f.value for f in found.fields])


def _list(brackets: str, values: list[Value] | tuple[Value, ...]) -> str:
    return brackets[0] + ",".join(map(value_text, values)) + brackets[1]
