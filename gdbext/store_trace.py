"""Field stores seen by breakpoints on the store sites of compiled methods: recorded, or stopped at.

A breakpoint stands on the first storing instruction of each site; its stop() reads the place and
what goes there, and lets the machine go on. Names are found when the records are shown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gdb

import decoders.render.frames  # noqa: F401 (registers the renderer)
from decoders.errors import DecodeError
from decoders.render import to_text
from decoders.runtime import Heap, MethodCode, MethodInfo, Thread, TypeInfo, threads
from decoders.runtime.records import FieldDescRecord, JitStoreSiteRecord
from decoders.stores import FieldStore, Filters, Places, Site, make_site
from decoders.stores.slots import slot_at, slot_text
from gdbext import compiled, frames, parameters
from gdbext.progress import Progress
from gdbext.session import Session, session
from gdbext.store_sources import sources_of

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
    """One store site. counts: its stores are among those that get recorded."""

    def __init__(self, trace: StoreTrace, site: Site, counts: bool) -> None:
        super().__init__(f"*{site.start:#x}", internal=True, type=compiled.breakpoint_kind())
        self.silent = True
        self._trace = trace
        self._site = site
        self._counts = counts
        self._base = f"${_NAMES[site.record.base_register]}"

    def stop(self) -> bool:
        """gdb's protocol: record, and go on unless it is a store to stop at."""
        if self._trace.progress.stands_still():
            return False
        record = self._site.record
        address = (_number(self._base) + record.displacement) & _U64
        return self._trace.hit(self._site, address, self._new(record), self._counts)

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


class _Wanted:
    """Filters as a breakpoint can apply them: to a site first, then to a place and a value."""

    def __init__(self, filters: Filters) -> None:
        self.filters = filters
        self._end = 0

    def site_may_match(self, now: Session, site: Site) -> bool:
        """Whether stores of the site can pass."""
        return self.filters.site_may_match(site) and self._type_may_match(now, site)

    def _type_may_match(self, now: Session, site: Site) -> bool:
        """A field of a base class is one of derived classes too; a struct may lie in any object."""
        wanted = self.filters
        if wanted.type_matches(site.owner):
            return True
        runtime = now.runtime
        owner = runtime.records.one(FieldDescRecord, site.record.field).owner
        if runtime.type(owner).is_value_type:
            return True
        for info in runtime.types():
            if not wanted.type_matches(runtime.type_name(info.address)):
                continue
            if any(runtime.type_name(t.address) == site.owner for t in _parents(now, info)):
                return True
        return False

    def matches(self, site: Site, address: int, after: bytes | None) -> bool:
        """Whether a store passes, the object's type aside."""
        return (
            self.filters.site_may_match(site)
            and self.filters.value_matches(after)
            and (self.filters.object is None
                 or (not site.record.is_static
                     and self._is_inside(address - site.record.displacement)))
        )

    def _is_inside(self, base: int) -> bool:
        """Whether the wanted object, or a struct within it, begins at an address."""
        start = self.filters.object
        assert start is not None
        if base <= start or base < self._end:
            return start <= base
        if self._end:
            return False
        # An object that may just have come into being: its size says how far it goes.
        heap = Heap(compiled.fresh().runtime)
        if not any(s.start <= start < base < s.allocated for s in heap.segments()):
            return False
        block = heap.find(start)
        if block is None or block.address != start:
            return False
        self._end = start + block.size
        return base < self._end


