"""The plugin, the bare-metal guest that it is tried on, and runs of both in the real QEMU."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from decoders.store_records import StoreRecord, decode, expanded
from qemu_scripts import paths
from qemu_scripts.traces import table
from qemu_scripts.traces.plugin import RING, Mode, PluginOptions, argument
from qemu_scripts.traces.ring import RingReader
from qemu_scripts.traces.shared import RECORD_SIZE, Range, SharedFile

HERE = Path(__file__).parent
BUILD = paths.BUILD / "tests" / "plugins"
KERNEL_SOURCES = paths.ROOT / "reference_kernel"


def make(*words: str) -> None:
    """make, one at a time for this folder; what it says is shown when it fails."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / ".lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(["make", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def plugin() -> Path:
    """build/plugins/clrtrace.so, up to date."""
    make("-C", str(paths.ROOT / "qemu_scripts" / "plugins"))
    return paths.BUILD / "plugins" / "clrtrace.so"


@dataclass(frozen=True)
class Payload:
    """The kernel with tests/plugins/payload as its runtime, and its symbols' [from, to)."""

    kernel: Path
    symbols: dict[str, Range]

    def owner(self, address: int) -> str:
        """The function that an address lies in, "" for none."""
        for name, (start, end) in self.symbols.items():
            if start <= address < end:
                return name
        return ""


@pytest.fixture(scope="session")
def payload() -> Payload:
    """The bare-metal guest."""
    make(
        *("-C", str(KERNEL_SOURCES), "kernel", f"BUILD={BUILD}", "JIT_C="),
        *(
            f"RUNTIME_C={HERE / 'payload' / 'payload.c'}",
            f"EXTRA_INCLUDE=-I{KERNEL_SOURCES}/nucleus",
        ),
    )
    kernel = BUILD / "kernel.elf"
    listing = subprocess.run(
        ["nm", "-S", kernel], capture_output=True, text=True, check=True
    ).stdout
    symbols = {}
    for start, size, name in re.findall(r"^(\w+) (\w+) \w (\w+)$", listing, re.M):
        symbols[name] = (int(start, 16), int(start, 16) + int(size, 16))
    return Payload(kernel, symbols)


@dataclass
class Traced:
    """A finished run: QEMU's status and complaints, the guest's log, and what the plugin found."""

    status: int
    complaints: str
    log: str
    stores: list[StoreRecord]
    coverage: table.Coverage | None
    profile: table.Profile | None
    lost: int
    waits: int
    instructions: int
    value_source: str
    ended: bool


@pytest.fixture
def folder() -> Iterator[Path]:
    """A private folder in memory."""
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="clr-", dir=base) as name:
        yield Path(name)


TracedRun = Callable[..., Traced]


def whole(view: memoryview, record_size: int) -> bytes | memoryview:
    """Records of 32 bytes, whichever kind they are."""
    return view if record_size == RECORD_SIZE else expanded(view)


@pytest.fixture
def traced(plugin: Path, payload: Payload, folder: Path) -> TracedRun:
    """traced("test", n, options): boot the payload with the plugin; returns a Traced."""

    def run(
        test: str, n: int, options: PluginOptions, capacity: int = RING, read: bool = True,
        ram: bool = True, memory: str = "64M",
    ) -> Traced:  # fmt: skip
        ram_file = folder / "ram"
        qemu = shutil.which("qemu-system-x86_64")
        assert qemu
        stores: list[StoreRecord] = []
        with SharedFile.create(folder / "shared", capacity, options.record_size) as shared:
            argv = [
                *(qemu, "-M", "q35,memory-backend=ram", "-m", memory, "-display", "none"),
                "-object",
                f"memory-backend-file,id=ram,size={memory},share=on,mem-path={ram_file}",
                *("-accel", "tcg", "-nodefaults", "-no-reboot", "-kernel", str(payload.kernel)),
                *("-append", f"test={test} n={n} onfault=exit"),
                *("-serial", f"file:{folder}/log", "-serial", "null"),
                *("-device", "isa-debug-exit,iobase=0xf4,iosize=4"),
                "-plugin",
                argument(options, folder / "shared", ram_file if ram else None, plugin),
            ]
            reader = None
            if options.mode is Mode.STORES and read:
                size = options.record_size
                reader = RingReader(shared, lambda view: stores.extend(decode(whole(view, size))))
            done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
            if reader is not None:
                reader.finish()
            log = folder / "log"
            return Traced(
                done.returncode,
                done.stderr,
                log.read_text() if log.exists() else "",
                stores,
                table.coverage(shared) if options.mode is Mode.COVERAGE else None,
                table.profile(shared) if options.mode is Mode.PROFILE else None,
                shared.lost,
                shared.waits,
                shared.instructions,
                shared.value_source,
                shared.ended,
            )

    return run
