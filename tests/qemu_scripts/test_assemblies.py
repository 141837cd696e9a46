"""A program's assemblies are found by its AssemblyRef table."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from qemu_scripts import assemblies
from qemu_scripts.errors import UsageError

Compile = Callable[..., Path]


@pytest.fixture
def chain(tmp_path: Path, mcs_compile: Compile) -> Path:
    """main.exe -> middle.dll -> leaf.dll, all in one folder."""
    sources = {
        "leaf": "public class Leaf { public static int One() { return 1; } }",
        "middle": "public class Middle { public static int Two() { return Leaf.One() + 1; } }",
        "main": "class P { static int Main() { return Middle.Two(); } }",
    }
    for name, text in sources.items():
        (tmp_path / f"{name}.cs").write_text(text)
    leaf = mcs_compile(tmp_path / "leaf.cs", library=True)
    middle = mcs_compile(tmp_path / "middle.cs", library=True, references=[leaf])
    main = mcs_compile(tmp_path / "main.cs", references=[middle, leaf])
    folder = tmp_path / "laid"
    folder.mkdir()
    for file in (leaf, middle, main):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_references_are_followed(chain: Path, tmp_path: Path) -> None:
    files = assemblies.with_dependencies(chain / "main.exe", bundled=tmp_path / "none")
    assert [file.name for file in files] == ["main.exe", "middle.dll", "leaf.dll"]


def test_what_is_bundled_need_not_lie_beside(chain: Path, tmp_path: Path) -> None:
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    (chain / "leaf.dll").rename(bundled / "leaf.dll")
    files = assemblies.with_dependencies(chain / "main.exe", bundled=bundled)
    assert files[-1] == bundled / "leaf.dll"


def test_a_missing_assembly_is_named_with_its_user(chain: Path, tmp_path: Path) -> None:
    (chain / "leaf.dll").unlink()
    with pytest.raises(UsageError, match=r"leaf, which middle\.dll refers to"):
        assemblies.with_dependencies(chain / "main.exe", bundled=tmp_path)


def test_a_library_is_no_program(chain: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no entry point"):
        assemblies.with_dependencies(chain / "leaf.dll", bundled=tmp_path)


def test_the_class_library_is_served_by_korlib(chain: Path) -> None:
    assert assemblies.read(chain / "leaf.dll").references == ("mscorlib",)
    assert "mscorlib" in assemblies.SERVED_BY_KORLIB


@pytest.mark.parametrize("content", [b"", b"MZ", b"#!/bin/sh\n", os.urandom(4096)])
def test_files_that_are_no_assemblies(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.exe"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"x\.exe is not a \.NET assembly"):
        assemblies.read(file)


def test_a_truncated_assembly(chain: Path, tmp_path: Path) -> None:
    whole = (chain / "main.exe").read_bytes()
    file = tmp_path / "cut.exe"
    for length in range(0, len(whole), 97):
        file.write_bytes(whole[:length])
        try:
            assemblies.read(file)
        except UsageError as error:
            assert "is not a .NET assembly" in str(error)


def test_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        assemblies.read(tmp_path / "none.exe")


def test_arguments_end_with_nul_each_and_bytes_survive() -> None:
    raw = os.fsdecode(b"\xff\xfe")
    assert assemblies.encode_arguments(["a", "", "ü", raw]) == b"a\0\0\xc3\xbc\0\xff\xfe\0"
