"""The runtime as a Linux program: `clrhost` with sanitizers, and libclrhost through ctypes."""

from __future__ import annotations

import ctypes
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qemu_scripts import paths

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class HostRun:
    """One run of clrhost: exit status and both streams."""

    status: int
    out: bytes
    err: str


@pytest.fixture(scope="session")
def clrhost(build: Path) -> Callable[..., HostRun]:
    """Run build/host-asan/clrhost with these words."""
    subprocess.run(
        ["make", "-s", "-C", str(paths.ROOT / "reference_kernel"), "host-asan"], check=True
    )
    program = build / "host-asan" / "clrhost"

    def run(*words: str | Path, timeout: float = 120) -> HostRun:
        done = subprocess.run(
            [str(program), *map(str, words)],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
        )
        return HostRun(done.returncode, done.stdout, done.stderr.decode(errors="replace"))

    return run


@pytest.fixture(scope="session")
def dump_types(clrhost: Callable[..., HostRun]) -> Callable[..., dict[str, Any]]:
    """The loader's view of every type of an assembly, by full name."""

    def dump(assembly: Path, *options: str) -> dict[str, Any]:
        done = clrhost(*options, "--dump-types", assembly)
        assert done.status == 0, done.err
        return {t["name"]: t for t in json.loads(done.out) if "name" in t}

    return dump


@pytest.fixture(scope="session")
def library(build: Path) -> ctypes.CDLL:
    """libclrhost.so."""
    loaded = ctypes.CDLL(str(build / "host" / "libclrhost.so"))
    loaded.clrhost_error.restype = ctypes.c_char_p
    loaded.clrhost_failures.restype = ctypes.c_char_p
    loaded.faults_name.restype = ctypes.c_char_p
    loaded.faults_parse.restype = ctypes.c_bool
    return loaded
