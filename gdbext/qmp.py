"""QEMU's machine protocol, asked from within gdb."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qemu.qmp import ExecuteError, QMPClient, QMPError

from decoders.errors import DecodeError
from gdbext import qemu_process, target

_SECONDS = 30.0


class MonitorError(DecodeError):
    """QEMU's monitor is not there, is busy, or refuses."""


def socket() -> Path:
    """The QMP socket of the QEMU behind the connection; the last one, which is for others."""
    process = qemu_process.find(target.connection_details())
    if process is None:
        raise MonitorError(
            "no QEMU on this host belongs to this connection, so its monitor cannot be found")
    found: Path | None = None
    for option, value in zip(process.argv, process.argv[1:], strict=False):
        if option == "-qmp" and value.startswith("unix:"):
            keys = qemu_process.properties(value.removeprefix("unix:"))
            found = process.folder / next(iter(keys))
    if found is None:
        raise MonitorError(
            "this QEMU has no monitor on a socket: `clrscope debug` gives it one, and "
            "`clrscope run --qmp SOCKET`")
    return found


def ask(command: str, arguments: Mapping[str, Any] | None = None) -> Any:
    """Run a QMP command; what it returns. Raises MonitorError with QEMU's words."""
    path = socket()

    async def run() -> Any:
        client = QMPClient("clr-vm")
        await client.connect(str(path))
        try:
            return await client.execute(command, None if arguments is None else dict(arguments))
        finally:
            await client.disconnect()

    async def bounded() -> Any:
        return await asyncio.wait_for(run(), _SECONDS)

    try:
        return asyncio.run(bounded())
    except TimeoutError:
        raise MonitorError(
            f"QEMU's monitor {path} did not answer within {_SECONDS:g} seconds; another program "
            "may be connected to it") from None
    except ExecuteError as error:
        raise MonitorError(f"QEMU refuses {command}: {error}") from None
    except (QMPError, OSError) as error:
        raise MonitorError(f"QEMU's monitor {path} cannot be reached: {error}") from None


def human(line: str) -> str:
    """Run a command of the human monitor; the text that it prints."""
    said = ask("human-monitor-command", {"command-line": line})
    return str(said).replace("\r\n", "\n")
