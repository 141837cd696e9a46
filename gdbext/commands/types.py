"""Types, modules, methods and tokens: what is loaded and compiled, and what it looks like."""

from __future__ import annotations

import decoders.render.tables  # noqa: F401 (registers the renderers)
from decoders.errors import DecodeError
from decoders.inspect import methods, types
from decoders.metadata import Method
from decoders.runtime import CodePlace, LoadedAssembly, MethodInfo
from decoders.source import MethodSource
from gdbext import limits, parameters
from gdbext.command import Arguments
from gdbext.session import LookupFailure, Session

# So many overloads are shown one by one, more of them in a table.
_OVERLOADS = 4


def limit_of(arguments: Arguments, default: int = limits.ROWS) -> int:
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


def clr_layout(session: Session, arguments: Arguments) -> types.LayoutView:
    """Fields and holes of one type."""
    return types.layout_view(
        session.runtime, session.codes, session.find_type(arguments["TYPE"]))


def clr_statics(session: Session, arguments: Arguments) -> types.StaticsView:
    """Static fields, where they lie and what they hold."""
    info = session.find_type(arguments["TYPE"])
    return types.statics_view(session.runtime, session.values(), info, depth())


def clr_types(session: Session, arguments: Arguments) -> types.TypeList | types.TypeCheck:
    """Types by name."""
    if arguments.flag("check"):
        return types.differing(
            session.runtime, session.codes, arguments.get("GLOB"), limit_of(arguments))
    return types.type_list(
        session.runtime, arguments.get("GLOB"), arguments.flag("all"), limit_of(arguments))


def clr_modules(session: Session, arguments: Arguments) -> methods.ModuleList:
    """Assemblies in load order."""
    return methods.module_list(session.runtime, session.codes, arguments.get("GLOB"))


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


def clr_method(
    session: Session, arguments: Arguments
) -> list[methods.MethodDetail] | methods.MethodList:
    """One method, or all overloads of a name."""
    text = arguments["METHOD"]
    if not session.is_address(text):
        found = _by_name(session, text)
        if len(found) > _OVERLOADS:
            return methods.overloads(session.runtime, session.codes, found, limits.ROWS)
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
