"""clr-vm: the virtual machine itself, by QEMU's monitor."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import gdb

import decoders.render.vm  # noqa: F401 (registers the renderers)
from decoders.errors import DecodeError
from decoders.vm import MachineStatus, SnapshotList, memory_map, pci_list, snapshot_list
from gdbext import qmp, target
from gdbext.command import Arguments, UsageError
from gdbext.session import Session, session


def _status(_: str) -> MachineStatus:
    version = qmp.ask("query-version")["qemu"]
    memory = qmp.ask("query-memory-size-summary")
    return MachineStatus(
        qmp.ask("query-status")["status"],
        ".".join(str(version[part]) for part in ("major", "minor", "micro")),
        "kvm" if qmp.ask("query-kvm")["enabled"] else "tcg", memory["base-memory"],
        len(qmp.ask("query-cpus-fast")),
    )


def _name(what: str, name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][\w.-]*", name):
        raise UsageError(
            f"clr-vm {what} needs a name of letters, digits, dots and dashes, like clr-vm {what} "
            "before")
    return name


def _snapshots(done: str = "") -> SnapshotList:
    return snapshot_list(qmp.human("info snapshots"), done)


def _take(name: str) -> SnapshotList:
    said = qmp.human(f"savevm {_name('snapshot', name)}").strip()
    if said:
        raise DecodeError(f"QEMU takes no snapshot: {said}")
    return _snapshots(f"snapshot {name} taken")


def _restore(name: str) -> SnapshotList:
    said = qmp.human(f"loadvm {_name('restore', name)}").strip()
    if said:
        raise DecodeError(f"QEMU does not go back to {name}: {said}")
    # gdb thinks that nothing ran: what it and we remember of registers and memory is old.
    gdb.execute("maintenance flush register-cache", to_string=True)
    gdb.execute("maintenance flush dcache", to_string=True)
    target.drop_cache()
    session().forget()
    return _snapshots(f"the machine is as it was at snapshot {name}")


def _pause(_: str) -> MachineStatus:
    gdb.execute("interrupt")
    return _status("")


def _resume(_: str) -> MachineStatus:
    # Behind gdb's back it could not stop the machine again: gdb itself lets it go.
    gdb.execute("continue &", to_string=True)
    return _status("")



_ACTIONS: dict[str, Callable[[str], Any]] = {
    "status": _status,
    "memory": lambda _: memory_map(qmp.human("info mtree -f")),
    "pci": lambda _: pci_list(qmp.ask("query-pci")),
    "snapshots": lambda _: _snapshots(),
    "snapshot": _take,
    "restore": _restore,
    "pause": _pause,
    "resume": _resume,
}


def clr_vm(_: Session, arguments: Arguments) -> Any:
    """What was asked for."""
    word = arguments.get("ACTION") or "status"
    action = _ACTIONS.get(word)
    if action is None:
        raise UsageError(f"clr-vm: no action {word!r}; there are {', '.join(_ACTIONS)}")
    return action(arguments.get("NAME") or "")
