"""QEMU's machine protocol (QMP) for code that does one thing after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from qemu.qmp import EventListener, ExecuteError, QMPClient, QMPError

from qemu_scripts.errors import EnvironmentFault

_SECONDS = 60.0


class MonitorGone(EnvironmentFault):
    """QEMU ended, or closed its monitor, in the middle of something."""


class MonitorRefused(EnvironmentFault):
    """QEMU answered a command with an error; the text is QEMU's."""


class Monitor:
    """A connection to QEMU's QMP socket; use it in a `with`.

    QEMU serves one connection at a time. Raises MonitorGone and MonitorRefused.
    """

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._loop = asyncio.new_event_loop()
        self._client = QMPClient("clrscope")
        self._events = EventListener()
        self._client.register_listener(self._events)
        try:
            self._run(self._client.connect(str(socket)), 10.0)
        except BaseException:
            self._loop.close()
            raise

    def __enter__(self) -> Monitor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, work: Any, seconds: float) -> Any:
        async def bounded() -> Any:
            return await asyncio.wait_for(work, seconds)

        try:
            return self._loop.run_until_complete(bounded())
        except TimeoutError:
            raise MonitorGone(
                f"QEMU's monitor {self._socket} did not answer within {seconds:g} seconds; "
                "is another client connected to it?"
            ) from None
        except ExecuteError as error:
            raise MonitorRefused(str(error)) from error
        except (QMPError, OSError) as error:
            raise MonitorGone(f"QEMU's monitor {self._socket} is gone: {error}") from error

    def execute(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Run a QMP command; what it returns."""
        given = None if arguments is None else dict(arguments)
        return self._run(self._client.execute(command, given), _SECONDS)

    def human(self, line: str) -> str:
        """Run a command of the human monitor; the text that it prints."""
        said = self.execute("human-monitor-command", {"command-line": line})
        return str(said).replace("\r\n", "\n")

    def wait(self, events: Collection[str], seconds: float) -> str | None:
        """Wait for one of some events; its name, None when the time was over first.

        Events that came since the last call count; others are dropped.
        """

        async def take() -> str:
            while True:
                event = await self._events.get()
                if event["event"] in events:
                    return str(event["event"])

        async def bounded() -> str | None:
            waiting = asyncio.ensure_future(take())
            gone = asyncio.ensure_future(self._client.runstate_changed())
            try:
                done, _ = await asyncio.wait(
                    (waiting, gone), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                waiting.cancel()
                gone.cancel()
            if waiting in done:
                return waiting.result()
            if gone in done:
                raise MonitorGone(f"QEMU's monitor {self._socket} is gone: QEMU ended")
            return None

        task = self._loop.create_task(bounded())
        try:
            return self._loop.run_until_complete(task)
        except (QMPError, OSError) as error:
            raise MonitorGone(f"QEMU's monitor {self._socket} is gone: {error}") from error
        finally:
            # A signal leaves it unfinished: it must not see QEMU go and tell of that.
            task.cancel()

    def forget_events(self) -> None:
        """Drop the events that came so far."""
        self._events.clear()

    @property
    def instructions(self) -> int:
        """Instructions executed, of a machine that records or replays."""
        return int(self.execute("query-replay")["icount"])

    def close(self) -> None:
        """Disconnect; QEMU goes on."""
        if self._loop.is_closed():
            return
        try:
            self._loop.run_until_complete(asyncio.wait_for(self._client.disconnect(), 5.0))
        except (QMPError, OSError, EOFError, TimeoutError):
            pass  # QEMU ended before: there is nothing to disconnect from
        finally:
            self._loop.close()
