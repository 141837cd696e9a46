"""The recording behind a connection, found by the command line of the QEMU that replays it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gdbext import qemu_process, target


def recording() -> tuple[Path, dict[str, Any]] | None:
    """Folder and manifest of the recording behind the connection; None when its files are not
    known, or when this is no replay."""
    process = qemu_process.find(target.connection_details())
    if process is None:
        return None
    for option, value in zip(process.argv, process.argv[1:], strict=False):
        keys = qemu_process.properties(value)
        if option == "-icount" and keys.get("rr") == "replay":
            folder = (process.folder / keys["rrfile"]).resolve().parent
            try:
                found: dict[str, Any] = json.loads(
                    (folder / "manifest.json").read_text("utf-8"))
            except (OSError, ValueError):
                return None  # a recording that others made
            return folder, found
    return None
