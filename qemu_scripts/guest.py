"""A running QEMU: its consoles, pumped until it ends, the time is over or a signal comes."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

from qemu_scripts.console import ConsoleLog
from qemu_scripts.launch import Consoles
from qemu_scripts.outcome import FINAL_EVENTS
from qemu_scripts.progress import Progress

_CHUNK = 65536
#: Seconds that QEMU may take to end after the guest announced its exit.
EXIT_GRACE = 5.0

Sink = Callable[[bytes], None]


class Pipes:
    """The pipes behind the guest's consoles, and one for QEMU's own complaints.

    The write ends go to QEMU and are closed here once it has them: end of file then means that
    QEMU is gone.
    """

    NAMES = ("log", "out", "err", "qemu")

    def __init__(self) -> None:
        pairs = {name: os.pipe() for name in self.NAMES}
        self.read_ends = {name: pair[0] for name, pair in pairs.items()}
        self._write_ends = {name: pair[1] for name, pair in pairs.items()}

    def __enter__(self) -> Pipes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.given_away()
        for descriptor in self.read_ends.values():
            os.close(descriptor)

    @property
    def consoles(self) -> Consoles:
        """The write ends that QEMU's command line names."""
        ends = self._write_ends
        return Consoles(log=ends["log"], out=ends["out"], err=ends["err"])

    @property
    def complaints(self) -> int:
        """The write end for QEMU's stderr."""
        return self._write_ends["qemu"]

    def given_away(self) -> None:
        """QEMU has inherited the write ends: close ours."""
        for descriptor in self._write_ends.values():
            os.close(descriptor)
        self._write_ends = {}


@dataclass
class Guest:
    """Pumps the consoles of one QEMU.

    on_log gets COM1's raw bytes, on_text the part of them that is for people, on_out COM2's bytes,
    on_err those of port 0xE9; each as soon as they arrive, byte for byte.
    """

    process: subprocess.Popen[bytes]
    pipes: Pipes
    progress: Progress
    on_log: Sink
    on_text: Sink
    on_out: Sink
    on_err: Sink
    ends_by_itself: bool = True
    log: ConsoleLog = field(default_factory=ConsoleLog)
    complaints: bytearray = field(default_factory=bytearray)
    spoke: bool = False
    timed_out: bool = False
    left: bool = False

    def pump(self, timeout: float | None, leave: Callable[[], bool] | None = None) -> None:
        """Pass the consoles on until QEMU ends, `timeout` seconds are over or `leave` says so.

        With `ends_by_itself`, a QEMU that stays although the guest announced its end is given
        EXIT_GRACE seconds. The process may still run on return.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        leave_at: float | None = None
        pause = 0.25 if leave is None else 0.02
        with selectors.DefaultSelector() as selector:
            for name, descriptor in self.pipes.read_ends.items():
                selector.register(descriptor, selectors.EVENT_READ, name)
            while selector.get_map():
                for key, _ in selector.select(timeout=pause):
                    data = os.read(key.fd, _CHUNK)
                    if not data:
                        selector.unregister(key.fd)
                        continue
                    self._take(key.data, data)
                now = time.monotonic()
                if leave_at is None and self.ends_by_itself and self._announced_end():
                    leave_at = now + EXIT_GRACE
                if leave_at is not None and now > leave_at:
                    self.left = True
                    break
                if leave is not None and leave():
                    self.left = True
                    break
                if deadline is not None and now > deadline:
                    self.timed_out = True
                    break
                self.progress.tick()
            self._take_what_is_there(selector)
        self.progress.clear()
        rest = self.log.finish()
        if rest:
            self.on_text(rest)

    def _take_what_is_there(self, selector: selectors.BaseSelector) -> None:
        """What was written before the decision to leave; bounded, for a guest that never stops."""
        for _ in range(16):
            ready = selector.select(timeout=0) if selector.get_map() else []
            if not ready:
                return
            for key, _mask in ready:
                data = os.read(key.fd, _CHUNK)
                if data:
                    self._take(key.data, data)
                else:
                    selector.unregister(key.fd)

    def _announced_end(self) -> bool:
        return any(event["event"] in FINAL_EVENTS for event in self.log.events)

    def _take(self, name: str, data: bytes) -> None:
        if name == "qemu":
            self.complaints += data
            return
        self.spoke = True
        if name == "log":
            self.on_log(data)
            text = self.log.feed(data)
            if text:
                self.on_text(text)
        elif name == "out":
            self.on_out(data)
        else:
            self.on_err(data)
