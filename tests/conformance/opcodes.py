"""Which IL opcodes an assembly uses, and whether it stays within what the kernel has.

Source of the tables: ECMA-335 II.22 (metadata), II.25.4 (method bodies), III (opcodes).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import dnfile
from dncil.cil.body import CilMethodBody
from dncil.cil.body.reader import CilMethodBodyReaderBase
from dncil.cil.opcode import OpCodes

GENERIC_INSTANTIATION = 0x15  # ELEMENT_TYPE_GENERICINST, II.23.1.16

#: Opcodes that no conformance program may hold, and why. Everything else must be exercised.
NOT_EXERCISED = {
    "arglist": "variable argument lists: refused (tests/programs/unsupported)",
    "mkrefany": "typed references: refused (tests/programs/unsupported)",
    "refanyval": "typed references",
    "refanytype": "typed references",
    "jmp": "not emitted by any compiler of C#; not among the kernel's opcodes",
    "break": "a debugger breakpoint",
    "throw": "ends a program until there are handlers (tests/programs/faulting)",
    "rethrow": "needs a catch handler",
    "endfilter": "needs a filter",
}
#: Names in dncil's table that ECMA-335 does not define.
NOT_OPCODES = frozenset(
    {
        "prefix1",
        "prefix2",
        "prefix3",
        "prefix4",
        "prefix5",
        "prefix6",
        "prefix7",
        "prefixref",
        "no.",
        "unknown1",
        "unknown2",
    }
)


class _Body(CilMethodBodyReaderBase):
    """Lets dncil read a method body out of an image held in memory."""

    def __init__(self, image: bytes, offset: int) -> None:
        self._image = image
        self._offset = offset

    def read(self, n: int) -> bytes:
        data = self._image[self._offset : self._offset + n]
        self._offset += n
        return data

    def tell(self) -> int:
        return self._offset

    def seek(self, offset: int) -> int:
        self._offset = offset
        return offset


@dataclass
class Usage:
    """What the method bodies and tables of one assembly hold."""

    opcodes: Counter[str] = field(default_factory=Counter)
    methods: int = 0
    il_bytes: int = 0
    #: Sentences about everything that the kernel refuses.
    beyond: list[str] = field(default_factory=list)


def all_opcodes() -> set[str]:
    """The names of all opcodes and prefixes of ECMA-335 III, lower case."""
    names = {value.name.lower() for key, value in vars(OpCodes).items() if not key.startswith("_")}
    return names - NOT_OPCODES


def read_usage(path: Path) -> Usage:
    """Read all method bodies of an assembly. Errors are dnfile's and dncil's own."""
    image = path.read_bytes()
    pe = dnfile.dnPE(data=image)
    tables = pe.net.mdtables
    usage = Usage()
    for name in ("GenericParam", "MethodSpec"):
        table = getattr(tables, name, None)  # absent when it has no rows
        if table is not None and table.num_rows:
            usage.beyond.append(f"{path.name}: {table.num_rows} rows in table {name}")
    for row in getattr(tables, "TypeSpec", None) or ():
        blob = row.Signature.value if hasattr(row.Signature, "value") else bytes(row.Signature)
        if GENERIC_INSTANTIATION in blob[:2]:
            usage.beyond.append(f"{path.name}: a generic instantiation in table TypeSpec")
    for row in tables.MethodDef or ():
        if not row.Rva:
            continue
        body = CilMethodBody(_Body(image, pe.get_offset_from_rva(row.Rva)))
        usage.methods += 1
        usage.il_bytes += body.code_size
        usage.opcodes.update(insn.opcode.name.lower() for insn in body.instructions)
        if not all(clause.is_finally() for clause in body.exception_handlers):
            usage.beyond.append(f"{path.name}: {row.Name} has a handler that is not a finally")
    return usage
