"""The claimed side: what a kernel's debug contract says of assemblies, types, code and heap."""

from decoders.errors import TargetError
from decoders.runtime.code import (
    CallKind,
    CodeKind,
    CodePlace,
    CodeRegistry,
    MapFlags,
    MethodCode,
    SlotFlags,
    SlotKind,
)
from decoders.runtime.faults import (
    FailedCheck,
    Fault,
    SoftwareVector,
    Thread,
    last_fault,
    threads,
)
from decoders.runtime.heap import Block, Heap, HeapProblem
from decoders.runtime.model import (
    FieldInfo,
    LoadedAssembly,
    MethodFlags,
    MethodInfo,
    MethodTable,
    MtFlags,
    MtKind,
    TypeFlags,
    TypeInfo,
    TypeState,
    ValueKind,
)
from decoders.runtime.records import (
    OPTIONAL,
    REQUIRED,
    REQUIRED_CONTRACTS,
    REQUIRED_GLOBALS,
    Records,
)
from decoders.runtime.references import (
    PathStep,
    Reference,
    References,
    Root,
    RootPath,
    StackObject,
)
from decoders.runtime.runtime import Runtime
from decoders.runtime.values import (
    ByrefValue,
    FieldValue,
    ObjectValue,
    Value,
    Values,
    describe,
)

__all__ = [
    "OPTIONAL", "REQUIRED", "REQUIRED_CONTRACTS", "REQUIRED_GLOBALS", "Block", "ByrefValue",
    "CallKind", "CodeKind", "CodePlace", "CodeRegistry", "FailedCheck", "Fault", "FieldInfo",
    "FieldValue", "Heap", "HeapProblem", "LoadedAssembly", "MapFlags", "MethodCode", "MethodFlags",
    "MethodInfo", "MethodTable", "MtFlags", "MtKind", "ObjectValue", "PathStep", "Records",
    "Reference", "References", "Root", "RootPath", "Runtime", "SlotFlags", "SlotKind",
    "SoftwareVector", "StackObject", "TargetError", "Thread", "TypeFlags", "TypeInfo", "TypeState",
    "Value", "ValueKind", "Values", "describe", "last_fault", "threads",
]
