"""Sample assemblies, compiled once a session by the real compiler."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from decoders.metadata import Assembly, AssemblySet

SAMPLES = Path(__file__).parent / "samples"
MSCORLIB = Path("/usr/lib/mono/4.5/mscorlib.dll")


def mcs(output: Path, *sources: Path, options: tuple[str, ...] = ()) -> Path:
    """Compile C# sources to `output` (an .exe when so named) with debug info."""
    target = "exe" if output.suffix == ".exe" else "library"
    subprocess.run(
        [
            "mcs",
            f"-target:{target}",
            "-debug",
            "-unsafe",
            "-nologo",
            *options,
            f"-out:{output}",
            *map(str, sources),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    return output


@pytest.fixture(scope="session")
def types_dll(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """samples/Types.cs compiled with -debug; its .mdb lies beside it."""
    return mcs(tmp_path_factory.mktemp("dll") / "Types.dll", SAMPLES / "Types.cs")


@pytest.fixture(scope="session")
def mscorlib() -> Assembly:
    """Mono's class library: a large real assembly."""
    return Assembly.open(MSCORLIB)


@pytest.fixture(scope="session")
def types(types_dll: Path) -> Assembly:
    """The sample assembly."""
    return Assembly.open(types_dll)


@pytest.fixture(scope="session")
def universe(types: Assembly, mscorlib: Assembly) -> AssemblySet:
    """The sample with the class library that it refers to."""
    return AssemblySet([types, mscorlib])


@pytest.fixture(scope="session")
def reflection(types_dll: Path, tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """What mono's reflection says about the sample: rows of fields."""
    tool = mcs(tmp_path_factory.mktemp("exe") / "Reflect.exe", SAMPLES / "Reflect.cs")
    run = subprocess.run(
        ["mono", str(tool), str(types_dll)], check=True, capture_output=True, text=True
    )
    return [line.split("|") for line in run.stdout.splitlines()]


@pytest.fixture(scope="session")
def mini_corlib(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """samples/Corlib.cs: a class library small enough to lay out by hand, named mscorlib."""
    return Assembly.open(
        mcs(tmp_path_factory.mktemp("core") / "mscorlib.dll", SAMPLES / "Corlib.cs",
            options=("-nostdlib", "-nowarn:114,169,465,649,659,660,661,108")))
