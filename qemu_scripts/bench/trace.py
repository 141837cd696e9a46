"""`clrscope bench trace`: what tracing stores costs, and how fast its records go on.

Two guests: a C# loop that does little but store to fields, and the driver scenario. Each source of
`trace stfld` against a run without any trace. The loop takes its own time by the guest's clock,
which goes by the host's; of the driver scenario it is from QEMU's start to its end. The least of
several tries counts.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tabulate import tabulate

from decoders.stores.columns import ColumnDecoder
from decoders.stores.text import TextDecoder
from qemu_scripts import paths, run
from qemu_scripts.bench import generate
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.outcome import Outcome
from qemu_scripts.traces.filters import Filters
from qemu_scripts.traces.kernel_image import KernelImage, files_by_name, open_runtime
from qemu_scripts.traces.plugin import Frame, PluginOptions
from qemu_scripts.traces.session import Finished, managed_code, traced_run
from qemu_scripts.traces.stfld import FieldStore, Places, SiteTable

Note = Callable[[str], None]
TRIES = 3
ROUNDS = 20
#: Characters of an argument that is one round, and field stores of stores.cs for each of them.
CHARACTERS = 500
STORES_A_CHARACTER = 4_000
#: The guest's own trace writes some 45 bytes a store to a serial line: it gets less to do.
KERNEL_CHARACTERS = 2


@dataclass(frozen=True)
class Cost:
    """One way to trace one guest. seconds: the least of all tries. stores: records to the file."""

    guest: str
    source: str
    seconds: float
    slowdown: float
    stores: int
    lost: int
    waits: int

    @property
    def stores_per_second(self) -> float:
        """Records that reached the file a second of the guest's time."""
        return self.stores / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Speed:
    """How fast the records of a finished trace become something else."""

    what: str
    records: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Records a second."""
        return self.records / self.seconds


@dataclass(frozen=True)
class Report:
    """All measurements."""

    costs: tuple[Cost, ...]
    speeds: tuple[Speed, ...]

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready dict."""
        return {
            "costs": [
                {**asdict(cost), "stores_per_second": cost.stores_per_second}
                for cost in self.costs
            ],
            "decoding": [
                {**asdict(speed), "per_second": speed.per_second} for speed in self.speeds
            ],
        }

    def to_text(self) -> str:
        """Two tables."""
        costs = tabulate(
            [
                (cost.guest, cost.source, f"{cost.seconds * 1000:.0f} ms", f"{cost.slowdown:.2f}x",
                 f"{cost.stores:,}", f"{cost.stores_per_second / 1e6:.1f} M/s", cost.lost,
                 cost.waits)
                for cost in self.costs
            ],
            headers=("guest", "source", "time", "slowdown", "stores", "to file", "lost", "waits"),
            colalign=("left", "left", *["right"] * 6),
            disable_numparse=True,
        )  # fmt: skip
        speeds = tabulate(
            [
                (speed.what, f"{speed.records:,}", f"{speed.per_second / 1e6:.2f} M/s")
                for speed in self.speeds
            ],
            headers=("decoding", "records", "speed"),
            colalign=("left", "right", "right"),
            disable_numparse=True,
        )
        return f"{costs}\n\n{speeds}"


def measure(note: Note, rounds: int = ROUNDS, tries: int = TRIES) -> Report:
    """Measure; `note` is told what comes next. Raises EnvironmentFault."""
    image = KernelImage(paths.KERNEL)
    with tempfile.TemporaryDirectory(prefix="clr-bench-") as name, Output() as output:
        text = (Path(__file__).parent / "programs" / "stores.cs").read_text(encoding="utf-8")
        program = generate.compile_with_mcs(text, Path(name), "stores")
        words = run.RunOptions(output=output.descriptor, show_log=False)
        loop = replace(words, program=program, arguments=("x" * CHARACTERS,) * rounds)
        speeds: list[Speed] = []
        costs = _loop_costs(loop, image, output, note, tries, speeds)
        costs += _scenario_costs(words, image, note, tries)
    return Report(tuple(costs), tuple(speeds))


class Output:
    """What guests print, kept in memory."""

    def __enter__(self) -> Output:
        self.descriptor = os.memfd_create("guest output")
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)

    def seconds(self, result: Outcome) -> float:
        """The milliseconds that the loop printed, as seconds; what was printed is gone then."""
        _check(result)
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        text = os.read(self.descriptor, 1 << 16)
        os.ftruncate(self.descriptor, 0)
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        return max(int(text), 1) / 1000


def _check(result: Outcome) -> None:
    if result.status != 0:
        raise EnvironmentFault(f"the guest of the benchmark failed: {result.message}")


def _elapsed(result: Outcome) -> float:
    """Seconds of QEMU's whole life."""
    _check(result)
    return float(result.extra["elapsed_seconds"])


