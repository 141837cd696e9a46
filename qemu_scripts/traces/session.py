"""One run of the guest with the plugin loaded: buffers, reader, and everything away afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from qemu_scripts import launch, run
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.outcome import Outcome
from qemu_scripts.processes import ProcessId
from qemu_scripts.traces import plugin
from qemu_scripts.traces.plugin import Count, Frame, Mode, PluginOptions
from qemu_scripts.traces.ring import RingReader
from qemu_scripts.traces.shared import SharedFile
from qemu_scripts.traces.trace_file import TraceFile, TraceWriter

if TYPE_CHECKING:
    from qemu_scripts.traces.kernel_image import KernelImage

#: Symbol of the kernel: where code will be.
CODE_REGION = "clr_code_region"
_PREFIX = "clrscope-trace-"


@dataclass(frozen=True)
class Finished:
    """A run that is over; the files live as long as the context that gave it.

    shared: the plugin's side as it ended. trace: the store records, in mode stores.
    """

    outcome: Outcome
    shared: SharedFile
    ram: Path
    trace: TraceFile | None


def _remove_left_over(base: Path) -> None:
    """Folders of this user whose process was killed before it could remove them."""
    for folder in base.glob(f"{_PREFIX}*-*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and ProcessId.of(int(pid)) is None and folder.owner() == _user():
            shutil.rmtree(folder, ignore_errors=True)


def _user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


@contextmanager
def scratch_folder(memory: int, records: int) -> Iterator[Path]:
    """A private folder for guest RAM and buffer: in memory where there is room, else on disk."""
    base = Path("/dev/shm")
    needed = 2 * memory + 2 * records * 32
    if not os.access(base, os.W_OK | os.X_OK) or shutil.disk_usage(base).free < needed:
        base = Path(tempfile.gettempdir())
    _remove_left_over(base)
    try:
        folder = tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", dir=base)
    except OSError as error:
        raise EnvironmentFault(f"cannot make a folder in {base}: {error.strerror}") from error
    with folder as name:
        yield Path(name)


@contextmanager
def traced_run(
    options: run.RunOptions,
    wanted: PluginOptions,
    trace_to: Path | None = None,
    capacity: int | None = None,
    leave: Callable[[Path, Path], bool] | None = None,
) -> Iterator[Finished]:
    """Run the guest to its end with the plugin; what it left is there during the context.

    trace_to: where store records go (default: a file that is gone afterwards). capacity: of the
    ring or table. leave (mode stores): asked now and then with the files of guest RAM and trace;
    ends the guest when it says so. Raises UsageError and EnvironmentFault.
    """
    plugin.require()
    records = capacity or (plugin.RING if wanted.mode is Mode.STORES else plugin.TABLE)
    memory = launch.parse_memory(options.memory)
    with scratch_folder(memory, records) as folder:
        ram = options.memory_file.absolute() if options.memory_file else folder / "ram"
        with SharedFile.create(folder / "shared", records, wanted.record_size) as shared:
            argument = plugin.argument(wanted, shared.path, ram)
            options = replace(options, memory_file=ram, plugin=argument)
            if wanted.mode is not Mode.STORES:
                yield Finished(run.run(options), shared, ram, None)
                return
            # A debugger looks for the records beside the shared file.
            path = folder / "trace"
            if trace_to is not None:
                path.symlink_to(trace_to.absolute())
                path = trace_to
            with TraceWriter(path, shared) as writer:
                reader = RingReader(shared, writer.write)
                try:
                    result = run.run(
                        options, leave=None if leave is None else lambda: leave(ram, path)
                    )
                finally:
                    reader.finish()
            trace = TraceFile(path)
            try:
                yield Finished(result, shared, ram, trace)
            finally:
                trace.close()


def calls(image: KernelImage, allocations: bool = False) -> PluginOptions:
    """A trace of managed code's calls and frames, and of the allocator's stores if asked for."""
    # The decoders take a fifth of a second to import.
    from decoders.stores.allocations import ALLOCATOR, SIZERS

    also = [image.span(ALLOCATOR), *(image.span(name) for name in SIZERS)] if allocations else []
    return PluginOptions(
        Mode.STORES,
        scopes=[image.span(CODE_REGION)],
        also=also,
        values=allocations,
        returns=True,
        frame=Frame.CALLS,
        count=Count.OFF,
    )


def every_store(image: KernelImage, count: Count = Count.OFF) -> PluginOptions:
    """A trace of all stores of kernel and managed code, with values."""
    # The top page holds no code: a range's end must be a number of 64 bits.
    return PluginOptions(
        Mode.STORES, scopes=[(1 << 63, (1 << 64) - 4096)], values=True, count=count
    )


def managed_code(image: KernelImage, count: Count = Count.OFF) -> PluginOptions:
    """A store trace of everything that the JIT compiles, with values.

    Counting instructions costs in all of the guest's code, not only where stores are traced.
    """
    return PluginOptions(
        Mode.STORES,
        scopes=[image.span(CODE_REGION)],
        values=True,
        frame=Frame.ENTRIES,
        returns=True,
        count=count,
    )
