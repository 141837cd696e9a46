"""Field stores recorded by breakpoints on the store sites of compiled methods.

A breakpoint stands on the first storing instruction of each site; its stop() reads the place and
what goes there, and lets the machine go on. Names are found when the records are shown.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import gdb

from decoders.errors import DecodeError
from decoders.runtime import (
    LoadedAssembly,
    MethodCode,
    MethodInfo,
    SlotKind,
    Thread,
    TypeInfo,
    threads,
)
from decoders.runtime.records import JitStoreSiteRecord
from decoders.source import SourceReader
from decoders.stores import FieldStore, Filters, Places, Site, Sources, make_site
from gdbext import compiled
from gdbext.session import Session

MAX_RECORDS = 100_000
MAX_FRAMES = 16
_NAMES = ("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
          *(f"r{n}" for n in range(8, 16)))
_XMM, _COPY = 16, 255
_U64 = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class _Raw:
    """What a breakpoint saw. chain: (pc, rbp) of the frames up to the one that holds `address`."""

    sequence: int
    site: Site
    address: int
    before: bytes | None
    after: bytes | None
    chain: tuple[tuple[int, int], ...]


def _number(expression: str) -> int:
    return int(gdb.parse_and_eval(f"(unsigned long){expression}")) & _U64


def _memory(address: int, size: int) -> bytes | None:
    try:
        return bytes(gdb.selected_inferior().read_memory(address, size))
    except gdb.MemoryError:
        return None  # the store is about to fault there


class _SiteBreakpoint(gdb.Breakpoint):
    """One store site."""

    def __init__(self, trace: StoreTrace, site: Site) -> None:
        super().__init__(f"*{site.start:#x}", internal=True, type=compiled.breakpoint_kind())
        self.silent = True
        self._trace = trace
        self._site = site
        self._base = f"${_NAMES[site.record.base_register]}"

    def stop(self) -> bool:
        """gdb's protocol: record and go on."""
        record = self._site.record
        address = (_number(self._base) + record.displacement) & _U64
        self._trace.add(self._site, address, self._new(record))
        return False

    @staticmethod
    def _new(record: JitStoreSiteRecord) -> bytes | None:
        source = record.value_register
        if source == _COPY:
            return _memory(_number("$r11"), record.size)
        if source >= _XMM:
            value = _number(f"$xmm{source - _XMM}.v2_int64[0]")
        else:
            value = _number(f"${_NAMES[source]}")
        return value.to_bytes(8, "little")[: record.size]


