"""Source lines and local names from the debug files that compilers write."""

from __future__ import annotations

from pathlib import Path

from decoders.errors import SourceError
from decoders.metadata import Assembly
from decoders.source.mdb import MdbReader
from decoders.source.model import (
    LocalName,
    MethodSource,
    SequencePoint,
    SourceReader,
    find_line,
    same_file,
)
from decoders.source.pdb import PortablePdb, embedded_pdb

__all__ = [
    "LocalName", "MdbReader", "MethodSource", "PortablePdb", "SequencePoint", "SourceError",
    "SourceReader", "embedded_pdb", "find_line", "open_source", "read_source", "same_file",
]


def read_source(data: bytes, name: str, assembly: Assembly | None = None) -> SourceReader:
    """A debug file from its bytes, whichever format it has; checks that it fits `assembly`."""
    if data[:4] == b"BSJB":
        return PortablePdb(data, name)
    reader = MdbReader(data, name)
    if assembly is not None and reader.module_id != assembly.mvid:
        raise SourceError(
            f"{name} was made for module {reader.module_id}, but {assembly.name} is "
            f"{assembly.mvid}; compile again so that both come from one build"
        )
    return reader


def open_source(assembly: Assembly, path: str | Path) -> SourceReader | None:
    """The debug information of an assembly whose file is at `path`.

    Looks for an embedded portable PDB, `path`.mdb and `path` with the suffix .pdb, in that order;
    None when there is none. Raises SourceError for one that is damaged or of another build.
    """
    embedded = embedded_pdb(assembly.image.data, assembly.image.debug_directory)
    if embedded is not None:
        return PortablePdb(embedded, f"PDB embedded in {path}")
    path = Path(path)
    for candidate in (path.with_name(path.name + ".mdb"), path.with_suffix(".pdb")):
        if candidate.is_file():
            return read_source(candidate.read_bytes(), str(candidate), assembly)
    return None
