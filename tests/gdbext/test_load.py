"""`source gdbext/init.py`, with and without a target, and what it says when something is wrong."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from qemu_scripts import paths

from .conftest import INIT, Guest, run_gdb, words

LINE = re.compile(r"^clrscope: \d+ commands; start with clr-frame or help clr$", re.M)


def test_one_line_without_a_target() -> None:
    done = run_gdb(*words([f"source {INIT}"]))
    assert LINE.fullmatch(done.out.strip()), done.text
    assert done.err == ""


def test_twice_is_harmless() -> None:
    done = run_gdb(*words([f"source {INIT}", f"source {INIT}", "show clr elements"]))
    assert len(LINE.findall(done.out)) == 2 and "clr elements is 32." in done.out, done.text
    assert done.err == ""


def test_a_broken_module_costs_its_own_commands_only(tmp_path: Path) -> None:
    for name in ("gdbext", "decoders"):
        shutil.copytree(paths.ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(paths.ROOT / ".venv")
    (tmp_path / "gdbext" / "commands" / "aaa.py").write_text("import no_such_thing\n")
    done = run_gdb(*words([f"source {tmp_path / 'gdbext' / 'init.py'}", "help clr-frame"]))
    assert LINE.search(done.out), done.text
    assert "Usage: clr-frame" in done.out, done.text
    assert done.err.splitlines() == [
        "clrscope: gdbext/commands/aaa.py does not load and its commands are missing: "
        "ModuleNotFoundError: No module named 'no_such_thing'"
    ]


def test_commands_say_that_there_is_no_target() -> None:
    done = run_gdb(*words([f"source {INIT}", "clr-frame"]))
    assert done.err.startswith("there is no target: attach with `target remote SOCKET`"), done.text


@pytest.mark.guest
def test_symbols_missing(faulted: Guest) -> None:
    done = faulted.gdb("clr-frame", symbols=False)
    assert "load the kernel's with `file kernel.elf`" in done.err, done.text


@pytest.mark.guest
def test_at_reset_the_contract_is_not_there_yet(at_reset: Guest) -> None:
    done = at_reset.gdb("clr-frame")
    assert "let the kernel boot first" in done.err, done.text


@pytest.mark.guest
@pytest.mark.parametrize("order", ["source first", "attach first"])
def test_before_and_after_the_target(faulted: Guest, order: str) -> None:
    if order == "source first":
        done = faulted.gdb("clr-contract")
    else:
        done = faulted.gdb(f"source {INIT}", "clr-contract", source=False)
    assert "KernelTypes" in done.out, done.text
