"""Store sites: the machine code of each stfld and stsfld, named."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from decoders.errors import DecodeError
from decoders.metadata import ET
from decoders.runtime import CodeRegistry, LoadedAssembly, MethodCode, Runtime, ValueKind
from decoders.runtime.records import FieldDescRecord, JitStoreSiteRecord
from decoders.source import SourceReader

# An assembly's debug information, None when there is none.
Sources = Callable[[LoadedAssembly], "SourceReader | None"]


@dataclass(frozen=True, slots=True)
class Site:
    """A store site with everything about it that does not depend on a record.

    start, end: its code. pieces: records that one execution makes. line: 0 when not known.
    """

    record: JitStoreSiteRecord
    start: int
    end: int
    assembly: str
    method: str
    file: str
    line: int
    owner: str
    field: str
    kind: ValueKind | None
    element: ET | None
    prefix: str
    suffix: str

    @property
    def pieces(self) -> int:
        """A scalar is stored at once; a struct by 16 bytes (two records), then 8, 4, 2 and 1."""
        size = self.record.size
        return size // 8 + (size % 8).bit_count() if self.kind is ValueKind.STRUCT else 1


def make_site(
    runtime: Runtime, code: MethodCode, site: JitStoreSiteRecord, sources: Sources
) -> Site:
    """Everything about a store site of a method."""
    method = code.method
    loaded = runtime.assembly_at(method.record.assembly)
    point = None
    source = sources(loaded)
    if source is not None:
        debug = source.method(method.record.token)
        point = debug.at(site.il) if debug else None
    owner, name, kind, element = _field(runtime, site)
    method_name = runtime.method_name(method)
    where = f"{point.file.rpartition('/')[2]}:{point.line}" if point else "?"
    offset = "" if site.is_static else f"@{site.displacement}"
    return Site(
        site, code.start + site.native, code.start + site.native_end, loaded.name,
        method_name, point.file if point else "", point.line if point else 0,
        owner, name, kind, element, f"{method_name} IL_{site.il:04x} {where}",
        f"{owner.rpartition('.')[2]}.{name}{offset}",
    )  # fmt: skip


def _field(
    runtime: Runtime, site: JitStoreSiteRecord
) -> tuple[str, str, ValueKind | None, ET | None]:
    """(owner, name, kind, metadata's element type)."""
    record = runtime.records.one(FieldDescRecord, site.field)
    owner = runtime.type(record.owner)
    info = next((f for f in runtime.fields(owner) if f.record.address == site.field), None)
    if info is None:
        return runtime.type_name(owner.address), "?", None, None
    kind = ValueKind(record.value_kind) if record.value_kind <= max(ValueKind) else None
    try:
        element = runtime.metadata_field(info).type.et
    except DecodeError:
        element = None  # a name and a number are still right without metadata
    return runtime.type_name(owner.address), info.name, kind, element


class SiteTable:
    """The store sites of all compiled methods, by address."""

    def __init__(self, runtime: Runtime, sources: Sources) -> None:
        found = [
            make_site(runtime, code, site, sources)
            for code in CodeRegistry(runtime).methods()
            for site in code.store_sites
        ]
        self._sites = sorted(found, key=lambda site: site.start)
        self._starts = [site.start for site in self._sites]
        #: By the address of a storing instruction; None for one that belongs to no site.
        self._known: dict[int, Site | None] = {}

    def __len__(self) -> int:
        return len(self._sites)

    def keep_whole(self) -> None:
        """Forget the sites one execution of which makes several records: some may be lost."""
        self._sites = [site for site in self._sites if site.pieces == 1]
        self._starts = [site.start for site in self._sites]
        self._known.clear()

    @property
    def sites(self) -> list[Site]:
        """All sites, by address."""
        return self._sites

    def find(self, pc: int) -> Site | None:
        """The site that an instruction belongs to."""
        if pc in self._known:
            return self._known[pc]
        index = bisect_right(self._starts, pc) - 1
        site = self._sites[index] if index >= 0 and pc < self._sites[index].end else None
        self._known[pc] = site
        return site
