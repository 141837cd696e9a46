"""What a recording's folder holds: files of the guest, QEMU's event log, snapshots, a manifest.

=============== ===============================================================================
manifest.json   everything below but the bytes, and what the machine was at the end
kernel.elf, ... kernel and modules as they ran, with their debug files: later builds don't matter
events.rr       QEMU's log of everything that did not come out of the processor
state.qcow2     snapshots of the machine; the first is its start
disk.img        the disk before the run; disk.qcow2: what the guest changed of it, with snapshots
log, out, err   what the guest wrote to COM1, COM2 and port 0xE9
=============== ===============================================================================
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from qemu_scripts.errors import EnvironmentFault, UsageError
from qemu_scripts.qemu import Qemu

FORMAT = 1
MANIFEST = "manifest.json"
KERNEL = "kernel.elf"
EVENTS = "events.rr"
STATE = "state.qcow2"
DISK = "disk.img"
OVERLAY = "disk.qcow2"
CONSOLES = ("log", "out", "err")
FIRST_SNAPSHOT = "init"


@dataclass(frozen=True)
class End:
    """The machine where a recording ends.

    instructions: executed since the start. registers: the processor's, as QEMU prints them.
    memory: SHA-256 of guest RAM. output: SHA-256 of each console's bytes.
    """

    instructions: int
    registers: str
    memory: str
    output: dict[str, str]

    def differences(self, other: End) -> list[str]:
        """What is not the same in another run's end; empty when nothing is."""
        found = []
        if self.instructions != other.instructions:
            found.append(f"{other.instructions} instead of {self.instructions} instructions")
        if self.registers != other.registers:
            ours, theirs = self.registers.split(), other.registers.split()
            changed = [b for a, b in zip(ours, theirs, strict=False) if a != b and "=" in b]
            found.append(f"registers ({' '.join(changed[:3]) or 'their number'})")
        if self.memory != other.memory:
            found.append("memory")
        found += [f"the console {n}" for n in self.output if self.output[n] != other.output.get(n)]
        return found


@dataclass(frozen=True)
class Manifest:
    """A recording's manifest.json.

    qemu: its version, and `qemu_id` what `--version` says whole. build_id: the kernel's ELF build
    id. modules: names in load order. files: SHA-256 by name of what must not change.
    arguments: the kernel command line. memory: bytes. outcome: as `clrscope run --json-status`.
    snapshots: instruction counts, ascending, the start left out.
    """

    qemu: tuple[int, int]
    qemu_id: str
    build_id: str
    modules: tuple[str, ...]
    files: dict[str, str]
    arguments: dict[str, str]
    memory: int
    disk: bool
    command_line: tuple[str, ...]
    outcome: dict[str, Any]
    end: End
    snapshots: tuple[int, ...] = ()
    format: int = field(default=FORMAT)


@dataclass(frozen=True)
class Recording:
    """A recording on disk."""

    folder: Path
    manifest: Manifest

    @property
    def kernel(self) -> Path:
        """The kernel that was recorded."""
        return self.folder / KERNEL

    def guest_files(self) -> Iterator[str]:
        """Names of what QEMU loads, and of the debug files beside it."""
        names = {KERNEL, *self.manifest.modules}
        for path in sorted(self.folder.iterdir()):
            if path.name in names or path.name.removesuffix(".mdb") in names or (
                path.suffix == ".pdb" and path.stem in {Path(n).stem for n in names}
            ):
                yield path.name

    def save(self) -> None:
        """Write the manifest, whole or not at all."""
        temporary = self.folder / f".{MANIFEST}"
        try:
            temporary.write_text(json.dumps(asdict(self.manifest), indent=1) + "\n", "utf-8")
            temporary.replace(self.folder / MANIFEST)
        except OSError as error:
            raise EnvironmentFault(
                f"the recording {self.folder} cannot be written: {error.strerror}"
            ) from error


def replace_files(manifest: Manifest, files: dict[str, str]) -> Manifest:
    """A manifest that knows other files."""
    return replace(manifest, files=files)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def build_id(kernel: Path) -> str:
    """The GNU build id of an ELF file, "" when it has none (System V gABI, note sections)."""
    data = kernel.read_bytes()
    at = data.find(b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0")
    return data[at + 16 : at + 36].hex() if at >= 0 else ""


def load(folder: Path) -> Recording:
    """Read a recording's manifest; raises UsageError for what is none, or not of this version."""
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["format"] != FORMAT:
            raise UsageError(
                f"{folder} is a recording of format {data['format']}, and this clrscope reads "
                f"format {FORMAT}: replay it with the clrscope that made it, or record again"
            )
        end = End(**data.pop("end"))
        for name in ("qemu", "modules", "command_line", "snapshots"):
            data[name] = tuple(data[name])
        return Recording(folder, Manifest(**data, end=end))
    except FileNotFoundError:
        raise UsageError(
            f"{folder} is no recording: it has no {MANIFEST} (`clrscope record` makes recordings)"
        ) from None
    except OSError as error:
        raise UsageError(f"the recording {folder} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is damaged ({error}); record again") from error


def check(recording: Recording, emulator: Qemu, emulator_id: str) -> None:
    """Refuse what cannot replay as it ran: another QEMU, changed files. Raises UsageError."""
    manifest, folder = recording.manifest, recording.folder
    if manifest.qemu_id != emulator_id:
        raise UsageError(
            f"the recording {folder} was made by {manifest.qemu_id}, and {emulator.path} is "
            f"{emulator_id}: replay it with that one (CLRSCOPE_QEMU names it), or record again"
        )
    for name, known in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise UsageError(f"the recording {folder} lacks its file {name}; record again")
        if digest(path) != known:
            if name == KERNEL:
                raise UsageError(
                    f"{path} is not the kernel that was recorded (build {manifest.build_id[:12]}, "
                    f"the file is build {build_id(path)[:12] or 'unknown'}); put that one back, or "
                    "record again"
                )
            raise UsageError(f"{path} is not the file that was recorded; record again")


def note_on_build(recording: Recording, kernel: Path) -> str | None:
    """A sentence when the checkout's kernel is another build than the recorded one."""
    ours = build_id(kernel) if kernel.is_file() else ""
    theirs = recording.manifest.build_id
    if ours == theirs:
        return None
    return (
        f"the recording was made by another build of the kernel ({theirs[:12]}, the checkout's is "
        f"{ours[:12] or 'not built'}): it runs the kernel and assemblies that it holds, and "
        f"{recording.kernel} is the file for gdb"
    )
