"""Compare what mono and the guest print for the conformance program, check by check.

    python -m tests.conformance.compare [--each] [--optimize] [GROUP...]

builds the program, runs it under both, and prints for each group how many checks agree and which do
not. `--each` boots a guest per group, so that one group that stops the kernel does not hide the
others.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.conformance.generate import build

ROOT = Path(__file__).resolve().parents[2]
DONE = "done"


@dataclass
class Comparison:
    """Checks by how they fared; a check is the part of its line before ` = `."""

    agreed: list[str] = field(default_factory=list)
    differing: dict[str, tuple[str, str]] = field(default_factory=dict)  # name: (mono, guest)
    missing: list[str] = field(default_factory=list)  # printed by mono only
    extra: list[str] = field(default_factory=list)  # printed by the guest only

    @property
    def same(self) -> bool:
        return not (self.differing or self.missing or self.extra)

    def report(self, limit: int = 40) -> str:
        """Every check that does not agree, at most `limit` of each sort."""
        lines = [
            f"{len(self.agreed)} agree, {len(self.differing)} differ, "
            f"{len(self.missing)} missing, {len(self.extra)} unexpected"
        ]
        lines += [
            f"  {name}: mono {mono}, guest {guest}"
            for name, (mono, guest) in list(self.differing.items())[:limit]
        ]
        if len(self.differing) > limit:
            lines.append(f"  ... and {len(self.differing) - limit} more (truncated)")
        if self.missing:
            lines.append(f"  first missing: {self.missing[0]}")
            groups = Counter(name.split(".", 1)[0] for name in self.missing)
            lines += [f"  {count} missing in {group}" for group, count in groups.items()]
        lines += [f"  unexpected: {line}" for line in self.extra[:limit]]
        return "\n".join(lines)


def parse(text: str) -> dict[str, str]:
    """Lines `name = value` as a dict in order; any other line is its own name.

    ValueError when a name comes twice.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(" = ")
        if name in found:
            raise ValueError(f"check {name} is printed twice")
        found[name] = value
    return found


def compare(mono: str, guest: str) -> Comparison:
    """Compare two outputs; the order of the lines counts only through their names."""
    expected, actual = parse(mono), parse(guest)
    result = Comparison()
    for name, value in expected.items():
        if name not in actual:
            result.missing.append(name)
        elif actual[name] == value:
            result.agreed.append(name)
        else:
            result.differing[name] = (value, actual[name])
    result.extra = [name for name in actual if name not in expected]
    return result


def run_mono(exe: Path, groups: list[str]) -> str:
    """The expected output; CalledProcessError when mono fails."""
    command = ["mono", str(exe), *groups]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def run_guest(exe: Path, groups: list[str], folder: Path, timeout: int) -> tuple[str, str]:
    """(output, how the run ended) of `clrscope run`."""
    status = folder / "status.json"
    status.unlink(missing_ok=True)
    command = [
        sys.executable,
        "-m",
        "qemu_scripts.cli",
        "run",
        "--timeout",
        str(timeout),
        "--json-status",
        str(status),
        str(exe),
        *groups,
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    outcome = json.loads(status.read_text()) if status.exists() else {}
    text = done.stdout.decode(errors="replace")
    ended = f"{outcome.get('outcome', 'no status')}: {outcome.get('message', '')}".strip()
    if not outcome:
        ended += done.stderr.decode(errors="replace")[-500:]
    return text, ended


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP")
    parser.add_argument("--each", action="store_true", help="a guest per group")
    parser.add_argument("--optimize", action="store_true", help="compile with -optimize+")
    parser.add_argument("--timeout", type=int, default=120, help="seconds for one guest")
    options = parser.parse_args()
    folder = ROOT / "build" / "tests" / ("conformance-o" if options.optimize else "conformance")
    exe = build(folder, options.optimize)
    groups = options.groups
    if options.each and not groups:
        groups = run_mono(exe, ["--list"]).split()
    bad = 0
    for words in [[g] for g in groups] if options.each else [groups]:
        guest, ended = run_guest(exe, words, folder, options.timeout)
        result = compare(run_mono(exe, words), guest)
        bad += not result.same
        print(
            f"{' '.join(words) or 'all groups'}: {'ok, ' if result.same else ''}{result.report()}"
        )
        if not result.same:
            print(f"  the run ended with {ended}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
