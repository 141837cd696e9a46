"""Runs a fuzzer or the corruption driver."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def run(
    command: Sequence[str | Path], timeout: float, cwd: Path, extra: Mapping[str, str] | None = None
) -> str:
    """Runs to the end, seconds at most. Returns both outputs; AssertionError with their end on any
    failure. `extra` goes into the environment."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, check=False, timeout=timeout, cwd=cwd,
        env={**os.environ, **(extra or {})},
    )
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert done.returncode == 0, text[-6000:]
    return text


def variants(text: str) -> int:
    """How many corrupted files the driver says that it tried."""
    found = re.search(r"(\d+) variants", text)
    assert found is not None, text
    return int(found.group(1))


def executed(text: str) -> int:
    """How many inputs libFuzzer ran."""
    found = re.search(r"stat::number_of_executed_units:\s*(\d+)", text)
    assert found is not None, text[-3000:]
    return int(found.group(1))
