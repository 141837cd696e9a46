"""ECMA-335 metadata: assemblies, types, members, signatures and method bodies."""

from decoders.errors import MetadataError
from decoders.metadata.body import Clause, ClauseKind, MethodBody
from decoders.metadata.model import Assembly, ClassLayout, Field, Method, TypeDef
from decoders.metadata.render import (
    member_text,
    method_signature,
    quote,
    token_text,
    type_name,
)
from decoders.metadata.signatures import ET, GenericContext, MethodSig, TypeSig, substitute
from decoders.metadata.universe import AssemblySet, MemberReference

__all__ = [
    "ET", "Assembly", "AssemblySet", "ClassLayout", "Clause", "ClauseKind", "Field",
    "GenericContext", "MemberReference", "MetadataError", "Method", "MethodBody", "MethodSig",
    "TypeDef", "TypeSig", "member_text", "method_signature", "quote", "substitute",
    "token_text", "type_name",
]
