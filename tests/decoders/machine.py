"""The recorded machine for tests of what commands show: readers over any memory of its pages."""

from __future__ import annotations

import lzma
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import decoders.render.heap
import decoders.render.tables  # noqa: F401 (registers the renderers)
from decoders.contract import Contract, read_contract
from decoders.errors import TargetError
from decoders.frames import FrameKind, FrameView, FrameViewer, Unwinder
from decoders.inspect import heap, methods, objects, roots, types
from decoders.inspect.roots import StackRange
from decoders.memory import ElfCore, Memory, ReadError
from decoders.metadata import Assembly
from decoders.runtime import CodeRegistry, References, Runtime, Values, last_fault, threads

FIXTURE = Path(__file__).parent / "fixtures" / "this-not-homed.core.xz"
PAGE = 0x1000


def load() -> tuple[dict[int, bytes], int]:
    """The recorded pages by address, and where the contract's descriptor lies."""
    core = ElfCore(lzma.decompress(FIXTURE.read_bytes()), "this-not-homed")
    pages = {}
    for segment in core.segments:
        for page in range(segment.vaddr, segment.vaddr + segment.filesz, PAGE):
            pages[page] = core.read(page, PAGE, "a page")
    (note,) = [n for n in core.notes if n.name == "CLRSCOPE"]
    return pages, int.from_bytes(note.desc, "little")


class Pages:
    """Memory of whole pages. `log`, where there is one, notes every address that is read."""

    def __init__(self, pages: dict[int, bytes], log: set[int] | None = None) -> None:
        self.pages = pages
        self.log = log

    def read(self, address: int, size: int, purpose: str) -> bytes:
        """See Memory.read."""
        if size < 0 or size > 256 << 20 or address < 0 or address + size > 1 << 64:
            raise ReadError(address, size, purpose, "no such range", "none")
        if self.log is not None:
            self.log.update(range(address & ~7, address + min(size, 1 << 16), 8))
        offset = address & PAGE - 1
        page = self.pages.get(address - offset)
        if page is None:
            raise ReadError(address, size, purpose, "not mapped", "none")
        if offset + size <= PAGE:
            return page[offset : offset + size]
        parts = [page[offset:]]
        left = size - len(parts[0])
        at = address - offset + PAGE
        while left > 0:
            page = self.pages.get(at)
            if page is None:
                raise ReadError(address, size, purpose, "not mapped", "none")
            parts.append(page[:left])
            left -= PAGE
            at += PAGE
        return b"".join(parts)


class Machine:
    """Everything that commands work with, over a memory. `images` spares parsing metadata again."""

    def __init__(
        self, memory: Memory, contract: Contract | int, images: Sequence[Assembly] = ()
    ) -> None:
        if isinstance(contract, int):
            contract = read_contract(memory, contract)
        self.runtime = Runtime(memory, contract)
        self.values = Values(self.runtime)
        self._offered = {image.mvid: image for image in images}

    def use_images(self) -> None:
        """Take the images at hand where the MVIDs are those of the loaded assemblies."""
        for loaded in self.runtime.assemblies:
            if loaded.mvid in self._offered:
                self.runtime.add_image(self._offered[loaded.mvid], loaded)

    @cached_property
    def registry(self) -> CodeRegistry:
        """What lies where in code."""
        return CodeRegistry(self.runtime)

    def frames(self) -> list[FrameView]:
        """Views of the managed frames at the recorded fault."""
        fault = last_fault(self.runtime)
        assert fault is not None
        unwinder = Unwinder(self.runtime, self.registry)
        viewer = FrameViewer(self.runtime, self.registry)
        trace = unwinder.fault_backtrace(fault, limit=40)
        return [viewer.view(f) for f in trace.frames if f.kind is FrameKind.MANAGED]

    def stack(self) -> list[StackRange]:
        """The part of the first thread's stack that is in use."""
        fault, (thread, *_) = last_fault(self.runtime), threads(self.runtime)
        assert fault is not None and fault.frame is not None
        return [StackRange(fault.frame.rsp, thread.stack_high)]


@dataclass(frozen=True)
class Places:
    """Addresses in the healthy machine that commands are given."""

    types: dict[str, int]
    tables: dict[str, int]
    objects: dict[str, int]
    code: int
    method_desc: int


