"""Layout policies: the rules that a runtime's contract names and the model follows."""

from __future__ import annotations

from dataclasses import dataclass

from decoders.errors import LayoutError


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy. All numbers in bytes.

    `first_field` is the object-relative offset of the first field of a class (behind the
    MethodTable pointer). `declaration_order` says that auto layout is not reordered. BaseSize
    counts from the MethodTable pointer on, without the object header.
    """

    name: str
    pointer: int = 8
    first_field: int = 8
    declaration_order: bool = True
    object_alignment: int = 8
    min_base_size: int = 16
    array_base_size: int = 16
    mdarray_dimension: int = 8
    string_base_size: int = 14
    string_component_size: int = 2
    # Interfaces are listed with the declared ones first, each followed by those it inherits, then
    # the parent's; instantiated generic interfaces are left out until the runtime has generics.
    generic_interfaces: bool = False


K1 = Policy("k1")
_POLICIES = {K1.name: K1}


def policy(name: str) -> Policy:
    """The policy that a contract names; LayoutError for one that is not known."""
    found = _POLICIES.get(name)
    if found is None:
        raise LayoutError(
            f"the contract names layout policy {name!r}; only {', '.join(_POLICIES)} is known, so "
            "nothing can be expected of this runtime's layouts"
        )
    return found
