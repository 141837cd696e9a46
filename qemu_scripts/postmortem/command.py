"""The command line of `clrscope postmortem`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from qemu_scripts import accel, paths
from qemu_scripts.command import Command
from qemu_scripts.errors import EnvironmentFault, UsageError
from qemu_scripts.faults import FAULTS
from qemu_scripts.run import RunOptions

DEFAULT_FOLDER = Path("postmortem")
DEFAULT_SECONDS = 60.0
_UNUSABLE = 2

_STATUSES = """\
exit status: 0 nothing is wrong, 1 a fault or a finding, 2 usage or environment, 3 the guest hung,
128+N ended by signal N. The status of a program is not counted: report.json has it."""


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds up to 86400")
    return number


def _options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--fault", action="append", default=[], metavar="NAME[@ASM!TYPE::METHOD]",
        help="break code generation in one known way; may be repeated: " + ", ".join(FAULTS),
    )  # fmt: skip
    add("--accel", choices=accel.CHOICES, default="tcg", help="QEMU's accelerator (default tcg)")
    add(
        "--timeout", type=_seconds, default=DEFAULT_SECONDS, metavar="S",
        help=f"a guest that runs for S seconds hangs (default {DEFAULT_SECONDS:g})",
    )  # fmt: skip
    add(
        "--program", nargs="+", metavar="X.exe",
        help="a .NET program and its arguments, instead of the driver scenario",
    )  # fmt: skip
    add(
        "--out", type=Path, default=DEFAULT_FOLDER, metavar="DIR",
        help=f"where the report goes (default ./{DEFAULT_FOLDER})",
    )  # fmt: skip
    add("--core", type=Path, metavar="FILE", help="look at this dump; no guest is started")
    add(
        "--path", default="", metavar="DIR[:DIR]",
        help="where the assemblies of a dumped guest and their .mdb or .pdb files lie",
    )  # fmt: skip
    add(
        "--once", action="store_true",
        help="do not run the guest a second time to learn who overwrote memory",
    )  # fmt: skip
    add("--compress", action="store_true", help="leave the dump as guest.core.gz")
    add("--memory", default="64M", metavar="SIZE", help="guest RAM (default 64M)")
    add(
        "--kernel", type=Path, default=paths.KERNEL, metavar="ELF",
        help="the kernel to boot, or that made the dump (default: the built one)",
    )  # fmt: skip
    add("-q", "--quiet", action="store_true", help="print nothing but errors")


def _run(options: argparse.Namespace) -> int:
    try:
        return _postmortem(options)
    except (UsageError, EnvironmentFault) as error:
        print(f"clrscope: {error}", file=sys.stderr)
        return _UNUSABLE


def _postmortem(options: argparse.Namespace) -> int:
    # Only this command needs decoders and pygdbmi, which take a while to import.
    from decoders.report import make_report, render_all, verdict_text
    from qemu_scripts.postmortem import folder as files
    from qemu_scripts.postmortem.kernel import build_id

    kernel = options.kernel.absolute()
    build_id(kernel)  # a sentence now, if it is no kernel
    if options.core is not None:
        for name in ("fault", "program"):
            if getattr(options, name):
                raise UsageError(f"--{name} goes with a run, and --core starts none")
        from qemu_scripts.postmortem import saved

        folder = files.prepare(options.out, keep=[options.core])
        found = saved.examine(options.core, kernel, options.path)
        if (folder / files.SERIAL).absolute() != options.core.absolute():
            files.write(folder / files.SERIAL, found.serial)
    else:
        from qemu_scripts.postmortem import live

        words = options.program or []
        wanted = RunOptions(
            program=Path(words[0]) if words else None, arguments=tuple(words[1:]),
            fault=tuple(options.fault), accel=options.accel, memory=options.memory, kernel=kernel,
        )  # fmt: skip
        folder = files.prepare(options.out)
        found = live.examine(wanted, folder, options.timeout, again=not options.once)
    facts = found.facts
    report = make_report(found.run, facts, found.serial)
    if found.problem:
        report["problems"].append(found.problem)
    if not options.quiet:
        print(verdict_text(report))
    for name, content in render_all(report, facts["sarif"] if facts else "").items():
        files.write(folder / name, content)
    core = folder / files.CORE
    if found.dumped and options.compress:
        core = files.compress(core)
    if not options.quiet:
        print(f"report: {_short(folder / 'report.html')}")
        if found.dumped:
            print(f"dump:   {_short(core)}")
    if found.dump_problem:
        raise EnvironmentFault(found.dump_problem)
    status: int = report["verdict"]["status"]
    return status


def _short(path: Path) -> Path:
    """A path as one would type it here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


POSTMORTEM = Command(
    name="postmortem",
    summary="from a crash to its cause: boot, wait, report; or from a dump",
    description="Boots, lets the scenario (or a program) run to a fault, a hang or its end, and "
    "leaves in DIR:\nreport.txt, report.json, report.html, junit.xml, findings.sarif, serial.log "
    "and the dump guest.core.\n\n" + _STATUSES,
    examples=(
        ("clrscope postmortem", "the driver scenario; status 0 if all is well"),
        ("clrscope postmortem --fault this-not-homed --out /tmp/pm", "the page fault at CR2=0x13"),
        ("clrscope postmortem --program hello.exe", "a program compiled by mcs"),
        ("clrscope postmortem --core postmortem/guest.core", "the same report from the dump"),
    ),
    options=_options,
    action=_run,
    usage_status=_UNUSABLE,
)
