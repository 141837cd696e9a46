"""The nucleus with a test payload in the place of the runtime, booted in QEMU."""

from __future__ import annotations

import fcntl
import json
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qemu_scripts import paths

PAYLOAD = Path(__file__).parent / "payload"
NUCLEUS = paths.ROOT / "reference_kernel" / "nucleus"


@dataclass(frozen=True)
class Boot:
    """One finished run: QEMU's exit status and what came out of each console."""

    status: int
    log: str
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """The machine-readable lines, decoded."""
        return [json.loads(line) for line in re.findall(r"^@@clr (.*)$", self.log, re.M)]


def qemu_argv(kernel: Path, folder: Path, append: str, memory: str = "64M") -> list[str]:
    """A machine with the three consoles as files in folder, and the exit device."""
    return [
        *("qemu-system-x86_64", "-M", "q35", "-m", memory, "-accel", "tcg", "-display", "none"),
        *("-nodefaults", "-no-reboot", "-kernel", str(kernel), "-append", append),
        *("-serial", f"file:{folder}/log", "-serial", f"file:{folder}/out"),
        *("-chardev", f"file,id=err,path={folder}/err"),
        *("-device", "isa-debugcon,iobase=0xe9,chardev=err"),
        *("-device", "isa-debug-exit,iobase=0xf4,iosize=4"),
    ]


@pytest.fixture(scope="session")
def nucleus() -> Path:
    """build/tests/nucleus/kernel.elf: the nucleus with payload/ as its rt_main."""
    build = paths.BUILD / "tests" / "nucleus"
    build.mkdir(parents=True, exist_ok=True)
    sources = " ".join(str(path) for path in sorted(PAYLOAD.glob("*.c")))
    with (build / ".lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            [
                *("make", "-C", str(NUCLEUS.parent), "kernel", f"BUILD={build}"),
                *("JIT_C=", f"RUNTIME_C={sources}", f"EXTRA_INCLUDE=-I{NUCLEUS}"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return build / "kernel.elf"


@pytest.fixture
def boot(nucleus: Path, tmp_path: Path) -> Callable[..., Boot]:
    """Run one payload test to its end: boot("name", append=..., modules=..., memory=...)."""

    def run(
        test: str,
        append: str = "onfault=exit",
        modules: Sequence[str] = (),
        memory: str = "64M",
        kernel: Path = nucleus,
    ) -> Boot:
        argv = qemu_argv(kernel, tmp_path, f"test={test} {append}", memory)
        if modules:
            argv += ["-initrd", ",".join(modules)]
        done = subprocess.run(argv, timeout=60, check=False, capture_output=True, text=True)
        assert not done.stderr, done.stderr
        text = [(tmp_path / name).read_text(errors="replace") for name in ("log", "out", "err")]
        return Boot(done.returncode, *text)

    return run
