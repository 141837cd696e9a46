"""The gdb of a post-mortem: attach or open a dump, wait for the end, collect what is known."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from decoders.report import Ended
from qemu_scripts import paths
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.postmortem.mi import Mi, MiError
from qemu_scripts.processes import Run

#: Where a kernel ends: hooks for debuggers, and the function that only an end calls. They share a
#: page that no busy code lies on: QEMU is slow on pages with breakpoints.
_HOOKS = {
    "clr_fatal_hook": Ended.FAULT, "clr_exit_hook": Ended.END, "cpu_stop": Ended.HALTED,
}
_INTERRUPT_SECONDS = 5.0
#: The doctor runs some 40 methods a second: a program of many thousand still comes to its report.
_COLLECT_SECONDS = 600.0
_GONE_SECONDS = 2.0


def find_gdb() -> str:
    """gdb's path; EnvironmentFault when there is none."""
    gdb = shutil.which("gdb")
    if gdb is None:
        raise EnvironmentFault("gdb is not installed; run ./install.sh")
    return gdb


def start(this: Run, gdb: str, inherit: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    """Start gdb in a run's folder, without anybody's .gdbinit."""
    return this.start(
        [gdb, "-nx", "-q", "--interpreter=mi3"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        bufsize=0, cwd=paths.ROOT, pass_fds=inherit,
    )


@dataclass(frozen=True)
class Stop:
    """Where the guest came to stand. `answered` is False when it could not even be interrupted."""

    ended: Ended
    answered: bool = True


class Debugger:
    """What a post-mortem asks of gdb. Raises mi.MiError and mi.GdbGone."""

    def __init__(self, mi: Mi, kernel: Path) -> None:
        self._mi = mi
        self._hooks: dict[str, Ended] = {}
        for setting in ("confirm off", "pagination off", "mi-async on", "style enabled off"):
            mi.command(f"-gdb-set {setting}")
        mi.console("set architecture i386:x86-64")
        mi.command(f'-file-exec-and-symbols "{_escaped(kernel)}"')

    def attach(self, socket: Path, ram: str) -> None:
        """Attach to a machine that waits at reset, and let it go to its end."""
        self._mi.command(f"-target-select remote {socket}")
        self._mi.stop(0.2)
        for name, ended in _HOOKS.items():
            try:
                _, made = self._mi.command(f"-break-insert -h {name}")
            except MiError:
                continue  # another kernel: it may lack some of these
            self._hooks[str(made["bkpt"]["number"])] = ended
        self._mi.command("-exec-continue")
        # While the guest boots.
        self.load()
        self._mi.console(f"set clr ram {ram}")

    def load(self) -> None:
        """Load the commands, and what the report imports."""
        said = self._mi.console(f"source {paths.ROOT / 'gdbext' / 'init.py'}")
        try:
            self._mi.console("python import gdbext.facts")
        except MiError as error:
            # A connection that breaks meanwhile makes Python fail as well: then QEMU is gone.
            self._mi.stop(_GONE_SECONDS)
            raise EnvironmentFault(
                f"gdb cannot load clrscope's commands ({said.strip() or error}); run ./install.sh"
            ) from error

    def open_core(self, core: Path) -> None:
        """Open a dump."""
        self._mi.command(f"-target-select core {core}")
        self.load()

    def search(self, path: str) -> None:
        """Look for assemblies and their debug files in these folders, separated by colons."""
        self._mi.console(f"set clr path {path}")

    def wait(self, seconds: float | None) -> Stop:
        """Wait for the guest's end; when the time is over, interrupt it."""
        stopped = self._mi.stop(seconds if seconds is not None else 1e9)
        if stopped is not None:
            return Stop(self._ended(stopped))
        self._mi.command("-exec-interrupt --all")
        if self._mi.stop(_INTERRUPT_SECONDS) is None:
            return Stop(Ended.HANG, answered=False)
        return Stop(Ended.HANG)

    def _ended(self, stopped: Mapping[str, Any]) -> Ended:
        if stopped.get("reason") == "breakpoint-hit":
            return self._hooks.get(str(stopped.get("bkptno")), Ended.STOPPED)
        # QEMU stops a machine that reset itself, and its stub says so with a signal of its own.
        return Ended.RESET

    def dump(self, folder: Path, core: Path, about: Mapping[str, Any], serial: bytes) -> None:
        """Write the guest to `core`; MiError has the sentence why not."""
        (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
        (folder / "serial").write_bytes(serial)
        self._mi.console(
            f"clr-dump -about {folder / 'about.json'} -serial {folder / 'serial'} "
            + "'" + str(core).replace("'", "'\"'\"'") + "'", _COLLECT_SECONDS)

    def facts(self, folder: Path) -> dict[str, Any]:
        """Everything that the report shows."""
        path = folder / "facts.json"
        self._mi.console(f"clr-postmortem -facts {path}", _COLLECT_SECONDS)
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found


def _escaped(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
