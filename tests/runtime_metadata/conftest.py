"""Fixtures: the sanitized dump tool and the sample assemblies, built once per run."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.runtime_metadata import tools


@pytest.fixture(scope="session")
def mddump() -> Path:
    """build/tests/mddump, gcc with address and undefined-behaviour sanitizers."""
    return tools.build_mddump()


@pytest.fixture(scope="session")
def samples() -> dict[str, Path]:
    """The sample assemblies compiled by mcs, by file name."""
    return tools.build_samples()
