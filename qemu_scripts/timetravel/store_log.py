"""The last store to some bytes, from a trace of all stores of a run that has stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from decoders import store_records as records
from decoders.errors import DecodeError
from decoders.metadata import Method
from decoders.runtime import CodeRegistry, MethodCode, Runtime
from decoders.source import MethodSource, SourceReader, open_source
from decoders.timetravel import CallerPlace, LastWrite, StorePlace, Target, Write
from decoders.timetravel.copies import copy_of
from decoders.timetravel.places import Places, instruction_text_at, kind_of, native_place
from qemu_scripts.errors import EnvironmentFault
from qemu_scripts.traces.kernel_image import KernelImage
from qemu_scripts.traces.session import CODE_REGION
from qemu_scripts.traces.shared import HEADER_SIZE, RECORD_SIZE

U64 = npt.NDArray[np.uint64]
_BLOCK = 1 << 20
#: Records before a store among which the call into its function is looked for.
_CALL_WINDOW = 1 << 20
MOST_COPIES = 8
_CALLER_DEPTH = 32


class StoreLog:
    """Store records of one run: 4 words each (traces.records), in order."""

    def __init__(self, path: Path, count: int) -> None:
        if count == 0:
            raise EnvironmentFault("the store log of the run is empty: the plugin traced nothing")
        self._words: U64 = np.memmap(
            path, np.uint64, "r", offset=HEADER_SIZE, shape=(count, RECORD_SIZE // 8)
        )

    def __len__(self) -> int:
        return len(self._words)

    def _hits(self, wanted: Target, low: int, high: int) -> npt.NDArray[np.intp]:
        block = self._words[low:high]
        address = block[:, 1]
        size = np.minimum(block[:, 3] & np.uint64(0xFF), np.uint64(8))
        inside = (address < np.uint64(wanted.address + wanted.size)) & (
            address + size > np.uint64(wanted.address)
        )
        return np.flatnonzero(inside) + low

    def last(self, wanted: Target, before: int) -> int | None:
        """Index of the last record below `before` that wrote into the target."""
        high = before
        while high > 0:
            low = max(0, high - _BLOCK)
            found = self._hits(wanted, low, high)
            if len(found):
                return int(found[-1])
            high = low
        return None

    def bytes_before(self, wanted: Target, before: int) -> list[int | None]:
        """The target's bytes by the records below `before`; None where none of them tells."""
        held: list[int | None] = [None] * wanted.size
        for low in range(0, before, _BLOCK):
            for index in self._hits(wanted, low, min(low + _BLOCK, before)):
                _, address, value, meta = (int(word) for word in self._words[index])
                known = meta >> 16 & records.HAS_VALUE
                for offset in range(min(meta & 0xFF, 8)):
                    at = address + offset - wanted.address
                    if 0 <= at < wanted.size:
                        held[at] = value >> 8 * offset & 0xFF if known else None
        return held

    def record(self, index: int) -> tuple[int, int, int, int]:
        """(pc, address, value, meta)."""
        pc, address, value, meta = (int(word) for word in self._words[index])
        return pc, address, value, meta

    def first_half(self, index: int) -> int:
        """The record that begins the store: a store of 16 bytes makes two."""
        return index - 1 if index and self.record(index)[3] >> 16 & records.UPPER_HALF else index

    def stores_by(self, low: int, high: int, before: int, most: int) -> npt.NDArray[np.intp]:
        """Indexes of records of 8 bytes by code in [low, high), among the `most` below `before`."""
        start = max(0, before - most)
        block = self._words[start:before]
        inside = (block[:, 0] >= np.uint64(low)) & (block[:, 0] < np.uint64(high))
        return np.flatnonzero(inside & (block[:, 3] & np.uint64(0xFF) == 8)) + start


