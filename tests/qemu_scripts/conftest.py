"""A small real kernel for the tests of what happens around a guest."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from qemu_scripts import paths

SOURCE = Path(__file__).parent / "guest" / "echo_kernel.c"
FLAGS = (
    "-m32 -O1 -Wall -Wextra -Werror -ffreestanding -fno-pic -no-pie -fno-stack-protector "
    "-fno-builtin -nostdlib -static -Wl,-N,-Ttext=0x100000,--build-id=none,--no-warn-rwx-segments"
).split()

#: Lay out an installation whose kernel writes the given bytes: scenario(log, out, err, action).
Scenario = Callable[..., Path]


@pytest.fixture(scope="session")
def echo_kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tests/qemu_scripts/guest/echo_kernel.c, compiled."""
    kernel = tmp_path_factory.mktemp("echo") / "echo.elf"
    subprocess.run(["gcc", *FLAGS, "-o", str(kernel), str(SOURCE)], check=True)
    return kernel


@pytest.fixture
def scenario(echo_kernel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """Make `run` boot the echo kernel; returns the folder that stands for build/managed."""

    def make(log: bytes = b"", out: bytes = b"", err: bytes = b"", action: bytes = b"x") -> Path:
        managed = tmp_path / "managed"
        managed.mkdir(exist_ok=True)
        contents = (log, out, err, action, b"-")
        for name, content in zip(paths.DRIVER_SCENARIO_ASSEMBLIES, contents, strict=True):
            # QEMU takes no empty module.
            (managed / f"{name}.dll").write_bytes(content or b"\n")
        monkeypatch.setattr(paths, "KERNEL", echo_kernel)
        monkeypatch.setattr(paths, "MANAGED", managed)
        return managed

    return make
