"""Compiles every method of assemblies in this process, and compares each with what is expected.

    python -m tests.decoders.every_method [KEY=VALUE...] FILE...

KEY=VALUE are options of the kernel. A process of its own, because it has one runtime. Nothing is
run: the decoders read the runtime's records and the machine code where they lie, by the debug
contract, as they do a guest's. Prints a JSON object; see `Result`.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from decoders.contract import SYMBOL, read_contract
from decoders.errors import ReadError
from decoders.frames.static import static_frame
from decoders.memory import PageCache
from decoders.runtime import CodeRegistry, Runtime
from qemu_scripts import paths


@dataclass(slots=True)
class Result:
    """What was compiled and how it compares.

    `methods` by assembly: tokens of what was compiled. `failures`: what was refused, one sentence
    each. `differences` as METHOD: DIFFERENCE. `slots`: arguments and locals whose place was
    compared, `boundaries`: entries of IL-to-native maps.
    """

    methods: dict[str, list[int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    slots: int = 0
    boundaries: int = 0


class OwnMemory:
    """This process's memory; what is not mapped is an error and not the end."""

    def __init__(self) -> None:
        self._file = os.open("/proc/self/mem", os.O_RDONLY)

    def read(self, address: int, size: int, purpose: str) -> bytes:
        """See Memory.read."""
        try:
            data = os.pread(self._file, size, address)
        except (OSError, OverflowError) as error:
            raise ReadError(address, size, purpose, "not mapped", "check the pointer") from error
        if len(data) != size:
            raise ReadError(address, size, purpose, "not mapped", "check the pointer")
        return data


def compile_all(files: list[Path], options: list[str]) -> tuple[ctypes.CDLL, list[str]]:
    """The library with every method of the files compiled, and what it refused."""
    library = ctypes.CDLL(str(paths.HOST_LIBRARY))
    library.clrhost_error.restype = library.clrhost_failures.restype = ctypes.c_char_p
    for option in options:
        key, _, value = option.partition("=")
        assert library.clrhost_option(key.encode(), value.encode()) == 0, library.clrhost_error()
    for file in files:
        assert library.clrhost_add_file(str(file).encode()) == 0, library.clrhost_error()
    assert library.clrhost_create() == 0, library.clrhost_error()
    failures: list[str] = []
    statistics = (ctypes.c_uint64 * 7)()
    for file in files:
        done = library.clrhost_compile_all(file.name.encode(), ctypes.byref(statistics))
        assert done == 0, library.clrhost_error()
        failures += library.clrhost_failures().decode().splitlines()
    return library, failures


def compare_all(library: ctypes.CDLL, failures: list[str]) -> Result:
    """Every compiled method against metadata, IL and its own machine code."""
    memory = PageCache(OwnMemory())
    address = ctypes.addressof(ctypes.c_char.in_dll(library, SYMBOL))
    runtime = Runtime(memory, read_contract(memory, address))
    result = Result(failures=failures)
    for code in CodeRegistry(runtime).methods():
        method = runtime.metadata_method(code.method)
        result.methods.setdefault(method.assembly.name, []).append(method.token)
        frame = static_frame(runtime, code)
        result.differences += [
            f"{method.full_name}: {what}" for what in (*frame.differences, *frame.problems)]
        result.slots += len(code.args) + len(code.locals)
        result.boundaries += len(code.map)
    return result


def main() -> None:
    """See the module's text."""
    options = [word for word in sys.argv[1:] if "=" in word]
    files = [Path(word) for word in sys.argv[1:] if "=" not in word]
    print(json.dumps(asdict(compare_all(*compile_all(files, options)))))


if __name__ == "__main__":
    main()
