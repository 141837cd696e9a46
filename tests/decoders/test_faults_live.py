"""Every fault of the kernel leaves a difference between claim and expectation; no fault, none.

Each case boots the real kernel, waits for it to stop in the fault and compares its whole memory.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from qemu.qmp.legacy import QEMUMonitorProtocol

from decoders.compare import compare_method, compare_type
from decoders.contract import read_contract
from decoders.memory import GuestRam, PageCache, TranslatedRam
from decoders.runtime import CodeRegistry, Heap, HeapProblem, Runtime, last_fault

ASSEMBLIES = ("korlib", "ddk", "virtioblk", "scenarios", "init")
# What each fault must leave: a part of one of the differences.
FINDINGS = {
    "array-mt-element": "newarr: MethodTable is Ddk.PciBar, the token says Ddk.PciBar[]",
    "array-stride-unaligned": "ComponentSize is 16, metadata says 32",
    "this-not-homed": "home of this: store is expected",
    "vt-field-offset": "offset is 8, metadata says 0",
    "local-slot-8": "local 0: extent is",
    "callee-saved-lost": "register rbx: use is written at",
    "local0-over-save-area": "zeroing locals wipes it",
    "embedded-vt-field-8": "field VendorId: offset is 16, metadata says 12",
    "shadow-space-missing": "shadow space is 32 bytes needed",
    "stack-arg-shift": "is expected at [rsp+0x20]",
    "hidden-buffer-not-homed": "arguments: count is 2, the signature says 3",
    "dup-large-vt": "size is 8, metadata says 32",
    "vtable-slot-collision": "number of vtable slots is 6, metadata says 7",
    "width-truncate": "operand width is 64 bits",
    "token-only-registry": "method Value: entry is",
}


@contextmanager
def stopped_kernel(build: Path, options: str, folder: Path) -> Iterator[Runtime]:
    """A kernel that ran until it announced its end; its memory as a runtime."""
    ram, serial, monitor = folder / "ram", folder / "serial", folder / "qmp"
    disk = folder / "disk"
    disk.write_bytes(bytes(1 << 20))
    modules = ",".join(f"{build}/managed/{name}.dll {name}.dll" for name in ASSEMBLIES)
    process = subprocess.Popen([
        "qemu-system-x86_64", "-M", "q35", "-m", "256", "-display", "none", "-no-reboot",
        "-kernel", f"{build}/kernel.elf", "-append", f"{options} onfault=stop", "-initrd", modules,
        "-object", f"memory-backend-file,id=m,size=256M,share=on,mem-path={ram}",
        "-machine", "memory-backend=m", "-serial", f"file:{serial}",
        "-drive", f"file={disk},if=none,id=d,format=raw", "-device", "virtio-blk-pci,drive=d",
        "-qmp", f"unix:{monitor},server,nowait"])
    try:
        deadline = time.monotonic() + 60
        while not (serial.exists() and b"@@clr " in serial.read_bytes()):
            assert process.poll() is None, "QEMU ended early"
            assert time.monotonic() < deadline, serial.read_bytes()[-500:]
            time.sleep(0.05)
        with QEMUMonitorProtocol(str(monitor)) as qmp:
            qmp.connect()
            qmp.cmd("stop")
            text = str(qmp.cmd(
                "human-monitor-command", **{"command-line": "info registers"}))
        found = re.search(r"CR3=([0-9a-f]+)", text)
        assert found is not None
        symbols = subprocess.run(
            ["nm", f"{build}/kernel.elf"], check=True, capture_output=True, text=True).stdout
        address = re.search(r"([0-9a-f]+) . DotNetRuntimeContractDescriptor", symbols)
        assert address is not None
        memory = PageCache(TranslatedRam(GuestRam.open(ram), int(found[1], 16)))
        yield Runtime(memory, read_contract(memory, int(address[1], 16)))
    finally:
        process.kill()
        process.wait()


def differences(runtime: Runtime) -> list[str]:
    """Everything that disagrees, heap included."""
    registry = CodeRegistry(runtime)
    result = []
    for info in runtime.types():
        if info.is_loaded and info.record.method_table:
            result += [str(d) for d in compare_type(runtime, registry, info).differences]
    for code in registry.methods():
        result += [str(d) for d in compare_method(runtime, code).differences]
    return result


@pytest.mark.guest
@pytest.mark.slow
@pytest.mark.parametrize("fault", [*FINDINGS, ""])
def test_fault_leaves_its_difference(fault: str, build: Path, socket_folder: Path) -> None:
    options = f"jit.fault={fault}" if fault else ""
    with stopped_kernel(build, options, socket_folder) as runtime:
        found = differences(runtime)
        problems = [b for b in Heap(runtime).validate() if isinstance(b, HeapProblem)]
        if not fault:
            assert found == [] and problems == []
            return
        assert any(FINDINGS[fault] in line for line in found), found
        assert last_fault(runtime) is not None
        if fault.startswith("array-"):
            assert problems, "the undersized block was overwritten"
