"""The accessors' edges, checked in C (md_api.c)."""

import subprocess
from pathlib import Path

from tests.runtime_metadata.tools import build_api_test


def test_api(samples: dict[str, Path]) -> None:
    done = subprocess.run(
        [build_api_test(), samples["shapes.exe"]], capture_output=True, text=True, check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
