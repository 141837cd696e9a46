"""Values that are in a register: read as if the register were memory."""

from __future__ import annotations

from decoders.memory import Memory
from decoders.runtime import Value, Values

# Never mapped where values are: the register's bytes are shown there, 8 of them.
_PLACE = 0
_SIZE = 8


class RegisterMemory:
    """Memory with a register's bytes at address 0, and the target's everywhere else."""

    def __init__(self, memory: Memory, raw: int) -> None:
        self._memory = memory
        self._raw = raw.to_bytes(_SIZE, "little")

    def read(self, address: int, size: int, purpose: str) -> bytes:
        """See Memory.read."""
        if address >= _PLACE and address + size <= _PLACE + _SIZE:
            return self._raw[address - _PLACE : address - _PLACE + size]
        return self._memory.read(address, size, purpose)


def register_value(values: Values, type_address: int, raw: int) -> Value:
    """The value of a type that a register (low 64 bits) holds; its address is 0."""
    reader = Values(values.runtime, values.elements)
    reader.memory = RegisterMemory(values.memory, raw)
    return reader.value(values.runtime.type(type_address), _PLACE)