class StoreTrace:
    """The trace of this gdb: sites under watch and what they stored."""

    def __init__(self) -> None:
        self.filters = Filters()
        self.seen = 0
        self.records: deque[_Raw] = deque(maxlen=MAX_RECORDS)
        self._breakpoints: dict[int, _SiteBreakpoint] = {}
        self._stacks: list[Thread] = []
        self._is_on = False

    @property
    def is_on(self) -> bool:
        """Whether stores are being recorded."""
        return self._is_on

    @property
    def sites(self) -> int:
        """Store sites under watch."""
        return len(self._breakpoints)

    def start(self, now: Session | None, filters: Filters) -> None:
        """Watch all sites of compiled methods (and those to come) that the filters may let pass."""
        self.stop()
        self.filters = filters
        self._is_on = True
        compiled.listen(self)
        if now is not None:
            self._stacks = list(threads(now.runtime))
            for code in now.codes.methods():
                self._watch(now, code)

    def stop(self) -> None:
        """Let go of all sites; what was recorded stays."""
        compiled.ignore(self)
        for breakpoint in self._breakpoints.values():
            if breakpoint.is_valid():
                breakpoint.delete()
        self._breakpoints.clear()
        self._is_on = False

    def clear(self) -> None:
        """Forget what was recorded."""
        self.records.clear()
        self.seen = 0

    def wants(self, name: str, token: int) -> bool:
        """See compiled.Listener: any method may store fields."""
        return True

    def compiled(self, session: Session, method: MethodInfo, code: MethodCode) -> None:
        """See compiled.Listener: watch its sites."""
        now = session
        self._stacks = list(threads(now.runtime))
        self._watch(now, code)

    def _watch(self, now: Session, code: MethodCode) -> None:
        if not code.record.store_site_count:
            return
        for record in code.store_sites:
            address = code.start + record.native
            if address in self._breakpoints:
                continue
            site = make_site(now.runtime, code, record, _sources(now))
            if self.filters.site_may_match(site) and self._type_may_match(now, site):
                self._breakpoints[address] = _SiteBreakpoint(self, site)

    def _type_may_match(self, now: Session, site: Site) -> bool:
        """A field of a base class is also a field of those derived from it."""
        if self.filters.type is None:
            return True
        wanted = Filters(type=self.filters.type)
        if wanted.type_matches(site.owner):
            return True
        runtime = now.runtime
        for info in runtime.types():
            if not wanted.type_matches(runtime.type_name(info.address)):
                continue
            if any(runtime.type_name(t.address) == site.owner for t in _parents(now, info)):
                return True
        return False

    def add(self, site: Site, address: int, after: bytes | None) -> None:
        """Record a store, if it is of the wanted object."""
        self.seen += 1
        wanted = self.filters.object
        if wanted is not None and wanted not in (address, address - site.record.displacement):
            return
        before = _memory(address, site.record.size)
        chain: tuple[tuple[int, int], ...] = ()
        if any(t.stack_low <= address < t.stack_high for t in self._stacks):
            chain = _frames_to(address)
        self.records.append(_Raw(self.seen, site, address, before, after, chain))

    def stores(self, now: Session, filters: Filters) -> list[FieldStore]:
        """What was recorded, named."""
        places = Places(now.runtime)
        result = []
        for raw in self.records:
            place = places.of_store(raw.site, raw.address)
            where = ""
            if place.kind == "stack":
                where = _slot_text(now, raw)
            store = FieldStore(
                raw.sequence, raw.site, place, places, raw.address, raw.site.record.size,
                raw.after, raw.site.start, 0, raw.before, where)
            if filters.matches(store):
                result.append(store)
        return list(filters.tail(iter(result)))


def _parents(now: Session, info: TypeInfo) -> list[TypeInfo]:
    result: list[TypeInfo] = []
    parent = info.record.parent
    while parent and len(result) < 64:
        found = now.runtime.type(parent)
        result.append(found)
        parent = found.record.parent
    return result


def _sources(now: Session) -> Sources:
    def source(loaded: LoadedAssembly) -> SourceReader | None:
        return now.source(now.runtime.image(loaded))

    return source


def _frames_to(address: int) -> tuple[tuple[int, int], ...]:
    """(pc, rbp) of frames outwards, until one whose frame can hold the address."""
    pc, base = _number("$pc"), _number("$rbp")
    chain = [(pc, base)]
    while address >= base + 16 and len(chain) < MAX_FRAMES:
        words = _memory(base, 16)
        if words is None:
            break
        older, pc = (int.from_bytes(words[i : i + 8], "little") for i in (0, 8))
        if older <= base:
            break
        base = older
        chain.append((pc, base))
    return tuple(chain)


def _slot_text(now: Session, raw: _Raw) -> str:
    """`pciDevice of Bind`, as far as the frames along rbp tell."""
    if not raw.chain:
        return ""
    pc, base = raw.chain[-1]
    place = now.codes.find(pc)
    if place is None or place.code is None:
        return ""
    code = place.code
    name = now.runtime.method_name(code.method)
    offset = raw.address - base
    offset -= 1 << 64 if offset > 1 << 63 else 0
    for slot in [*code.locals, *code.args, *code.temps]:
        if slot.offset <= offset < slot.offset + slot.size:
            return f"{_slot_name(now, code, slot.number, slot.slot_kind)} of {name}"
    return f"frame of {name}"


def _slot_name(now: Session, code: MethodCode, number: int, kind: int) -> str:
    if kind == SlotKind.TEMP:
        return "a temporary"
    if kind == SlotKind.THIS:
        return "this"
    try:
        method = now.runtime.metadata_method(code.method)
        if kind == SlotKind.LOCAL:
            source = now.method_source(method)
            names = source.local_names() if source is not None else {}
            return f"local {names.get(number, f'V_{number}')}"
    except DecodeError:
        return f"slot {number}"
    return f"argument {number}"


trace = StoreTrace()