def _plain(options: run.RunOptions, tries: int, clock: Callable[[Outcome], float]) -> float:
    return min(clock(run.run(options)) for _ in range(tries))


def _traced(
    options: run.RunOptions, wanted: PluginOptions, tries: int,
    clock: Callable[[Outcome], float], use: Callable[[Finished], None] | None = None,
) -> tuple[float, int, int, int]:  # fmt: skip
    """(seconds, records, lost, waits) of the fastest try; `use` sees the first one's results."""
    best: tuple[float, int, int, int] | None = None
    for turn in range(tries):
        with traced_run(options, wanted) as finished:
            assert finished.trace is not None
            shared = finished.shared
            one = (clock(finished.outcome), len(finished.trace), shared.lost, shared.waits)
            if turn == 0 and use is not None:
                use(finished)
        best = one if best is None else min(best, one)
    assert best is not None
    return best


def _loop_costs(
    loop: run.RunOptions, image: KernelImage, output: Output, note: Note, tries: int,
    speeds: list[Speed],
) -> list[Cost]:  # fmt: skip
    note("store loop: no trace")
    characters = sum(map(len, loop.arguments))
    bare = _plain(loop, tries, output.seconds)
    costs = [Cost("store loop", "none", bare, 1.0, 0, 0, 0)]
    fields = managed_code(image)
    for name, wanted in (
        ("plugin, no values", replace(fields, values=False)),
        ("plugin, values", fields),
        ("plugin, values, every store", replace(fields, frame=Frame.KEEP)),
    ):
        note(f"store loop: {name}")

        def use(finished: Finished, name: str = name) -> None:
            if name == "plugin, values":
                note("store loop: decoding")
                speeds.extend(_decoding(finished, loop, image, tries))

        seconds, stores, lost, waits = _traced(loop, wanted, tries, output.seconds, use)
        expected = STORES_A_CHARACTER * characters
        if stores + lost < expected:
            raise EnvironmentFault(f"{name}: {stores} stores traced of at least {expected}")
        costs.append(Cost("store loop", name, seconds, seconds / bare, stores, lost, waits))
    note("store loop: the guest's own trace")
    few = replace(loop, arguments=("x" * KERNEL_CHARACTERS,), trace=("stfld",))
    own = _plain(few, 1, output.seconds) * characters / KERNEL_CHARACTERS
    costs.append(Cost("store loop", "kernel (scaled up)", own, own / bare, 0, 0, 0))
    return costs


def _scenario_costs(
    words: run.RunOptions, image: KernelImage, note: Note, tries: int
) -> list[Cost]:
    note("driver scenario: no trace")
    bare = _plain(words, tries, _elapsed)
    costs = [Cost("driver scenario", "none", bare, 1.0, 0, 0, 0)]
    for name, wanted in (
        ("plugin, no values", replace(managed_code(image), values=False)),
        ("plugin, values", managed_code(image)),
    ):
        note(f"driver scenario: {name}")
        seconds, stores, lost, waits = _traced(words, wanted, tries, _elapsed)
        costs.append(Cost("driver scenario", name, seconds, seconds / bare, stores, lost, waits))
    note("driver scenario: the guest's own trace")
    seconds = _plain(replace(words, trace=("stfld",)), tries, _elapsed)
    costs.append(Cost("driver scenario", "kernel", seconds, seconds / bare, 0, 0, 0))
    return costs


def _decoding(
    finished: Finished, options: run.RunOptions, image: KernelImage, tries: int,
    most: int = 4_000_000,
) -> list[Speed]:  # fmt: skip
    assert finished.trace is not None
    pieces: list[bytes] = []
    for view in finished.trace.pieces():
        pieces.append(bytes(view))
        if sum(map(len, pieces)) >= most * 32:
            break
    total = sum(map(len, pieces)) // 32
    speeds = []

    def timed(what: str, action: Callable[[], object]) -> None:
        best = float("inf")
        for _ in range(tries):
            start = time.perf_counter()
            action()
            best = min(best, time.perf_counter() - start)
        speeds.append(Speed(what, total, best))

    runtime = open_runtime(image, finished.ram)
    sites = SiteTable(runtime, files_by_name(run.module_files(options)))
    places = Places(runtime)

    def rows() -> Iterator[FieldStore]:
        return ColumnDecoder(sites, places).decode(pieces)

    def last() -> None:
        filters = Filters(field="D", value=-1)
        assert not list(ColumnDecoder(sites, places).decode(pieces, filters))

    columns = ColumnDecoder(sites, places)
    timed("to columns", lambda: sum(len(c.site) for c in columns.columns(pieces)))
    timed("to named field stores", lambda: sum(1 for _ in rows()))
    timed("to lines of text", lambda: sum(n for n, _ in TextDecoder(sites, places).blocks(pieces)))
    timed("to those of one field and value", last)
    return speeds
