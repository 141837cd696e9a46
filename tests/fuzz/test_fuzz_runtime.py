"""Hostile assemblies against loader, type loader and JIT: every type is laid out and every method
compiled; nothing is run.

A longer run by hand, from the top of the tree:

    python -m tests.fuzz.seeds
    export ASAN_OPTIONS=detect_leaks=0 CLR_FUZZ_FAULTS=mixed
    build/tests/fuzz_runtime -timeout=5 -max_len=40000 CORPUS build/tests/{program-seeds,seeds}
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from qemu_scripts.faults import FAULTS
from tests.fuzz.builds import (
    JIT,
    RUNTIME,
    build_korlib,
    build_runtime_corrupt,
    build_runtime_fuzzer,
)
from tests.fuzz.hostile import CASES, Case, build, instance_field_with_data
from tests.fuzz.run_tool import executed, run, variants
from tests.fuzz.seeds import write_program_seeds, write_seeds

SECONDS = 15

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """The runtime's records live in memory that it drops as a whole: leaks are not looked for."""
    return {"CLR_FUZZ_KORLIB": str(build_korlib()), "ASAN_OPTIONS": "detect_leaks=0"}


def test_every_seed_is_taken(tmp_path: Path, environment: dict[str, str]) -> None:
    """The seeds compile, so that the fuzzer starts from deep inside."""
    log = {**environment, "CLR_FUZZ_LOG": "1"}
    seeds = sorted(write_program_seeds().iterdir())
    text = run([build_runtime_fuzzer(), *seeds], 120, tmp_path, log)
    failures = [line for line in text.splitlines() if line.startswith("fuzz.dll ")]
    assert [f for f in failures if "abstract method" not in f] == []
    assert text.count("Executed ") == len(seeds) > 10


def test_truncated_at_every_64_bytes(tmp_path: Path, environment: dict[str, str]) -> None:
    seeds = sorted(write_program_seeds().iterdir())
    expected = sum(-(-path.stat().st_size // 64) for path in seeds)
    text = run([build_runtime_corrupt(), "truncate", "64", *seeds], 300, tmp_path, environment)
    assert variants(text) == expected > 1000


@pytest.mark.parametrize(("name", "step"), [("vm.exe", 17), ("tree.exe", 17), ("Opcodes.dll", 997)])
def test_flipped_bits(tmp_path: Path, environment: dict[str, str], name: str, step: int) -> None:
    path = write_program_seeds() / name
    text = run([build_runtime_corrupt(), "flip", str(step), path], 300, tmp_path, environment)
    assert variants(text) == -(-path.stat().st_size * 8 // step)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_every_seed_compiles_with_a_fault_on(
    tmp_path: Path, environment: dict[str, str], fault: str
) -> None:
    """A switch makes wrong code for everything here, and nothing else goes wrong."""
    seeds = sorted(write_program_seeds().iterdir())
    on = {**environment, "CLR_FUZZ_FAULTS": fault}
    text = run([build_runtime_fuzzer(), *seeds], 120, tmp_path, on)
    assert text.count("Executed ") == len(seeds)


@pytest.mark.parametrize("kilobytes", [0, 300, 600, 1200])
def test_memory_runs_out_anywhere(
    tmp_path: Path, environment: dict[str, str], kilobytes: int
) -> None:
    """Wherever loading or compiling is when it happens: an error says so, and it goes on."""
    seeds = sorted(write_program_seeds().iterdir())
    little = {**environment, "CLR_FUZZ_ROOM": str(kilobytes), "CLR_FUZZ_LOG": "1"}
    text = run([build_runtime_fuzzer(), *seeds], 120, tmp_path, little)
    assert text.count("Executed ") == len(seeds)
    assert "out of memory" in text


PLANTED: dict[str, tuple[str, str, str, Case | None]] = {
    "static data": (
        "reference_kernel/runtime/types/layout.c",
        "if (!(field->flags & FIELD_STATIC)) {   /* its offset", "if (0) {   /* its offset",
        instance_field_with_data,
    ),
    "fields that overlap": (
        "reference_kernel/runtime/types/layout.c",
        "at += size;\n        if (at > MAX_INST", "at += size / 2;\n        if (at > MAX_INST",
        None,
    ),
    "stack depth at a merge": (
        "jit/src/blocks.c", "if (state->depth != c->depth) {", "if (0) {", None,
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_missing_check_is_found(
    tmp_path: Path, environment: dict[str, str], name: str
) -> None:
    """The harness bites: with one check taken out of a copy of the sources, it fails."""
    file, old, new, case = PLANTED[name]
    shutil.copytree(RUNTIME.parent, tmp_path / "reference_kernel")
    shutil.copytree(JIT, tmp_path / "jit")
    path = tmp_path / file
    source = path.read_text()
    assert source.count(old) == 1
    path.write_text(source.replace(old, new))
    tool = build_runtime_corrupt(f"planted-runtime-{name.replace(' ', '-')}", tmp_path)
    if case is None:
        step, image = "37", write_program_seeds() / "Opcodes.dll"
    else:
        step, image = "48", tmp_path / "hostile.dll"    # most hit bytes that nobody looks at
        image.write_bytes(build(case))
    command: list[str | Path] = [tool, "flip", step, image]
    done = subprocess.run(
        command, capture_output=True, check=False, timeout=300, env={**os.environ, **environment}
    )
    assert done.returncode != 0
    assert b"ERROR: " in done.stderr or b"runtime error: " in done.stderr, done.stderr


def test_libfuzzer_finds_nothing(tmp_path: Path, environment: dict[str, str]) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    text = run(
        [build_runtime_fuzzer(), f"-max_total_time={SECONDS}", "-timeout=5", "-rss_limit_mb=1500",
         "-max_len=40000", f"-artifact_prefix={tmp_path}/", "-print_final_stats=1", corpus,
         write_program_seeds(), write_seeds()],
        SECONDS + 120, tmp_path, {**environment, "CLR_FUZZ_FAULTS": "mixed"},
    )
    assert executed(text) > 300


@pytest.mark.parametrize(
    ("case", "text"),
    [pytest.param(case, text, id=name) for name, case, text in CASES],
)
def test_hostile_assembly(
    tmp_path: Path, environment: dict[str, str], case: Case, text: str | None
) -> None:
    """One thing is wrong: it is said what, and nothing breaks."""
    path = tmp_path / "hostile.dll"
    path.write_bytes(build(case))
    done = subprocess.run(
        [build_runtime_fuzzer(), "-timeout=10", path], capture_output=True, check=False, timeout=60,
        cwd=tmp_path, env={**os.environ, **environment, "CLR_FUZZ_LOG": "1"},
    )
    output = done.stderr.decode("utf-8", "replace")
    assert done.returncode == 0, output[-3000:]
    said = [line for line in output.splitlines()
            if line.startswith("fuzz.dll") and "no entry point" not in line]
    if text is None:
        assert said == []
    else:
        assert any(text in line for line in said), said
