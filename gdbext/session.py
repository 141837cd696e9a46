"""What commands work with: the runtime behind the target, kept until it may have changed."""

from __future__ import annotations

import difflib
import gc
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import gdb

from decoders.contract import SYMBOL, Contract, read_contract
from decoders.errors import ContractError, DecodeError, MetadataError, ReadError, SourceError
from decoders.frames import FrameViewer, Unwinder
from decoders.metadata import Assembly, Method, type_name
from decoders.metadata.names import method_matches, owner_matches, split_method
from decoders.runtime import (
    CodeRegistry,
    LoadedAssembly,
    MethodCode,
    MethodInfo,
    Runtime,
    TypeInfo,
    Values,
)
from decoders.source import MethodSource, SourceReader, open_source
from gdbext import cut_dump, kernel_build, parameters, qemu_process, target

U64 = (1 << 64) - 1


class LookupFailure(DecodeError):
    """A name or address on the command line means nothing, or more than one thing."""


def suggest(name: str, known: Iterable[str]) -> str:
    """`; did you mean A or B?`, or nothing when nothing is near."""
    names = list(known)
    near = difflib.get_close_matches(name, names, 3, 0.6)
    if not near:
        # A simple name misspelled: compare with the simple names too.
        tails = {n.replace("::", ".").rpartition(".")[2]: n for n in names}
        found = difflib.get_close_matches(name.rpartition(".")[2], list(tails), 3, 0.6)
        near = [tails[f] for f in found]
    return f"; did you mean {' or '.join(near)}?" if near else ""


