"""Processes that clrscope starts, their private folders, and the certainty that both go away.

Every run has a folder of its own under the runtime folder (`$XDG_RUNTIME_DIR/clrscope`, or
`/tmp/clrscope-UID`), with a `state.json` that names the clrscope and the child processes. The
folder goes when the run ends in any way that lets Python run; after a SIGKILL `clrscope kill` finds
it. A process is named by pid, start time and boot, so a pid that was given to another process since
is never touched.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from qemu_scripts.errors import EnvironmentFault, Interrupted

STATE = "state.json"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class ProcessId:
    """One process, for good: pid, start time in clock ticks since boot, and the boot's id."""

    pid: int
    start: int
    boot: str

    @staticmethod
    def of(pid: int) -> ProcessId | None:
        """The identity of a live pid; None when there is none (or it is a zombie)."""
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return None
        # The command in parentheses may hold anything: fields are counted from its last one.
        fields = text.rpartition(")")[2].split()
        if fields[0] in {"Z", "X"}:
            return None
        return ProcessId(pid, int(fields[19]), _boot_id())

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return ProcessId.of(self.pid) == self

    def signal(self, number: signal.Signals) -> None:
        """Signal the process if it still runs; a process that just ended is no error."""
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll a condition on processes that are not our children; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def runtime_folder() -> Path:
    """This user's folder for runs, made when it is missing (mode 0700).

    Raises EnvironmentFault when it cannot be made or belongs to somebody else.
    """
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base and os.access(base, os.W_OK | os.X_OK):
        folder = Path(base) / "clrscope"
    else:
        folder = Path(tempfile.gettempdir()) / f"clrscope-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise EnvironmentFault(
            f"cannot make the runtime folder {folder}: {error.strerror}; "
            "set XDG_RUNTIME_DIR to a folder of yours"
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise EnvironmentFault(
            f"{folder} is not a private folder of this user (owner and mode 0700); remove it or "
            "set XDG_RUNTIME_DIR to a folder of yours"
        )
    return folder


@dataclass(frozen=True)
class RunState:
    """What a run's folder says about it.

    owner: the clrscope process. children: what it started and has not yet seen end.
    command: clrscope's own command line.
    """

    folder: Path
    owner: ProcessId
    children: tuple[ProcessId, ...]
    command: tuple[str, ...]

    def alive(self) -> bool:
        """Whether anything of the run is still there."""
        return self.owner.alive() or any(child.alive() for child in self.children)


def read_state(folder: Path) -> RunState | None:
    """A run's state; None while its folder is being made or removed, or the file is damaged."""
    try:
        data = json.loads((folder / STATE).read_text(encoding="utf-8"))
        return RunState(
            folder=folder,
            owner=ProcessId(**data["owner"]),
            children=tuple(ProcessId(**child) for child in data["children"]),
            command=tuple(data["command"]),
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def runs() -> list[Path]:
    """The folders of all runs of this user, live or left over, oldest first."""
    found = []
    for path in runtime_folder().glob("run-*"):
        try:
            found.append((path.stat().st_mtime, path))
        except FileNotFoundError:
            continue  # that run ended just now
    return [path for _, path in sorted(found) if path.is_dir()]


class Run:
    """A run's private folder and the children in it; use it in a `with`.

    On leaving, children still alive are ended (SIGTERM, then SIGKILL after two seconds; each is the
    leader of a process group, which goes with it) and the folder is removed.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._children: list[subprocess.Popen[bytes]] = []
        self._ids: dict[int, ProcessId] = {}
        self.folder = Path()
        try:
            with uninterrupted():
                self.folder = Path(tempfile.mkdtemp(prefix="run-", dir=runtime_folder()))
                self._write_state()
        except BaseException:
            # Nobody has this object yet, so nobody would leave its `with`.
            if self.folder != Path():
                shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        with uninterrupted():
            try:
                self._end_children()
            finally:
                try:
                    shutil.rmtree(self.folder)
                except FileNotFoundError:
                    # `clrscope kill` or a cleaner of /tmp was faster; the folder is gone, as it
                    # should be. What it left of it goes too.
                    shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, argv: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start a child in a process group of its own; it also dies with this process.

        `options` are subprocess.Popen's. Raises EnvironmentFault when it cannot be started.
        """
        with uninterrupted():
            try:
                child = subprocess.Popen(
                    list(argv), start_new_session=True, preexec_fn=_die_with(os.getpid()), **options
                )
            except OSError as error:
                raise EnvironmentFault(f"cannot start {argv[0]}: {error.strerror}") from error
            self._children.append(child)
            identity = ProcessId.of(child.pid)
            if identity is not None:
                self._ids[child.pid] = identity
            self._write_state()
        return child

    def _write_state(self) -> None:
        owner = ProcessId.of(os.getpid())
        assert owner is not None, "a running process has an entry in /proc"
        data = {
            "owner": asdict(owner),
            "children": [asdict(identity) for identity in self._ids.values()],
            "command": list(self._command),
        }
        temporary = self.folder / (STATE + ".new")
        temporary.write_text(json.dumps(data), encoding="utf-8")
        temporary.replace(self.folder / STATE)

    def _end_children(self) -> None:
        for child in self._children:
            if child.poll() is None:
                _signal_group(child.pid, signal.SIGTERM)
        for child in self._children:
            try:
                child.wait(timeout=2)
            except subprocess.TimeoutExpired:
                _signal_group(child.pid, signal.SIGKILL)
                child.wait()


_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def _die_with(parent: int) -> Callable[[], None]:
    """For a new child, before it executes its program: be killed when `parent` ends.

    This is what ends QEMU when clrscope itself is ended by SIGKILL (prctl(2), PR_SET_PDEATHSIG).
    """

    def prepare() -> None:
        if _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
        if os.getppid() != parent:
            os._exit(1)  # the parent ended before the prctl

    return prepare


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


class _SignalState:
    """The one piece of state that a signal handler can reach."""

    armed = False
    deferred = 0
    pending: int | None = None


def _on_signal(signum: int, _frame: FrameType | None) -> None:
    if _SignalState.deferred:
        _SignalState.pending = _SignalState.pending or signum
        return
    if _SignalState.armed:
        # Once only: what unwinds now must not be cut short by a second Ctrl-C.
        _SignalState.armed = False
        raise Interrupted(signum)


@contextmanager
def interruptible() -> Iterator[None]:
    """Within, the first SIGINT, SIGTERM or SIGHUP raises Interrupted; later ones are ignored."""
    before = {number: signal.signal(number, _on_signal) for number in _SIGNALS}
    _SignalState.armed, _SignalState.pending = True, None
    try:
        yield
    finally:
        _SignalState.armed = False
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Within, Interrupted waits; it is raised on leaving if a signal came meanwhile."""
    _SignalState.deferred += 1
    try:
        yield
    finally:
        _SignalState.deferred -= 1
    if _SignalState.pending is not None and not _SignalState.deferred and _SignalState.armed:
        signum, _SignalState.pending = _SignalState.pending, None
        _SignalState.armed = False
        raise Interrupted(signum)
