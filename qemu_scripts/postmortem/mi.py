"""gdb's machine interface over pygdbmi: one command at a time, and stops as they come."""

from __future__ import annotations

import select
import subprocess
import time
from collections.abc import Callable
from typing import Any

from pygdbmi.IoManager import IoManager

from qemu_scripts.errors import EnvironmentFault

Response = dict[str, Any]


class MiError(Exception):
    """gdb refused a command; the text is its own."""


class GdbGone(Exception):
    """gdb, or what it was connected to, is not there any more."""


class Mi:
    """One gdb that was started with --interpreter=mi3 and pipes on stdin and stdout.

    cancelled: asked while waiting; True gives up with GdbGone.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], cancelled: Callable[[], bool] = lambda: False
    ) -> None:
        if process.stdin is None or process.stdout is None:
            raise EnvironmentFault("gdb was started without pipes")
        self._process = process
        self._stdout = process.stdout
        self._io = IoManager(process.stdin, process.stdout, None, 0)
        self._cancelled = cancelled
        self._token = 0
        self._stops: list[Response] = []
        self.running = False

    def command(self, text: str, seconds: float = 30.0) -> tuple[str, Response]:
        """Run an MI command: (what it printed to the console, its result).

        Raises MiError and GdbGone.
        """
        self._token += 1
        token = self._token
        try:
            self._io.write(f"{token}{text}", timeout_sec=0, read_response=False)
        except OSError as error:
            raise GdbGone(f"gdb does not take commands any more ({error})") from error
        printed: list[str] = []
        deadline = time.monotonic() + seconds
        while True:
            for response in self._responses(deadline):
                if response["type"] == "console":
                    printed.append(response["payload"] or "")
                elif response["type"] == "result" and response["token"] == token:
                    if response["message"] == "error":
                        payload = response["payload"] or {}
                        raise MiError(str(payload.get("msg", "no reason given")))
                    return "".join(printed), response["payload"] or {}
            if time.monotonic() > deadline:
                raise GdbGone(f"gdb did not answer {text.split()[0]} within {seconds:g} seconds")

    def console(self, text: str, seconds: float = 30.0) -> str:
        """Run a command of gdb's command line; what it printed."""
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        return self.command(f'-interpreter-exec console "{quoted}"', seconds)[0]

    def stop(self, seconds: float) -> Response | None:
        """The payload of the next stop; None when the target still runs after `seconds`."""
        deadline = time.monotonic() + seconds
        while not self._stops:
            if time.monotonic() > deadline:
                return None
            for _ in self._responses(deadline):
                pass
        return self._stops.pop(0)

    def _responses(self, deadline: float) -> list[Response]:
        """What gdb said, at most 50 ms from now."""
        if self._cancelled():
            raise GdbGone("QEMU ended")
        wait = max(0.0, min(0.05, deadline - time.monotonic()))
        ready, _, _ = select.select([self._stdout], [], [], wait)
        if not ready:
            return []
        found: list[Response] = self._io.get_gdb_response(0, raise_error_on_timeout=False)
        if not found and self._process.poll() is not None:
            raise GdbGone(f"gdb ended with status {self._process.returncode}")
        for response in found:
            if response["type"] != "notify":
                continue
            if response["message"] == "running":
                self.running = True
            elif response["message"] == "stopped":
                self.running = False
                self._stops.append(response["payload"] or {})
        return found
