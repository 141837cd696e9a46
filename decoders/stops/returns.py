"""What a method returned, from the registers right behind its `ret`.

Microsoft x64 ABI, "Return values": floats in XMM0, everything of 1, 2, 4 or 8 bytes in RAX, other
structs in a buffer whose address comes back in RAX. (gdb on Linux reads System V's registers.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from decoders.errors import TargetError
from decoders.memory import Memory
from decoders.metadata import ET, Method, type_name
from decoders.runtime import Runtime, Value, Values

_REFERENCES = (ET.CLASS, ET.STRING, ET.OBJECT, ET.SZARRAY, ET.ARRAY)
_POINTERS = (ET.PTR, ET.BYREF, ET.FNPTR)
_IN_REGISTER = (1, 2, 4, 8)
# An address that nothing has, for bytes that are in registers.
_NOWHERE = 0x8000_0000_0000_0000


@dataclass(frozen=True, slots=True)
class _Overlay:
    """Memory with a few bytes of registers in it."""

    memory: Memory
    data: bytes

    def read(self, address: int, size: int, purpose: str) -> bytes:
        """See decoders.memory.Memory.read."""
        start = address - _NOWHERE
        if 0 <= start <= start + size <= len(self.data):
            return self.data[start : start + size]
        return self.memory.read(address, size, purpose)


def return_value(
    runtime: Runtime, values: Values, method: Method, rax: int, xmm0: int
) -> Value | None:
    """The value, None for void. `xmm0` are its low 8 bytes. TargetError when it cannot be told."""
    universe = runtime.universe
    sig = universe.normalize(method.signature.ret)
    while sig.et in (ET.CMOD_OPT, ET.CMOD_REQD, ET.PINNED):
        sig = universe.normalize(sig.element)
    if sig.et is ET.VOID:
        return None
    name = type_name(universe, sig)
    if sig.et in _REFERENCES:
        return values.reference(name, 0, rax)
    if sig.et in _POINTERS:
        return Value(name, 0, 8, f"{rax:#x}", rax)
    info = runtime.type_for(sig)
    if info is None:
        raise TargetError(f"the kernel has not made the type {name} that {method.name} returns")
    if not info.is_value_type and sig.et is ET.GENERICINST:
        return values.reference(name, 0, rax)
    size = info.record.instance_size
    struct = sig.et in (ET.VALUETYPE, ET.GENERICINST) and not info.is_enum
    if struct and size not in _IN_REGISTER:
        return values.value(info, rax)
    data = (xmm0 if sig.et in (ET.R4, ET.R8) else rax).to_bytes(8, "little")
    reader = Values(runtime, values.elements)
    reader.memory = _Overlay(values.memory, data)
    return replace(reader.value(info, _NOWHERE), address=0)
