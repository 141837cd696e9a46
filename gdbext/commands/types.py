"""Types, modules, methods and tokens: what is loaded and compiled, and what it looks like."""

from __future__ import annotations

import decoders.render.tables  # noqa: F401 (registers the renderers)
from decoders.errors import DecodeError
from decoders.inspect import methods, types
from decoders.metadata import Method
from decoders.runtime import CodePlace, LoadedAssembly, MethodInfo
from decoders.source import MethodSource
from gdbext import parameters
from gdbext.command import Arg, Arguments, Option, command
from gdbext.session import LookupFailure, Session

_LIMIT = 500
# So many overloads are shown one by one, more of them in a table.
_OVERLOADS = 4
LIMIT = Option("limit", f"rows at most (default {_LIMIT})", "integer")
_GLOB = "names with * and ?, full or simple; default: all"


def limit_of(arguments: Arguments, default: int = _LIMIT) -> int:
    """The value of -limit."""
    text = arguments.option("limit")
    if text is None:
        return default
    if not text.isdigit() or not int(text):
        raise LookupFailure(f"-limit {text!r} is not a number of rows")
    return int(text)


def depth() -> int:
    """How many levels of references values follow beyond the object itself."""
    return max(0, int(parameters.get("depth")) - 1)


@command(
    "clr-mt", "Show a MethodTable: what the kernel claims beside what metadata says.",
    args=(Arg("TYPE", "a type's name, or the address of a MethodTable, TypeDesc or object",
              "type"),),
    details="""
Sizes, parent, element type, flags, fields, the vtable with each slot's method (and whether it is
compiled) and the interface map. Where the two sides disagree there is a `!`.
""",
    examples=("clr-mt Ddk.PciDeviceInfo", "clr-mt Ddk.PciBar[]", "clr-mt *(long *)$rcx"),
    aliases=("dumpmt", "dumpclass"),
)
def clr_mt(session: Session, arguments: Arguments) -> types.TableView:
    """A type from both sides."""
    text = arguments["TYPE"]
    if session.is_address(text):
        address = session.address(text)
        if any(info.address == address for info in session.runtime.types()):
            info = session.runtime.type(address)
            return types.type_table(session.runtime, session.codes, info)
        return types.table_at(session.runtime, session.codes, address)
    return types.type_table(session.runtime, session.codes, session.find_type(text))


@command(
    "clr-layout", "Show a type's fields: offset, size, type and padding, claimed and expected.",
    args=(Arg("TYPE", "a type's name, or the address of its MethodTable or TypeDesc", "type"),),
    details="""
Offsets count from the object (MethodTable pointer at 0) for classes, from the first field byte for
value types. A number that metadata gives otherwise is marked with `!`.
""",
    examples=("clr-layout Ddk.PciDeviceInfo", "clr-layout PciBar"),
)
def clr_layout(session: Session, arguments: Arguments) -> types.LayoutView:
    """Fields and holes of one type."""
    return types.layout_view(
        session.runtime, session.codes, session.find_type(arguments["TYPE"]))


@command(
    "clr-statics", "Show a type's static fields and their values.",
    args=(Arg("TYPE", "a type's name or address", "type"),),
    examples=("clr-statics System.Console",),
)
def clr_statics(session: Session, arguments: Arguments) -> types.StaticsView:
    """Static fields, where they lie and what they hold."""
    info = session.find_type(arguments["TYPE"])
    return types.statics_view(session.runtime, session.values(), info, depth())


@command(
    "clr-types", "List the types that the kernel has loaded.",
    args=(Arg("GLOB", _GLOB, "type", optional=True),),
    options=(
        Option("all", "also those that are only named, and byrefs and pointers"),
        Option("check", "only those whose layout or MethodTable is not as metadata says"), LIMIT,
    ),
    examples=("clr-types", "clr-types Ddk.*", "clr-types *[]", "clr-types -check"),
)
def clr_types(session: Session, arguments: Arguments) -> types.TypeList | types.TypeCheck:
    """Types by name."""
    if arguments.flag("check"):
        return types.differing(
            session.runtime, session.codes, arguments.get("GLOB"), limit_of(arguments))
    return types.type_list(
        session.runtime, arguments.get("GLOB"), arguments.flag("all"), limit_of(arguments))


