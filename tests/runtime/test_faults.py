"""The option jit.fault: every name, scopes, and what is said about a wrong one."""

from __future__ import annotations

import ctypes

import pytest

from qemu_scripts.faults import FAULTS


def parse(library: ctypes.CDLL, option: str) -> str | None:
    """None when it is accepted, the sentence otherwise."""
    message = ctypes.create_string_buffer(1000)
    accepted = library.faults_parse(option.encode(), message, len(message))
    return None if accepted else message.value.decode()


def test_the_table_is_the_documented_one(library: ctypes.CDLL) -> None:
    names: list[str] = []
    while name := library.faults_name(ctypes.c_size_t(len(names))):
        names.append(name.decode())
    assert names == list(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_each_name_is_accepted(library: ctypes.CDLL, name: str) -> None:
    assert parse(library, name) is None
    assert parse(library, f"{name}@a*!N.T?pe+Inner::M*,{name}") is None


@pytest.mark.parametrize("option", ["no-such", "this-not-homed,", "this-not-home", "Dup-Large-Vt"])
def test_an_unknown_name_is_told_with_the_known_ones(library: ctypes.CDLL, option: str) -> None:
    if option.endswith(","):
        assert parse(library, option) is None
        return
    message = parse(library, option)
    assert message is not None and option in message
    assert all(name in message for name in FAULTS)


@pytest.mark.parametrize("scope", ["", "x" * 200])
def test_a_scope_that_is_none(library: ctypes.CDLL, scope: str) -> None:
    message = parse(library, f"dup-large-vt@{scope}")
    assert message is not None and "scope" in message


def test_nothing_is_on_after_a_refusal(library: ctypes.CDLL) -> None:
    assert parse(library, "dup-large-vt,nonsense") is not None
    assert parse(library, "") is None
