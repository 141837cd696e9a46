"""Gives mono an encoding that has all characters, and the culture that korlib has."""

import pytest


@pytest.fixture(autouse=True)
def invariant(monkeypatch: pytest.MonkeyPatch) -> None:
    """The locale decides about both; the guest always writes UTF-8, in the invariant culture."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
