"""What a method's checks ask of the runtime, remembered with the answers.

Whether a method's code is right depends on its code, its records, the assemblies, and the answers
to these questions: where the same method with the same answers was found to be right before, by
anyone in this process, it need not be run again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from decoders.contract import Contract
from decoders.doctor.helpertargets import HelperTargets
from decoders.errors import DecodeError
from decoders.layout import LayoutModel
from decoders.metadata import AssemblySet, Field, Method, TypeSig
from decoders.runtime import CodeRegistry, MethodCode, MethodInfo, Runtime, TypeInfo, Values

MAX_VERDICTS = 1 << 14
# Tables of a JitCode that its checks read: field, count, contract type.
_TABLES = (
    ("args", "arg_count", "JitSlot"), ("locals", "local_count", "JitSlot"),
    ("temps", "temp_count", "JitSlot"), ("map", "map_count", "JitMapEntry"),
    ("stack_entries", "stack_entry_count", "JitStackEntry"),
    ("call_sites", "call_site_count", "JitCallSite"),
    ("epilogues", "epilogue_count", "JitRange"),
)
_NUMBERS = (
    "code_start", "frame_size", "prologue_size", "il_size", "locals_low", "locals_high",
    "arg_count", "local_count", "temp_count", "map_count", "stack_entry_count", "call_site_count",
    "epilogue_count",
)
Question = tuple[str, Hashable]


class Facts:
    """The runtime as one method's checks see it; `asked` fills as they ask."""

    def __init__(self, runtime: Runtime, registry: CodeRegistry, helpers: HelperTargets) -> None:
        self._runtime = runtime
        self._registry = registry
        self._helpers = helpers
        self.universe: AssemblySet = runtime.universe
        self.layout: LayoutModel = runtime.layout
        self.contract: Contract = runtime.contract
        self.asked: dict[Question, Hashable] = {}
        self._answers: dict[str, Callable[[Any], Hashable]] = {
            "type": lambda sig: self._type(runtime.type_for(sig)),
            "method": lambda at: self._method(runtime.method(at)),
            "sig": lambda at: self.universe.canonical(runtime.sig(at)),
            "fields": self._fields, "string": lambda at: Values(runtime).string(at)[0],
            "code": lambda at: self._method(registry.method_at(at)),
            "helper": helpers.address, "whose": helpers.others,
            "memory": lambda place: _digest(runtime.memory.read(
                place[0], place[1], "memory that the code uses")),
        }

    def same(self, asked: dict[Question, Hashable]) -> bool:
        """Whether this runtime gives the same answers."""
        return all(self._answer(q) == answer for q, answer in asked.items())

    def _answer(self, question: Question) -> Hashable:
        kind, about = question
        try:
            return self._answers[kind](about)
        except DecodeError as error:
            return f"error: {error}"

    def _ask(self, kind: str, about: Hashable) -> None:
        question = (kind, about)
        if question not in self.asked:
            self.asked[question] = self._answer(question)

    # Questions.

    def type_for(self, sig: TypeSig) -> TypeInfo | None:
        """The loaded type of a signature."""
        self._ask("type", sig)
        return self._runtime.type_for(sig)

    def fields(self, info: TypeInfo) -> dict[int, tuple[int, int]]:
        """A type's fields by token: address of the FieldDesc, offset."""
        self._ask("fields", info.address)
        return {token: (at, offset) for token, at, offset in self._fields(info.address)}

    def method_at(self, address: int) -> Method:
        """The method whose MethodDesc lies at an address."""
        self._ask("method", address)
        return self._runtime.metadata_method(self._runtime.method(address))

    def method_of_code(self, address: int) -> Method | None:
        """The method that an address (in its code or its thunk) belongs to."""
        self._ask("code", address)
        found = self._registry.method_at(address)
        return self._runtime.metadata_method(found) if found is not None else None

    def sig(self, address: int) -> TypeSig:
        """The signature of the type whose TypeDesc lies at an address."""
        self._ask("sig", address)
        return self._runtime.sig(address)

    def string(self, address: int) -> str:
        """The text of a string object."""
        self._ask("string", address)
        return Values(self._runtime).string(address)[0]

    def helper(self, number: int) -> int | None:
        """Where calls of a helper go."""
        self._ask("helper", number)
        return self._helpers.address(number)

    def helper_at(self, address: int) -> int | None:
        """Which helper calls to an address are of."""
        self._ask("whose", address)
        return self._helpers.others(address)

    def touched(self, address: int, data: bytes) -> None:
        """Note guest memory that the emulated code saw."""
        self.asked["memory", (address, len(data))] = _digest(data)

    def static_offset(self, field: Field) -> int | None:
        """Where a static field lies in its type's statics."""
        info = self.type_for(self.universe.type_def_sig(field.owner))
        found = self.fields(info).get(field.token) if info is not None else None
        return found[1] if found is not None else None

    # What is only said, and decides nothing.

    def type_name(self, address: int) -> str:
        """A type's name."""
        return self._runtime.type_name(address)

    def table_name(self, address: int) -> str:
        """The name of the type whose MethodTable lies at an address."""
        return self._runtime.type_name(self._runtime.type_of_table(address).address)

    # Answers in a form that can be compared.

    @staticmethod
    def _type(info: TypeInfo | None) -> Hashable:
        if info is None:
            return None
        record = info.record
        return (info.address, record.method_table, record.statics, record.instance_size)

    def _method(self, info: MethodInfo | None) -> Hashable:
        if info is None:
            return None
        found = self._runtime.metadata_method(info)
        return found.assembly.key, found.token

    def _fields(self, address: int) -> tuple[tuple[int, int, int], ...]:
        return tuple((f.record.token, f.record.address, f.record.offset)
                     for f in self._runtime.fields(self._runtime.type(address)))


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class _Verdict:
    """A method that was found to be right: IL instructions seen and run, questions and answers."""

    seen: int
    run: int
    asked: dict[Question, Hashable]


