"""`clrscope demo`: a page fault in managed code and its cause, or what gdb shows of it.

The kernel is told to lose `this` of PciDeviceInfo::ReadProgIf (fault this-not-homed) and crashes.
The post-mortem says why. With --gdb, gdb waits at the kernel's fatal hook and shows where the
processor was.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from qemu_scripts import paths, run
from qemu_scripts.command import parser_for
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.outcome import Kind, Outcome
from qemu_scripts.private_folder import private_folder
from qemu_scripts.processes import Run, wait_until

FAULT = "this-not-homed"
EXPECTED_CR2 = 0x13
_SCRIPT = Path(__file__).with_name("demo.gdb")
_SECONDS = 60.0


def postmortem(folder: Path) -> None:
    """Print the post-mortem's verdict and where its report is.

    Raises EnvironmentFault when it is not that of the fault.
    """
    from qemu_scripts.postmortem.command import POSTMORTEM

    options = parser_for("clrscope", "", "", [POSTMORTEM]).parse_args(
        ["postmortem", "--fault", FAULT, "--out", str(folder)])
    print(f"$ clrscope postmortem --fault {FAULT}", flush=True)
    status = POSTMORTEM.action(options)
    if status != 1:
        raise EnvironmentFault(
            f"the demo's post-mortem ended with status {status}, where a fault is 1; see above"
        )


def gdb_command_line(gdb: str, socket: Path) -> list[str]:
    """gdb's argument vector for the demo."""
    argv = [gdb, "-nx", "-batch", "-q"]
    argv += ["-ex", "set architecture i386:x86-64", "-ex", f"file {paths.KERNEL}"]
    argv += ["-ex", f"source {paths.ROOT / 'gdbext' / 'init.py'}"]
    argv += ["-ex", f"target remote {socket}", "-x", str(_SCRIPT)]
    return argv


def demo() -> Outcome:
    """Boot with the fault, let gdb show it on stdout; returns the run's outcome."""
    gdb = shutil.which("gdb")
    if gdb is None:
        raise EnvironmentFault("gdb is not installed; run ./install.sh")
    debuggers: list[subprocess.Popen[bytes]] = []
    # Not the run's own folder: its path is not known before QEMU needs the socket's.
    with (
        private_folder() as folder,
        tempfile.TemporaryFile() as shown,
    ):
        socket = folder / "gdb"

        def attach(this: Run) -> None:
            if not wait_until(socket.is_socket, 10):
                raise EnvironmentFault("QEMU did not open its gdbstub within 10 seconds")
            debuggers.append(
                this.start(
                    gdb_command_line(gdb, socket),
                    stdin=subprocess.DEVNULL,
                    stdout=shown,
                    cwd=paths.ROOT,
                )
            )

        def gdb_is_done() -> bool:
            return bool(debuggers) and debuggers[0].poll() is not None

        try:
            result = run.run(
                run.RunOptions(fault=(FAULT,), gdb=socket, paused=True, timeout=_SECONDS),
                started=attach,
                leave=gdb_is_done,
            )
        finally:
            # After the kernel's log, always: on the way the two would mix differently each time.
            shown.seek(0)
            sys.stdout.write(shown.read().decode(errors="replace"))
            sys.stdout.flush()
    if debuggers and debuggers[0].returncode:
        raise EnvironmentFault(f"gdb ended with status {debuggers[0].returncode}; see above")
    if result.kind is Kind.GUEST_FAULT and result.event is not None:
        cr2 = result.event.get("cr2")
        if isinstance(cr2, str) and int(cr2, 16) == EXPECTED_CR2:
            return result
    raise EnvironmentFault(
        f"the demo did not reach its page fault at CR2={EXPECTED_CR2:#x}: {result.message}"
    )
