"""The folder that a post-mortem leaves: its files appear whole, none of an earlier run stays."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from decoders.report import RENDERERS
from qemu_scripts.errors import EnvironmentFault, UsageError

CORE = "guest.core"
SERIAL = "serial.log"
PROGRAM_OUT, PROGRAM_ERR = "program.out", "program.err"
NAMES = (*RENDERERS, CORE, f"{CORE}.gz", SERIAL, PROGRAM_OUT, PROGRAM_ERR)
_CHUNK = 1 << 20
#: A dump that unpacks to more than this is none of ours.
_MOST = 64 << 30


def prepare(folder: Path, keep: Iterable[Path] = ()) -> Path:
    """Make the folder, and remove the files of an earlier run from it (`keep` excepted).

    Raises UsageError when it cannot be used.
    """
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        kept = [path.stat() for path in keep if path.exists()]
        for name in NAMES:
            path = folder / name
            if path.exists() and not any(os.path.samestat(path.stat(), k) for k in kept):
                path.unlink()
        with tempfile.TemporaryFile(dir=folder):
            pass  # it can be written to
    except OSError as error:
        raise UsageError(
            f"--out {folder} cannot be written to: {error.strerror}; name another folder"
        ) from error
    return folder


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; EnvironmentFault when that fails."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise EnvironmentFault(f"{path} cannot be written: {error.strerror}") from error


def compress(core: Path) -> Path:
    """Replace a dump by its gzip file, the same bytes for the same dump."""
    packed = core.with_name(core.name + ".gz")
    temporary = packed.with_name(f".{packed.name}.{os.getpid()}")
    try:
        with (
            core.open("rb") as source, temporary.open("wb") as raw,
            gzip.GzipFile("", "wb", 6, raw, mtime=0) as target,
        ):
            shutil.copyfileobj(source, target, _CHUNK)
        temporary.replace(packed)
        core.unlink()
    except OSError as error:
        raise EnvironmentFault(f"{packed} cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return packed


def unpack(packed: Path, target: Path) -> Path:
    """A gzip file's content in a sparse file. Raises UsageError for a damaged one."""
    try:
        with gzip.open(packed, "rb") as source, target.open("wb") as made:
            size = 0
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > _MOST:
                    raise UsageError(f"{packed} unpacks to more than {_MOST >> 30} GiB: no dump")
                if chunk.count(0) == len(chunk):
                    made.seek(len(chunk), os.SEEK_CUR)
                else:
                    made.write(chunk)
            made.truncate(size)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UsageError(f"{packed} is damaged: it does not unpack ({error})") from error
    except OSError as error:
        raise UsageError(f"{packed} cannot be unpacked: {error.strerror or error}") from error
    return target
