"""`run` around a real QEMU; the kernel in it is the echo kernel, which does what it is told."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qemu_scripts import cli, paths, processes, run
from qemu_scripts.errors import EnvironmentFault, Interrupted, UsageError
from qemu_scripts.outcome import Kind
from qemu_scripts.run import RunOptions

Scenario = Callable[..., Path]
EXIT = b'@@clr {"event":"exit","kind":"kernel","status":0}\n'
FAULT = b'@@clr {"event":"fault","vector":14,"error":2,"cr2":"0x13","rip":"0x1000"}\n'
REFUSED = b'@@clr {"event":"compile-failed","assembly":"a","method":"T::M","il":4,"message":"no"}\n'
#: Every byte value, several times: more than a pipe holds.
BYTES = bytes(range(256)) * 300

pytestmark = pytest.mark.usefixtures("nothing_is_left")


@pytest.fixture
def nothing_is_left() -> Iterator[None]:
    """After each test no run's folder is left, but for guests that other tests share."""
    before = processes.runs()
    yield
    assert [one for one in processes.runs() if one not in before] == []


def test_a_healthy_run(scenario: Scenario, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    scenario(log=b"boot\n" + EXIT + b"done\n", out=b"", err=b"bad\n")
    result = run.run(RunOptions())
    assert (result.kind, result.status) == (Kind.EXIT, 0)
    out, err = capfdbinary.readouterr()
    assert b"boot\ndone\n" in out
    assert b"@@clr" not in out
    assert b"bad\n" in err


def test_output_is_passed_byte_for_byte(
    scenario: Scenario, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    scenario(log=EXIT, out=BYTES, err=BYTES)
    run.run(RunOptions())
    out, err = capfdbinary.readouterr()
    assert out == BYTES
    assert err == BYTES


def test_the_raw_console_goes_to_the_kernel_log(scenario: Scenario, tmp_path: Path) -> None:
    scenario(log=BYTES + b"\n" + EXIT)
    log = tmp_path / "kernel.log"
    run.run(RunOptions(kernel_log=log))
    assert log.read_bytes() == BYTES + b"\n" + EXIT


def test_verbose_shows_the_machine_readable_lines_too(
    scenario: Scenario, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    scenario(log=b"boot\n" + EXIT)
    run.run(RunOptions(verbose=True))
    assert capfdbinary.readouterr().out.startswith(b"boot\n" + EXIT)


def test_what_the_guest_is_given(scenario: Scenario, tmp_path: Path) -> None:
    scenario(log=EXIT, action=b"l")
    log = tmp_path / "log"
    faults = ("dup-large-vt", "width-truncate@a!b::c")
    run.run(RunOptions(fault=faults, trace=("stfld",), kernel_log=log))
    assert log.read_text().splitlines()[1:3] == [
        "kernel.elf onfault=exit oncompilefail=stop "
        "jit.fault=dup-large-vt,width-truncate@a!b::c jit.trace=stfld",
        "korlib.dll korlib.dll",
    ]


def test_a_fault(scenario: Scenario) -> None:
    scenario(log=b"!!! EXCEPTION\n" + FAULT)
    result = run.run(RunOptions())
    assert (result.kind, result.status) == (Kind.GUEST_FAULT, 120)
    assert "CR2=0x13" in result.message


def test_a_kernel_that_announces_its_exit_and_stays(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qemu_scripts.guest.EXIT_GRACE", 0.3)
    scenario(log=EXIT, action=b"h")
    assert run.run(RunOptions()).kind is Kind.EXIT


def test_a_time_out(scenario: Scenario) -> None:
    scenario(log=b"boot\n", action=b"h")
    result = run.run(RunOptions(timeout=0.5))
    assert (result.kind, result.status) == (Kind.TIMEOUT, 123)
    assert "0.5 seconds" in result.message


def test_a_fault_that_stops_outranks_the_time_out(scenario: Scenario) -> None:
    scenario(log=FAULT, action=b"h")
    assert run.run(RunOptions(timeout=0.5, on_fault="stop")).kind is Kind.GUEST_FAULT
    scenario(log=REFUSED, action=b"h")
    assert run.run(RunOptions(timeout=0.5)).kind is Kind.COMPILE_FAILURE
    assert run.run(RunOptions(timeout=0.5, on_compile_fail="continue")).kind is Kind.TIMEOUT


def test_a_triple_fault_is_a_lost_guest(scenario: Scenario) -> None:
    scenario(log=b"boot\n", action=b"t")
    result = run.run(RunOptions())
    assert (result.kind, result.status) == (Kind.LOST, 126)
    assert "triple fault" in result.message


def test_qemu_s_own_complaint_is_passed_on(scenario: Scenario) -> None:
    scenario(log=EXIT)
    result = run.run(RunOptions(memory="900000G"))
    assert (result.kind, result.status) == (Kind.ENVIRONMENT, 125)
    assert "QEMU could not start" in result.message


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything(scenario: Scenario, number: signal.Signals) -> None:
    scenario(log=b"boot\n", action=b"h")
    started: list[processes.RunState] = []

    def note(this: processes.Run) -> None:
        state = processes.read_state(this.folder)
        assert state is not None and state.alive()
        started.append(state)
        threading.Timer(0.3, os.kill, (os.getpid(), number)).start()

    with processes.interruptible(), pytest.raises(Interrupted) as interrupted:
        run.run(RunOptions(timeout=30), started=note)
    result = interrupted.value.outcome
    assert result is not None
    assert (result.kind, result.status) == (Kind.INTERRUPTED, 128 + number)
    assert result.extra["events"] == []
    assert not any(child.alive() for child in started[0].children)


def test_an_exception_ends_everything(scenario: Scenario) -> None:
    scenario(log=b"boot\n", action=b"h")

    def fail(_: processes.Run) -> None:
        raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        run.run(RunOptions(), started=fail)


def test_gdb_and_qmp_sockets_live_as_long_as_the_run(
    scenario: Scenario, socket_folder: Path
) -> None:
    scenario(log=EXIT)
    gdb, qmp = socket_folder / "gdb", socket_folder / "qmp"
    greeting: list[bytes] = []

    def talk(_: processes.Run) -> None:
        with socket.socket(socket.AF_UNIX) as monitor:
            deadline = time.monotonic() + 10
            while True:
                try:
                    monitor.connect(str(qmp))
                    break
                except OSError:
                    assert time.monotonic() < deadline
                    time.sleep(0.02)
            greeting.append(monitor.recv(4096))
            assert gdb.is_socket()
            monitor.sendall(b'{"execute":"qmp_capabilities"}{"execute":"quit"}')
            while monitor.recv(4096):
                pass

    result = run.run(RunOptions(gdb=gdb, qmp=qmp, paused=True), started=talk)
    assert b"QMP" in greeting[0]
    assert result.kind is Kind.LOST
    assert list(socket_folder.iterdir()) == []


def test_the_scratch_disk_is_made_and_a_given_one_is_kept(
    scenario: Scenario, tmp_path: Path
) -> None:
    scenario(log=EXIT)
    image = tmp_path / "disk.img"
    image.write_bytes(bytes(512))
    run.run(RunOptions(disk=image))
    assert image.read_bytes() == bytes(512)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (RunOptions(program=Path("none.exe")), "does not exist"),
        (RunOptions(disk=Path("none.img")), "does not exist"),
        (RunOptions(memory="1M"), "too little"),
        (RunOptions(fault=("no",)), "there is no fault"),
        (RunOptions(paused=True), "--paused needs"),
        (RunOptions(gdb=Path("/none/sock")), "does not exist"),
        (RunOptions(gdb=Path("/tmp/" + "x" * 120)), "longer than"),
        (RunOptions(kernel_log=Path("/none/log")), "cannot be written"),
        (RunOptions(memory_file=Path("/none/ram")), "does not exist"),
    ],
)
def test_bad_usage_is_told_before_anything_starts(
    scenario: Scenario, options: RunOptions, complaint: str
) -> None:
    scenario(log=EXIT)
    with pytest.raises(UsageError, match=complaint):
        run.run(options)


def test_sockets_that_are_taken(scenario: Scenario, socket_folder: Path) -> None:
    scenario(log=EXIT)
    file = socket_folder / "file"
    file.touch()
    with pytest.raises(UsageError, match="not a socket"):
        run.run(RunOptions(gdb=file))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socket_folder / "busy"))
        listener.listen()
        with pytest.raises(UsageError, match="in use"):
            run.run(RunOptions(qmp=socket_folder / "busy"))
    # Its listener is gone now: a stale socket is taken over.
    assert run.run(RunOptions(qmp=socket_folder / "busy")).kind is Kind.EXIT


