"""Field stores that somebody else recorded: the TCG plugin in QEMU, or the guest's own lines."""

from __future__ import annotations

import enum
from pathlib import Path

from decoders.errors import TargetError
from decoders.runtime import LoadedAssembly
from decoders.source import SourceReader
from decoders.stores import FieldStore, Filters, Places, SiteTable, Sources
from decoders.stores.frames import FrameTracker
from decoders.stores.lines import LineDecoder, parse
from decoders.stores.recording import Recording
from gdbext import qemu_process, target
from gdbext.session import Session

_PLUGIN = "clrtrace.so"


class Kind(enum.Enum):
    """What the plugin records; the value names the `clrscope trace` that starts it so."""

    STFLD = "stfld"
    CALLS = "calls"
    ALLOC = "alloc"


def _plugin() -> tuple[Kind, Path] | None:
    process = qemu_process.find(target.connection_details())
    if process is None:
        return None
    for option, value in zip(process.argv, process.argv[1:], strict=False):
        path = value.partition(",")[0]
        if option != "-plugin" or not path.endswith(_PLUGIN):
            continue
        keys = qemu_process.properties(value)
        if keys.get("mode") == "stores" and "shared" in keys:
            kind = Kind.STFLD
            if keys.get("frame") == "calls":
                kind = Kind.ALLOC if "also" in keys else Kind.CALLS
            return kind, process.folder / keys["shared"]
    return None


def plugin_kind() -> Kind | None:
    """What the store plugin in the QEMU that gdb is attached to records, None without one."""
    found = _plugin()
    return None if found is None else found[0]


def plugin_recording(wanted: Kind) -> Recording:
    """The plugin's trace. Raises TargetError where there is none, or one of something else."""
    found = _plugin()
    advice = (
        f"start the machine with `clrscope trace {wanted.value} --gdb SOCKET`, or use -source "
        "breakpoint"
    )
    if found is None:
        raise TargetError(f"no store plugin is loaded in this QEMU: {advice}")
    # A trace of allocations has the calls too.
    if found[0] is not wanted and (wanted, found[0]) != (Kind.CALLS, Kind.ALLOC):
        raise TargetError(
            f"the plugin in this QEMU records for `trace {found[0].value}` alone: {advice}")
    return Recording(found[1])


def require_whole(recording: Recording) -> None:
    """Raises TargetError when the ring was full at times and nobody could wait."""
    if recording.lost:
        raise TargetError(
            f"the plugin's trace lost {recording.lost} records, so that its stores cannot be told"
        )


def sources_of(session: Session) -> Sources:
    """Line tables by assembly, as gdb's session finds them."""

    def source(loaded: LoadedAssembly) -> SourceReader | None:
        return session.source(session.runtime.image(loaded))

    return source


def plugin_stores(
    session: Session, recording: Recording, filters: Filters
) -> tuple[list[FieldStore], int, int]:
    """(stores that pass, store sites, stores executed since the machine started)."""
    # numpy takes a tenth of a second to import, which only this needs.
    from decoders.stores.columns import ColumnDecoder

    runtime = session.runtime
    sources = sources_of(session)
    sites = SiteTable(runtime, sources)
    decoder = ColumnDecoder(sites, Places(runtime), FrameTracker(runtime, sources))
    found = list(filters.tail(decoder.decode(recording.pieces(), filters)))
    require_whole(recording)
    return found, len(sites), decoder.count


def require_log(log: Path) -> None:
    """Raises TargetError for a kernel log that cannot be read."""
    try:
        with log.open("rb"):
            pass
    except OSError as error:
        raise TargetError(f"the kernel log {log} cannot be read: {error.strerror}") from error


def kernel_stores(
    session: Session, log: Path, filters: Filters
) -> tuple[list[FieldStore], int, int]:
    """(stores that pass, store sites, stores that the guest told of in its log)."""
    require_log(log)
    data = log.read_bytes()
    runtime = session.runtime
    sites = SiteTable(runtime, sources_of(session))
    # A machine that stands may have half a line out.
    lines = parse(data[: data.rfind(b"\n") + 1])
    if not lines:
        raise TargetError(
            f"{log} has no [stfld RT] lines; start the machine with `clrscope run --trace stfld "
            "--kernel-log FILE`"
        )
    decoder = LineDecoder(sites, Places(runtime), runtime.memory)
    found = (store for store in decoder.decode(lines) if filters.matches(store))
    return list(filters.tail(found)), len(sites), decoder.count
