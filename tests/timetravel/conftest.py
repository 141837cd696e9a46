"""Recordings of the faults that overwrite memory, made once, and gdb on their replays."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qemu_scripts import paths


@dataclass(frozen=True)
class Overwrite:
    """A fault that overwrites memory: which bytes to ask for, and who must be named.

    what, method: for clr-last-write. guilty: method of the store. stage, il: where in it.
    caller: the method whose call led there, "" where the store's own method says it all.
    """

    fault: str
    what: str | None
    method: str | None
    guilty: str
    stage: str
    il: str
    caller: str = ""

    @property
    def command(self) -> str:
        """The gdb command."""
        words = ["clr-last-write", "-follow", "--json"]
        words += ["-in", self.method] if self.method else []
        return " ".join([*words, *([self.what] if self.what else [])])


#: An array too small by its element's MethodTable or by an unaligned stride: the next object's
#: MethodTable is what an element's field went over.
OVERWRITES = [
    Overwrite("array-mt-element", "*next", "ArrayMtElement::Run",
              "Scenarios.ArrayMtElement::Run", "body", "stfld int Ddk.PciBar::Index"),
    Overwrite("array-stride-unaligned", "*next", "ArrayStrideUnaligned::Run",
              "Scenarios.ArrayStrideUnaligned::Run", "body",
              "stfld ulong Scenarios.ArrayStrideUnaligned+Bar::BaseAddress"),
    Overwrite("local-slot-8", None, None, "Scenarios.LocalSlot8::Fill", "body",
              "stfld ulong Scenarios.LocalSlot8+Wide::F7"),
    Overwrite("shadow-space-missing", "pair", None,
              "Scenarios.ShadowSpaceMissing+Pair::.ctor", "prologue", "",
              "Scenarios.ShadowSpaceMissing::Run"),
    Overwrite("vt-field-offset", "address.Bus", "VtFieldOffset::Run",
              "Scenarios.VtFieldOffset+Address::.ctor", "body",
              "stfld byte Scenarios.VtFieldOffset+Address::Bus"),
    Overwrite("local0-over-save-area", "$rsp-24", None,
              "Scenarios.Local0OverSaveArea::Bind", "prologue", "", "Kernel.Init::Main"),
]


def clrscope(*words: str | Path, timeout: float = 100) -> subprocess.CompletedProcess[str]:
    """Run `clrscope WORDS...`."""
    return subprocess.run(
        [sys.executable, "-m", "qemu_scripts.cli", *map(str, words)], cwd=paths.ROOT,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        timeout=timeout, check=False,
    )


Record = Callable[..., Path]


@pytest.fixture(scope="session")
def record(build: Path) -> Iterator[Record]:
    """record(*words, key): a recording's folder; one for each key in this test process."""
    made: dict[str, Path] = {}
    with tempfile.TemporaryDirectory(prefix="clr-rec-") as folder:

        def make(*words: str | Path, key: str) -> Path:
            if key not in made:
                out = Path(folder) / f"{key}.rec"
                done = clrscope("record", "--out", out, *words)
                assert done.returncode == 0, done.stdout + done.stderr
                made[key] = out
            return made[key]

        yield make


@pytest.fixture(scope="session")
def record_fault(record: Record) -> Callable[[str], Path]:
    """A recording of the driver scenario with a fault."""
    return lambda fault: record("--fault", fault, key=fault)


@dataclass(frozen=True)
class Session:
    """What a gdb on a replay printed, whole."""

    out: str
    err: str
    status: int

    def json(self, number: int = 0) -> Any:
        """The number-th JSON object that commands printed."""
        at = -1
        for _ in range(number + 1):
            at = self.out.index("\n{", at + 1)
        value, _ = json.JSONDecoder().raw_decode(self.out[at + 1 :])
        return value


def debug_replay(recording: Path, *commands: str, at: str = "end") -> Session:
    """`clrscope debug --batch --replay` with commands."""
    words = [word for command in commands for word in ("--ex", command)]
    done = clrscope("debug", "--batch", "--at", at, *words, "--replay", recording)
    return Session(done.stdout, done.stderr, done.returncode)


@contextmanager
def changed(path: Path, data: bytes) -> Iterator[None]:
    """A file with other contents for a while."""
    before = path.read_bytes()
    path.write_bytes(data)
    try:
        yield
    finally:
        path.write_bytes(before)