def test_without_a_build(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario(log=EXIT)
    monkeypatch.setattr(paths, "KERNEL", Path("/none/kernel.elf"))
    with pytest.raises(EnvironmentFault, match="run `clrscope build` first"):
        run.run(RunOptions())


def test_the_status_file_of_the_command_line(scenario: Scenario, tmp_path: Path) -> None:
    file = tmp_path / "status.json"
    scenario(log=FAULT)
    assert cli.main(["run", "--json-status", str(file)]) == 120
    assert json.loads(file.read_text())["outcome"] == "guest-fault"
    assert cli.main(["run", "--json-status", str(file), "none.exe"]) == 124
    assert json.loads(file.read_text())["outcome"] == "bad-usage"


def test_a_status_file_that_could_never_be_written_is_told_first(
    scenario: Scenario, capfd: pytest.CaptureFixture[str]
) -> None:
    scenario(log=b"boot\n" + EXIT)
    assert cli.main(["run", "--json-status", "/none/status.json"]) == 124
    out, err = capfd.readouterr()
    assert out == ""
    assert "the folder /none does not exist" in err


@pytest.mark.parametrize("words", [
    ["--json-status", "FILE", "--trace", "nope"], ["--timeout", "abc", "--json-status=FILE"],
    ["--paused", "--json-status", "FILE", "--nope"]])
def test_a_refused_command_line_leaves_its_status_file(tmp_path: Path, words: list[str]) -> None:
    """Not the one of the run before."""
    file = tmp_path / "status.json"
    file.write_text("of yesterday")
    assert cli.main(["run", *(w.replace("FILE", str(file)) for w in words)]) == 124
    told = json.loads(file.read_text())
    assert (told["outcome"], told["status"]) == ("bad-usage", 124)
    assert "--help" in told["message"]


def test_the_program_s_own_words_name_no_status_file(tmp_path: Path) -> None:
    file = tmp_path / "mine"
    words = ["--trace", "nope", "x.exe", "--json-status", str(file)]
    assert cli.main(["run", *words]) == 124
    assert not file.exists()



def test_a_reader_that_goes_away_ends_the_run(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario(log=b"boot\n" * 1000, action=b"h")
    reading, writing = os.pipe()
    os.close(reading)
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real_write(writing if fd == 1 else fd, data))
    with pytest.raises(Interrupted) as interrupted:
        run.run(RunOptions(timeout=20))
    os.close(writing)
    assert interrupted.value.signum == signal.SIGPIPE


def test_an_output_that_is_full_is_one_sentence(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario(log=b"boot\n", action=b"h")
    with Path("/dev/full").open("wb", buffering=0) as full:
        real_write = os.write
        monkeypatch.setattr(
            os, "write", lambda fd, data: real_write(full.fileno() if fd == 1 else fd, data)
        )
        with pytest.raises(EnvironmentFault, match="cannot write to standard output: No space"):
            run.run(RunOptions(timeout=20))
