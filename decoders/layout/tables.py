"""Expected MethodTables: sizes, vtable slots (ECMA-335 II.10.3, II.12.2) and interface map."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from decoders.errors import LayoutError
from decoders.layout.fields import FieldModel, TypeShape, align_up
from decoders.layout.policy import K1, Policy
from decoders.metadata import (
    ET,
    AssemblySet,
    GenericContext,
    Method,
    TypeDef,
    TypeSig,
    substitute,
)
from decoders.metadata.signatures import substitute_method

MAX_INTERFACES = 4096


@dataclass(frozen=True, slots=True)
class ExpectedTable:
    """What a type's MethodTable should say.

    `parent` is the base class's type (None for System.Object and interfaces); `element` an array's
    element type; `vtable` the method in each slot; `shape` is None for arrays.
    """

    type: TypeSig
    base_size: int
    component_size: int
    references: bool
    parent: TypeSig | None
    element: TypeSig | None
    vtable: tuple[Method, ...]
    interfaces: tuple[TypeSig, ...]
    shape: TypeShape | None


class LayoutModel:
    """The expected side: layouts and MethodTables under a named policy."""

    def __init__(self, universe: AssemblySet, policy: Policy = K1) -> None:
        self.universe = universe
        self.policy = policy
        self.fields = FieldModel(universe, policy)
        self._tables: dict[TypeSig, ExpectedTable] = {}
        self._vtables: dict[TypeSig, tuple[Method, ...]] = {}

    def table(self, sig: TypeSig) -> ExpectedTable:
        """The expected MethodTable of a class, interface, value type (boxed) or array."""
        sig = self.universe.normalize(sig.stripped())
        known = self._tables.get(sig)
        if known is None:
            if sig.et in (ET.SZARRAY, ET.ARRAY):
                known = self._array(sig)
            elif sig.et in (ET.PTR, ET.BYREF, ET.FNPTR, ET.VAR, ET.MVAR, ET.VOID):
                raise LayoutError(f"{self.fields.name(sig)} has no MethodTable")
            else:
                known = self._object(sig)
            self._tables[sig] = known
        return known

    def _array(self, sig: TypeSig) -> ExpectedTable:
        element = self.universe.normalize(sig.element.stripped())
        shape = self.fields.value_shape(element)
        core = self.universe.core
        base = core.find_type("System.Array") if core is not None else None
        if base is None:
            raise LayoutError("System.Array is in no loaded assembly: load the class library")
        parent = self.universe.type_def_sig(base)
        size = self.policy.array_base_size
        if sig.et is ET.ARRAY and sig.shape is not None:
            size += self.policy.mdarray_dimension * sig.shape[0]
        return ExpectedTable(
            sig, size, shape.size, shape.references, parent, element, self.vtable(parent),
            self.interfaces(parent), None,
        )

    def _object(self, sig: TypeSig) -> ExpectedTable:
        shape = self.fields.type_shape(sig)
        definition = shape.definition
        size = max(
            self.policy.min_base_size,
            align_up(self.policy.pointer + shape.instance_size, self.policy.object_alignment),
        )
        component = 0
        if sig.et is ET.STRING:
            size, component = self.policy.string_base_size, self.policy.string_component_size
        return ExpectedTable(
            sig, size, component, shape.references, self._base(sig, definition), None,
            () if definition.is_interface else self.vtable(sig), self.interfaces(sig), shape,
        )

    def _context(self, sig: TypeSig) -> GenericContext:
        return GenericContext(sig.args[1:] if sig.et is ET.GENERICINST else ())

    def _base(self, sig: TypeSig, definition: TypeDef) -> TypeSig | None:
        base = self.universe.base_of(definition)
        return substitute(base, self._context(sig)) if base is not None else None

    def _definition(self, sig: TypeSig) -> TypeDef:
        definition = self.universe.definition(sig)
        if definition is None:
            raise LayoutError(f"{self.fields.name(sig)} is in no loaded assembly: load it too")
        return definition

    def _chain(self, sig: TypeSig) -> list[TypeSig]:
        """The type and its bases, System.Object first."""
        chain = [sig]
        for _ in self.universe.hierarchy(self._definition(sig)):
            base = self._base(chain[-1], self._definition(chain[-1]))
            if base is None:
                break
            chain.append(base)
        return chain[::-1]

    def vtable(self, sig: TypeSig) -> tuple[Method, ...]:
        """The method in each vtable slot of a class: the parent's slots first."""
        sig = self.universe.normalize(sig)
        if sig in self._vtables:
            return self._vtables[sig]
        slots: list[Method] = []
        keys: list[tuple[str, Hashable]] = []
        past: list[list[Method]] = []
        for current in self._chain(sig):
            self._add_slots(current, slots, keys, past)
        self._vtables[sig] = tuple(slots)
        return self._vtables[sig]

    def _key(self, method: Method, context: GenericContext) -> tuple[str, Hashable]:
        signature = substitute_method(method.signature, context)
        return method.name, self.universe.canonical_method(signature)

    def _add_slots(
        self, sig: TypeSig, slots: list[Method], keys: list[tuple[str, Hashable]],
        past: list[list[Method]],
    ) -> None:
        """Add one class's slots. `past` lists every method that a slot ever held."""
        definition, context = self._definition(sig), self._context(sig)
        for method in definition.methods:
            if not method.is_virtual or method.is_static:
                continue
            key = self._key(method, context)
            # The newest slot of this name and signature is the one that is visible (II.10.3.2).
            slot = None
            if not method.is_newslot:
                slot = next((i for i in range(len(keys) - 1, -1, -1) if keys[i] == key), None)
            if slot is None:
                slots.append(method)
                keys.append(key)
                past.append([method])
            else:
                slots[slot] = method
                past[slot].append(method)
        for body_token, declaration_token in definition.assembly.method_impls.get(
            definition.rid, []
        ):
            body = self.universe.resolve_member(definition.assembly, body_token).method
            declared = self.universe.resolve_member(
                definition.assembly, declaration_token, context
            )
            if body is None or declared.method is None:
                raise LayoutError(
                    f"{definition.full_name}: a MethodImpl names a method that is not loaded"
                )
            if declared.method.owner.is_interface:
                continue  # it changes interface dispatch, not the class's own slots
            index = next((i for i, held in enumerate(past) if declared.method in held), None)
            if index is None:
                raise LayoutError(
                    f"{definition.full_name}: a MethodImpl overrides "
                    f"{declared.method.full_name}, which is in no slot of its own"
                )
            slots[index] = body
            past[index].append(body)

    def implementation(self, sig: TypeSig, declared: Method) -> Method | None:
        """The method that runs for a virtual or interface method on a class or value type.

        None when the type does not have it (ECMA-335 II.12.2). From the type upwards, the first
        class that names the interface's method in a MethodImpl, or lists the interface, decides.
        """
        vtable = self.vtable(sig)
        if not declared.owner.is_interface:
            base = self.vtable(self.universe.type_def_sig(declared.owner))
            slot = next((i for i, m in enumerate(base) if m == declared), None)
            return vtable[slot] if slot is not None and slot < len(vtable) else None
        chain = self._chain(self.universe.normalize(sig))
        for index in range(len(chain) - 1, -1, -1):
            found = self._implements(chain[: index + 1], declared)
            if found is not None:
                # An override further down replaces it through the vtable.
                own = self.vtable(chain[index])
                slot = next((i for i, m in enumerate(own) if m == found), None)
                return vtable[slot] if slot is not None and slot < len(vtable) else found
        return None

    def _implements(self, chain: list[TypeSig], declared: Method) -> Method | None:
        """What the last class of a chain chooses for an interface's method, None: nothing."""
        definition, context = self._definition(chain[-1]), self._context(chain[-1])
        assembly = definition.assembly
        for body, token in assembly.method_impls.get(definition.rid, []):
            if self.universe.resolve_member(assembly, token, context).method == declared:
                return self.universe.resolve_member(assembly, body).method
        listed = [self.universe.type_sig(assembly, t) for t in definition.interfaces]
        if self.universe.type_def_sig(declared.owner) not in [
                found for i in listed for found in (i, *self.interfaces_of(i, 0))]:
            return None
        key = self._key(declared, GenericContext())
        for sig in reversed(chain):
            for method in self._definition(sig).methods:
                if method.is_virtual and method.is_public and (
                        self._key(method, self._context(sig)) == key):
                    return method
        return None

    def interfaces(self, sig: TypeSig) -> tuple[TypeSig, ...]:
        """The interface map: declared ones (each with what it inherits), then the parent's."""
        result: list[TypeSig] = []
        self._add_interfaces(sig, result, 0)
        return tuple(result)

    def _add_interfaces(self, sig: TypeSig, result: list[TypeSig], depth: int) -> None:
        if depth > 256 or len(result) > MAX_INTERFACES:
            raise LayoutError(f"{self.fields.name(sig)} has too many interfaces, or cyclic ones")
        definition, context = self._definition(sig), self._context(sig)
        for token in definition.interfaces:
            interface = substitute(
                self.universe.type_sig(definition.assembly, token), context
            )
            if interface.et is ET.GENERICINST and not self.policy.generic_interfaces:
                continue
            for found in (interface, *self.interfaces_of(interface, depth)):
                if found not in result:
                    result.append(found)
        base = self._base(sig, definition)
        if base is not None:
            inherited: list[TypeSig] = []
            self._add_interfaces(base, inherited, depth + 1)
            result.extend(i for i in inherited if i not in result)

    def interfaces_of(self, sig: TypeSig, depth: int) -> list[TypeSig]:
        """What an interface inherits."""
        result: list[TypeSig] = []
        self._add_interfaces(sig, result, depth + 1)
        return result
