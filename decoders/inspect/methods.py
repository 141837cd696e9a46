"""Assemblies, methods and tokens, as commands show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from decoders.errors import DecodeError, TargetError
from decoders.il import instruction_text
from decoders.il.disasm import disassemble_partly
from decoders.inspect.types import matches
from decoders.memory import read_cstring
from decoders.metadata import Assembly, Method, token_text
from decoders.runtime import (
    CodeKind,
    CodePlace,
    CodeRegistry,
    LoadedAssembly,
    MethodFlags,
    MethodInfo,
    Runtime,
)
from decoders.runtime.model import ADDRESS, NO_SLOT
from decoders.source import MethodSource

TABLES = {
    0x01: "TypeRef", 0x02: "TypeDef", 0x04: "Field", 0x06: "MethodDef", 0x0A: "MemberRef",
    0x11: "StandAloneSig", 0x1B: "TypeSpec", 0x2B: "MethodSpec", 0x70: "user string",
}


@dataclass(frozen=True, slots=True)
class ModuleRow:
    """A loaded assembly: its image in the guest's memory and how much of it is in use."""

    name: str
    file: str
    address: int = field(metadata=ADDRESS)
    image: int = field(metadata=ADDRESS)
    size: int
    mvid: str
    types: int
    loaded_types: int
    methods: int
    compiled_methods: int
    problem: str


@dataclass(frozen=True, slots=True)
class ModuleList:
    """clr-modules, in load order."""

    modules: tuple[ModuleRow, ...]


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One method of a list. `state` is compiled, native, abstract, failed or not called."""

    name: str
    method_desc: int = field(metadata=ADDRESS)
    code: int = field(metadata=ADDRESS)
    size: int
    token: int = field(metadata=ADDRESS)
    assembly: str
    state: str


@dataclass(frozen=True, slots=True)
class MethodList:
    """clr-methods, by name."""

    methods: tuple[MethodRow, ...]
    total: int
    truncated: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MethodDetail:
    """clr-method: one method. Addresses are 0 where there is none.

    With an address, `where` says what lies there (code, thunk), and offset, IL and source line
    are its own; `il_offset` is None in a prologue and without code.
    """

    name: str
    signature: str
    assembly: str
    token: int = field(metadata=ADDRESS)
    method_desc: int = field(metadata=ADDRESS)
    owner: str
    method_table: int = field(metadata=ADDRESS)
    state: str
    failure: str
    flags: tuple[str, ...]
    slot: int | None
    compile_count: int
    code: int = field(metadata=ADDRESS)
    code_size: int
    entry: int = field(metadata=ADDRESS)
    where: str
    native_offset: int | None
    il_offset: int | None
    il: str
    file: str
    line: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TokenDetail:
    """clr-token: what a metadata token names, and the kernel's records of it (0: none)."""

    assembly: str
    token: int = field(metadata=ADDRESS)
    table: str
    name: str
    type_desc: int = field(metadata=ADDRESS)
    method_table: int = field(metadata=ADDRESS)
    method_desc: int = field(metadata=ADDRESS)
    code: int = field(metadata=ADDRESS)
    note: str


def module_list(runtime: Runtime, registry: CodeRegistry, glob: str | None) -> ModuleList:
    """Loaded assemblies whose name matches; TargetError when none does."""
    compiled: dict[int, int] = {}
    loaded_types: dict[int, int] = {}
    for code in registry.methods():
        try:
            assembly = code.method.record.assembly
        except DecodeError:
            continue  # a method that cannot be read belongs to none
        compiled[assembly] = compiled.get(assembly, 0) + 1
    for info in runtime.types():
        if info.record.token and info.is_loaded:
            key = info.record.assembly
            loaded_types[key] = loaded_types.get(key, 0) + 1
    rows = []
    for loaded in runtime.assemblies:
        if glob is not None and not matches(loaded.name, glob):
            continue
        types = methods = 0
        problem = ""
        try:
            tables = runtime.image(loaded).image
            types, methods = tables.table("TypeDef").count, tables.table("MethodDef").count
        except DecodeError as error:
            problem = str(error)
        rows.append(ModuleRow(
            loaded.name, loaded.file, loaded.address, loaded.image_base, loaded.image_size,
            str(loaded.mvid), types, loaded_types.get(loaded.address, 0), methods,
            compiled.get(loaded.address, 0), problem))
    if not rows:
        names = ", ".join(a.name for a in runtime.assemblies) or "none"
        raise TargetError(
            f"no assembly {glob!r} is loaded; loaded: {names}" if glob else
            "no assembly is loaded yet")
    return ModuleList(tuple(rows))


