"""Profiles of managed code: addresses become methods, functions and types."""

from __future__ import annotations

import enum
from bisect import bisect_right
from dataclasses import dataclass

from decoders.errors import DecodeError
from decoders.runtime import CodeKind, CodeRegistry, Runtime
from qemu_scripts.traces.kernel_image import KernelImage
from qemu_scripts.traces.table import Profile

#: What lies below is not the kernel: the firmware's and the boot loader's calls stay on the stack.
_HIGH_HALF = 1 << 63


class Kind(enum.Enum):
    """What an address of code belongs to."""

    MANAGED = "managed"
    STUB = "stub"
    NATIVE = "native"
    BOOT = "boot"
    TYPE = "type"


@dataclass(frozen=True, slots=True)
class FrameName:
    """A frame of a stack as people read it. TYPE: the type of an object that was made there."""

    name: str
    kind: Kind


#: Everything before the kernel: its code is not ours to name.
BOOT = FrameName("(firmware and boot)", Kind.BOOT)


class Namer:
    """Names code addresses: a managed method, a stub, or a function of the kernel."""

    def __init__(self, runtime: Runtime, image: KernelImage) -> None:
        self._runtime = runtime
        self._registry = CodeRegistry(runtime)
        self._functions = sorted(
            (symbol.address, symbol.address + symbol.size, symbol.name)
            for symbols in image.symbols.values()
            for symbol in symbols
            if symbol.size
        )
        self._known: dict[int, FrameName] = {}

    def __call__(self, address: int) -> FrameName:
        found = self._known.get(address)
        if found is None:
            found = self._known[address] = self._name(address)
        return found

    def _name(self, address: int) -> FrameName:
        place = self._registry.find(address)
        if place is not None and place.method is not None:
            name = self._runtime.method_name(place.method)
            if place.kind is CodeKind.METHOD:
                return FrameName(name, Kind.MANAGED)
            return FrameName(f"thunk of {name}", Kind.STUB)
        if place is not None and place.name:
            return FrameName(f"[{place.name}]", Kind.STUB)
        index = bisect_right(self._functions, (address, _HIGH_HALF << 1, "")) - 1
        if index >= 0 and address < self._functions[index][1]:
            return FrameName(self._functions[index][2], Kind.NATIVE)
        return FrameName(f"{address:#x}", Kind.NATIVE)


Stack = tuple[FrameName, ...]


def instruction_stacks(profile: Profile, name: Namer) -> dict[Stack, int]:
    """Instructions by stack, outermost frame first; what ran before the kernel is one frame."""
    result: dict[Stack, int] = {}
    calls: dict[tuple[int, ...], Stack] = {}
    for sample in profile.samples:
        if sample.calls not in calls:
            calls[sample.calls] = _frames(sample.calls, name)
        stack = (*calls[sample.calls], name(sample.pc) if sample.pc >= _HIGH_HALF else BOOT)
        result[stack] = result.get(stack, 0) + sample.instructions
    return result


def allocation_stacks(profile: Profile, runtime: Runtime, name: Namer) -> dict[Stack, int]:
    """Objects made by stack; the innermost frame is their type."""
    result: dict[Stack, int] = {}
    for (calls, table), count in profile.allocations.items():
        stack = (*_frames(calls, name), FrameName(_type_name(runtime, table), Kind.TYPE))
        result[stack] = result.get(stack, 0) + count
    return result


def _frames(calls: tuple[int, ...], name: Namer) -> Stack:
    return tuple(name(address) for address in calls if address >= _HIGH_HALF)


def _type_name(runtime: Runtime, table: int) -> str:
    try:
        return runtime.type_name(runtime.type_of_table(table).address)
    except DecodeError:
        return f"(no MethodTable: {table:#x})"


def allocations(profile: Profile, runtime: Runtime) -> dict[str, int]:
    """Objects made, by type name."""
    result: dict[str, int] = {}
    for (_, table), count in profile.allocations.items():
        name = _type_name(runtime, table)
        result[name] = result.get(name, 0) + count
    return result
