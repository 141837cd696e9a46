"""Text of what a dump command did."""

from __future__ import annotations

from decoders.memory.coredump import DumpInfo
from decoders.render.base import Style, renders


@renders(DumpInfo)
def dump_text(info: DumpInfo, style: Style) -> str:
    """One line."""
    return (
        f"{info.path}: {info.stored >> 10} KiB of {info.size >> 20} MiB stored, "
        f"{info.segments} segments"
    )
