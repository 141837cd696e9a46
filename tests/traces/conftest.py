"""Running clrscope's commands as a person does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qemu_scripts import paths

Clrscope = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def clrscope(build: Path) -> Clrscope:
    """clrscope("trace", "stfld", ...): run the command in a process of its own."""
    assert (build / "plugins" / "clrtrace.so").is_file()

    def run(
        *words: str | Path, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "qemu_scripts.cli", *map(str, words)]
        return subprocess.run(
            argv, capture_output=True, text=True, timeout=120, check=False, cwd=paths.ROOT,
            env={**os.environ, **(env or {})},
        )  # fmt: skip

    return run


def one_sentence(done: subprocess.CompletedProcess[str], status: int = 125) -> str:
    """The only thing that a failed command said."""
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("clrscope: ")
    return line.removeprefix("clrscope: ")
