"""The QEMU behind a gdbstub connection, found by its command line (Linux).

It tells where guest RAM is mapped and in which folder the modules lie. Nothing depends on it: where
no such process is found (another host, a dump), everything is read through the stub.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class QemuProcess:
    """A QEMU on this host: its arguments and working folder."""

    pid: int
    argv: tuple[str, ...]
    folder: Path

    @property
    def memory_file(self) -> Path | None:
        """The shared file that backs guest RAM, None when RAM cannot be mapped."""
        for option, value in zip(self.argv, self.argv[1:], strict=False):
            if option != "-object" or not value.startswith("memory-backend-file"):
                continue
            keys = properties(value)
            if keys.get("share") == "on" and "mem-path" in keys:
                return self.folder / keys["mem-path"]
        return None


def properties(text: str) -> dict[str, str]:
    """QEMU's `driver,key=value,...` with `,,` standing for a comma."""
    parts = text.replace(",,", "\0").split(",")
    pairs = (part.replace("\0", ",").partition("=") for part in parts)
    return {key: value for key, _, value in pairs}


def _listens_on(argv: tuple[str, ...], connection: str) -> bool:
    port = connection.rpartition(":")[2]
    for option, value in zip(argv, (*argv[1:], ""), strict=True):
        if option == "-s" and port == "1234" and ":" in connection:
            return True
        if option == "-gdb" and value.startswith("tcp:") and ":" in connection:
            if value.partition(",")[0].rpartition(":")[2] == port:
                return True
        elif option in ("-gdb", "-chardev"):
            keys = properties(value.removeprefix("unix:"))
            path = keys.get("path") or next(iter(keys))
            if path == connection:
                return True
    return False


def find(connection: str) -> QemuProcess | None:
    """The QEMU whose gdbstub a connection (`/path/socket` or `host:port`) leads to, or None."""
    if not connection:
        return None
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            raw = (entry / "cmdline").read_bytes()
            if b"qemu-system" not in raw[:256]:
                continue
            argv = tuple(part.decode("utf-8", "replace") for part in raw.split(b"\0")[:-1])
            if _listens_on(argv, connection):
                return QemuProcess(int(entry.name), argv, (entry / "cwd").readlink())
        except OSError:
            continue  # it ended meanwhile, or belongs to another user: not ours to look at
    return None