class StoreTrace:
    """The trace of this gdb: sites under watch, what they stored, and which stores stop it."""

    def __init__(self) -> None:
        self.stops: tuple[Filters, ...] = ()
        self.seen = 0
        self.dropped = 0
        self.records: deque[_Raw] = deque(maxlen=MAX_RECORDS)
        self.progress = Progress()
        self.stopped: _Raw | None = None
        self._recorded: _Wanted | None = None
        self._filters = Filters()
        self._stopping: list[_Wanted] = []
        self._breakpoints: dict[int, _SiteBreakpoint] = {}
        self._stacks: list[Thread] = []

    @property
    def is_on(self) -> bool:
        """Whether stores are being recorded."""
        return self._recorded is not None

    @property
    def sites(self) -> int:
        """Store sites under watch."""
        return len(self._breakpoints)

    def start(
        self, now: Session | None, filters: Filters | None, stops: Sequence[Filters] = ()
    ) -> None:
        """Watch all sites of compiled methods (and those to come) that may matter.

        filters: what is recorded, None for nothing. stops: at such a store the machine stops.
        """
        self.stop()
        self._recorded = None if filters is None else _Wanted(filters)
        self._filters = filters or Filters()
        self.stops = tuple(stops)
        self._stopping = [_Wanted(one) for one in stops]
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
        self._recorded, self.stops, self._stopping = None, (), []
        self.progress.reset()

    def clear(self) -> None:
        """Forget what was recorded."""
        self.records.clear()
        self.seen = self.dropped = 0

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
        recorded = self._recorded
        for record in code.store_sites:
            address = code.start + record.native
            if address in self._breakpoints:
                continue
            site = make_site(now.runtime, code, record, sources_of(now))
            counts = recorded is not None and recorded.site_may_match(now, site)
            if counts or any(wanted.site_may_match(now, site) for wanted in self._stopping):
                self._breakpoints[address] = _SiteBreakpoint(self, site, counts)

    def hit(self, site: Site, address: int, after: bytes | None, counts: bool) -> bool:
        """A site is about to store: record it if it is wanted; whether to stop at it."""
        recorded = (
            counts and self._recorded is not None
            and self._recorded.matches(site, address, after))
        stops = any(wanted.matches(site, address, after) for wanted in self._stopping)
        self.seen += counts
        if recorded or stops:
            before = _memory(address, site.record.size)
            chain: tuple[tuple[int, int], ...] = ()
            if any(t.stack_low <= address < t.stack_high for t in self._stacks):
                chain = _frames_to(address)
            raw = _Raw(self.seen, site, address, before, after, chain)
            if recorded:
                self.dropped += len(self.records) == self.records.maxlen
                self.records.append(raw)
            if stops:
                self.stopped = raw
        return stops

    def stores(self, now: Session, filters: Filters) -> list[FieldStore]:
        """What was recorded, named: what passes these filters and those of `start`."""
        places = Places(now.runtime)
        named = (self.named(now, places, raw) for raw in self.records)
        kept = (s for s in named if filters.matches(s) and self._filters.matches(s))
        return list(filters.tail(kept))

    @staticmethod
    def named(now: Session, places: Places, raw: _Raw) -> FieldStore:
        """What a breakpoint saw, with names."""
        place = places.of_store(raw.site, raw.address)
        where = _slot_of(now, raw) if place.kind == "stack" else ""
        return FieldStore(
            raw.sequence, raw.site, place, places, raw.address, raw.site.record.size, raw.after,
            raw.site.start, 0, raw.before, where)


def _parents(now: Session, info: TypeInfo) -> list[TypeInfo]:
    result: list[TypeInfo] = []
    parent = info.record.parent
    while parent and len(result) < 64:
        found = now.runtime.type(parent)
        result.append(found)
        parent = found.record.parent
    return result


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


def _slot_of(now: Session, raw: _Raw) -> str:
    """`local pciDevice of Bind`, as far as the frames along rbp tell."""
    if not raw.chain:
        return ""
    pc, base = raw.chain[-1]
    place = now.codes.find(pc)
    if place is None or place.code is None:
        return ""
    slot = slot_at(place.code, raw.address - base)
    return "" if slot is None else slot_text(now.runtime, place.code, slot, sources_of(now))


trace = StoreTrace()


def _say_stop(event: Any) -> None:
    """After a stop at a store: which one, and the frame that is about to execute it."""
    raw, trace.stopped = trace.stopped, None
    if raw is None or not isinstance(event, gdb.BreakpointEvent):
        return
    if not any(isinstance(b, _SiteBreakpoint) for b in event.breakpoints):
        return
    now = session()
    try:
        said = StoreTrace.named(now, Places(now.runtime), raw).sentence()
        line = frames.stack_line(now, gdb.newest_frame(), False)
        gdb.write(f"\nclr-stfld-trace: about to store: {said}\n")
        gdb.write(to_text(line.line, parameters.style()) + "\n")
    except (DecodeError, gdb.error) as error:
        gdb.write(f"clr-stfld-trace: the store cannot be shown: {error}\n", gdb.STDERR)


gdb.events.stop.connect(_say_stop)
