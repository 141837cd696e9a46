"""The frame of every method that the bundled assemblies have: recorded, expected and as coded.

A guest compiles a method when it is first called, so what a run has compiled is a part of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from decoders.metadata import Assembly
from qemu_scripts import paths


def every_method(build: Path, *options: str) -> dict[str, Any]:
    """All bundled assemblies compiled as a whole, and compared (every_method.py)."""
    files = sorted((build / "managed").glob("*.dll"), key=lambda f: (f.stem != "korlib", f.stem))
    done = subprocess.run(
        [sys.executable, "-m", "tests.decoders.every_method", *options, *map(str, files)],
        capture_output=True, text=True, check=False, cwd=paths.ROOT)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_none_differs(build: Path) -> None:
    found = every_method(build)
    assert found["differences"] == []
    compiled = {name: set(tokens) for name, tokens in found["methods"].items()}
    for file in (build / "managed").glob("*.dll"):
        assembly = Assembly.open(file)
        left_out = set()
        for owner in assembly.types:
            tokens = {method.token for method in owner.methods if method.has_body}
            if not owner.generic_names:
                left_out |= tokens - compiled[assembly.name]
        assert left_out == set(), file
    assert all("generic type" in sentence for sentence in found["failures"])
    assert sum(map(len, compiled.values())) > 1_800
    assert found["slots"] > 4_000 and found["boundaries"] > 20_000


def test_differences_are_found_in_many(build: Path) -> None:
    faults = {
        "this-not-homed": ("home of this: store is expected", 300),
        "stack-arg-shift": ("is expected at [rsp+0x20]", 20),
        "callee-saved-lost": ("register rbx: use is written at", 100),
    }
    found = every_method(build, "jit.fault=" + ",".join(f"{name}@*!*::*" for name in faults))
    for subject, least in faults.values():
        methods = {d.partition(": ")[0] for d in found["differences"] if subject in d}
        assert len(methods) > least, (subject, methods)
