"""Private folders go with their process, also when it had no time to remove them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qemu_scripts import kill, paths, private_folder

_OWNER = """
import sys
from qemu_scripts.private_folder import private_folder
with private_folder() as folder:
    (folder / "gdb").write_text("a socket")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A temporary folder and a runtime folder of the test's own."""
    folder = tmp_path / "t"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


class Owners:
    """Processes that have a private folder each."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[str]] = []

    def start(self) -> tuple[subprocess.Popen[str], Path]:
        """One, and its folder."""
        process = subprocess.Popen(
            [sys.executable, "-c", _OWNER], cwd=paths.ROOT, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        assert process.stdout is not None
        return process, Path(process.stdout.readline().strip())


@pytest.fixture
def owners(temporary: Path) -> Iterator[Owners]:
    made = Owners()
    yield made
    for process in made.processes:
        process.kill()
        process.communicate()


def test_the_next_clrscope_removes_what_a_killed_one_left(owners: Owners, temporary: Path) -> None:
    killed, left = owners.start()
    _, kept = owners.start()
    killed.kill()
    killed.wait()
    assert left.is_dir() and left.parent == temporary
    assert private_folder.sweep() == [left]
    assert not left.exists() and (kept / "gdb").exists()
    assert private_folder.sweep() == []


def test_a_process_that_ends_removes_its_own(owners: Owners) -> None:
    process, folder = owners.start()
    process.communicate("")
    assert not folder.exists()


def test_kill_removes_it_too(owners: Owners) -> None:
    killed, left = owners.start()
    killed.kill()
    killed.wait()
    assert kill.kill() == [] and not left.exists()


def test_only_what_is_surely_ours_goes(owners: Owners, temporary: Path) -> None:
    killed, left = owners.start()
    killed.kill()
    killed.wait()
    said = json.loads((left / "owner.json").read_text())

    def folder(name: str, owner: str | None, mode: int = 0o700) -> Path:
        made = temporary / name
        made.mkdir(mode=0o700)
        if owner is not None:
            (made / "owner.json").write_text(owner)
        made.chmod(mode)
        return made

    elsewhere = temporary / "elsewhere"
    left.rename(elsewhere)  # not one of our names
    others = [
        folder("clr-nobody", None), folder("clr-garbage", "{"), folder("clr-list", "[]"),
        folder("clr-open", json.dumps(said), 0o755),
        folder("clr-container", json.dumps({**said, "namespace": "pid:[1]"})),
        elsewhere,
    ]
    link = temporary / "clr-link"
    link.symlink_to(elsewhere)
    # The pid is another process's by now, and a machine that was started again has none of it.
    reused = folder("clr-reused", json.dumps({**said, "pid": os.getpid()}))
    earlier = folder("clr-earlier", json.dumps({**said, "boot": "before", "namespace": "pid:[1]"}))
    assert set(private_folder.sweep()) == {reused, earlier}
    assert all(one.exists() for one in [*others, link])
