"""A code region that is too small, with sanitizers: an error wherever it fills, never a crash."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.programs.test_programs import HERE

COMPILE_FAILED, ENVIRONMENT = 122, 125
PAGE = 4096

Run = Callable[..., Any]


def test_a_program_in_less_and_less_room(clrhost: Run, mcs_compile: Run) -> None:
    """Thunks of korlib's own types, of the program's, code: each is the first to find none once."""
    program = mcs_compile(HERE / "shapes.cs", options=("-warn:0",))
    whole = clrhost(program)
    assert whole.status < COMPILE_FAILED
    said = set()
    for pages in range(1, 64):
        done = clrhost("--code", str(pages * PAGE), program)
        if done.status not in (COMPILE_FAILED, ENVIRONMENT):
            assert (done.status, done.out) == (whole.status, whole.out), done.err
            break
        said.add(done.err.strip().rpartition(": ")[2])
    else:
        raise AssertionError("it never has room enough")
    assert said == {"out of memory for code", "no room for the code of a vtable"}


def test_everything_bundled_in_little_room(clrhost: Run, build: Path) -> None:
    """What does not fit is refused by name; nothing that was compiled before is lost."""
    done = clrhost("--code", "0x20000", "--compile-all", build / "managed" / "korlib.dll")
    assert done.status == 0, done.err
    counts = json.loads(done.out)
    assert 0 < counts["methods_failed"] < counts["methods"]
    refused = [line for line in done.err.splitlines() if "out of memory for code" in line]
    assert len(refused) > 100 and all(line.startswith("korlib.dll ") for line in refused)
