"""Makes the fixture of test_snapshot.py anew, from a guest that is booted for it.

    python -m tests.decoders.record [OUTPUT.core.xz]

Only pages that decoders read are kept.
"""

from __future__ import annotations

import lzma
import sys
from pathlib import Path

from decoders.contract import read_contract
from decoders.contract.reader import SYMBOL
from decoders.errors import DecodeError
from decoders.frames import Unwinder
from decoders.memory import GuestRam, Memory, Note, TranslatedRam, build_core
from decoders.runtime import (
    CodeRegistry,
    Heap,
    References,
    Runtime,
    Values,
    last_fault,
    threads,
)
from tests.doctor.machine import booted

PAGE = 0x1000
FAULT = "this-not-homed"
FIXTURE = Path(__file__).parent / "fixtures" / f"{FAULT}.core.xz"


class Recorder:
    """Memory that keeps every page that is read through it."""

    def __init__(self, inner: Memory) -> None:
        self.inner = inner
        self.pages: dict[int, bytes] = {}

    def read(self, address: int, size: int, purpose: str) -> bytes:
        """See Memory.read."""
        data = self.inner.read(address, size, purpose)
        for page in range(address & ~(PAGE - 1), address + size, PAGE):
            if page not in self.pages:
                self.pages[page] = self.inner.read(page, PAGE, purpose)
        return data

    def segments(self) -> list[tuple[int, bytes, int]]:
        """The pages, adjacent ones joined, as core file segments."""
        joined: list[tuple[int, bytearray]] = []
        for address, data in sorted(self.pages.items()):
            if joined and joined[-1][0] + len(joined[-1][1]) == address:
                joined[-1][1].extend(data)
            else:
                joined.append((address, bytearray(data)))
        return [(address, bytes(data), 7) for address, data in joined]


def look_at_everything(memory: Recorder, contract: int) -> None:
    """Read whatever a debugger might."""
    runtime = Runtime(memory, read_contract(memory, contract))
    registry = CodeRegistry(runtime)
    _ = runtime.universe, runtime.layout, runtime.generation, runtime.build_id
    values = Values(runtime)
    for info in runtime.types():
        runtime.type_name(info.address)
        runtime.fields(info)
        runtime.methods(info)
        if info.record.method_table:
            runtime.method_table(info.record.method_table)
        try:
            values.statics(info)
        except DecodeError:
            continue  # types that are only named have no statics yet
    for code in registry.methods():
        _ = (code.bytes, code.args, code.locals, code.temps, code.map, code.stack_entries,
             code.call_sites, code.store_sites, code.clauses, code.epilogues)
    for entry in registry.entries:
        registry.find(entry.start)
        memory.read(entry.start, min(entry.size, 16 * PAGE), "code")
    for block in Heap(runtime).blocks():
        if not block.free:
            values.object(block.address)
    list(References(runtime).handle_roots())
    fault = last_fault(runtime)
    for thread in threads(runtime):
        frame = fault.frame if fault is not None else None
        low = frame.rsp if frame is not None else thread.stack_low
        for page in range(low & ~(PAGE - 1), thread.stack_high, PAGE):
            memory.read(page, 8, "the stack")
    if fault is not None and fault.frame is not None:
        Unwinder(runtime, registry).fault_backtrace(fault)


def main() -> None:
    """See the module's text."""
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else FIXTURE
    with booted(fault=FAULT) as guest:
        contract = guest.symbol(SYMBOL)
        memory = Recorder(
            TranslatedRam(GuestRam.open(guest.ram), guest.stub.registers()["cr3"]))
        look_at_everything(memory, contract)
    core = build_core(
        memory.segments(), [Note("CLRSCOPE", 1, contract.to_bytes(8, "little"))])
    output.write_bytes(lzma.compress(core, preset=9 | lzma.PRESET_EXTREME))
    print(f"{output}: {len(memory.pages)} pages")


if __name__ == "__main__":
    main()
