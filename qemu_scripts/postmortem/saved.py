"""A post-mortem of a dump: no QEMU, the same report."""

from __future__ import annotations

import sys
from pathlib import Path

from decoders.errors import DecodeError
from decoders.memory.coredump import DumpNotes, read_notes, verify
from decoders.memory.elfcore import ElfCore
from qemu_scripts.errors import EnvironmentFault, UsageError
from qemu_scripts.postmortem import folder as files
from qemu_scripts.postmortem.debugger import Debugger, find_gdb, start
from qemu_scripts.postmortem.kernel import build_id
from qemu_scripts.postmortem.live import Findings
from qemu_scripts.postmortem.mi import GdbGone, Mi, MiError
from qemu_scripts.processes import Run

_GZIP = b"\x1f\x8b"


def examine(core: Path, kernel: Path, path: str = "") -> Findings:
    """What a dump tells; `path`: folders with assemblies and debug files.

    Raises UsageError for a file that is no intact dump of this kernel.
    """
    gdb = find_gdb()
    with Run([Path(sys.argv[0]).name, *sys.argv[1:]]) as this:
        plain = _plain(core.absolute(), this.folder)
        notes = _checked(core, plain)
        about = {k: v for k, v in notes.about.items() if k != "version"}
        made_by, ours = about.get("kernel_build_id"), build_id(kernel)
        if made_by and made_by != ours:
            raise UsageError(
                f"{core} was made by kernel build {made_by}, and {kernel} is build "
                f"{ours or 'unknown'}; name the kernel that made it with --kernel"
            )
        mi = Mi(start(this, gdb))
        try:
            debugger = Debugger(mi, kernel)
            debugger.open_core(plain)
            if path:
                debugger.search(path)
            facts = debugger.facts(this.folder)
        except (MiError, GdbGone) as error:
            raise EnvironmentFault(f"gdb cannot look at {core}: {error}") from error
    return Findings(about, facts, notes.serial, dumped=False)


def _plain(core: Path, private: Path) -> Path:
    try:
        with core.open("rb") as stream:
            magic = stream.read(2)
    except OSError as error:
        raise UsageError(f"--core {core} cannot be read: {error.strerror}") from error
    return files.unpack(core, private / files.CORE) if magic == _GZIP else core


def _checked(named: Path, plain: Path) -> DumpNotes:
    try:
        notes = read_notes(ElfCore.open(plain), str(named))
        verify(plain)
    except DecodeError as error:
        reason = str(error).replace(str(plain), str(named))
        raise UsageError(f"--core {named} is no intact dump: {reason}") from error
    return notes
