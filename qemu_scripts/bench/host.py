"""The host library through ctypes (reference_kernel/host/host.h), in a process of its own.

    python -m qemu_scripts.bench.host --compile-all FILE   statistics as one JSON line
    python -m qemu_scripts.bench.host FILE [ARG...]        runs Main; its result is the exit status

A process of its own, because generated code runs in it: what goes wrong there ends only that.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from qemu_scripts import assemblies, paths
from qemu_scripts.errors import ClrscopeError, EnvironmentFault


class _Statistics(ctypes.Structure):
    """struct clrhost_statistics."""

    _fields_ = tuple(
        (name, ctypes.c_uint64)
        for name in ("types", "types_failed", "methods", "methods_failed", "il_bytes",
                     "code_bytes", "nanoseconds")
    )  # fmt: skip


@dataclass(frozen=True)
class Statistics:
    """What compiling a whole assembly took. nanoseconds: in the compiler, all methods."""

    types: int
    types_failed: int
    methods: int
    methods_failed: int
    il_bytes: int
    code_bytes: int
    nanoseconds: int


class HostLibrary:
    """One runtime in this process, with korlib and a program's assemblies handed over."""

    def __init__(self, program: Path) -> None:
        reason = unavailable()
        if reason:
            raise EnvironmentFault(f"{reason}; run `clrscope build host managed`")
        self._library = ctypes.CDLL(str(paths.HOST_LIBRARY))
        self._library.clrhost_error.restype = ctypes.c_char_p
        self._module = program.name.encode()
        for file in (paths.MANAGED / "korlib.dll", program, *_neighbours(program)):
            self._check(self._library.clrhost_add_file(str(file).encode()))
        self._check(self._library.clrhost_create())

    def compile_all(self) -> Statistics:
        """Load every type, compile every method; nothing runs."""
        statistics = _Statistics()
        self._check(self._library.clrhost_compile_all(self._module, ctypes.byref(statistics)))
        values = {one.name: int(getattr(statistics, one.name)) for one in fields(Statistics)}
        return Statistics(**values)

    def run(self, arguments: Sequence[str]) -> int:
        """Run Main; returns its result or the status of the way in which it ended."""
        words = (ctypes.c_char_p * max(len(arguments), 1))()
        for index, argument in enumerate(arguments):
            words[index] = argument.encode("utf-8", "surrogateescape")
        status = ctypes.c_int()
        self._check(
            self._library.clrhost_run(self._module, len(arguments), words, ctypes.byref(status))
        )
        complaint = self._library.clrhost_error()
        if complaint:
            print(f"host library: {complaint.decode(errors='replace')}", file=sys.stderr)
        return status.value

    def _check(self, result: int) -> None:
        if result != 0:
            text = self._library.clrhost_error() or b"it does not say why"
            raise ClrscopeError(f"the host library refuses: {text.decode(errors='replace')}")


def _neighbours(program: Path) -> list[Path]:
    if assemblies.read(program).has_entry_point:
        return assemblies.with_dependencies(program, bundled=paths.MANAGED)[1:]
    return []


def unavailable() -> str | None:
    """Why the host library cannot be used, or None."""
    for file in (paths.HOST_LIBRARY, paths.MANAGED / "korlib.dll"):
        if not file.is_file():
            return f"{file} is not built"
    return None


def command(program: Path, arguments: Sequence[str]) -> list[str]:
    """The command line that runs a program in the host library."""
    return [sys.executable, "-m", "qemu_scripts.bench.host", str(program), *arguments]


def compile_all(assembly: Path) -> Statistics:
    """Compile a whole assembly in a fresh process.

    Raises EnvironmentFault when that process fails.
    """
    done = subprocess.run(
        [sys.executable, "-m", "qemu_scripts.bench.host", "--compile-all", str(assembly)],
        capture_output=True,
        text=True,
        check=False,
        cwd=paths.ROOT,
    )
    if done.returncode != 0:
        raise EnvironmentFault(
            f"the host library ended with status {done.returncode}: {done.stderr.strip()}"
        )
    return Statistics(**json.loads(done.stdout.splitlines()[-1]))


def main(words: Sequence[str]) -> int:
    """The two command lines of the module's docstring."""
    try:
        if words[0] == "--compile-all":
            print(json.dumps(asdict(HostLibrary(Path(words[1])).compile_all())))
            return 0
        return HostLibrary(Path(words[0])).run(words[1:]) % 256
    except ClrscopeError as error:
        print(f"{error}", file=sys.stderr)
        return 125


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