def places(machine: Machine) -> Places:
    """Look them up."""
    runtime = machine.runtime
    infos = {runtime.type_name(i.address): i for i in runtime.types() if i.is_loaded}
    finder = References(runtime)
    found: dict[str, int] = {}
    for address, table in finder.objects().items():
        found.setdefault(runtime.type_name(runtime.type_of_table(table).address), address)
    code = next(
        c for c in machine.registry.methods()
        if runtime.method_name(c.method) == "Ddk.PciDeviceInfo::ReadProgIf")
    return Places(
        {name: info.address for name, info in infos.items()},
        {name: info.record.method_table for name, info in infos.items()},
        found, code.start + 12, code.method.address)


Action = Callable[[Machine], Any]


def actions(where: Places) -> dict[str, Action]:
    """What each command computes, as functions of a machine."""
    device, bars = where.objects["Ddk.PciDeviceInfo"], where.objects["Ddk.PciBar[]"]

    def typed(name: str) -> Callable[[Machine], Any]:
        return lambda m: m.runtime.type(where.types[name])

    def token(m: Machine) -> Any:
        loaded = next((a for a in m.runtime.assemblies if a.name == "ddk"), None)
        if loaded is None:
            raise TargetError("no assembly ddk")
        return methods.token_detail(m.runtime, m.registry, loaded, 0x06000023)

    def method_at(m: Machine) -> Any:
        place = m.registry.find(where.code)
        if place is None or place.method is None:
            return methods.method_detail(
                m.runtime, m.registry, methods.method_desc_at(m.runtime, where.method_desc))
        return methods.method_detail(m.runtime, m.registry, place.method, None, place)

    def gc_root(m: Machine) -> Any:
        return roots.roots_view(m.runtime, bars, m.frames(), 8, [])

    def stack_objects(m: Machine) -> Any:
        return roots.stack_objects(
            m.runtime, m.stack(), {"rcx": device}, m.frames(), 100, True, [])

    return {
        "mt": lambda m: types.type_table(m.runtime, m.registry, typed("Ddk.PciDeviceInfo")(m)),
        "mt array": lambda m: types.table_at(m.runtime, m.registry, where.tables["Ddk.PciBar[]"]),
        "mt object": lambda m: types.table_at(m.runtime, m.registry, device),
        "layout": lambda m: types.layout_view(m.runtime, m.registry, typed("Ddk.PciBar")(m)),
        "obj": lambda m: objects.object_view(m.runtime, m.values, device, 1),
        "obj writer": lambda m: objects.object_view(
            m.runtime, m.values, where.objects["System.ConsoleWriter"], 2),
        "vt": lambda m: objects.value_at(m.values, typed("Ddk.PciAddress")(m), device + 8, 0),
        "str": lambda m: objects.string_view(m.runtime, m.values, where.objects["string"], 256),
        "array": lambda m: objects.array_view(m.runtime, m.values, bars, 0, 1),
        "array of references": lambda m: objects.array_view(
            m.runtime, m.values, where.objects["object[]"], 0, 1),
        "statics": lambda m: types.statics_view(
            m.runtime, m.values, typed("System.Console")(m), 1),
        "field": lambda m: objects.field_value(m.values, device, "Bars[2].Size"),
        "located": lambda m: objects.located(m.runtime, device + 19),
        "types": lambda m: types.type_list(m.runtime, None, True, 1000),
        "types check": lambda m: types.differing(m.runtime, m.registry, "Ddk.*", 10),
        "modules": lambda m: methods.module_list(m.runtime, m.registry, None),
        "methods": lambda m: methods.method_list(m.runtime, m.registry, "Ddk.*", False, 100),
        "methods all": lambda m: methods.method_list(m.runtime, m.registry, "*ReadProgIf*", True,
                                                     100),
        "method": method_at,
        "token": token,
        "heap stat": lambda m: heap.heap_statistics(m.runtime, None),
        "heap": lambda m: heap.heap_blocks(m.runtime, "System.*", 24, 50),
        "verify heap": lambda m: heap.verify(m.runtime),
        "gcroot": gc_root,
        "dso": stack_objects,
    }
