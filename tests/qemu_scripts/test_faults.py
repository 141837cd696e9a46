"""The list of faults on the host is the kernel's."""

from __future__ import annotations

import re

import pytest

from qemu_scripts import faults, paths
from qemu_scripts.errors import UsageError


def test_the_fifteen_of_the_kernel_s_table() -> None:
    tables = list(paths.KERNEL_SOURCES.rglob("rt_faults.[ch]"))
    assert tables, "the kernel's table of faults (rt_faults.h or .c) is not there"
    text = "".join(table.read_text() for table in tables)
    names = re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"', text)
    assert sorted(set(names)) == sorted(faults.FAULTS)
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
