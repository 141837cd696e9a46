"""Builds what the tests of the metadata reader and the fuzzers need, all below build/tests."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READER = ROOT / "reference_kernel" / "runtime" / "metadata"
INCLUDE = ROOT / "reference_kernel" / "include"
HERE = ROOT / "tests" / "runtime_metadata"
OUT = ROOT / "build" / "tests"
MONO_LIB = Path("/usr/lib/mono/4.5")

WARNINGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def need(program: str) -> str:
    """Full path of `program`; RuntimeError that names it when it is not installed."""
    path = shutil.which(program)
    if path is None:
        raise RuntimeError(f"{program} is not installed; ./install.sh installs it")
    return path


def is_fresh(output: Path, inputs: Sequence[Path]) -> bool:
    """Whether `output` exists and is no older than any of `inputs`."""
    if not output.exists():
        return False
    made = output.stat().st_mtime_ns
    return all(path.stat().st_mtime_ns <= made for path in inputs)


def run_compiler(command: Sequence[str | Path], output: Path) -> None:
    """Runs a compiler that writes `output` beside its place first, so that runs in parallel never
    see half a file. RuntimeError with the compiler's own text when it fails."""
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(f"{output.stem}.{os.getpid()}{output.suffix}")
    done = subprocess.run(
        [str(part).replace("@OUT@", str(partial)) for part in command],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed for {output.name}:\n{done.stdout}{done.stderr}")
    partial.replace(output)


def build_c(
    name: str,
    compiler: str,
    flags: Sequence[str],
    sources: Sequence[Path],
    headers: Sequence[Path],
    libraries: Sequence[str] = (),
) -> Path:
    """Compiles and links C sources to build/tests/NAME unless that is fresh. Returns its path."""
    output = OUT / name
    if not is_fresh(output, [*sources, *headers]):
        includes = [f"-I{INCLUDE}", f"-I{READER}", f"-I{HERE}"]
        run_compiler(
            [need(compiler), *WARNINGS, *flags, *includes, *sources, "-o", "@OUT@", *libraries],
            output,
        )
    return output


def reader_sources() -> list[Path]:
    """The reader's own C files, without a platform."""
    return sorted(READER.glob("*.c"))


def reader_headers() -> list[Path]:
    """Headers that the reader's build depends on."""
    return [*READER.glob("*.h"), *HERE.glob("*.h"), INCLUDE / "md.h", INCLUDE / "platform.h"]


def build_mddump() -> Path:
    """build/tests/mddump: gcc, address and undefined-behaviour sanitizers."""
    sources = [HERE / name for name in ("mddump.c", "exercise.c", "plat_shim.c")]
    return build_c(
        "mddump", "gcc", ["-g", "-O1", *SANITIZERS], [*sources, *reader_sources()], reader_headers()
    )


def build_api_test() -> Path:
    """build/tests/md_api, built as mddump is."""
    sources = [HERE / "md_api.c", HERE / "plat_shim.c"]
    return build_c(
        "md_api", "gcc", ["-g", "-O1", *SANITIZERS], [*sources, *reader_sources()], reader_headers()
    )


def build_samples() -> dict[str, Path]:
    """Compiles samples/*.cs with mcs. Returns path by file name."""
    sources = HERE / "samples"
    made: dict[str, Path] = {}

    def compile_cs(
        name: str, source: str, *options: str | Path, needs: Sequence[Path] = ()
    ) -> None:
        output = OUT / "samples" / name
        if not is_fresh(output, [sources / source, *needs]):
            # mcs puts the output's name into the assembly: compile in a folder of its own.
            scratch = OUT / "samples" / f"tmp.{os.getpid()}"
            scratch.mkdir(parents=True, exist_ok=True)
            command = [
                need("mcs"),
                "-nologo",
                "-warn:0",
                *map(str, options),
                f"-out:{scratch / name}",
                str(sources / source),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(f"mcs failed for {source}:\n{done.stdout}{done.stderr}")
            (scratch / name).replace(output)
            scratch.rmdir()
        made[name] = output

    compile_cs("shapes.exe", "shapes.cs", "-unsafe")
    compile_cs("tiny.exe", "tiny.cs")
    compile_cs("tiny64.exe", "tiny.cs", "-platform:x64")
    compile_cs(
        "resources.dll",
        "resources.cs",
        "-target:library",
        f"-r:{made['shapes.exe']}",
        f"-resource:{sources / 'tiny.cs'},tiny.cs",
        needs=[made["shapes.exe"]],
    )
    return made


def dump(mddump: Path, *arguments: str | Path, timeout: float = 60) -> tuple[int, list[str]]:
    """Runs mddump. Returns (status, output lines); AssertionError when a sanitizer spoke."""
    done = subprocess.run(
        [str(mddump), *map(str, arguments)], capture_output=True, check=False, timeout=timeout
    )
    report = done.stderr.decode("utf-8", "replace")
    assert done.returncode in (0, 1) and not re.search(r"ERROR: |runtime error", report), report
    return done.returncode, done.stdout.decode("utf-8", "replace").splitlines()
