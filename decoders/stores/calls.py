"""Calls of managed code, in order, out of a trace of calls and frame entries.

A call stores its return address: the record's pc is the call instruction. A compiled method pushes
RBP right below it, which tells where a call went.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from decoders import store_records as records
from decoders.errors import DecodeError
from decoders.runtime import CallKind, CodeRegistry, MethodCode, Runtime
from decoders.runtime.code import HelperKind
from decoders.runtime.records import JitCallSiteRecord
from decoders.stores import Sources
from decoders.stores.filters import method_matches
from decoders.stores.frames import FrameTracker


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call instruction with everything that does not depend on an execution.

    callee: as far as the site says; "" for one that goes through a table or a pointer.
    """

    code: MethodCode
    record: JitCallSiteRecord
    method: str
    file: str
    line: int
    kind: str
    callee: str

    @property
    def is_helper(self) -> bool:
        """Whether it calls the runtime and not a method."""
        return self.record.kind == CallKind.HELPER

    @property
    def place(self) -> str:
        """Method, IL offset and line."""
        where = f"{self.file.rpartition('/')[2]}:{self.line}" if self.line else "?"
        return f"{self.method} IL_{self.record.il:04x} {where}"


class CallSites:
    """The call sites of all compiled methods, by address."""

    def __init__(self, runtime: Runtime, sources: Sources) -> None:
        self._runtime = runtime
        self._sources = sources
        self._codes = CodeRegistry(runtime).methods()
        self._starts = [code.start for code in self._codes]
        self._records: dict[int, dict[int, JitCallSiteRecord]] = {}
        self._sites: dict[int, CallSite | None] = {}

    def find(self, pc: int) -> CallSite | None:
        """The site whose call instruction is at an address, None for other instructions."""
        if pc not in self._sites:
            self._sites[pc] = self._find(pc)
        return self._sites[pc]

    def _find(self, pc: int) -> CallSite | None:
        index = bisect_right(self._starts, pc) - 1
        if index < 0 or pc >= self._codes[index].end:
            return None
        code = self._codes[index]
        if code.start not in self._records:
            self._records[code.start] = {site.native: site for site in code.call_sites}
        record = self._records[code.start].get(pc - code.start)
        if record is None:
            return None
        return make_call_site(self._runtime, code, record, self._sources)


def make_call_site(
    runtime: Runtime, code: MethodCode, record: JitCallSiteRecord, sources: Sources
) -> CallSite:
    """Everything about a call site of a method."""
    reader = sources(runtime.assembly_at(code.method.record.assembly))
    source = reader.method(code.method.record.token) if reader is not None else None
    point = source.at(record.il) if source is not None else None
    try:
        kind = CallKind(record.kind)
    except ValueError:
        kind = CallKind.INDIRECT
    callee = ""
    if kind is CallKind.HELPER:
        known = record.helper in HelperKind.__members__.values()
        callee = f"[{HelperKind(record.helper).name.lower() if known else record.helper}]"
    elif record.target:
        try:
            callee = runtime.method_name(runtime.method(record.target))
        except DecodeError:
            callee = f"(no MethodDesc: {record.target:#x})"
    return CallSite(
        code, record, runtime.method_name(code.method), point.file if point else "",
        point.line if point else 0, kind.name.lower(), callee,
    )  # fmt: skip


@dataclass(slots=True)
class Call:
    """One executed call. depth: managed frames around it. slot: where its return address lies.

    entered: the compiled method that began for it, "" when it went to native code (or came to no
    method before the trace went on).
    """

    sequence: int
    depth: int
    site: CallSite
    slot: int
    entered: str = ""
    done: bool = False

    @property
    def callee(self) -> str:
        """What ran; for a virtual call the override."""
        return self.entered or self.site.callee or "(native code or a stub)"

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready dict."""
        site = self.site
        return {
            "sequence": self.sequence, "depth": self.depth, "method": site.method,
            "il": site.record.il, "file": site.file, "line": site.line, "kind": site.kind,
            "callee": self.callee, "declared": site.callee, "managed": bool(self.entered),
            "slot": self.slot,
        }  # fmt: skip

    def to_text(self) -> str:
        """One line, indented by depth."""
        kind = "" if self.site.kind in ("direct", "helper") else f" ({self.site.kind})"
        indent = "  " * min(self.depth - 1, 40)
        return f"{self.sequence:>6} {indent}{self.site.place} -> {self.callee}{kind}"


@dataclass(frozen=True)
class CallFilters:
    """None: all. method: of caller or callee (glob). depth: at most so many managed frames."""

    method: str | None = None
    depth: int | None = None
    last: int | None = None

    def matches(self, call: Call) -> bool:
        """Whether a call passes, `last` aside."""
        return (self.depth is None or call.depth <= self.depth) and (
            self.method is None
            or method_matches(self.method, call.site.method)
            or method_matches(self.method, call.callee)
        )

    def site_may_match(self, site: CallSite) -> bool:
        """Whether calls of a site can pass. The callee of some is only known when they run."""
        return (
            self.method is None
            or not site.callee
            or site.record.kind not in (CallKind.DIRECT, CallKind.HELPER)
            or method_matches(self.method, site.method)
            or method_matches(self.method, site.callee)
        )


class CallDecoder:
    """Turns records of calls and entries into calls, each once it is known where it went."""

    def __init__(self, sites: CallSites, frames: FrameTracker, helpers: bool = False) -> None:
        self._sites = sites
        self._frames = frames
        self._helpers = helpers
        self._queue: deque[Call] = deque()
        self._open: dict[int, Call] = {}
        self.count = 0

    def decode(self, pieces: Iterable[bytes | memoryview]) -> Iterator[Call]:
        """The calls of a trace of one vCPU, in order."""
        for piece in pieces:
            for pc, address, _, meta in records.raw(piece):
                if meta >> 16 & records.IS_RETURN:
                    self._frames.returned(address)
                else:
                    self._record(pc, address)
                yield from self._finished()
        for call in self._queue:
            call.done = True
        yield from self._finished()

    def _record(self, pc: int, address: int) -> None:
        code = self._frames.push(pc, address)
        if code is not None:
            call = self._open.pop(address + 8, None)
            if call is not None:
                call.entered = code.runtime.method_name(code.method)
                call.done = True
            return
        site = self._sites.find(pc)
        if site is None:
            return
        depth = len(self._frames.settle(pc, address))
        # A call from no deeper a place: what was open on the stack below is over.
        for slot in [slot for slot in self._open if slot <= address]:
            self._open.pop(slot).done = True
        if site.is_helper and not self._helpers:
            return
        self.count += 1
        call = Call(self.count, depth, site, address, done=site.is_helper)
        self._queue.append(call)
        if not call.done:
            self._open[address] = call

    def _finished(self) -> Iterator[Call]:
        while self._queue and self._queue[0].done:
            yield self._queue.popleft()
