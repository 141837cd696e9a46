"""Post-mortems in processes of their own, and tiny kernels that misbehave."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qemu_scripts import paths
from qemu_scripts.processes import runs
from tests.gdbext.conftest import Guests, run_gdb

__all__ = ["run_gdb"]


@dataclass(frozen=True)
class Result:
    """One `clrscope postmortem`: its exit status, its output, the folder that it left."""

    status: int
    out: str
    err: str
    folder: Path

    @property
    def report(self) -> dict[str, Any]:
        """report.json."""
        loaded: dict[str, Any] = json.loads((self.folder / "report.json").read_text("utf-8"))
        return loaded

    @property
    def core(self) -> Path:
        """The dump."""
        return self.folder / "guest.core"

    def files(self) -> dict[str, bytes]:
        """Every file of the report."""
        return {p.name: p.read_bytes() for p in sorted(self.folder.iterdir())
                if p.name.startswith(("report", "junit", "findings", "serial"))}


def command_line(*words: str | Path) -> list[str]:
    """argv of `clrscope postmortem WORDS`."""
    return [sys.executable, "-m", "qemu_scripts.cli", "postmortem", *map(str, words)]


def postmortem(folder: Path, *words: str | Path, seconds: float = 240) -> Result:
    """Run `clrscope postmortem WORDS --out FOLDER` to its end."""
    done = subprocess.run(
        command_line(*words, "--out", folder), capture_output=True, text=True, errors="replace",
        stdin=subprocess.DEVNULL, timeout=seconds, check=False, cwd=paths.ROOT)
    result = Result(done.returncode, done.stdout, done.stderr, folder)
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    return result


def sentence(result: Result) -> str:
    """What a failed post-mortem said: one line."""
    lines = result.err.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("clrscope: "), result.err
    return lines[0]


@pytest.fixture(autouse=True)
def nothing_left(runtime_folder: Path) -> Iterator[None]:
    """No run's folder and no socket of a test is there after it (other tests may share guests)."""
    before = set(runs())
    yield
    assert set(runs()) <= before


@pytest.fixture(scope="session")
def faulted(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The page fault of this-not-homed, examined once."""
    return postmortem(tmp_path_factory.mktemp("faulted"), "--fault", "this-not-homed")


@pytest.fixture(scope="session")
def healthy(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The driver scenario of a healthy kernel, examined once."""
    return postmortem(tmp_path_factory.mktemp("healthy"))


@pytest.fixture
def guests(build: Path) -> Iterator[Guests]:
    """Starter of guests with a gdbstub; they end with the test."""
    with ExitStack() as stack:
        yield Guests(stack)


TinyKernel = Callable[[str, str], Path]

_SOURCE = """
    .code32
    .text
    .globl _start
header:
    .long 0x1BADB002, 0x00010000, -(0x1BADB002 + 0x00010000)
    .long header, header, 0, 0, _start
_start:
{body}
    .align 8
nothing: .word 0
    .long 0
"""


@pytest.fixture(scope="session")
def tiny_kernel(tmp_path_factory: pytest.TempPathFactory) -> TinyKernel:
    """Make a kernel of a few 32-bit instructions: tiny_kernel(name, body)."""
    folder = tmp_path_factory.mktemp("kernels")

    def make(name: str, body: str) -> Path:
        source, made = folder / f"{name}.S", folder / f"{name}.elf"
        source.write_text(_SOURCE.format(body=body), encoding="ascii")
        subprocess.run(
            ["gcc", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id,-N,-Ttext=0x100000",
             "-o", str(made), str(source)], check=True, cwd=folder, env=os.environ)
        return made

    return make
