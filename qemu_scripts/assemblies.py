"""Which assemblies a program needs: the AssemblyRef table, followed file by file.

ECMA-335 II.22.5 (AssemblyRef), II.25.3.3 (CLI header).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qemu_scripts.errors import UsageError

#: Simple names that the kernel resolves to its own korlib.
SERVED_BY_KORLIB = frozenset(
    {"korlib", "mscorlib", "System", "System.Core", "System.Runtime", "netstandard",
     "System.Private.CoreLib"}
)  # fmt: skip


@dataclass(frozen=True)
class Assembly:
    """One assembly file.

    name: simple name from the Assembly table, or the file's stem when it has none (a module).
    references: simple names of the AssemblyRef table, in table order.
    has_entry_point: whether the CLI header names a Main.
    """

    path: Path
    name: str
    references: tuple[str, ...]
    has_entry_point: bool


def read(path: Path) -> Assembly:
    """Read one file's manifest; raises UsageError when it is missing or not a .NET assembly."""
    # dnfile takes a tenth of a second to import: only runs with a program pay for it.
    import dnfile
    import pefile

    if not path.is_file():
        raise UsageError(f"the program {path} does not exist or is not a file")
    try:
        image = dnfile.dnPE(str(path), clr_lazy_load=True)
    except (pefile.PEFormatError, dnfile.errors.dnFormatError) as error:
        raise UsageError(f"{path} is not a .NET assembly: {error}") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    try:
        if image.net is None or image.net.mdtables is None:
            raise UsageError(f"{path} is not a .NET assembly: it has no CLI header or no metadata")
        tables = image.net.mdtables
        manifest = tables.Assembly.rows if tables.Assembly else []
        references = tables.AssemblyRef.rows if tables.AssemblyRef else []
        return Assembly(
            path=path,
            name=str(manifest[0].Name) if manifest else path.stem,
            references=tuple(str(row.Name) for row in references),
            has_entry_point=bool(image.net.struct.EntryPointTokenOrRva),
        )
    finally:
        image.close()


def _find(name: str, folders: Sequence[Path]) -> Path | None:
    for folder in folders:
        for suffix in (".dll", ".exe"):
            candidate = folder / (name + suffix)
            if candidate.is_file():
                return candidate
    return None


def with_dependencies(program: Path, bundled: Path) -> list[Path]:
    """The program's file and every assembly that it needs, found beside it or in `bundled`.

    What korlib serves is left out. Raises UsageError for a missing one, naming who needs it.
    """
    main = read(program)
    if not main.has_entry_point:
        raise UsageError(
            f"{program} has no entry point: it is a library; name a program that has a Main"
        )
    files = [program]
    seen = {main.name} | SERVED_BY_KORLIB
    waiting = deque([main])
    while waiting:
        user = waiting.popleft()
        for name in user.references:
            if name in seen:
                continue
            seen.add(name)
            path = _find(name, (program.parent, bundled))
            if path is None:
                raise UsageError(
                    f"the assembly {name}, which {user.path.name} refers to, is not beside the "
                    f"program (looked for {name}.dll and {name}.exe in {program.parent})"
                )
            files.append(path)
            waiting.append(read(path))
    return files


def encode_arguments(arguments: Sequence[str]) -> bytes:
    """The `@args` module: each argument as UTF-8, ended by NUL.

    Bytes of the command line that are not UTF-8 go through unchanged.
    """
    return b"".join(argument.encode("utf-8", "surrogateescape") + b"\0" for argument in arguments)
