"""Hostile images: deterministic corruption and a bounded run of libFuzzer.

A longer run by hand: `python -m tests.fuzz.seeds`, then
`build/tests/fuzz_metadata -timeout=5 -max_len=32768 CORPUS build/tests/seeds`.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fuzz.builds import build_corrupt, build_fuzzer
from tests.fuzz.run_tool import executed, run, variants
from tests.fuzz.seeds import write_seeds
from tests.runtime_metadata.tools import READER

SECONDS = 10


def test_truncated_at_every_64_bytes(tmp_path: Path) -> None:
    seeds = sorted(write_seeds().iterdir())
    expected = sum(-(-path.stat().st_size // 64) for path in seeds)
    text = run([build_corrupt(), "truncate", "64", *seeds], 60, tmp_path)
    assert variants(text) == expected > 300


@pytest.mark.parametrize(
    ("name", "step"), [("tiny.exe", 1), ("pointers.dll", 1), ("wide.dll", 1), ("shapes.exe", 7)]
)
def test_flipped_bits(tmp_path: Path, name: str, step: int) -> None:
    """Every bit of the small images, every seventh of the large one."""
    path = write_seeds() / name
    text = run([build_corrupt(), "flip", str(step), path], 120, tmp_path)
    assert variants(text) == -(-path.stat().st_size * 8 // step)


PLANTED = {
    "blob size": ("md_heaps.c", "prefix == 0 || size > left - prefix", "prefix == 0"),
    "list limit": ("md_columns.c", " || to > limit", ""),
    "clause type": ("md_body.c", "c.flags == MD_EH_CATCH &&", "false &&"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_missing_check_is_found(tmp_path: Path, name: str) -> None:
    """The harness bites: with one check taken out of a copy of the reader, bit flips fail."""
    file, old, new = PLANTED[name]
    broken = tmp_path / "reader"
    shutil.copytree(READER, broken)
    source = (broken / file).read_text()
    assert source.count(old) == 1
    (broken / file).write_text(source.replace(old, new))
    tool = build_corrupt(f"planted-{name.replace(' ', '-')}", broken)
    done = subprocess.run(
        [tool, "flip", "1", write_seeds() / "plain.dll"], capture_output=True, check=False,
        timeout=60,
    )
    assert done.returncode != 0 and b"ERROR: " in done.stderr


def test_libfuzzer_finds_nothing(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    text = run(
        [build_fuzzer(), f"-max_total_time={SECONDS}", "-timeout=5", "-rss_limit_mb=1024",
         "-max_len=32768", f"-artifact_prefix={tmp_path}/", "-print_final_stats=1", corpus,
         write_seeds()],
        SECONDS + 60, tmp_path,
    )
    assert executed(text) > 1000
