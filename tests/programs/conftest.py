"""Makes the shared helpers importable, and gives mono an encoding that has all characters."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


@pytest.fixture(autouse=True)
def utf8(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mono writes `?` for what the locale's encoding lacks; the guest always writes UTF-8."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
