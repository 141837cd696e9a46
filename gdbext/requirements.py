"""Whether the Python packages are there, and new enough, without loading any of them."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from pathlib import Path

# pyproject.toml's lower bounds of what the commands load; a test holds the two together.
NEEDED = {
    "capstone": "5.0", "construct": "2.10.70", "dncil": "1.0.2", "dnfile": "0.15", "numpy": "1.26",
    "tabulate": "0.9", "unicorn": "2.1",
}


def problem(advice: str) -> str | None:
    """A sentence on the first package that is missing or too old, None when all is well.

    advice: what to do then.
    """
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for name, least in NEEDED.items():
        spec = PathFinder.find_spec(name)
        if spec is None:
            return f"the Python package {name} is missing for {python}: {advice}"
        version = _version(name, spec.origin)
        if version is not None and _numbers(version) < _numbers(least):
            return (
                f"the Python package {name} {version} is too old ({least} or newer is needed): "
                f"{advice}"
            )
    return None


def _version(name: str, origin: str | None) -> str | None:
    """The version in the name of NAME-VERSION.dist-info beside the package; None without one."""
    if origin is None:
        return None
    file = Path(origin)
    folder = file.parent.parent if file.name == "__init__.py" else file.parent
    for entry in folder.glob(f"{name}-*.dist-info"):
        return entry.name.removesuffix(".dist-info").partition("-")[2]
    return None


def _numbers(version: str) -> tuple[int, ...]:
    """'2.0.0rc1' -> (2, 0, 0); trailing zeros do not count."""
    numbers = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