def state_of(method: MethodInfo) -> str:
    """Where a method stands on the way to machine code."""
    if method.failed:
        return "failed"
    if method.is_compiled:
        return "compiled"
    for flag, name in ((MethodFlags.ABSTRACT, "abstract"), (MethodFlags.NATIVE, "native"),
                       (MethodFlags.RUNTIME, "runtime")):
        if method.record.flags & flag:
            return name
    return "not called"


def _known_methods(runtime: Runtime) -> Iterator[MethodInfo]:
    for info in runtime.types():
        if info.record.methods:
            yield from runtime.methods(info)


def method_list(
    runtime: Runtime, registry: CodeRegistry, glob: str | None, every: bool, limit: int
) -> MethodList:
    """Compiled methods (with `every` all that the kernel has records of) whose name matches.

    Globs fit `Ns.Type::Method`, `Type::Method` and `Method`.
    """
    problems: list[str] = []
    rows: list[MethodRow] = []
    names = {loaded.address: loaded.name for loaded in runtime.assemblies}

    def add(found: Iterable[MethodInfo]) -> None:
        for method in found:
            name = runtime.method_name(method)
            simple = name.rpartition("::")[2]
            if glob is not None and not (matches(name, glob) or matches(simple, glob)):
                continue
            code = registry.code_of(method)
            rows.append(MethodRow(
                name, method.address, code.start if code else 0,
                code.record.code_size if code else 0, method.record.token,
                names.get(method.record.assembly, "?"), state_of(method)))

    try:
        add(_known_methods(runtime) if every else (c.method for c in registry.methods()))
    except DecodeError as error:
        problems.append(str(error))
    rows.sort(key=lambda r: (r.name, r.code))
    return MethodList(tuple(rows[:limit]), len(rows), len(rows) > limit, tuple(problems))


def overloads(
    runtime: Runtime, registry: CodeRegistry, found: Iterable[MethodInfo], limit: int
) -> MethodList:
    """Methods with their signatures as names, compiled ones first."""
    rows = []
    for method in found:
        code = registry.code_of(method)
        rows.append(MethodRow(
            runtime.method_name(method, True), method.address, code.start if code else 0,
            code.record.code_size if code else 0, method.record.token,
            runtime.assembly_at(method.record.assembly).name, state_of(method)))
    rows.sort(key=lambda r: (not r.code, r.name))
    return MethodList(tuple(rows[:limit]), len(rows), len(rows) > limit, ())


def method_detail(
    runtime: Runtime, registry: CodeRegistry, method: MethodInfo,
    source: MethodSource | None = None, place: CodePlace | None = None,
) -> MethodDetail:
    """Everything about one method; `place` when an address in its code or thunk was asked for."""
    problems: list[str] = []
    record = method.record
    owner, table = "?", 0
    try:
        info = runtime.type(record.owner)
        owner, table = runtime.type_name(record.owner), info.record.method_table
    except DecodeError as error:
        problems.append(str(error))
    assembly = "?"
    try:
        assembly = runtime.assembly_at(record.assembly).name
    except DecodeError as error:
        problems.append(str(error))
    failure = ""
    if record.failure and method.failed:
        failure = read_cstring(runtime.memory, record.failure, "why a compile failed", 512)
    code = registry.code_of(method)
    where, offset = "", None
    il: int | None = None
    text, file, line = "", "", 0
    if place is not None:
        where = {CodeKind.METHOD: "code", CodeKind.THUNKS: "thunk",
                 CodeKind.UNBOX_THUNKS: "unboxing thunk"}.get(place.kind, place.kind.name.lower())
        if place.code is not None:
            offset = place.address - place.start
            entry = place.code.map_at(offset)
            il = entry.il if entry is not None else None
            if il is None:
                where = "prologue"
            else:
                text = _il_text(runtime, method, il, source, problems)
    if source is not None and code is not None:
        point = source.at(il or 0)
        if point is not None:
            file, line = point.file, point.line
    return MethodDetail(
        runtime.method_name(method), runtime.method_name(method, True), assembly, record.token,
        method.address, owner, table, state_of(method), failure,
        tuple(f.name.lower() for f in MethodFlags if f.name and f & record.flags),
        record.slot if record.slot != NO_SLOT else None, record.compile_count,
        code.start if code else 0, code.record.code_size if code else 0, record.entry, where,
        offset, il, text, file, line, tuple(problems))


