"""`clrscope coverage`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from decoders.errors import DecodeError
from qemu_scripts import paths, run
from qemu_scripts.command import Command
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.traces import guest_options, table
from qemu_scripts.traces.guest_options import require_writable, write_file
from qemu_scripts.traces.plugin import Count, Mode, PluginOptions
from qemu_scripts.traces.session import CODE_REGION, traced_run


def _options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--lcov", type=Path, metavar="FILE", help="write an lcov tracefile")
    add("--cobertura", type=Path, metavar="FILE", help="write Cobertura XML")
    add("--html", type=Path, metavar="DIR|FILE", help="write one self-contained HTML page")
    add(
        "--assembly", action="append", default=[], metavar="GLOB",
        help="only these assemblies; may be repeated (default: all but the class library)",
    )  # fmt: skip
    guest_options.add(parser)


def _coverage(options: argparse.Namespace) -> int:
    # Only this command needs the decoders.
    from qemu_scripts.coverage.cobertura import to_cobertura
    from qemu_scripts.coverage.collect import chosen, collect
    from qemu_scripts.coverage.html import page_path, to_html
    from qemu_scripts.coverage.lcov import to_lcov
    from qemu_scripts.traces.kernel_image import KernelImage, open_runtime

    wanted = guest_options.run_options(options)
    page = page_path(options.html) if options.html is not None else None
    # A folder that is not there yet is made later, in one that is.
    require_writable(
        options.lcov, options.cobertura, page if page == options.html else options.html.absolute()
        if not options.html.is_dir() else None,
    )  # fmt: skip
    files = chosen(run.module_files(wanted), options.assembly)
    image = KernelImage(paths.KERNEL)
    plugin = PluginOptions(Mode.COVERAGE, scopes=[image.span(CODE_REGION)], count=Count.OFF)
    with traced_run(wanted, plugin) as finished:
        result = finished.outcome
        guest_options.require_run(result)
        what = wanted.program.name if wanted.program else "the driver scenario"
        try:
            runtime = open_runtime(image, finished.ram)
            report = collect(what, runtime, table.coverage(finished.shared), files)
        except DecodeError as error:
            raise EnvironmentFault(f"the run cannot be understood: {error}") from error
    if options.lcov is not None:
        write_file(options.lcov, to_lcov(report))
    if options.cobertura is not None:
        write_file(options.cobertura, to_cobertura(report))
    if page is not None:
        try:
            page.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise EnvironmentFault(f"{page.parent} cannot be made: {error.strerror}") from error
        write_file(page, to_html(report))
    print(report.to_text())
    if report.lost:
        print(
            f"clrscope: {report.lost} counters found no room; what counts as not executed may have "
            "run",
            file=sys.stderr,
        )
    print(f"clrscope: {result.message}", file=sys.stderr)
    return result.status


COVERAGE = Command(
    name="coverage",
    summary="run, and tell which lines and branches of the C# sources ran",
    description="Boots the kernel with the TCG plugin, which counts the machine instructions of "
    "managed code,\nand maps the counts by IL to source lines and branches. The guest needs no "
    "change. The guest's\nown output goes to stderr; the exit status is that of `clrscope run`.",
    examples=(
        ("clrscope coverage", "the drivers and the kernel's managed part"),
        ("clrscope coverage --html coverage.html hello.exe world", "a program, as a page"),
        ("clrscope coverage --lcov out.info --cobertura out.xml --assembly virtioblk",
         "one driver, for other tools"),
    ),
    options=_options,
    action=_coverage,
)  # fmt: skip
