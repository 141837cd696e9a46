"""Being told of each method that the kernel compiles, while the kernel stands in its hook."""

from __future__ import annotations

from typing import Protocol

import gdb

from decoders.errors import DecodeError
from decoders.memory import read_cstring
from decoders.runtime import MethodCode, MethodInfo
from decoders.runtime.records import MethodDescRecord
from gdbext import target
from gdbext.session import LookupFailure, Session, session

_HOOK = "clr_method_compiled_hook"


class Listener(Protocol):
    """Wants to know of compiled methods."""

    def wants(self, name: str, token: int) -> bool:
        """Whether a method of this simple name and token may matter. Asked for each: be quick."""
        ...

    def compiled(self, session: Session, method: MethodInfo, code: MethodCode) -> None:
        """It is compiled. Nothing that was read before it is true any more."""
        ...


def fresh() -> Session:
    """The session, for use inside `stop`: gdb sends no event when such a stop goes on by itself."""
    target.drop_cache()
    session().suspect()
    return session()


class _HookBreakpoint(gdb.Breakpoint):
    """Hardware, because the hook may not be in memory yet when it is set."""

    def __init__(self) -> None:
        super().__init__(_HOOK, type=gdb.BP_HARDWARE_BREAKPOINT, internal=True)
        self.silent = True
        self.failed = ""

    def stop(self) -> bool:
        """gdb's protocol: tell the listeners, and go on unless something cannot be read."""
        try:
            now = fresh()
            address = int(gdb.parse_and_eval("(unsigned long)$rcx"))
            record = now.last_runtime.records.one(MethodDescRecord, address)
            name = read_cstring(target.cache, record.name, "a method's name", 1024)
            wanting = [one for one in _listeners if one.wants(name, record.token)]
            if not wanting:
                return False
            method = now.runtime.method(address)
            code = now.codes.code_of(method)
            if code is None:
                return False  # a hook without code says nothing
            for listener in wanting:
                listener.compiled(now, method, code)
        except (DecodeError, gdb.error) as error:
            gdb.write(f"clrscope: a compiled method cannot be read: {error}\n", gdb.STDERR)
            return True
        return False


_listeners: list[Listener] = []
_hook: _HookBreakpoint | None = None


def listen(listener: Listener) -> None:
    """Call `listener` for every method compiled from now on. Harmless when called again."""
    global _hook
    if target.symbol_address(_HOOK) is None:
        raise LookupFailure(
            f"the kernel's symbol {_HOOK} is not known: load its symbols with `file kernel.elf`")
    if listener not in _listeners:
        _listeners.append(listener)
    if _hook is None or not _hook.is_valid():
        _hook = _HookBreakpoint()


def ignore(listener: Listener) -> None:
    """Stop calling `listener`; without listeners compiling is not slowed down."""
    global _hook
    if listener in _listeners:
        _listeners.remove(listener)
    if not _listeners and _hook is not None:
        if _hook.is_valid():
            _hook.enabled = False
            _retired.append(_hook)
        _hook = None


# A breakpoint must not be deleted while its own stop() runs: that waits for the next stop.
_retired: list[gdb.Breakpoint] = []


def _sweep(_: object) -> None:
    while _retired:
        breakpoint = _retired.pop()
        if breakpoint.is_valid():
            breakpoint.delete()


gdb.events.stop.connect(_sweep)


def breakpoint_kind() -> int:
    """Software breakpoints under TCG; hardware ones under KVM, where others kill the guest."""
    connection = target.connection_details()
    if not connection:
        return int(gdb.BP_BREAKPOINT)
    if connection not in _kinds:
        try:
            answer = gdb.execute("monitor info kvm", to_string=True) or ""
        except gdb.error:
            answer = ""  # not a QEMU: gdb's default is right
        enabled = "kvm support: enabled" in answer
        _kinds[connection] = int(
            gdb.BP_HARDWARE_BREAKPOINT if enabled else gdb.BP_BREAKPOINT)
    return _kinds[connection]


_kinds: dict[str, int] = {}
