"""The fuzzers and the corruption driver, built below build/tests."""

from pathlib import Path

from tests.runtime_metadata.tools import (
    HERE,
    READER,
    ROOT,
    SANITIZERS,
    build_c,
    reader_headers,
)

FUZZ = ROOT / "tests" / "fuzz"


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
