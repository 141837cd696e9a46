"""Fixtures for all tests: the finished build, compiled C# programs, and guests to run them in."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qemu_scripts import build as build_module
from qemu_scripts import paths

#: Compiled test programs, kept between runs: the key is a hash of source and options.
CACHE = paths.BUILD / "tests"


@dataclass(frozen=True)
class GuestRun:
    """What one `clrscope run` gave: exit status, both streams, and the JSON status."""

    status: int
    out: bytes
    err: bytes
    json: dict[str, Any]

    @property
    def log(self) -> str:
        """The shown output as text."""
        return self.out.decode(errors="replace")


RunGuest = Callable[..., GuestRun]
Compile = Callable[..., Path]


@pytest.fixture(scope="session", autouse=True)
def runtime_folder() -> Iterator[Path]:
    """A runtime folder of this test process's own: `clrscope kill` in a test ends only its runs.

    Short, because unix sockets lie under it, and a socket's path has 107 bytes at most.
    """
    with tempfile.TemporaryDirectory(prefix="clr-") as folder:
        before = os.environ.get("XDG_RUNTIME_DIR")
        os.environ["XDG_RUNTIME_DIR"] = folder
        yield Path(folder)
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    """A private folder with a short path, for sockets."""
    with tempfile.TemporaryDirectory(prefix="clr-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def build() -> Path:
    """The build folder with everything in it up to date (made once per test process)."""
    status = build_module.build()
    assert status == 0, "clrscope build failed; its output is above"
    return paths.BUILD


@pytest.fixture(scope="session")
def mcs_compile() -> Compile:
    """Compile C# sources with mcs into the cache; returns the assembly's path.

    mcs_compile(source, ..., references=(), library=False, options=(), name=None). The assembly is
    named after the first source and lies in a folder of its own with its references beside it.
    """

    def compile_them(
        *sources: Path,
        references: Sequence[Path] = (),
        library: bool = False,
        options: Sequence[str] = (),
        name: str | None = None,
    ) -> Path:
        digest = hashlib.sha256(repr((library, tuple(options), name)).encode())
        for file in (*sources, *references):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
        suffix = ".dll" if library else ".exe"
        stem = name or sources[0].stem
        folder = CACHE / f"{stem}-{digest.hexdigest()[:16]}"
        made = folder / (stem + suffix)
        CACHE.mkdir(parents=True, exist_ok=True)
        # Test processes run side by side: one compiles, the others wait for it.
        with (CACHE / ".lock").open("w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if made.exists():
                return made
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for reference in references:
                shutil.copy(reference, folder)
            target = "library" if library else "exe"
            argv = ["mcs", "-nologo", "-debug", f"-target:{target}", f"-out:{made}", *options]
            argv += [f"-r:{folder / reference.name}" for reference in references]
            done = subprocess.run(
                [*argv, *map(str, sources)], capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                shutil.rmtree(folder)
                pytest.fail(f"mcs refuses {sources[0]}:\n{done.stdout}{done.stderr}")
        return made

    return compile_them


@pytest.fixture
def run_guest(build: Path, tmp_path: Path) -> RunGuest:
    """Run `clrscope run WORDS...` in a process of its own; returns a GuestRun."""

    def run(*words: str | Path, timeout: float = 60, check: int | None = None) -> GuestRun:
        status_file = tmp_path / "status.json"
        argv = [sys.executable, "-m", "qemu_scripts.cli", "run", "--json-status", str(status_file)]
        if "--timeout" not in words:
            argv += ["--timeout", str(timeout)]
        done = subprocess.run(
            [*argv, *map(str, words)],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout + 30,
            check=False,
            cwd=paths.ROOT,
        )
        status = json.loads(status_file.read_text()) if status_file.exists() else {}
        result = GuestRun(done.returncode, done.stdout, done.stderr, status)
        if check is not None:
            assert result.status == check, (
                f"status {result.status}, not {check}\n--- stdout\n{result.log}\n--- stderr\n"
                f"{done.stderr.decode(errors='replace')}"
            )
        return result

    return run


@pytest.fixture(scope="session")
def mono_run() -> Callable[..., tuple[int, bytes, bytes]]:
    """Run an assembly under mono: (status, stdout, stderr)."""

    def run(program: Path, *arguments: str, timeout: float = 60) -> tuple[int, bytes, bytes]:
        done = subprocess.run(
            ["mono", str(program), *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return run
