"""The list of faults on the host is the kernel's."""

from __future__ import annotations

import re

import pytest

from qemu_scripts import faults, paths
from qemu_scripts.errors import UsageError


def test_the_fifteen_of_the_kernel_s_table() -> None:
    text = (paths.KERNEL_SOURCES / "runtime" / "types" / "faults.c").read_text()
    names = re.findall(r'\{ "([a-z0-9-]+)", \w*FAULT_', text)
    assert sorted(names) == sorted(faults.FAULTS)
    assert len(faults.FAULTS) == 15


@pytest.mark.parametrize(
    "text",
    ["dup-large-vt", "dup-large-vt,stack-arg-shift", "dup-large-vt@prog!My.*::M?,width-truncate"],
)
def test_good_specifications(text: str) -> None:
    assert faults.check(text) == text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nope", "there is no fault 'nope'.*this-not-homed"),
        ("", "there is no fault ''"),
        ("dup-large-vt,", "there is no fault ''"),
        ("dup-large-vt@x", "not ASSEMBLY!TYPE::METHOD"),
        ("dup-large-vt@a!b c::d", "not ASSEMBLY!TYPE::METHOD"),
    ],
)
def test_bad_specifications(text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        faults.check(text)
