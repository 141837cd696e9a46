"""Guests and dumps that misbehave: one sentence, the right status, nothing left behind."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import signal
import struct
import subprocess
from pathlib import Path

import pytest

from decoders.memory.coredump import extents
from qemu_scripts import paths
from qemu_scripts.processes import RunState, read_state, runs, wait_until
from tests.conftest import Compile
from tests.postmortem.conftest import (
    Result,
    TinyKernel,
    command_line,
    postmortem,
    sentence,
)

pytestmark = pytest.mark.guest
PROGRAMS = Path(__file__).parent / "programs"


# Kernels that never publish a contract.


def test_a_guest_that_floods_its_console(tiny_kernel: TinyKernel, tmp_path: Path) -> None:
    kernel = tiny_kernel("flood", "    mov $0x3f8, %dx\n1:  mov $'A', %al\n    out %al, %dx\n"
                                  "    jmp 1b\n")
    result = postmortem(tmp_path / "out", "--kernel", kernel, "--timeout", "2")
    assert result.status == 3, result.out + result.err
    assert result.out.startswith("HANG: the guest did not end within 2 seconds")
    assert 0 < (result.folder / "serial.log").stat().st_size <= 16 << 20
    assert len(result.report["serial_tail"][-1]) < 2 << 20


def test_a_guest_that_does_nothing(tiny_kernel: TinyKernel, tmp_path: Path) -> None:
    kernel = tiny_kernel("idle", "    cli\n1:  hlt\n    jmp 1b\n")
    result = postmortem(tmp_path / "out", "--kernel", kernel, "--timeout", "1")
    assert result.status == 3, result.out + result.err
    assert any("contract" in p for p in result.report["problems"])
    again = postmortem(tmp_path / "again", "--kernel", kernel, "--core", result.core)
    assert again.status == 3
    assert again.files() == result.files()


def test_a_triple_fault_before_there_is_a_contract(
    tiny_kernel: TinyKernel, tmp_path: Path
) -> None:
    kernel = tiny_kernel("triple", "    lidt nothing\n    ud2\n")
    result = postmortem(tmp_path / "out", "--kernel", kernel, "--timeout", "20")
    assert result.status == 1, result.out + result.err
    assert result.out.startswith("WRONG: the machine reset itself (a triple fault)")
    assert result.core.exists()


def test_a_guest_with_little_memory_has_a_verdict(
    mcs_compile: Compile, build: Path, tmp_path: Path
) -> None:
    # It runs (and then it spins), or the kernel panics for want of memory: never a traceback.
    program = mcs_compile(PROGRAMS / "spins.cs")
    result = postmortem(tmp_path / "out", "--program", program, "--memory", "16M",
                        "--timeout", "2")
    assert result.status in (1, 3), result.out + result.err


# QEMU.


def test_a_killed_qemu(mcs_compile: Compile, build: Path, tmp_path: Path) -> None:
    program = mcs_compile(PROGRAMS / "spins.cs")
    process = subprocess.Popen(
        command_line("--program", program, "--timeout", "60", "--out", tmp_path / "out"),
        cwd=paths.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    output = tmp_path / "out" / "program.out"
    assert wait_until(lambda: output.exists() and output.stat().st_size > 0, 60)
    state = _run_of(process.pid)
    emulator = next(c for c in state.children if _is_qemu(c.pid))
    os.kill(emulator.pid, signal.SIGKILL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2, out + err
    assert "QEMU ended by signal 9" in out and "Traceback" not in err
    assert not any(c.alive() for c in state.children)


def _run_of(pid: int) -> RunState:
    """The run that this process owns, among all that go on beside it."""
    states = (read_state(folder) for folder in runs())
    return next(state for state in states if state is not None and state.owner.pid == pid)


def _is_qemu(pid: int) -> bool:
    return b"qemu-system" in Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_post_mortem(
    mcs_compile: Compile, build: Path, tmp_path: Path, number: signal.Signals
) -> None:
    program = mcs_compile(PROGRAMS / "spins.cs")
    process = subprocess.Popen(
        command_line("--program", program, "--timeout", "60", "--out", tmp_path / "out"),
        cwd=paths.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    output = tmp_path / "out" / "program.out"
    assert wait_until(lambda: output.exists() and output.stat().st_size > 0, 60)
    state = _run_of(process.pid)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number, out + err
    assert "Traceback" not in err
    assert not any(c.alive() for c in state.children)


def test_a_kernel_that_qemu_cannot_start(tmp_path: Path, build: Path) -> None:
    kernel = tmp_path / "text.elf"
    kernel.write_text("no kernel")
    result = postmortem(tmp_path / "out", "--kernel", kernel)
    assert result.status == 2
    assert "is not a 64-bit little-endian ELF file" in sentence(result)


# Command lines.


@pytest.mark.parametrize(("options", "said"), [
    (["--fault", "no-such-fault"], "no-such-fault"),
    (["--timeout", "never"], "never"),
    (["--timeout", "-1"], "-1"),
    (["--accel", "magic"], "magic"),
    (["--core", "/nowhere/guest.core"], "No such file or directory"),
    (["--core", "/tmp", "--fault", "this-not-homed"], "--core starts none"),
    (["--program", "/nowhere/x.exe"], "x.exe"),
    (["--memory", "3"], "--memory"),
    (["--no-such-option"], "--no-such-option"),
])
def test_bad_usage_is_status_2(
    options: list[str], said: str, build: Path, tmp_path: Path
) -> None:
    result = postmortem(tmp_path / "out", *options)
    assert result.status == 2
    assert said in sentence(result)


def test_a_folder_that_cannot_be_made(build: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = postmortem(tmp_path / "file" / "out", "--fault", "this-not-homed")
    assert result.status == 2
    assert "cannot be written to" in sentence(result)


# Dumps.


def test_foreign_files_are_no_dumps(tmp_path: Path, build: Path) -> None:
    foreign = tmp_path / "foreign"
    elf_core = bytearray(64)
    elf_core[:20] = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 4, 62)
    elf_core[52:58] = struct.pack("<HHH", 64, 56, 0)
    for content, said in (
        (b"", "no intact dump"), (b"a text\n" * 100, "no intact dump"),
        (paths.KERNEL.read_bytes(), "no intact dump"), (bytes(elf_core), "no intact dump"),
        (gzip.compress(b"a text"), "no intact dump"), (b"\x1f\x8b and then nonsense", "damaged"),
        (os.urandom(4096), "no intact dump"),
    ):
        foreign.write_bytes(content)
        result = postmortem(tmp_path / "out", "--core", foreign)
        assert result.status == 2, content[:16]
        assert said in sentence(result)
    result = postmortem(tmp_path / "out", "--core", tmp_path)
    assert result.status == 2 and "directory" in sentence(result)


def test_truncated_and_flipped_dumps(faulted: Result, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.core"
    size = faulted.core.stat().st_size
    for length in (100, 5000, size // 2, size - 4096):
        subprocess.run(["cp", "--sparse=always", faulted.core, damaged], check=True)
        os.truncate(damaged, length)
        result = postmortem(tmp_path / "out", "--core", damaged)
        assert result.status == 2, length
        assert "no intact dump" in sentence(result)
    generator = random.Random(3)
    parts = extents(faulted.core)
    for _ in range(4):
        subprocess.run(["cp", "--sparse=always", faulted.core, damaged], check=True)
        start, end = generator.choice(parts)
        at = generator.randrange(start, end)
        with damaged.open("r+b") as stream:
            stream.seek(at)
            old = stream.read(1)[0]
            stream.seek(at)
            stream.write(bytes([old ^ 0x10]))
        result = postmortem(tmp_path / "out", "--core", damaged)
        assert result.status == 2, at
        assert "damaged" in sentence(result) or "no intact dump" in sentence(result)


def test_a_dump_of_another_build(
    faulted: Result, tiny_kernel: TinyKernel, tmp_path: Path
) -> None:
    kernel = tiny_kernel("other", "1:  jmp 1b\n")
    result = postmortem(tmp_path / "out", "--core", faulted.core, "--kernel", kernel)
    assert result.status == 2
    assert "was made by kernel build" in sentence(result)


def test_no_room_for_the_dump(build: Path, tmp_path: Path) -> None:
    if not os.access("/dev/shm", os.W_OK) or shutil.which("unshare") is None:
        pytest.skip("no private mounts here")
    folder = tmp_path / "out"
    folder.mkdir()
    script = (f'mount -t tmpfs -o size=300k none "{folder}" || exit 77; "$@"; '
              f'status=$?; ls -A "{folder}" > "{tmp_path}/left"; exit $status')
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh",
         *command_line("--fault", "this-not-homed", "--out", folder)],
        capture_output=True, text=True, cwd=paths.ROOT, check=False, timeout=120)
    if done.returncode == 77:
        pytest.skip(f"no private mounts here: {done.stderr.strip()}")
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout.startswith("WRONG: argument-home")
    assert len(done.stderr.splitlines()) == 1 and "No space left on device" in done.stderr
    left = (tmp_path / "left").read_text().split()
    assert not [name for name in left if name.startswith((".", "guest"))], left
