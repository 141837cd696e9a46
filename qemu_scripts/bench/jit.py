"""`clrscope bench jit`: how fast the JIT compiles, and how fast its code is.

Compile time: one assembly of 2,000 methods of some 190 IL bytes. In the host library the compiler
itself is timed; elsewhere it is what calling every method once costs, which is how a person meets
it. Code speed: three small programs, as ratios to mono with its optimisations off.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tabulate import tabulate

from qemu_scripts.bench import generate, host
from qemu_scripts.bench.runners import DotNet, Guest, Host, Mono, Runner
from qemu_scripts.errors import EnvironmentFault

PROGRAMS = ("sieve", "orbit", "calls")
ROUNDS = 20
REFERENCE = "mono -O=-all"
Note = Callable[[str], None]


@dataclass(frozen=True)
class CompileSpeed:
    """Compile cost of the generated assembly under one runner."""

    runner: str
    what: str
    methods: int
    il_bytes: int
    seconds: float

    @property
    def microseconds_per_method(self) -> float:
        """Microseconds a method."""
        return self.seconds / self.methods * 1e6

    @property
    def nanoseconds_per_il_byte(self) -> float:
        """Nanoseconds an IL byte."""
        return self.seconds / self.il_bytes * 1e9

    @property
    def methods_per_second(self) -> float:
        """Methods a second."""
        return self.methods / self.seconds


@dataclass(frozen=True)
class CodeSpeed:
    """Seconds of one program under one runner."""

    program: str
    runner: str
    seconds: float


@dataclass(frozen=True)
class Report:
    """All measurements; skipped: runner and reason."""

    compile: tuple[CompileSpeed, ...]
    code: tuple[CodeSpeed, ...]
    skipped: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, object]:
        """A JSON-ready dict."""
        return {
            "compile": [
                {**asdict(speed), "us_per_method": speed.microseconds_per_method,
                 "ns_per_il_byte": speed.nanoseconds_per_il_byte}
                for speed in self.compile
            ],
            "code": [asdict(speed) for speed in self.code],
            "skipped": [{"runner": name, "reason": reason} for name, reason in self.skipped],
        }  # fmt: skip

    def to_text(self) -> str:
        """Two tables and what was left out."""
        compile_table = tabulate(
            [
                (speed.runner, speed.what, f"{speed.methods_per_second:,.0f}",
                 f"{speed.microseconds_per_method:.1f}", f"{speed.nanoseconds_per_il_byte:.0f}")
                for speed in self.compile
            ],
            headers=("", "timed", "methods/s", "us/method", "ns/IL byte"),
            colalign=("left", "left", "right", "right", "right"),
                disable_numparse=True,
        ) if self.compile else "no runner could compile"  # fmt: skip
        names = list(dict.fromkeys(speed.runner for speed in self.code))
        seconds = {(speed.program, speed.runner): speed.seconds for speed in self.code}
        rows = []
        for program in dict.fromkeys(speed.program for speed in self.code):
            reference = seconds.get((program, REFERENCE))
            row = [program]
            for name in names:
                value = seconds.get((program, name))
                ratio = f" ({value / reference:.2f}x)" if value is not None and reference else ""
                row.append("-" if value is None else f"{value * 1000:.1f} ms{ratio}")
            rows.append(row)
        code_table = tabulate(rows, headers=["", *names], disable_numparse=True)
        left_out = "".join(f"\nleft out: {name}: {reason}" for name, reason in self.skipped)
        return (
            "compiling (aim for the host library: 6 us a method, 30 ns per IL byte)\n\n"
            f"{compile_table}\n\n"
            f"running (x: time relative to {REFERENCE})\n\n{code_table}{left_out}"
        )


def measure(note: Note, guest: bool = True, rounds: int = ROUNDS) -> Report:
    """Measure everything that is available here; `note` is told what comes next."""
    runners: list[Runner] = [Mono("-O=-all"), Mono(), DotNet(), Host()]
    if guest:
        runners.append(Guest())
    skipped = [(one.name, why) for one in runners if (why := one.unavailable()) is not None]
    usable = [one for one in runners if one.unavailable() is None]
    with tempfile.TemporaryDirectory(prefix="clr-bench-") as name:
        folder = Path(name)
        note("compiling the benchmarks with mcs")
        assembly = generate.compile_with_mcs(generate.source(), folder, "jitbench")
        programs = [_compile(program, folder) for program in PROGRAMS]
        compile_speeds = _compile_speeds(assembly, usable, skipped, note)
        code_speeds = _code_speeds(programs, usable, skipped, note, rounds)
    return Report(tuple(compile_speeds), tuple(code_speeds), tuple(skipped))


def _compile(program: str, folder: Path) -> Path:
    text = (Path(__file__).parent / "programs" / f"{program}.cs").read_text(encoding="utf-8")
    return generate.compile_with_mcs(text, folder, program)


def _compile_speeds(
    assembly: Path, runners: Sequence[Runner], skipped: list[tuple[str, str]], note: Note
) -> list[CompileSpeed]:
    sizes = generate.measure(assembly)
    speeds = []
    for runner in runners:
        note(f"compile time: {runner.name}")
        try:
            if isinstance(runner, Host):
                best = min(
                    (host.compile_all(assembly) for _ in range(3)),
                    key=lambda statistics: statistics.nanoseconds,
                )
                if best.methods_failed:
                    raise EnvironmentFault(f"{best.methods_failed} methods do not compile")
                speeds.append(
                    CompileSpeed(runner.name, "compiler", best.methods, best.il_bytes,
                                 best.nanoseconds / 1e9)
                )  # fmt: skip
            _, seconds = runner.seconds_for(assembly, 1)
            speeds.append(
                CompileSpeed(runner.name, "first calls", sizes.methods, sizes.il_bytes, seconds)
            )
        except EnvironmentFault as error:
            skipped.append((f"{runner.name}, compiling", str(error)))
    return speeds


def _code_speeds(
    programs: Sequence[Path],
    runners: Sequence[Runner],
    skipped: list[tuple[str, str]],
    note: Note,
    rounds: int,
) -> list[CodeSpeed]:
    speeds = []
    for program in programs:
        expected: str | None = None
        for runner in runners:
            note(f"{program.stem}: {runner.name}")
            try:
                output, seconds = runner.seconds_for(program, rounds)
                if expected is not None and output != expected:
                    raise EnvironmentFault(f"it prints {output!r}, mono {expected!r}")
            except EnvironmentFault as error:
                skipped.append((f"{runner.name}, {program.stem}", str(error)))
                continue
            if runner.name.startswith("mono"):
                expected = output
            speeds.append(CodeSpeed(program.stem, runner.name, seconds))
    return speeds
