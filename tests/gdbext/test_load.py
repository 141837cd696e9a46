"""`source gdbext/init.py`, with and without a target, and what it says when something is wrong."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from gdbext.requirements import NEEDED
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


def test_it_loads_no_decoder() -> None:
    """Speed of `source`: what decodes, and every package, is for the first use."""
    done = run_gdb(*words([f"source {INIT}", "python import sys; print(*sorted(sys.modules))"]))
    loaded = done.out.splitlines()[-1].split()
    ours = {name for name in loaded if name.partition(".")[0] == "decoders"}
    assert "gdbext.command" in loaded and ours == {"decoders", "decoders.errors"}, done.text
    assert not set(loaded) & set(NEEDED), done.text


def test_every_declaration_leads_somewhere() -> None:
    done = run_gdb(*words([
        f"source {INIT}", "python from gdbext import command, deferred, functions, unwinder",
        "python for s in command.SPECS.values(): assert s.runner().__doc__, s.name",
        "python for f in functions.FUNCTIONS: "
        "assert deferred.load('gdbext.function_values', f.name).__doc__, f.name",
        "python from decoders.contract import SYMBOL; print(unwinder._CONTRACT == SYMBOL)",
        "python print(len(command.SPECS))",
    ]))
    assert done.err == "" and done.out.splitlines()[1] == "True", done.text
    assert int(done.out.splitlines()[2]) > 30


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A checkout with our Python code and links to the installed packages."""
    for name in ("gdbext", "decoders"):
        shutil.copytree(paths.ROOT / name, tmp_path / name)
    for site in (paths.ROOT / ".venv" / "lib").glob("python*/site-packages"):
        made = tmp_path / site.relative_to(paths.ROOT)
        made.mkdir(parents=True)
        for entry in site.iterdir():
            if not entry.name.startswith("__editable__"):
                (made / entry.name).symlink_to(entry)
    return tmp_path


def test_a_broken_declaration_costs_its_own_commands_only(copied: Path) -> None:
    (copied / "gdbext" / "declared" / "aaa.py").write_text("import no_such_thing\n")
    done = run_gdb(*words([f"source {copied / 'gdbext' / 'init.py'}", "help clr-frame"]))
    assert LINE.search(done.out), done.text
    assert "Usage: clr-frame" in done.out, done.text
    assert done.err.splitlines() == [
        "clrscope: gdbext/declared/aaa.py does not load and its commands are missing: "
        "ModuleNotFoundError: No module named 'no_such_thing'"
    ]


def test_a_broken_command_says_so_when_it_is_used(copied: Path) -> None:
    (copied / "gdbext" / "commands" / "catch.py").write_text("import no_such_thing\n")
    done = run_gdb(*words([
        f"source {copied / 'gdbext' / 'init.py'}", "help clr-catch", "clr-catch", "clr-frame"]))
    assert LINE.search(done.out) and "Usage: clr-catch" in done.out, done.text
    assert done.err.splitlines() == [
        "gdbext/commands/catch.py does not load: ModuleNotFoundError: No module named "
        "'no_such_thing'",
        "there is no target: attach with `target remote SOCKET` (see clrscope run --gdb) or load a "
        "dump with `core FILE`",
    ]


@pytest.mark.parametrize(("version", "complaint"), [
    (None, r"the Python package dncil is missing for python3\.\d+"),
    ("1.0.1", r"the Python package dncil 1\.0\.1 is too old \(1\.0\.2 or newer is needed\)"),
])
def test_packages_that_do_not_fit(copied: Path, version: str | None, complaint: str) -> None:
    site, = (copied / ".venv" / "lib").glob("python*/site-packages")
    for entry in site.glob("dncil*"):
        if version is None or entry.name.endswith(".dist-info"):
            entry.unlink()
    if version is not None:
        (site / f"dncil-{version}.dist-info").mkdir()
    done = run_gdb(*words([f"source {copied / 'gdbext' / 'init.py'}", "clr-frame"]))
    first, second = done.err.splitlines()
    sentence = rf"clrscope: {complaint}: run `{copied}/install\.sh` once"
    assert re.fullmatch(sentence, first), done.text
    assert second.startswith('Undefined command: "clr-frame"') and done.out == ""


@pytest.mark.parametrize(("pretend", "complaint"), [
    ("gdb.VERSION = '12.1'",
     "clrscope: gdb 12.1 is too old: 13.1 or newer is needed; install one and start it instead"),
    ("gdb.VERSION = '13.0.50.20221227-git'",
     "clrscope: gdb 13.0.50.20221227-git is too old: 13.1 or newer is needed; install one and "
     "start it instead"),
    ("import sys; sys.version_info = (3, 10, 12)",
     "clrscope: this gdb embeds Python 3.10: a gdb with Python 3.11 or newer is needed"),
])
def test_what_is_too_old(pretend: str, complaint: str) -> None:
    done = run_gdb(*words([f"python {pretend}", f"source {INIT}"]))
    assert (done.out, done.err) == ("", complaint + "\n"), done.text


def test_the_packages_are_those_of_the_project() -> None:
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())["project"]
    declared = dict(re.findall(r"^([\w.-]+)>=([\d.]+)", "\n".join(project["dependencies"]), re.M))
    used = {name: least for name, least in declared.items() if name not in ("pygdbmi", "qemu.qmp")}
    assert used == NEEDED


def test_the_settings_are_listed() -> None:
    done = run_gdb(*words([f"source {INIT}", "set clr elements 3", "show clr", "set clr nothing"]))
    assert "\nclr elements is 3.\n    How many elements" in done.out, done.text
    assert "\nclr ram is not set.\n" in done.out and done.out.count("\nclr ") == 8
    assert done.err == "there is no setting 'nothing'; `show clr` lists them\n"


def test_commands_say_that_there_is_no_target() -> None:
    done = run_gdb(*words([f"source {INIT}", "clr-frame"]))
    assert done.err.startswith("there is no target: attach with `target remote SOCKET`"), done.text


@pytest.mark.guest
def test_symbols_missing(faulted: Guest) -> None:
    done = faulted.gdb("clr-frame", symbols=False)
    assert "load the kernel's with `file kernel.elf`" in done.err, done.text


@pytest.mark.guest
def test_at_reset_the_contract_is_not_there_yet(at_reset: Guest) -> None:
    done = at_reset.gdb("clr-frame", "bt 1")
    assert "let the kernel boot first" in done.err, done.text
    assert "#0  0x000000000000fff0 in ?? ()" in done.out, done.text


@pytest.mark.guest
@pytest.mark.parametrize("order", ["source first", "attach first"])
def test_before_and_after_the_target(faulted: Guest, order: str) -> None:
    if order == "source first":
        done = faulted.gdb("clr-contract")
    else:
        done = faulted.gdb(f"source {INIT}", "clr-contract", source=False)
    assert "KernelTypes" in done.out, done.text


@pytest.mark.guest
@pytest.mark.parametrize("order", ["source first", "attach first"])
def test_decoders_are_loaded_when_the_machine_comes(faulted: Guest, order: str) -> None:
    ask = "python import sys; print('gdbext.commands.frames' in sys.modules)"
    if order == "source first":
        done = faulted.gdb(ask)
    else:
        done = faulted.gdb(ask, f"source {INIT}", ask, source=False)
        assert "False" in done.out, done.text
    assert done.out.splitlines()[-1] == "True", done.text
