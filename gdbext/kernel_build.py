"""Whether gdb has loaded the kernel that the machine runs: another build's symbols only mislead."""

from __future__ import annotations

from pathlib import Path

import gdb

from decoders.contract import SYMBOL
from decoders.errors import ContractError, DecodeError
from decoders.runtime import Runtime
from gdbext.timetravel_recording import recording


def loaded() -> tuple[str, str]:
    """(file, GNU build id) of the kernel whose symbols gdb has; "" for what is not known."""
    for objfile in gdb.objfiles():
        if objfile.filename and objfile.lookup_global_symbol(SYMBOL):
            return str(objfile.filename), str(objfile.build_id or "")
    return "", ""


def running(runtime: Runtime) -> str:
    """The build id that the machine's kernel publishes; "" before it does, or when it has none."""
    try:
        found = runtime.build_id
        bytes.fromhex(found)
    except (DecodeError, ValueError):
        return ""  # a contract without it, or not one that is readable
    return found


def recorded() -> tuple[str, Path | None]:
    """(build id, file) of the kernel of the recording that is replayed; ("", None) of no replay."""
    found = recording()
    if found is None:
        return "", None
    folder, manifest = found
    return str(manifest.get("build_id", "")), folder / "kernel.elf"


def check(build: str) -> None:
    """Raise ContractError when gdb has another kernel loaded than one of that build id."""
    file, ours = loaded()
    if not build or not ours or build == ours:
        return
    of_recording, kernel = recorded()
    if of_recording == build:
        raise ContractError(
            f"gdb has loaded build {ours[:12]} of the kernel ({file}), and the recording is of "
            f"build {build[:12]}: it holds its own, load that with `file {kernel}`")
    raise ContractError(
        f"gdb has loaded build {ours[:12]} of the kernel ({file}), and the machine runs build "
        f"{build[:12]}: load that one with `file KERNEL.elf`, or start the machine again")
