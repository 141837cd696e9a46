"""The QEMU behind a connection, told by its command line (no gdb involved)."""

from __future__ import annotations

from pathlib import Path

import pytest

from gdbext import qemu_process
from gdbext.qemu_process import QemuProcess, properties

from .conftest import Guest


def test_commas_in_values() -> None:
    assert properties("socket,id=gdb,path=/tmp/a,,b/gdb") == {
        "socket": "", "id": "gdb", "path": "/tmp/a,b/gdb"}


@pytest.mark.parametrize(("argv", "connection", "expected"), [
    (("-chardev", "socket,id=gdb,server=on,wait=off,path=/r/gdb"), "/r/gdb", True),
    (("-gdb", "unix:/r/gdb,server=on,wait=off"), "/r/gdb", True),
    (("-gdb", "unix:path=/r/gdb,server=on"), "/r/gdb", True),
    (("-gdb", "tcp::4321"), "localhost:4321", True),
    (("-gdb", "tcp:127.0.0.1:4321,nodelay=on"), ":4321", True),
    (("-s", "-S"), "localhost:1234", True),
    (("-S", "-s"), ":1234", True),
    (("-gdb", "tcp::4322"), "localhost:4321", False),
    (("-gdb", "chardev:gdb"), "/r/gdb", False),
    (("-s",), "/r/gdb", False),
])
def test_connections(argv: tuple[str, ...], connection: str, expected: bool) -> None:
    assert qemu_process._listens_on(("qemu-system-x86_64", *argv), connection) is expected


def test_memory_file() -> None:
    backend = "memory-backend-file,id=ram,size=64M,share=on,mem-path="
    process = QemuProcess(1, ("qemu", "-object", backend + "ram,,x"), Path("/run/one"))
    assert process.memory_file == Path("/run/one/ram,x")
    process = QemuProcess(1, ("qemu", "-object", backend.replace("on", "off") + "/r"), Path("/"))
    assert process.memory_file is None
    assert QemuProcess(1, ("qemu", "-m", "64M"), Path("/")).memory_file is None


@pytest.mark.guest
def test_a_running_one(faulted_ram: Guest) -> None:
    found = qemu_process.find(str(faulted_ram.socket))
    assert found is not None and found.memory_file == faulted_ram.ram
    assert (found.folder / "kernel.elf").exists() and qemu_process.find("/no/such/socket") is None


@pytest.mark.guest
def test_a_file_that_is_named(faulted: Guest, faulted_ram: Guest, tmp_path: Path) -> None:
    shown = "python from gdbext import target; print('MAPPED', target.ram.is_mapped)"
    assert "MAPPED True" in faulted_ram.gdb(f"set clr ram {faulted_ram.ram}", shown).out
    missing = faulted.gdb(f"set clr ram {tmp_path / 'none'}", "clr-frame")
    assert "none: No such file or directory; name the mem-path of QEMU's" in missing.err, (
        missing.text)
    cleared = faulted.gdb(f"set clr ram {tmp_path / 'none'}", "set clr ram", "clr-frame")
    assert "field ProgIf at +19" in cleared.out, cleared.text