class LogReader:
    """Names what a store log holds, by the memory of the machine at the end of its run."""

    def __init__(
        self, log: StoreLog, runtime: Runtime, image: KernelImage, files: Mapping[str, Path]
    ) -> None:
        self._log = log
        self._runtime = runtime
        self._image = image
        self._files = files
        self._codes = CodeRegistry(runtime)
        self._sources: dict[str, SourceReader | None] = {}
        self._places = Places(runtime, self._codes, self._source_of)

    def _source_of(self, method: Method) -> MethodSource | None:
        key = method.assembly.key
        if key not in self._sources:
            loaded = next(
                a for a in self._runtime.assemblies if str(a.mvid) == str(method.assembly.mvid)
            )
            path = self._files.get(loaded.file)
            self._sources[key] = None if path is None else open_source(method.assembly, path)
        reader = self._sources[key]
        return reader.method(method.token) if reader is not None else None

    def fault(self) -> int:
        """Index of the record where the last fault was published; the log's end without a fault."""
        runtime = self._runtime
        base = runtime.contract.number("LastFaultRecord")
        sequence = runtime.contract.type("LastFault").field("Sequence")
        now = int.from_bytes(runtime.memory.read(base + sequence.offset, 8, "the fault count"),
                             "little")  # fmt: skip
        if not now:
            return len(self._log)
        found = self._log.last(Target(base, 8 + sequence.offset, "the last fault"), len(self._log))
        # The structure is copied as a whole first: none of that belongs to what went before.
        while found is not None:
            earlier = self._log.last(Target(base, 8 + sequence.offset, "the last fault"), found)
            if earlier is None or found - earlier > 64:
                break
            found = earlier
        return len(self._log) if found is None else found

    def last_write(self, wanted: Target, before: int, follow: bool) -> LastWrite:
        """The last store to the target among the records below `before`."""
        links: list[LastWrite] = []
        target: Target | None = wanted
        while target is not None and len(links) <= MOST_COPIES:
            index = self._log.last(target, before)
            if index is None:
                links.append(LastWrite(target, None, "store log"))
                break
            first = self._log.first_half(index)
            links.append(LastWrite(target, self._write(target, index, first), "store log"))
            target = self._copied_from(index) if follow else None
            before = first
        result = links[-1]
        for link in reversed(links[:-1]):
            result = replace(link, origin=result)
        return result

    def _write(self, target: Target, index: int, first: int) -> Write:
        before = _whole(self._log.bytes_before(target, first))
        after = _whole(self._log.bytes_before(target, index + 1))
        return Write(self._place(index), before, after, None, index)

    def _copied_from(self, index: int) -> Target | None:
        pc, address, _, _ = self._log.record(index)
        place = self._codes.find(pc)
        found = copy_of(place.code, pc) if place is not None and place.code else None
        if found is None:
            return None
        source = address - found.to + found.source & 2**64 - 1
        return Target(source, found.size, f"[rbp{found.source:+d}]")

    def _place(self, index: int) -> StorePlace:
        pc = self._log.record(index)[0]
        place = self._codes.find(pc)
        if place is not None and place.code is not None:
            prologue = place.code.map_at(pc - place.code.start) is None
            caller = self._caller_of_prologue(index) if prologue else None
            return self._places.store(place.code, pc, caller)
        try:
            code = self._runtime.memory.read(pc, 15, "an instruction")
        except DecodeError:
            code = b""
        kind = kind_of(place.kind) if place is not None else "native"
        name = place.name if place is not None and place.name else self._function(pc)
        return native_place(
            pc, kind, name, instruction_text_at(code, pc), caller=self._caller(index)
        )

    def _function(self, pc: int) -> str:
        for symbols in self._image.symbols.values():
            for symbol in symbols:
                if symbol.size and symbol.address <= pc < symbol.address + symbol.size:
                    return symbol.name
        return f"{pc:#x}"

    def _caller_of_prologue(self, index: int) -> CallerPlace | None:
        """The nearest managed caller of the method in whose prologue a record was made.

        The latest call pushed its return address; the frames above hang together by RBP, which the
        prologue pushed below that.
        """
        for at in reversed(self._log.stores_by(1 << 63, (1 << 64) - 1, index, 256)):
            pc, slot, value, meta = self._log.record(int(at))
            if meta >> 16 & records.HAS_VALUE and pc < value <= pc + 15:
                break
        else:
            return None
        for _ in range(_CALLER_DEPTH):
            returns = self._word(slot, index)
            if returns is None:
                return None
            place = self._codes.find(returns - 1)
            if place is not None and place.code is not None:
                return self._places.caller(place.code, returns)
            base = self._word(slot - 8, index)
            if base is None or base + 8 <= slot:
                return None  # the chain of frames ends here
            slot = base + 8
        return None

    def _word(self, address: int, before: int) -> int | None:
        """The 8 bytes at an address as the log last saw them stored."""
        at = self._log.last(Target(address, 8, ""), before)
        if at is None:
            return None
        _, where, value, meta = self._log.record(at)
        whole = where == address and meta & 0xFF == 8 and meta >> 16 & records.HAS_VALUE
        return value if whole else None

    def _caller(self, index: int) -> CallerPlace | None:
        """The latest call by managed code before a record: what it pushed is the return address."""
        low, high = self._image.span(CODE_REGION)
        for at in reversed(self._log.stores_by(low, high, index, _CALL_WINDOW)):
            pc, _, value, meta = self._log.record(int(at))
            if not meta >> 16 & records.HAS_VALUE or not pc < value <= pc + 15:
                continue
            code = self._code_at(pc)
            found = self._places.caller(code, value) if code is not None else None
            if found is not None:
                return found
        return None

    def _code_at(self, pc: int) -> MethodCode | None:
        place = self._codes.find(pc)
        return place.code if place is not None else None

    def bytes_left(self, wanted: Target, before: int) -> list[int | None]:
        """What the log says that the target holds at a record; None for bytes it does not know."""
        return self._log.bytes_before(wanted, before)


def _whole(data: list[int | None]) -> bytes | None:
    known = [byte for byte in data if byte is not None]
    return bytes(known) if len(known) == len(data) else None
