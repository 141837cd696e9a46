"""Sourced by gdb after gdbext/init.py: prints what is registered, as one line of JSON."""

from __future__ import annotations

import json
from typing import Any

from gdbext import functions, parameters
from gdbext.command import SPECS, Spec

MARK = "registry: "


def _command(spec: Spec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "group": spec.module.rpartition(".")[2],
        "summary": spec.summary,
        "usage": spec.usage_line(),
        "details": spec.details.strip(),
        "words": [(arg.name, arg.help) for arg in spec.args]
        + [(f"-{option.name}", option.help) for option in spec.options],
        "examples": spec.examples,
        "aliases": spec.aliases,
        "needs_target": spec.needs_target,
    }


def _default(value: object) -> str:
    if value is None:
        return "auto"
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def registered() -> dict[str, Any]:
    """Commands in the order of their names, `set clr` parameters, convenience functions."""
    return {
        "commands": [_command(spec) for _, spec in sorted(SPECS.items())],
        "parameters": [
            (name, _default(value), text) for name, _, value, text in parameters._TABLE],
        "functions": [made.help for made in functions.FUNCTIONS],
    }


print(MARK + json.dumps(registered()))
