"""The QEMU command line of a run, as data.

A `Machine` holds what a run needs; `command_line` spells it for QEMU. QEMU runs inside the run's
private folder, where kernel and modules are links with short names: the kernel command line and
the module strings that the guest sees are the same wherever the checkout lies, and no path of the
host needs QEMU's comma and space escapes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from qemu_scripts.errors import UsageError

_UNITS = {"": 1 << 20, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_SMALLEST = 16 << 20


@dataclass(frozen=True)
class Consoles:
    """File descriptors, inherited by QEMU, that the guest's three output devices write to.

    log: COM1, the kernel's log. out: COM2, the program's Console.Out. err: port 0xE9, the
    program's Console.Error.
    """

    log: int
    out: int
    err: int


@dataclass(frozen=True)
class Machine:
    """Everything that decides QEMU's command line.

    kernel, modules: names inside the folder QEMU runs in; a module's name is what the guest sees.
    kernel_arguments: the kernel command line, KEY=VALUE each.
    memory: bytes. memory_file: back guest RAM with this file, shared, so that it can be mapped.
    disk, gdb, qmp, memory_file: absolute paths. plugin: what follows -plugin.
    stay_on_reset: stop a machine that resets itself, where QEMU otherwise ends.
    """

    kernel: str
    modules: tuple[str, ...]
    consoles: Consoles
    kernel_arguments: Mapping[str, str] = field(default_factory=dict)
    accelerator: str = "tcg"
    memory: int = 64 << 20
    memory_file: Path | None = None
    disk: Path | None = None
    gdb: Path | None = None
    qmp: Path | None = None
    paused: bool = False
    plugin: str | None = None
    stay_on_reset: bool = False


def parse_memory(text: str) -> int:
    """Bytes of guest memory out of "64", "64M", "1G" (no unit means MiB, as in QEMU).

    Raises UsageError for anything else, for less than 16 MiB and for a size that is not whole
    pages.
    """
    found = re.fullmatch(r"(\d+)([KMG]?)(?:iB|B)?", text, re.IGNORECASE)
    if not found:
        raise UsageError(f"--memory {text!r} is not a size; write for example 64M or 1G")
    size = int(found[1]) * _UNITS[found[2].upper()]
    if size < _SMALLEST:
        raise UsageError(f"--memory {text} is too little; the kernel needs at least 16M")
    if size % 4096:
        raise UsageError(f"--memory {text} is not a whole number of 4 KiB pages")
    return size


def check_memory_file(file: Path, memory: int) -> None:
    """Raises UsageError for a file that cannot back `memory` bytes of guest RAM."""
    if not file.parent.is_dir():
        raise UsageError(f"--memory-file {file}: the folder {file.parent} does not exist")
    if file.exists():
        size = file.stat().st_size
        if not file.is_file() or size not in (0, memory):
            what = f"has {size} bytes and the guest {memory}" if file.is_file() else "is no file"
            raise UsageError(f"--memory-file {file} {what}: remove it, or name another")


def disk_format(image: Path) -> str:
    """QEMU's driver for an image: "qcow2" by its magic, otherwise "raw".

    Raises UsageError when the file cannot be used as a disk.
    """
    try:
        if not image.is_file():
            raise UsageError(f"the disk image {image} does not exist or is not a file")
        with image.open("r+b") as stream:
            magic = stream.read(4)
        size = image.stat().st_size
    except OSError as error:
        raise UsageError(
            f"the disk image {image} cannot be opened for writing: {error.strerror}"
        ) from error
    if magic == b"QFI\xfb":
        return "qcow2"
    if size == 0 or size % 512:
        raise UsageError(
            f"the disk image {image} has {size} bytes; a raw disk is a whole number of "
            "512-byte sectors, at least one"
        )
    return "raw"


def kernel_command_line(arguments: Mapping[str, str]) -> str:
    """Spell KEY=VALUE pairs; raises UsageError for what would not arrive as it was written."""
    for key, value in arguments.items():
        fit = value.isascii() and value.isprintable() and not set(value) & {" ", '"'}
        if not value or not fit:
            raise UsageError(
                f"{value!r} cannot be passed to the kernel as {key}: "
                "only printable ASCII without spaces and double quotes can"
            )
    return " ".join(f"{key}={value}" for key, value in arguments.items())


def check_module_name(name: str) -> None:
    """Raises UsageError for a name that a multiboot module string cannot carry."""
    if not name.isprintable() or any(character in name for character in " \t,"):
        raise UsageError(
            f"the file name {name!r} has a space or a comma in it, and the guest could not find "
            "the assembly under that name; rename the file"
        )


def _escaped(path: Path) -> str:
    return str(path).replace(",", ",,")


def command_line(qemu: str, machine: Machine) -> list[str]:
    """QEMU's argument vector for a machine."""
    argv = [qemu, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
    mib, rest = divmod(machine.memory, 1 << 20)
    size = f"{machine.memory >> 10}K" if rest else f"{mib}M"
    board = "q35"
    if machine.memory_file is not None:
        board += ",memory-backend=ram"
        argv += [
            "-object",
            f"memory-backend-file,id=ram,size={size},share=on,mem-path="
            + _escaped(machine.memory_file),
        ]
    argv += ["-M", board, "-m", size, "-accel", machine.accelerator]
    if machine.accelerator == "kvm":
        argv += ["-cpu", "host"]
    argv += ["-kernel", machine.kernel]
    arguments = kernel_command_line(machine.kernel_arguments)
    if arguments:
        argv += ["-append", arguments]
    if machine.modules:
        argv += ["-initrd", ",".join(f"{name} {name}" for name in machine.modules)]
    # A file set hands QEMU an open pipe: no named file, and end of file here when QEMU ends.
    # append=on, since without it QEMU truncates what it opens, which a pipe refuses.
    consoles = (("log", machine.consoles.log), ("out", machine.consoles.out),
                ("err", machine.consoles.err))  # fmt: skip
    for number, (name, descriptor) in enumerate(consoles, start=1):
        argv += ["-add-fd", f"fd={descriptor},set={number}"]
        argv += ["-chardev", f"file,id={name},path=/dev/fdset/{number},append=on"]
    argv += ["-serial", "chardev:log", "-serial", "chardev:out"]
    argv += ["-device", "isa-debugcon,iobase=0xe9,chardev=err"]
    argv += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
    if machine.disk is not None:
        node = {
            "driver": disk_format(machine.disk),
            "node-name": "disk0",
            "file": {"driver": "file", "filename": str(machine.disk)},
        }
        argv += ["-blockdev", json.dumps(node, separators=(",", ":"))]
        argv += ["-device", "virtio-blk-pci,drive=disk0,disable-legacy=on"]
    if machine.gdb is not None:
        argv += ["-chardev", f"socket,id=gdb,server=on,wait=off,path={_escaped(machine.gdb)}"]
        argv += ["-gdb", "chardev:gdb"]
    if machine.qmp is not None:
        argv += ["-qmp", f"unix:{_escaped(machine.qmp)},server=on,wait=off"]
    if machine.stay_on_reset:
        argv += ["-action", "shutdown=pause"]
    if machine.plugin is not None:
        argv += ["-plugin", machine.plugin]
    if machine.paused:
        argv += ["-S"]
    return argv
