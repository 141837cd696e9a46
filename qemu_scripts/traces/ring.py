"""Taking store records out of the ring while the guest fills it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from qemu_scripts.traces.shared import SharedFile

#: Seconds between looks at a ring that had little in it.
_PAUSE = 0.001
#: Records below which a reader rests: waking for a handful costs more than it brings.
_LITTLE = 4096

Sink = Callable[[memoryview], None]


def drain(shared: SharedFile, sink: Sink, most: int = 1 << 16) -> int:
    """Hand over what is in the ring, in pieces of at most `most` records; returns how many.

    `sink` gets a view of whole records, valid during the call. Room is given back to the guest
    after each piece.
    """
    total = 0
    mask, size = shared.capacity - 1, shared.record_size
    tail = shared.tail
    head = shared.head
    while tail < head:
        at = tail & mask
        count = min(head - tail, shared.capacity - at, most)
        # Released here: an exception of the sink would keep the view, and with it the mapping.
        with shared.data[at * size : (at + count) * size] as view:
            sink(view)
        tail += count
        total += count
        shared.tail = tail
    return total


class RingReader:
    """A thread that empties the ring into `sink` until `finish`.

    An exception of the sink ends the reading (the guest then goes on without waiting) and is
    raised by `finish`.
    """

    def __init__(self, shared: SharedFile, sink: Sink) -> None:
        self._shared = shared
        self._sink = sink
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self.records = 0
        self._thread = threading.Thread(target=self._read, name="trace reader", daemon=True)
        shared.start_reading()
        self._thread.start()

    def _read(self) -> None:
        try:
            while not self._stop.is_set():
                count = drain(self._shared, self._sink)
                self.records += count
                if count < _LITTLE:
                    self._stop.wait(_PAUSE)
            self.records += drain(self._shared, self._sink)
        except BaseException as error:  # noqa: BLE001 (handed to the thread that waits)
            self._error = error
        finally:
            self._shared.stop_reading()

    @property
    def failed(self) -> bool:
        """Whether the sink has given up."""
        return self._error is not None

    def finish(self) -> int:
        """QEMU is gone: take the rest; returns how many records there were."""
        self._stop.set()
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self.records