def _il_text(
    runtime: Runtime, method: MethodInfo, il: int, source: MethodSource | None,
    problems: list[str],
) -> str:
    try:
        definition = runtime.metadata_method(method)
        found, _ = disassemble_partly(definition.body.il)
        instruction = next((i for i in found if i.offset == il), None)
        names = source.local_names(il) if source is not None else {}
        if instruction is not None:
            return instruction_text(runtime.universe, definition, instruction, names)
        problems.append(f"the map names IL_{il:04x}, which is no instruction")
    except DecodeError as error:
        problems.append(str(error))
    return ""


def method_desc_at(runtime: Runtime, address: int) -> MethodInfo:
    """The MethodDesc at an address; TargetError unless its owner lists it."""
    if address % 8:
        raise TargetError(f"{address:#x} is misaligned: no MethodDesc lies there")
    found = runtime.method(address)
    owner = runtime.type(found.record.owner)
    size = runtime.contract.type("MethodDesc").known_size
    index, rest = divmod(address - owner.record.methods, size)
    if rest or not 0 <= index < owner.record.method_count:
        raise TargetError(f"{address:#x} is no MethodDesc: the type it names does not list it")
    return found


def token_detail(
    runtime: Runtime, registry: CodeRegistry, loaded: LoadedAssembly, token: int
) -> TokenDetail:
    """What a token names in an assembly; MetadataError when there is no such row."""
    assembly = runtime.image(loaded)
    kind = token >> 24
    table = TABLES.get(kind)
    if table is None:
        raise TargetError(
            f"{token:#010x} is no token of a kind that names something: it begins with one of "
            + ", ".join(f"{k:#04x} ({n})" for k, n in TABLES.items()))
    name = token_text(runtime.universe, assembly, token)
    type_desc = method_table = method_desc = code = 0
    note = ""
    if kind in (0x01, 0x02, 0x1B):
        sig = runtime.universe.type_sig(assembly, token)
        info = runtime.type_for(sig)
        if info is not None:
            type_desc, method_table = info.address, info.record.method_table
        else:
            note = "not loaded yet"
    elif kind in (0x06, 0x0A):
        method = _method_of(runtime, assembly, token)
        if method is not None:
            name = method.full_name
            found = _method_info(runtime, method)
            if found is None:
                note = "its type is not loaded yet"
            else:
                method_desc = found.address
                compiled = registry.code_of(found)
                code = compiled.start if compiled is not None else 0
                note = "" if compiled is not None else state_of(found)
    return TokenDetail(
        loaded.name, token, table, name, type_desc, method_table, method_desc, code, note)


def _method_of(runtime: Runtime, assembly: Assembly, token: int) -> Method | None:
    if token >> 24 == 0x06:
        return assembly.method(token & 0xFFFFFF)
    return runtime.universe.resolve_member(assembly, token).method


def _method_info(runtime: Runtime, method: Method) -> MethodInfo | None:
    info = runtime.type_for(runtime.universe.type_def_sig(method.owner))
    if info is None:
        return None
    return next((m for m in runtime.methods(info) if m.record.token == method.token), None)
