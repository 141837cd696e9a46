"""The fuzzers and the corruption driver, built below build/tests."""

import subprocess
from pathlib import Path

from tests.runtime_metadata.tools import (
    HERE,
    INCLUDE,
    READER,
    ROOT,
    SANITIZERS,
    build_c,
    need,
    reader_headers,
)

FUZZ = ROOT / "tests" / "fuzz"
RUNTIME = ROOT / "reference_kernel" / "runtime"
JIT = ROOT / "jit"
KORLIB = ROOT / "build" / "managed" / "korlib.dll"


def harness_sources(reader: Path = READER) -> list[Path]:
    """The metadata harness: LLVMFuzzerTestOneInput and all that it calls."""
    shared = [HERE / "exercise.c", HERE / "plat_shim.c"]
    return [FUZZ / "fuzz_metadata.c", *shared, *sorted(reader.glob("*.c"))]


def build_fuzzer() -> Path:
    """build/tests/fuzz_metadata: clang's libFuzzer with both sanitizers."""
    flags = ["-g", "-O1", "-fsanitize=fuzzer,address,undefined", SANITIZERS[1]]
    sources = [FUZZ / "mutator.c", *harness_sources()]
    return build_c("fuzz_metadata", "clang", flags, sources, reader_headers())


def build_corrupt(name: str = "corrupt", reader: Path = READER) -> Path:
    """build/tests/NAME: the same harness under gcc, driven by truncation and bit flips. `reader` is
    the folder of another copy of the metadata reader."""
    sources = [FUZZ / "corrupt.c", *harness_sources(reader)]
    return build_c(name, "gcc", ["-g", "-O1", *SANITIZERS], sources, reader_headers())


def build_korlib() -> Path:
    """build/managed/korlib.dll, which every load of an assembly needs beside it."""
    done = subprocess.run(
        [need("make"), "-C", str(ROOT / "reference_kernel"), "managed"],
        capture_output=True, text=True, check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"make managed failed:\n{done.stdout}{done.stderr}")
    return KORLIB


def runtime_build(
    name: str, compiler: str, flags: list[str], driver: Path, root: Path = ROOT
) -> Path:
    """The harness over loader, type loader and JIT with `driver`, as build/tests/NAME. `root` is
    the top of another copy of the sources."""
    runtime, jit = root / RUNTIME.relative_to(ROOT), root / JIT.relative_to(ROOT)
    found = [*runtime.rglob("*"), *(jit / "src").glob("*"), *(jit / "include").glob("*")]
    sources = sorted(path for path in found if path.suffix in {".c", ".S"})
    headers = [path for path in (*found, *INCLUDE.glob("*"), *FUZZ.glob("*.h"))
               if path.suffix == ".h"]
    harness = [driver, FUZZ / "fuzz_runtime.c", FUZZ / "check_records.c", FUZZ / "plat_fuzz.c"]
    shared = ["-g", "-O1", "-fno-strict-aliasing", "-fno-omit-frame-pointer",
              f"-I{JIT / 'include'}", SANITIZERS[1]]
    return build_c(name, compiler, [*shared, *flags], [*harness, *sources], headers, ["-lm"])


def build_runtime_fuzzer() -> Path:
    """build/tests/fuzz_runtime. The runtime poisons its own allocator's gaps where it sees gcc's
    macro for the address sanitizer; clang has another one."""
    flags = ["-fsanitize=fuzzer,address,undefined", "-D__SANITIZE_ADDRESS__=1"]
    return runtime_build("fuzz_runtime", "clang", flags, FUZZ / "mutator.c")


def build_runtime_corrupt(name: str = "corrupt_runtime", root: Path = ROOT) -> Path:
    """build/tests/NAME: the same under gcc, driven by truncation and bit flips."""
    return runtime_build(name, "gcc", [SANITIZERS[0]], FUZZ / "corrupt.c", root)
