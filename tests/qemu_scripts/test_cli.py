"""The command line itself: help, bad usage, where a program's words begin."""

from __future__ import annotations

from pathlib import Path

import pytest

from qemu_scripts import cli, run
from qemu_scripts import outcome as outcome_module
from qemu_scripts.outcome import Kind, Outcome


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[run.RunOptions]:
    """What `run` is asked for; nothing is booted."""
    calls: list[run.RunOptions] = []

    def note(options: run.RunOptions) -> Outcome:
        calls.append(options)
        return Outcome(Kind.EXIT, 3, "fine", guest_status=3)

    monkeypatch.setattr(run, "run", note)
    return calls


def test_a_program_s_words_are_its_own(asked: list[run.RunOptions]) -> None:
    words = ["run", "--accel", "auto", "-v", "p.exe", "--fault", "-x", "--", "--help", ""]
    assert cli.main(words) == 3
    assert asked[0].program == Path("p.exe")
    assert asked[0].arguments == ("--fault", "-x", "--", "--help", "")
    assert asked[0].accel == "auto"
    assert asked[0].verbose
    assert asked[0].fault == ()


def test_no_program_is_the_driver_scenario(asked: list[run.RunOptions]) -> None:
    assert cli.main(["run", "--fault", "a", "--fault", "b"]) == 3
    assert asked[0].program is None
    assert asked[0].fault == ("a", "b")


def test_two_dashes_before_the_program(asked: list[run.RunOptions]) -> None:
    cli.main(["run", "--memory", "1G", "--", "p.exe", "-v"])
    assert asked[0].program == Path("p.exe")
    assert asked[0].arguments == ("-v",)


def test_the_time_limit_s_default() -> None:
    assert run.RunOptions().seconds == run.DRIVER_SCENARIO_TIMEOUT
    assert run.RunOptions(program=Path("p.exe")).seconds is None
    assert run.RunOptions(gdb=Path("g")).seconds is None
    assert run.RunOptions(program=Path("p.exe"), timeout=2).seconds == 2


def test_a_run_under_gdb_stops_at_a_fault_unless_told_otherwise() -> None:
    assert not run.RunOptions().stops_on_fault
    assert run.RunOptions(gdb=Path("g")).stops_on_fault
    assert not run.RunOptions(gdb=Path("g"), on_fault="exit").stops_on_fault


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["no-such-command"],
        ["run", "--no-such-option"],
        ["run", "--accel", "hvf"],
        ["run", "--timeout", "0"],
        ["run", "--timeout", "nan"],
        ["run", "--timeout", "x"],
        ["run", "--trace", "nothing"],
        ["run", "--disk"],
        ["run", "--acc", "tcg"],
        ["build", "no-such-target"],
        ["build", "-j", "0"],
        ["kill", "run-none"],
    ],
)
def test_bad_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 124
    err = capsys.readouterr().err
    assert err.startswith("clrscope: ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("command", cli.COMMANDS, ids=lambda command: command.name)
def test_help_of_each_command(command: cli.Command, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        cli.main([*command.name.split(), "--help"])
    assert leaving.value.code == 0
    text = capsys.readouterr().out
    assert "examples:" in text
    for example, _ in command.examples:
        assert example in text
        assert example.startswith(f"clrscope {command.name}")


def test_the_help_of_run_documents_the_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["run", "--help"])
    text = capsys.readouterr().out
    for status in outcome_module.STATUS.values():
        assert f"{status} " in text