class Session:
    """The kernel being debugged. Its facts are dropped when the target may have changed."""

    def __init__(self) -> None:
        self._contract: Contract | None = None
        self._runtime: Runtime | None = None
        self._codes: CodeRegistry | None = None
        self._unwinder: Unwinder | None = None
        self._viewer: tuple[CodeRegistry, int, FrameViewer] | None = None
        self._generation = -1
        self._current = False
        self._sources: dict[str, SourceReader | SourceError | None] = {}
        self._images: dict[str, Assembly] = {}
        self._names: dict[tuple[str, str], list[str]] = {}

    # Staying true.

    def suspect(self, *_: object) -> None:
        """The target ran: ask for the generation before trusting what is kept."""
        self._current = False

    def forget(self, *_: object) -> None:
        """Memory was written, or the target is another one: keep nothing."""
        if target.loading.active:
            return
        self._contract = self._runtime = self._codes = self._unwinder = None
        self._viewer = None
        self._current = False
        self._names.clear()
        gc.unfreeze()  # see deferred.without_collecting

    # The target.

    def require_target(self) -> None:
        """Raise NoTargetError unless there is a machine (or dump) to look at."""
        inferior = gdb.selected_inferior()
        if inferior.pid == 0 and inferior.connection is None:
            raise target.NoTargetError(
                "there is no target: attach with `target remote SOCKET` (see clrscope run --gdb) "
                "or load a dump with `core FILE`"
            )
        if self.is_dump():
            cut_dump.complain()

    @staticmethod
    def is_dump() -> bool:
        """Whether the target is a core file: it can be read, and never runs."""
        connection = gdb.selected_inferior().connection
        return connection is not None and connection.type == "core"

    def contract_address(self) -> int:
        """Where the contract's descriptor lies: `set clr contract`, else the kernel's symbol."""
        chosen = str(parameters.get("contract") or "")
        if chosen:
            return self.address(chosen)
        found = target.symbol_address(SYMBOL)
        if found is None:
            loaded = [Path(o.filename).name for o in gdb.objfiles() if o.filename]
            where = f"gdb has loaded {', '.join(loaded)}" if loaded else "gdb has loaded no symbols"
            raise ContractError(
                f"the symbol {SYMBOL} is not known: {where}; load the kernel's with "
                "`file kernel.elf` (or give the address with `set clr contract ADDRESS`)"
            )
        return found

    @property
    def contract(self) -> Contract:
        """The kernel's debug contract."""
        if self._contract is None:
            address = self.contract_address()
            try:
                self._contract = read_contract(target.cache, address)
            except (ContractError, ReadError) as error:
                kernel_build.check(kernel_build.recorded()[0])
                if not isinstance(error, ReadError):
                    raise
                raise ContractError(
                    f"the debug contract at {address:#x} cannot be read yet ({error.reason}): let "
                    "the kernel boot first, e.g. `hbreak clr_fatal_hook` and `continue`"
                ) from error
        return self._contract

    @property
    def runtime(self) -> Runtime:
        """What the kernel claims of assemblies, types and methods; up to date."""
        if self._runtime is not None and self._current:
            return self._runtime
        runtime = self._runtime or Runtime(target.cache, self.contract)
        moved = runtime.refresh()
        if moved and runtime.generation < self._generation:
            # It only ever rises: the machine was reset, so nothing that was read is true.
            self.forget()
            runtime = Runtime(target.cache, self.contract)
            runtime.refresh()
        self._generation = runtime.generation
        if moved:
            # Not before: while the kernel starts it has not published its build id.
            kernel_build.check(kernel_build.running(runtime))
            self._names.clear()
        self._runtime, self._current = runtime, True
        if self._codes is not None:
            self._codes.refresh()
        self._use_files(runtime)
        return runtime

    @property
    def last_runtime(self) -> Runtime:
        """The runtime without asking whether it moved: for what is read anew each time."""
        return self._runtime or self.runtime

    @property
    def codes(self) -> CodeRegistry:
        """What lies where in executable memory."""
        runtime = self.runtime
        if self._codes is None or self._codes.runtime is not runtime:
            self._codes = CodeRegistry(runtime)
        return self._codes

    @property
    def unwinder(self) -> Unwinder:
        """Walks over generated code; everything else is for gdb to unwind."""
        codes = self.codes
        if self._unwinder is None or self._unwinder.registry is not codes:
            self._unwinder = Unwinder(self.runtime, codes)
        return self._unwinder

    def viewer(self) -> FrameViewer:
        """Shows managed frames."""
        codes, elements = self.codes, int(parameters.get("elements"))
        if self._viewer is None or self._viewer[:2] != (codes, elements):
            made = FrameViewer(self.runtime, codes, self._source_by_key, self.values())
            self._viewer = (codes, elements, made)
        return self._viewer[2]

    def values(self) -> Values:
        """A reader of values with the limits of `set clr elements`."""
        return Values(self.runtime, int(parameters.get("elements")))

    # Files: assemblies whose MVID is the loaded one's need not be read through the stub.

    def folders(self) -> list[Path]:
        """Where assemblies and debug files may lie, most specific first."""
        result = [Path(p).expanduser() for p in str(parameters.get("path") or "").split(":") if p]
        for objfile in gdb.objfiles():
            if objfile.filename:
                kernel = Path(objfile.filename).parent
                result += [kernel / "managed", kernel]
        process = qemu_process.find(target.connection_details())
        if process is not None:
            result.append(process.folder)
        return [folder for folder in dict.fromkeys(result) if folder.is_dir()]

    def _use_files(self, runtime: Runtime) -> None:
        folders: list[Path] | None = None
        for loaded in runtime.assemblies:
            key = str(loaded.mvid)
            if key not in self._images:
                folders = self.folders() if folders is None else folders
                found = self._assembly_file(loaded, folders)
                if found is None:
                    continue
                self._images[key] = found
            runtime.add_image(self._images[key], loaded)

    def _assembly_file(self, loaded: LoadedAssembly, folders: list[Path]) -> Assembly | None:
        for folder in folders:
            path = folder / Path(loaded.file).name
            try:
                if path.is_file():
                    image = Assembly.open(path)
                    if image.mvid == loaded.mvid:
                        self._sources.setdefault(image.key, self._open_source(image, path))
                        return image
            except MetadataError:
                continue  # a file of that name that is no assembly: the guest's image is read
        return None

    @staticmethod
    def _open_source(image: Assembly, path: Path) -> SourceReader | SourceError | None:
        # The run's folder holds links: the debug file lies beside what they point to.
        try:
            return open_source(image, path.resolve())
        except SourceError as error:
            return error

    def _source_by_key(self, name: str, key: str) -> SourceReader | None:
        found = self._sources.get(key)
        if isinstance(found, SourceError):
            raise found
        return found

    def source(self, assembly: Assembly) -> SourceReader | None:
        """An assembly's debug information, None when there is no file; SourceError if it is bad."""
        return self._source_by_key(assembly.name, assembly.key)

    def method_source(self, method: Method) -> MethodSource | None:
        """A method's lines and local names; None where there are none."""
        reader = self.source(method.assembly)
        return reader.method(method.token) if reader else None

    # What people type.

    def address(self, text: str) -> int:
        """A number, `$register`, or C expression as an unsigned 64-bit address."""
        word = text.strip()
        try:
            number = int(word, 0)
        except ValueError:
            pass  # not a plain number: gdb knows the rest
        else:
            if not -(1 << 63) <= number <= U64:
                raise LookupFailure(f"{word!r} has more than 64 bits")
            return number & U64
        try:
            value = gdb.parse_and_eval(word)
            code = value.type.strip_typedefs().code
            if code in (gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_STRUCT):
                if value.address is None:
                    raise LookupFailure(f"{word!r} has no address")
                value = value.address
            return int(value) & U64
        except gdb.error as error:
            raise LookupFailure(f"{word!r} is no address: {error}") from None

    def is_address(self, text: str) -> bool:
        """Whether a word looks like an address rather than a name."""
        return text[:1].isdigit() or text[:1] in "$(*&-+"

    def names(self, kind: str, module: str = "") -> list[str]:
        """All names of a kind (method, type, module, contract), for completion and suggestions.

        module: only what this assembly has.
        """
        if kind == "contract":
            return sorted([*self.contract.types, *self.contract.globals])
        runtime = self.runtime
        found = self._names.get((kind, module))
        if found is None:
            if kind == "module":
                found = [loaded.name for loaded in runtime.assemblies]
            elif kind == "type":
                found = sorted({
                    runtime.type_name(info.address) for info in runtime.types()
                    if not module or (info.record.assembly and module == runtime.assembly_at(
                        info.record.assembly).name)
                })
            elif kind == "method":
                found = sorted({
                    method.full_name for assembly in runtime.universe
                    if module in ("", assembly.name)
                    for type_def in assembly.types for method in type_def.methods
                })
            else:
                raise LookupFailure(f"there are no names of kind {kind!r}")
            self._names[kind, module] = found
        return found

    def find_type(self, text: str) -> TypeInfo:
        """A loaded type by full or simple name, or by the address of its TypeDesc or MethodTable.

        `ASSEMBLY!` in front and `::` or `/` for nesting are understood.
        """
        runtime = self.runtime
        if self.is_address(text):
            return self._type_at(self.address(text))
        module, _, name = text.rpartition("!")
        name = name.replace("/", "+")
        found = runtime.find_type(name)
        if module:
            found = [t for t in found if t.record.assembly
                     and runtime.assembly_at(t.record.assembly).name == module]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(sorted({runtime.type_name(t.address) for t in found}))
            raise LookupFailure(f"{text!r} means more than one type: {names}")
        spelled = {type_name(runtime.universe, runtime.universe.type_def_sig(t)): t
                   for t in runtime.universe.find_type(name)}
        if len(spelled) == 1 and name not in spelled:  # System.Int32 is listed as int
            keyword = next(iter(spelled))
            if runtime.find_type(keyword):
                return self.find_type(f"{module}!{keyword}" if module else keyword)
        if any(name in (shown, t.full_name) for shown, t in spelled.items()):
            raise LookupFailure(f"type {text!r} exists, but the kernel has not loaded it yet")
        raise LookupFailure(f"no type {text!r} is loaded{suggest(text, self.names('type'))}")

    def _type_at(self, address: int) -> TypeInfo:
        runtime = self.runtime
        try:
            return runtime.type_of_table(address)
        except DecodeError as error:
            if any(info.address == address for info in runtime.types()):
                return runtime.type(address)
            raise LookupFailure(f"{address:#x} is neither a MethodTable nor a TypeDesc: {error}") \
                from error

    def find_methods(self, text: str) -> list[Method]:
        """Metadata methods by name: `Ns.Type::Method`, `Ns.Type.Method`, `Type.Method`, `Method`.

        `ASSEMBLY!` in front limits to an assembly; `*` and `?` match; constructors are `.ctor` and
        `.cctor`. Empty when there is none.
        """
        module, _, name = text.rpartition("!")
        owner, dot, _ = split_method(name)
        glob = any(c in text for c in "*?[")
        result = []
        for assembly in self.runtime.universe:
            if module and not fnmatchcase(assembly.name, module):
                continue
            for type_def in assembly.types:
                if dot and not owner_matches(type_def, owner, glob):
                    continue
                result += [m for m in type_def.methods if method_matches(m, text)]
        return result

    def find_method(self, text: str) -> Method:
        """The one method that a name or code address means; a sentence otherwise."""
        if self.is_address(text):
            address = self.address(text)
            info = self.codes.method_at(address)
            if info is None:
                raise LookupFailure(f"{address:#x} is not in any managed method's code")
            return self.runtime.metadata_method(info)
        found = self.find_methods(text)
        if len(found) == 1:
            return found[0]
        if not found:
            raise LookupFailure(
                f"no loaded assembly has a method {text!r}{suggest(text, self.names('method'))}"
            )
        compiled = [m for m in found if self.code_of(m) is not None]
        if len(compiled) == 1:
            return compiled[0]
        names = sorted({f"{m.assembly.name}!{m.full_name}" for m in found})
        if len(names) == 1:
            # Overloads share a name: the address of the code tells them apart.
            codes = [f"{code.start:#x}" for m in compiled if (code := self.code_of(m))]
            where = f"; their code is at {', '.join(codes)}" if codes else ""
            raise LookupFailure(f"{text!r} has {len(found)} overloads{where}")
        more = f" and {len(names) - 6} more" if len(names) > 6 else ""
        raise LookupFailure(f"{text!r} means more than one method: {', '.join(names[:6])}{more}")

    def method_info(self, method: Method) -> MethodInfo | None:
        """The kernel's MethodDesc of a method, None while its type is not loaded."""
        runtime = self.runtime
        info = runtime.type_for(runtime.universe.type_def_sig(method.owner))
        if info is None:
            return None
        return next((m for m in runtime.methods(info) if m.record.token == method.token), None)

    def code_of(self, method: Method) -> MethodCode | None:
        """A method's machine code, None before its first call."""
        info = self.method_info(method)
        return self.codes.code_of(info) if info else None


_session: Session | None = None


def session() -> Session:
    """The one session of this gdb; from the first call on it hears of what changes."""
    global _session
    if _session is None:
        _session = Session()
        target.connect_events()
        for event in (gdb.events.stop, gdb.events.cont):
            event.connect(_session.suspect)
        for event in (
            gdb.events.memory_changed, gdb.events.exited, gdb.events.new_objfile,
            gdb.events.clear_objfiles, gdb.events.connection_removed,
        ):
            event.connect(_session.forget)
    return _session


def drop_if_moving() -> None:
    """Drop what was read if the machine moved and gdb has told nobody.

    So it is at the stops within one command: in conditions and `stop` methods, and where gdb
    itself looks at frames while it steps.
    """
    thread = gdb.selected_thread()
    if thread is not None and thread.is_running():
        target.drop_cache()
        session().suspect()
