"""Every way to break a rule ends in the fatal path, with a record that says what happened."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Boot, qemu_argv

pytestmark = pytest.mark.guest

PAGE_FAULT = 14
PRESENT, WRITE, FETCH = 1, 2, 16

# test, vector, error code, CR2 (None: not looked at)
FAULTS = [
    ("null", PAGE_FAULT, WRITE, 0x13),
    ("read_low", PAGE_FAULT, 0, 0x100000),
    ("write_text", PAGE_FAULT, PRESENT | WRITE, 0xFFFFFFFF80100000),
    ("write_rodata", PAGE_FAULT, PRESENT | WRITE, None),
    ("text_alias", PAGE_FAULT, 0, 0xFFFF888000100000),
    ("run_data", PAGE_FAULT, PRESENT | FETCH, None),
    ("run_module", PAGE_FAULT, PRESENT | FETCH, None),
    ("write_module", PAGE_FAULT, PRESENT | WRITE, None),
    ("write_code", PAGE_FAULT, PRESENT | WRITE, 0xFFFFFFFFA0000000),
    ("run_alias", PAGE_FAULT, PRESENT | FETCH, 0xFFFF980000000000),
    ("stack_overflow", PAGE_FAULT, WRITE, None),
    ("int3_fill", 3, 0, None),
    ("protection", 13, 0, None),
    ("bad_rsp_ud", 6, 0, None),
    ("invalid_opcode", 6, 0, None),
    ("divide", 0, 0, None),
    ("double_fault", 8, 0, None),
    ("drivers_lost", PAGE_FAULT, 0, 40),
]
REGISTERS = "rip rsp rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15 cr2 cr3".split()


@pytest.mark.parametrize(("test", "vector", "error", "cr2"), FAULTS)
def test_fault(
    boot: Callable[..., Boot],
    tmp_path: Path,
    test: str,
    vector: int,
    error: int,
    cr2: int | None,
) -> None:
    module = tmp_path / "module"
    module.write_bytes(b"\xc3" * 100)
    run = boot(test, modules=[f"{module} m.dll"])
    assert run.status == 2 * 0x10 + 1, run.log
    (event,) = run.events
    assert (event["event"], event["vector"], event["error"]) == ("fault", vector, error)
    if cr2 is not None:
        assert int(event["cr2"], 16) == cr2
        assert f"!!! EXCEPTION {vector:04X}: Page Fault at CR2=0x{cr2:x}\n" in run.log
    else:
        assert f"!!! EXCEPTION {vector:04X}: " in run.log
    human = dict(re.findall(r"\b(R\w\w?|CR3) *=0x([0-9A-F]{16})", run.log))
    for name in REGISTERS:
        assert re.fullmatch(r"0x[0-9a-f]{16}", event[name]), name
        if name != "cr2":
            assert int(human[name.upper()], 16) == int(event[name], 16), name


def test_stack_overflow_hits_the_guard_page(boot: Callable[..., Boot]) -> None:
    (event,) = boot("stack_overflow").events
    assert 0xFFFFB00000000000 <= int(event["cr2"], 16) < 0xFFFFB00000001000


def test_broken_stack_pointer_still_leaves_a_frame(boot: Callable[..., Boot]) -> None:
    """#SS on hardware; TCG raises #GP for a push through a non-canonical rsp."""
    (event,) = boot("stack_segment").events
    assert event["vector"] in (12, 13)
    assert int(event["rsp"], 16) == 0x1234567800000000


def test_error_code_in_words(boot: Callable[..., Boot]) -> None:
    assert "Error code 0x2: supervisor write, page not present" in boot("null").log


def test_module_of_rip(boot: Callable[..., Boot]) -> None:
    assert boot("int3_fill").events[0]["module"] == "jit"
    assert boot("null").events[0]["module"] == "kernel"
    assert boot("run_data").events[0]["module"] == "unknown"


def test_panic(boot: Callable[..., Boot]) -> None:
    run = boot("panic")
    (event,) = run.events
    assert (event["event"], event["vector"]) == ("fault", 0x100)
    assert event["message"] == 'a "quoted" word\nand 42'
    assert run.status == 2 * 0x11 + 1


def test_software_stop_has_its_own_status(boot: Callable[..., Boot]) -> None:
    assert boot("fatal_stop").status == 2 * 0x21 + 1


def wait_for(path: Path, text: str) -> str:
    """The file's content once it holds text; fails after ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        content = path.read_text(errors="replace") if path.exists() else ""
        if text in content:
            return content
        time.sleep(0.02)
    pytest.fail(f"{text!r} did not appear in {path}:\n{content}")


def test_without_onfault_the_machine_stands_still(nucleus: Path, tmp_path: Path) -> None:
    guest = subprocess.Popen(qemu_argv(nucleus, tmp_path, "test=null"))
    try:
        wait_for(tmp_path / "log", "CR3=")
        time.sleep(0.2)
        assert guest.poll() is None
    finally:
        guest.kill()
        guest.wait()


def test_nmi_stops_a_busy_kernel(nucleus: Path, tmp_path: Path, socket_folder: Path) -> None:
    path = socket_folder / "monitor"
    argv = qemu_argv(nucleus, tmp_path, "test=nmi onfault=exit")
    guest = subprocess.Popen([*argv, "-monitor", f"unix:{path},server=on,wait=off"])
    try:
        wait_for(tmp_path / "log", "waiting")
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(path))
            monitor.sendall(b"nmi\n")
            assert guest.wait(timeout=10) == 2 * 0x10 + 1
    finally:
        guest.kill()
        guest.wait()
    assert "!!! EXCEPTION 0002: NMI" in (tmp_path / "log").read_text()


def test_page_tables(nucleus: Path, tmp_path: Path, socket_folder: Path) -> None:
    """Nothing is mapped in the lower half, and no page is both writable and executable."""
    path = socket_folder / "monitor"
    argv = qemu_argv(nucleus, tmp_path, "test=write_code")  # has generated code by then
    guest = subprocess.Popen([*argv, "-monitor", f"unix:{path},server=on,wait=off"])
    try:
        wait_for(tmp_path / "log", "CR3=")
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(path))
            monitor.settimeout(10)
            monitor.sendall(b"info tlb\n")
            answer = b""
            while answer.count(b"(qemu)") < 2 or not answer.endswith(b"(qemu) "):
                answer += monitor.recv(65536)
            listing = answer.decode()
    finally:
        guest.kill()
        guest.wait()
    # "ffffffff80100000: 0000000000100000 X-------W", X meaning no-execute
    pages = re.findall(r"^([0-9a-f]{16}): [0-9a-f]{16} ([-X]).{7}([-W])\s*$", listing, re.M)
    assert len(pages) > 100, listing
    executable = {int(at, 16) for at, no_execute, _ in pages if no_execute == "-"}
    assert not [hex(int(at, 16)) for at, _, write in pages if int(at, 16) < 1 << 63]
    assert not [at for at, no_execute, write in pages if no_execute == "-" and write == "W"]
    assert all(at >= 0xFFFFFFFF80100000 for at in executable)
    assert 0xFFFFFFFF80100000 in executable
    assert 0xFFFFFFFFA0000000 in executable
