"""Store sites with lines from files on the host (see decoders.stores)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from decoders.runtime import LoadedAssembly, Runtime
from decoders.source import SourceReader, open_source
from decoders.stores import FieldStore, Place, Places, Site, Sources
from decoders.stores import SiteTable as _SiteTable
from decoders.stores.decoder import Decoder

__all__ = ["Decoder", "FieldStore", "Place", "Places", "Site", "SiteTable", "sources_of"]


def sources_of(runtime: Runtime, files: Mapping[str, Path]) -> Sources:
    """Line tables of assemblies whose files are on the host."""
    known: dict[int, SourceReader | None] = {}

    def source(loaded: LoadedAssembly) -> SourceReader | None:
        if loaded.address not in known:
            path = files.get(loaded.file)
            known[loaded.address] = (
                open_source(runtime.image(loaded), path) if path is not None else None
            )
        return known[loaded.address]

    return source


class SiteTable(_SiteTable):
    """The store sites of all compiled methods, with lines from files on the host.

    files: an assembly's file by the name under which the guest loaded it.
    """

    def __init__(self, runtime: Runtime, files: Mapping[str, Path]) -> None:
        super().__init__(runtime, sources_of(runtime, files))
