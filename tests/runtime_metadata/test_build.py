"""The reader is freestanding: it builds with the kernel's flags and needs only the platform."""

import subprocess
from pathlib import Path

import pytest

from tests.runtime_metadata.tools import INCLUDE, WARNINGS, need, reader_sources

KERNEL = ["-O2", "-ffreestanding", "-fno-pic", "-fno-stack-protector", "-mno-red-zone",
          "-mcmodel=kernel"]
# A freestanding compiler may call these four by itself; every platform has them.
ALLOWED = {"plat_vsnprintf", "memcpy", "memmove", "memset", "memcmp"}


@pytest.mark.parametrize(
    ("compiler", "flags"), [("gcc", ["-mabi=ms"]), ("gcc", ["-Wconversion"]), ("clang", [])]
)
def test_builds_without_a_c_library(tmp_path: Path, compiler: str, flags: list[str]) -> None:
    subprocess.run(
        [need(compiler), *WARNINGS, *KERNEL, *flags, f"-I{INCLUDE}", "-c", *reader_sources()],
        cwd=tmp_path, check=True,
    )
    objects = sorted(tmp_path.glob("*.o"))
    symbols = subprocess.run(
        ["nm", "-A", *objects], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    defined = {line.split()[-1] for line in symbols if " U " not in line}
    wanted = {line.split()[-1] for line in symbols if " U " in line}
    assert wanted - defined <= ALLOWED
