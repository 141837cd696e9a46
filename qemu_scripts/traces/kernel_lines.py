"""A run whose guest traces its field stores itself, on its serial console."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from decoders.errors import DecodeError
from decoders.stores import FieldStore, Places
from decoders.stores.lines import KernelLine, LineDecoder, parse
from qemu_scripts import run
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.outcome import Outcome
from qemu_scripts.traces.kernel_image import KernelImage, files_by_name, open_runtime
from qemu_scripts.traces.stfld import SiteTable


@dataclass
class KernelTrace:
    """A finished run whose guest traced itself."""

    outcome: Outcome
    decoder: LineDecoder
    lines: list[KernelLine]

    @property
    def count(self) -> int:
        """Field stores that the guest told of."""
        return len(self.lines)

    def stores(self) -> Iterator[FieldStore]:
        """The field stores."""
        return self.decoder.decode(self.lines)


@contextmanager
def kernel_trace(options: run.RunOptions, image: KernelImage) -> Iterator[KernelTrace]:
    """Run the guest with its own trace on. Raises UsageError and EnvironmentFault."""
    with tempfile.TemporaryDirectory(prefix="clrscope-lines-") as name:
        folder = Path(name)
        log, ram = folder / "log", folder / "ram"
        outcome = run.run(replace(options, trace=("stfld",), kernel_log=log, memory_file=ram))
        try:
            runtime = open_runtime(image, ram)
            lines = parse(log.read_bytes())
            sites = SiteTable(runtime, files_by_name(run.module_files(options)))
            decoder = LineDecoder(sites, Places(runtime), runtime.memory)
        except DecodeError as error:
            raise EnvironmentFault(f"the run cannot be understood: {error}") from error
        yield KernelTrace(outcome, decoder, lines)
