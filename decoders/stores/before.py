"""What memory held before each store, from a trace of all of the guest's stores.

Devices write memory too, and firmware did before the trace's scope: what no traced store wrote is
not known, and what a device wrote since is not noticed.
"""

from __future__ import annotations

from decoders import store_records as records

_ONES = (0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, (1 << 40) - 1, (1 << 48) - 1, (1 << 56) - 1,
         (1 << 64) - 1)  # fmt: skip


class Memory:
    """Bytes that are known, as 8-byte words and masks of ones over their known bytes."""

    def __init__(self) -> None:
        self._words: dict[int, tuple[int, int]] = {}

    def store(self, address: int, value: int, meta: int) -> None:
        """A store record: address, value and meta word."""
        size = min(meta & 0xFF, 8)
        known = meta >> 16 & records.HAS_VALUE
        self._put(address, value, size, bool(known))

    def _put(self, address: int, value: int, size: int, known: bool) -> None:
        at, inside = address & ~7, address & 7
        first = min(size, 8 - inside)
        mask = _ONES[first] << 8 * inside
        word, have = self._words.get(at, (0, 0))
        if known:
            self._words[at] = (word & ~mask | value << 8 * inside & mask, have | mask)
        elif have:
            self._words[at] = (word, have & ~mask)
        if size > first:
            self._put(at + 8, value >> 8 * first, size - first, known)

    def load(self, address: int, size: int) -> bytes | None:
        """`size` bytes, at most 8; None when one of them is not known."""
        at, inside = address & ~7, address & 7
        first = min(size, 8 - inside)
        mask = _ONES[first] << 8 * inside
        word, have = self._words.get(at, (0, 0))
        if have & mask != mask:
            return None
        part = ((word & mask) >> 8 * inside).to_bytes(first, "little")
        if size == first:
            return part
        rest = self.load(at + 8, size - first)
        return None if rest is None else part + rest
