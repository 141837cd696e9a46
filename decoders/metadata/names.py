"""Method names as people type them."""

from __future__ import annotations

from fnmatch import fnmatchcase

from decoders.metadata.model import Method, TypeDef


def split_method(name: str) -> tuple[str, str, str]:
    """`Ns.Type::Method` or `Ns.Type.Method` as (owner, separator, method); owner may be ""."""
    if "::" in name:
        return name.rpartition("::")
    for special in (".ctor", ".cctor"):
        if name.endswith(special):
            owner = name[: -len(special)].rstrip(".")
            return owner, "." if owner else "", special
    return name.rpartition(".")


def owner_matches(type_def: TypeDef, owner: str, glob: bool) -> bool:
    """Whether a type is meant: by full or simple name, with or without the generic arity."""
    full = type_def.full_name
    if owner in (full, full.replace("+", "."), type_def.name):
        return True
    if "`" in full and "`" not in owner and owner in (
            full.partition("`")[0], type_def.name.partition("`")[0]):
        return True
    return glob and (fnmatchcase(full, owner) or fnmatchcase(type_def.name, owner))


def method_matches(method: Method, text: str) -> bool:
    """Whether `[ASSEMBLY!][OWNER.]METHOD`, wildcards allowed, means a method."""
    module, _, name = text.rpartition("!")
    glob = any(c in text for c in "*?[")
    if module and not fnmatchcase(method.assembly.name, module):
        return False
    owner, dot, simple = split_method(name)
    if dot and not owner_matches(method.owner, owner, glob):
        return False
    return method.name == simple or (glob and fnmatchcase(method.name, simple)) or (
        glob and not dot and fnmatchcase(method.full_name, name))