class Verdicts:
    """Methods that were found to be right, by their code, records and assemblies.

    A method with anything wrong is never kept: its report is made anew each time.
    """

    def __init__(self, limit: int = MAX_VERDICTS) -> None:
        self.limit = limit
        self._known: OrderedDict[Hashable, _Verdict] = OrderedDict()

    def find(self, key: Hashable, facts: Facts) -> tuple[int, int] | None:
        """(IL instructions seen, run) of a method that is known to be right; None otherwise."""
        found = self._known.get(key)
        if found is None or not facts.same(found.asked):
            return None
        self._known.move_to_end(key)
        return found.seen, found.run

    def keep(self, key: Hashable, facts: Facts, seen: int, run: int) -> None:
        """Remember that a method is right."""
        self._known[key] = _Verdict(seen, run, facts.asked)
        self._known.move_to_end(key)
        while len(self._known) > self.limit:
            self._known.popitem(last=False)


VERDICTS = Verdicts()


def assemblies_digest(runtime: Runtime) -> bytes:
    """Of all that metadata says, and of the kernel's build."""
    digest = blake2b(f"{runtime.build_id} {runtime.layout_policy}".encode())
    for loaded in runtime.assemblies:
        digest.update(loaded.mvid.bytes)
        digest.update(runtime.memory.read(loaded.image_base, loaded.image_size, "an image"))
    return digest.digest()


def method_key(code: MethodCode, assemblies: bytes) -> Hashable:
    """Of a method's code, records and metadata; DecodeError where they cannot be read."""
    record, runtime = code.record, code.runtime
    digest = blake2b(assemblies + code.bytes)
    digest.update(repr([getattr(record, name) for name in _NUMBERS]).encode())
    for table, count, kind in _TABLES:
        size = getattr(record, count) * runtime.contract.type(kind).known_size
        if size:
            digest.update(runtime.memory.read(getattr(record, table), size, f"JitCode.{table}"))
    method = runtime.metadata_method(code.method)
    return digest.digest(), method.assembly.key, method.token
