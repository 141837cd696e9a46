"""`clrscope profile`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from decoders.errors import DecodeError
from qemu_scripts import paths
from qemu_scripts.command import Command
from qemu_scripts.errors import EnvironmentFault, UsageError
from qemu_scripts.traces import guest_options, table
from qemu_scripts.traces.guest_options import require_writable, write_file
from qemu_scripts.traces.plugin import Mode, PluginOptions
from qemu_scripts.traces.session import traced_run


def _options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--flamegraph", type=Path, metavar="FILE.svg", help="draw a flame graph")
    add("--speedscope", type=Path, metavar="FILE.json", help="write a file for speedscope")
    add("--collapsed", type=Path, metavar="FILE", help="write collapsed stacks")
    add("--alloc", action="store_true", help="count objects by type instead of instructions")
    add("--managed", action="store_true", help="only stacks with managed code in them")
    add("--top", type=int, default=20, metavar="N", help="rows of the table (default 20)")
    guest_options.add(parser)


def _profile(options: argparse.Namespace) -> int:
    # Only this command needs the decoders.
    from decoders.stores.allocations import ALLOCATOR, HEAP_REGION
    from qemu_scripts.profile import report
    from qemu_scripts.profile.files import to_collapsed, to_speedscope
    from qemu_scripts.profile.flamegraph import to_svg
    from qemu_scripts.traces.kernel_image import KernelImage, open_runtime
    from qemu_scripts.traces.managed import Kind, Namer, allocation_stacks, instruction_stacks

    wanted = guest_options.run_options(options)
    if options.top < 1:
        raise UsageError("--top needs a whole number of at least 1")
    require_writable(options.flamegraph, options.speedscope, options.collapsed)
    image = KernelImage(paths.KERNEL)
    plugin = PluginOptions(Mode.PROFILE)
    if options.alloc:
        plugin = PluginOptions(
            Mode.PROFILE, alloc=image.span(ALLOCATOR), heap=image.span(HEAP_REGION)
        )
    unit = "objects" if options.alloc else "instructions"
    with traced_run(wanted, plugin) as finished:
        result = finished.outcome
        guest_options.require_run(result)
        try:
            runtime = open_runtime(image, finished.ram)
            found = table.profile(finished.shared)
            name = Namer(runtime, image)
            if options.alloc:
                stacks = allocation_stacks(found, runtime, name)
            else:
                stacks = instruction_stacks(found, name)
        except DecodeError as error:
            raise EnvironmentFault(f"the run cannot be understood: {error}") from error
    if options.managed:
        stacks = {s: n for s, n in stacks.items() if any(f.kind is Kind.MANAGED for f in s)}
    if not stacks:
        raise EnvironmentFault(f"this run has no {unit} to show; {result.message}")
    what = wanted.program.name if wanted.program else "the driver scenario"
    title = f"{unit.capitalize()} of {what}"
    if options.flamegraph is not None:
        write_file(options.flamegraph, to_svg(stacks, title, unit))
    if options.speedscope is not None:
        write_file(options.speedscope, to_speedscope(stacks, title, unit))
    if options.collapsed is not None:
        write_file(options.collapsed, to_collapsed(stacks))
    print(report.to_text(stacks, unit, options.top))
    note = f"{found.instructions:,} instructions counted"
    if found.lost:
        note += f", {found.lost:,} counters found no room: what they would have counted is MISSING"
    if found.truncated:
        note += f", {found.truncated:,} calls too deep for a stack of their own"
    print(f"clrscope: {note}; {result.message}", file=sys.stderr)
    return result.status


PROFILE = Command(
    name="profile",
    summary="run, and tell where the instructions went",
    description="Boots the kernel with the TCG plugin, which counts executed instructions by call "
    "stack: managed\nmethods, stubs and the kernel's C functions. The guest needs no change. The "
    "guest's own output goes to\nstderr; the exit status is that of `clrscope run`.",
    examples=(
        ("clrscope profile --flamegraph out.svg", "the driver scenario"),
        ("clrscope profile --managed --speedscope out.json hello.exe", "a program's own part"),
        ("clrscope profile --alloc --flamegraph objects.svg hello.exe",
         "which objects were made, and where"),
    ),
    options=_options,
    action=_profile,
)  # fmt: skip
