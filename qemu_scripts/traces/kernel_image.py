"""The kernel's symbols, and its memory as a debug contract once guest RAM is a file."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from decoders.contract import read_contract
from decoders.contract.reader import SYMBOL
from decoders.errors import DecodeError
from decoders.memory import GuestRam, PageCache, TranslatedRam
from decoders.runtime import Runtime
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.traces.shared import Range

_SYMTAB = 2
#: The page-table root's variable; other files may have statics of that name.
_ROOT = "root"


@dataclass(frozen=True, slots=True)
class Symbol:
    """One symbol of the executable: address and size in bytes (0 when not known)."""

    name: str
    address: int
    size: int


class KernelImage:
    """An x86-64 ELF executable: its symbols and where its segments lie (System V gABI)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._data = path.read_bytes()
        except OSError as error:
            raise EnvironmentFault(
                f"the kernel {path} cannot be read: {error.strerror}; run `clrscope build`"
            ) from error
        if self._data[:6] != b"\x7fELF\x02\x01":
            raise EnvironmentFault(f"{path} is not a 64-bit little-endian ELF file")

    @cached_property
    def symbols(self) -> dict[str, list[Symbol]]:
        """By name; a static's name may stand for several."""
        data = self._data
        (offset,) = struct.unpack_from("<Q", data, 40)
        size, count = struct.unpack_from("<HH", data, 58)
        headers = [struct.unpack_from("<IIQQQQIIQQ", data, offset + i * size) for i in range(count)]
        result: dict[str, list[Symbol]] = {}
        for header in headers:
            if header[1] != _SYMTAB:
                continue
            strings = headers[header[6]][4]
            for at in range(header[4], header[4] + header[5], 24):
                name_at, _, _, section, value, length = struct.unpack_from("<IBBHQQ", data, at)
                if not section or not name_at:
                    continue
                start = strings + name_at
                name = data[start : data.index(b"\0", start)].decode("utf-8", "replace")
                result.setdefault(name, []).append(Symbol(name, value, length))
        return result

    def symbol(self, name: str) -> Symbol:
        """The one symbol of that name; raises EnvironmentFault."""
        found = self.symbols.get(name, [])
        if len(found) != 1:
            raise EnvironmentFault(
                f"{self.path} has {len(found)} symbols named {name}, where one is needed; "
                "run `clrscope build`"
            )
        return found[0]

    def span(self, name: str) -> Range:
        """[from, to) of a function, or of a region between NAME and NAME_end."""
        symbol = self.symbol(name)
        if symbol.size:
            return symbol.address, symbol.address + symbol.size
        return symbol.address, self.symbol(f"{name}_end").address

    def physical(self, address: int) -> int:
        """Where the boot loader put a linked address."""
        offset = struct.unpack_from("<Q", self._data, 32)[0]
        size, count = struct.unpack_from("<HH", self._data, 54)
        for i in range(count):
            header = struct.unpack_from("<IIQQQQQQ", self._data, offset + i * size)
            kind, vaddr, paddr, in_memory = header[0], header[3], header[4], header[6]
            if kind == 1 and vaddr <= address < vaddr + in_memory:
                return int(address - vaddr + paddr)
        raise EnvironmentFault(f"{self.path} has nothing at {address:#x}")


def page_table_root(image: KernelImage, ram: GuestRam) -> int:
    """CR3 of a kernel that no processor tells: from its variable, checked against the link map.

    Raises EnvironmentFault when the guest did not get as far as its own page tables.
    """
    known = image.symbol(SYMBOL).address
    for symbol in image.symbols.get(_ROOT, []):
        raw = ram.read_physical(image.physical(symbol.address), 8, "the page-table root")
        root = int.from_bytes(raw, "little")
        try:
            where = TranslatedRam(ram, root).translate(known, "the kernel's own image")
        except DecodeError:
            continue  # another variable of that name, or the kernel did not get that far
        if where.physical == image.physical(known):
            return root
    raise EnvironmentFault(
        "the guest's memory holds no page tables of this kernel: it ended before it had any, or "
        f"{image.path} is another build than the one that ran"
    )


def open_runtime(image: KernelImage, ram_file: Path) -> Runtime:
    """The contract of a kernel whose RAM is a file; raises EnvironmentFault or DecodeError."""
    ram = GuestRam.open(ram_file)
    memory = PageCache(TranslatedRam(ram, page_table_root(image, ram)))
    return Runtime(memory, read_contract(memory, image.symbol(SYMBOL).address))


def files_by_name(files: Sequence[Path]) -> dict[str, Path]:
    """Host files of the assemblies by the name that the guest knows them by."""
    return {file.name: file for file in files}