@command(
    "clr-modules", "List the loaded assemblies: image, size, MVID, how much of each is in use.",
    args=(Arg("GLOB", _GLOB, "module", optional=True),),
    examples=("clr-modules", "clr-modules ddk"),
    aliases=("dumpdomain", "dumpmodule", "dumpassembly"),
)
def clr_modules(session: Session, arguments: Arguments) -> methods.ModuleList:
    """Assemblies in load order."""
    return methods.module_list(session.runtime, session.codes, arguments.get("GLOB"))


@command(
    "clr-methods", "List the methods that are compiled.",
    args=(Arg("GLOB", _GLOB, "method", optional=True),),
    options=(Option("all", "also those of loaded types that are not compiled yet"), LIMIT),
    examples=("clr-methods", "clr-methods VirtioBlk.*", "clr-methods *::Bind -all"),
)
def clr_methods(session: Session, arguments: Arguments) -> methods.MethodList:
    """Methods by name, with their code."""
    return methods.method_list(
        session.runtime, session.codes, arguments.get("GLOB"), arguments.flag("all"),
        limit_of(arguments))


def _source(session: Session, method: MethodInfo) -> MethodSource | None:
    try:
        return session.method_source(session.runtime.metadata_method(method))
    except DecodeError:
        return None  # the runtime made it, or its debug file is bad: there is no line to show


def _detail(
    session: Session, method: MethodInfo, place: CodePlace | None = None
) -> methods.MethodDetail:
    return methods.method_detail(
        session.runtime, session.codes, method, _source(session, method), place)


def _by_name(session: Session, text: str) -> list[MethodInfo]:
    found: list[Method] = session.find_methods(text)
    if not found:
        session.find_method(text)  # says which names are near
    known = [(method, session.method_info(method)) for method in found]
    result = [info for _, info in known if info is not None]
    if not result:
        raise LookupFailure(
            f"{found[0].full_name} exists, but its type is not loaded yet: clr-token "
            f"{found[0].assembly.name} {found[0].token:#010x} shows what is known")
    return result


@command(
    "clr-method", "Show a method: by name, or by any address in its code, thunk or MethodDesc.",
    args=(Arg("METHOD", "a name (overloads are all shown), or an address", "method"),),
    details="""
For an address in code: the native offset, the IL instruction and the source line there too.
""",
    examples=("clr-method Ddk.PciDeviceInfo::ReadProgIf", "clr-method $rip",
              "clr-method virtioblk!VirtioBlk.VirtioBlkEntry.Bind"),
    aliases=("ip2md", "dumpmd", "name2ee"),
)
def clr_method(
    session: Session, arguments: Arguments
) -> list[methods.MethodDetail] | methods.MethodList:
    """One method, or all overloads of a name."""
    text = arguments["METHOD"]
    if not session.is_address(text):
        found = _by_name(session, text)
        if len(found) > _OVERLOADS:
            return methods.overloads(session.runtime, session.codes, found, _LIMIT)
        return [_detail(session, method) for method in found]
    address = session.address(text)
    place = session.codes.find(address)
    if place is not None and place.method is not None:
        return [_detail(session, place.method, place)]
    if place is not None:
        raise LookupFailure(
            f"{address:#x} is in the stub {place.name or '?'}, which belongs to no method")
    try:
        return [_detail(session, methods.method_desc_at(session.runtime, address))]
    except DecodeError as error:
        raise LookupFailure(
            f"{address:#x} is in no managed method's code or thunk, and no MethodDesc: {error}"
        ) from error


@command(
    "clr-token", "Show what a metadata token of an assembly names.",
    args=(Arg("MODULE", "an assembly's name", "module"),
          Arg("TOKEN", "the token, 0x06000012 say", "text")),
    examples=("clr-token ddk 0x02000003", "clr-token virtioblk 0x06000001"),
    aliases=("token2ee",),
)
def clr_token(session: Session, arguments: Arguments) -> methods.TokenDetail:
    """A token's meaning and the kernel's records of it."""
    loaded = _module(session, arguments["MODULE"])
    token = session.address(arguments["TOKEN"])
    return methods.token_detail(session.runtime, session.codes, loaded, token)


def _module(session: Session, name: str) -> LoadedAssembly:
    simple = name.removesuffix(".dll").removesuffix(".exe")
    for loaded in session.runtime.assemblies:
        if loaded.name == simple:
            return loaded
    names = ", ".join(loaded.name for loaded in session.runtime.assemblies) or "none"
    raise LookupFailure(f"no assembly {name!r} is loaded; loaded: {names}")
