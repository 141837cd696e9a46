"""QEMU's command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qemu_scripts import launch
from qemu_scripts.errors import UsageError
from qemu_scripts.launch import Consoles, Machine, parse_memory


def words(**options: object) -> list[str]:
    machine = Machine("kernel.elf", ("korlib.dll", "@args"), Consoles(3, 4, 5), **options)  # type: ignore[arg-type]
    return launch.command_line("qemu", machine)


def after(argv: list[str], option: str) -> list[str]:
    return [argv[i + 1] for i, word in enumerate(argv) if word == option]


def test_the_ordinary_machine() -> None:
    argv = words(kernel_arguments={"program": "x.exe", "onfault": "exit"})
    assert after(argv, "-M") == ["q35"]
    assert after(argv, "-m") == ["64M"]
    assert after(argv, "-accel") == ["tcg"]
    assert after(argv, "-append") == ["program=x.exe onfault=exit"]
    assert after(argv, "-initrd") == ["korlib.dll korlib.dll,@args @args"]
    assert after(argv, "-serial") == ["chardev:log", "chardev:out"]
    assert "isa-debug-exit,iobase=0xf4,iosize=4" in argv
    assert "-nodefaults" in argv and "-no-reboot" in argv
    assert "-S" not in argv and "-gdb" not in argv and "-qmp" not in argv


def test_debugging_sockets_and_their_commas() -> None:
    argv = words(gdb=Path("/t/a,b"), qmp=Path("/t/q"), paused=True)
    assert "socket,id=gdb,server=on,wait=off,path=/t/a,,b" in argv
    assert after(argv, "-qmp") == ["unix:/t/q,server=on,wait=off"]
    assert "-S" in argv


def test_a_disk_goes_to_a_modern_virtio_device(tmp_path: Path) -> None:
    image = tmp_path / 'odd,"name'
    image.write_bytes(bytes(512))
    argv = words(disk=image)
    node = json.loads(after(argv, "-blockdev")[0])
    assert node["driver"] == "raw"
    assert node["file"]["filename"] == str(image)
    assert "virtio-blk-pci,drive=disk0,disable-legacy=on" in argv


def test_mapped_memory() -> None:
    argv = words(memory_file=Path("/t/ram"), memory=(96 << 20) + 4096)
    assert "memory-backend-file,id=ram,size=98308K,share=on,mem-path=/t/ram" in argv
    assert after(argv, "-M") == ["q35,memory-backend=ram"]
    assert after(argv, "-m") == ["98308K"]


@pytest.mark.parametrize(
    ("text", "size"), [("64", 64 << 20), ("64M", 64 << 20), ("1g", 1 << 30), ("65536K", 64 << 20)]
)
def test_memory_sizes(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "x", "64X", "-1", "1.5G", "8M", "0", "64 M", "65537K"])
def test_bad_memory_sizes(text: str) -> None:
    with pytest.raises(UsageError, match="--memory"):
        parse_memory(text)


def test_disk_images_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        launch.disk_format(tmp_path / "none")
    with pytest.raises(UsageError, match="not a file"):
        launch.disk_format(tmp_path)
    for size in (0, 100, 513):
        odd = tmp_path / "odd"
        odd.write_bytes(bytes(size))
        with pytest.raises(UsageError, match=f"has {size} bytes"):
            launch.disk_format(odd)


def test_qcow2_is_known_by_its_magic(tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(b"QFI\xfb" + bytes(100))
    assert launch.disk_format(image) == "qcow2"


@pytest.mark.parametrize("value", ['q"x.exe', "", "a b", "a\nb", "ü"])
def test_what_a_kernel_command_line_cannot_carry(value: str) -> None:
    with pytest.raises(UsageError, match="cannot be passed to the kernel"):
        launch.kernel_command_line({"program": value})


def test_a_memory_file_that_is_there_already(tmp_path: Path) -> None:
    file = tmp_path / "ram"
    launch.check_memory_file(file, 4096)
    for size, fits in ((0, True), (4096, True), (8192, False)):
        file.write_bytes(bytes(size))
        if fits:
            launch.check_memory_file(file, 4096)
            continue
        with pytest.raises(UsageError, match="has 8192 bytes and the guest 4096: remove it"):
            launch.check_memory_file(file, 4096)
    with pytest.raises(UsageError, match="is no file"):
        launch.check_memory_file(tmp_path, 4096)


@pytest.mark.parametrize("name", ["a b.dll", "a,b.dll", "a\tb.dll"])
def test_module_names_that_multiboot_would_cut(name: str) -> None:
    with pytest.raises(UsageError, match="rename the file"):
        launch.check_module_name(name)
