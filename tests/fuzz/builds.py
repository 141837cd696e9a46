"""The fuzzers and the corruption driver, built below build/tests."""

from pathlib import Path

from tests.runtime_metadata.tools import (
    HERE as METADATA_TESTS,
)
from tests.runtime_metadata.tools import (
    ROOT,
    SANITIZERS,
    build_c,
    reader_headers,
    reader_sources,
)

FUZZ = ROOT / "tests" / "fuzz"


def harness_sources() -> list[Path]:
    """The metadata harness: LLVMFuzzerTestOneInput and all that it calls."""
    shared = [METADATA_TESTS / "exercise.c", METADATA_TESTS / "plat_shim.c"]
    return [FUZZ / "fuzz_metadata.c", *shared, *reader_sources()]


def build_fuzzer() -> Path:
    """build/tests/fuzz_metadata: clang's libFuzzer with both sanitizers."""
    flags = ["-g", "-O1", "-fsanitize=fuzzer,address,undefined", SANITIZERS[1]]
    sources = [FUZZ / "mutator.c", *harness_sources()]
    return build_c("fuzz_metadata", "clang", flags, sources, reader_headers())


def build_corrupt() -> Path:
    """build/tests/corrupt: the same harness under gcc, driven by truncation and bit flips."""
    sources = [FUZZ / "corrupt.c", *harness_sources()]
    return build_c("corrupt", "gcc", ["-g", "-O1", *SANITIZERS], sources, reader_headers())
