"""QEMU's options for the plugin, and what can be wrong with it."""

from __future__ import annotations

import enum
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qemu_scripts import paths
from qemu_scripts.errors import EnvironmentFault, UsageError
from qemu_scripts.traces.shared import COMPACT_SIZE, DATA_OFFSET, RECORD_SIZE, Range

PLUGIN = paths.BUILD / "plugins" / "clrtrace.so"
#: Records in the ring: 32 MiB.
RING = 1 << 20
#: Counters in the table: 32 MiB.
TABLE = 1 << 20
MAX_SCOPES = 64


class Mode(enum.Enum):
    """What the plugin does."""

    STORES = "stores"
    COVERAGE = "coverage"
    PROFILE = "profile"


class Frame(enum.Enum):
    """Which of the stack's own stores are recorded: based on RSP or RBP, pushes and calls.

    ENTRIES: of them only a push of RBP, which tells where each frame lies. CALLS: that and calls,
    and no other store at all.
    """

    KEEP = "keep"
    SKIP = "skip"
    ENTRIES = "entries"
    CALLS = "calls"


class Count(enum.Enum):
    """How executed instructions are counted.

    BLOCK: whole blocks as they begin, so that one that an exception leaves early counts whole.
    EXACT: each instruction as it begins.
    """

    OFF = "off"
    BLOCK = "block"
    EXACT = "exact"


@dataclass(frozen=True)
class PluginOptions:
    """What the plugin is asked for.

    scopes: [from, to) of code to instrument; none: the whole guest. values: record what was stored.
    block_when_full: the guest waits for its reader; else what finds no room is counted as lost.
    also: code of which every store is recorded, whatever `frame` says.
    returns: record as well where returns of the scope load from.
    alloc, heap (profile): the allocator's code, and where the objects lie that it makes.
    """

    mode: Mode
    scopes: Sequence[Range] = ()
    values: bool = False
    block_when_full: bool = True
    frame: Frame = Frame.KEEP
    also: Sequence[Range] = ()
    returns: bool = False
    count: Count = Count.BLOCK
    alloc: Range | None = None
    heap: Range | None = None

    @property
    def record_size(self) -> int:
        """Bytes of a record of the shared file."""
        stores = self.mode is Mode.STORES and not self.values and self.count is Count.OFF
        return COMPACT_SIZE if stores else RECORD_SIZE

    @property
    def needs_ram(self) -> bool:
        """Whether a QEMU without store values must get guest RAM in a file."""
        return self.values or self.alloc is not None


def argument(
    options: PluginOptions, shared: Path, ram: Path | None, plugin: Path | None = None
) -> str:
    """The word after QEMU's -plugin. Raises UsageError for what it cannot carry."""
    if len(options.scopes) > MAX_SCOPES:
        raise UsageError(f"at most {MAX_SCOPES} code ranges can be traced at once")

    def switch(on: bool) -> str:
        return "on" if on else "off"

    words = [str(plugin or PLUGIN), f"shared={shared}", f"mode={options.mode.value}"]
    words.append(f"values={switch(options.values)}")
    words.append(f"full={'block' if options.block_when_full else 'count'}")
    words.append(f"frame={options.frame.value}")
    words.append(f"count={options.count.value}")
    if options.returns:
        words.append("returns=on")
    for key, spans in (("scope", options.scopes), ("also", options.also)):
        if spans:
            words.append(f"{key}=" + "+".join(f"{a:x}-{b:x}" for a, b in spans))
    for name, span in (("alloc", options.alloc), ("heap", options.heap)):
        if span is not None:
            words.append(f"{name}={span[0]:x}-{span[1]:x}")
    if options.needs_ram and ram is not None:
        words.append(f"ram={ram}")
    for word in words:
        if "," in word:
            raise UsageError(f"{word} has a comma in it, which QEMU's -plugin cannot take")
    return ",".join(words)


def require(plugin: Path | None = None) -> Path:
    """The plugin's path; raises EnvironmentFault when it is not built."""
    path = plugin or PLUGIN
    if not path.is_file():
        raise EnvironmentFault(f"the TCG plugin {path} is missing; run `clrscope build` first")
    return path


def buffer_folder(records: int) -> Path | None:
    """A folder in memory with room for the buffer, or None: then the run's own folder serves."""
    folder = Path("/dev/shm")
    if not os.access(folder, os.W_OK | os.X_OK):
        return None
    # Twice: the guest's RAM file may go there as well.
    needed = 2 * (DATA_OFFSET + records * RECORD_SIZE)
    return folder if shutil.disk_usage(folder).free > needed else None


def explain(complaint: str) -> str | None:
    """One sentence for a complaint of QEMU that is about the plugin; None when it is not."""
    for line in complaint.splitlines():
        if line.startswith("clrtrace: "):
            return line.removeprefix("clrtrace: ")
    if "plugin" not in complaint:
        return None
    if "API version" in complaint:
        return (
            "this QEMU's plugin API does not fit the TCG plugin, which serves QEMU 7.2 to 11.1; "
            f"use one of those (CLRSCOPE_QEMU names it). QEMU says: {complaint.strip()}"
        )
    if "invalid option" in complaint or "not compiled" in complaint or "disabled" in complaint:
        return (
            "this QEMU was built without plugin support; use one built with --enable-plugins, "
            "as Debian's is (CLRSCOPE_QEMU names it)"
        )
    said = complaint.strip()
    return f"QEMU cannot load the TCG plugin; run `clrscope build` again. QEMU says: {said}"
