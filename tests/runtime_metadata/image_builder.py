"""Builds small .NET images table by table, to reach what no compiler here writes: 4-byte indices,
wide heaps, the uncompressed stream #-, pointer tables, PE32+, broken headers.

The schema below is a second one on purpose, in another notation (ECMA-335 II.22): a number is that
many bytes of constant, S B G a heap index, a name a row index, `a|b|c` a coded index whose tag bits
follow from the number of alternatives (`-` is a tag value that is not used).
"""

import struct
from dataclasses import dataclass, field

TYPE_DEF_OR_REF = "TypeDef|TypeRef|TypeSpec"
SCHEMA: dict[str, tuple[int, str]] = {
    "Module": (0x00, "2 S G G G"),
    "TypeRef": (0x01, "Module|ModuleRef|AssemblyRef|TypeRef S S"),
    "TypeDef": (0x02, f"4 S S {TYPE_DEF_OR_REF} *Field *MethodDef"),
    "FieldPtr": (0x03, "Field"),
    "Field": (0x04, "2 S B"),
    "MethodPtr": (0x05, "MethodDef"),
    "MethodDef": (0x06, "4 2 2 S B *Param"),
    "ParamPtr": (0x07, "Param"),
    "Param": (0x08, "2 2 S"),
    "InterfaceImpl": (0x09, f"TypeDef {TYPE_DEF_OR_REF}"),
    "MemberRef": (0x0A, "TypeDef|TypeRef|ModuleRef|MethodDef|TypeSpec S B"),
    "CustomAttribute": (
        0x0C,
        "MethodDef|Field|TypeRef|TypeDef|Param|InterfaceImpl|MemberRef|Module|DeclSecurity|Property"
        "|Event|StandAloneSig|ModuleRef|TypeSpec|Assembly|AssemblyRef|File|ExportedType"
        "|ManifestResource|GenericParam|GenericParamConstraint|MethodSpec"
        " -|-|MethodDef|MemberRef|- B",
    ),
    "ClassLayout": (0x0F, "2 4 TypeDef"),
    "FieldLayout": (0x10, "4 Field"),
    "StandAloneSig": (0x11, "B"),
    "MethodImpl": (0x19, "TypeDef MethodDef|MemberRef MethodDef|MemberRef"),
    "ModuleRef": (0x1A, "S"),
    "TypeSpec": (0x1B, "B"),
    "FieldRVA": (0x1D, "4 Field"),
    "Assembly": (0x20, "4 2 2 2 2 4 B S S"),
    "AssemblyRef": (0x23, "2 2 2 2 4 B S S B"),
    "NestedClass": (0x29, "TypeDef TypeDef"),
}
LISTS = {"Field": "FieldPtr", "MethodDef": "MethodPtr", "Param": "ParamPtr"}

SECTION_RVA = 0x2000
SECTION_OFFSET = 0x200


@dataclass
class Image:
    """An image to be built. `rows` are raw column values in the order of II.22."""

    tables: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)
    strings: bytes = b"\0"
    blobs: bytes = b"\0"
    guids: bytes = b"\x11" * 16
    user_strings: bytes = b"\0"
    code: bytes = b""
    """Lies at RVA SECTION_RVA + 72, behind the CLI header."""
    stream_name: bytes = b"#~"
    heap_sizes: int = 0
    pe32_plus: bool = False
    entry_point: int = 0
    valid_extra: int = 0
    """Further bits of the Valid mask, each with a row count of 1."""

    @classmethod
    def minimal(cls) -> "Image":
        """The least that opens: a module, the type <Module>, an assembly."""
        image = cls()
        image.tables["Module"] = [(0, image.string("m.dll"), 1, 0, 0)]
        image.tables["TypeDef"] = [(0, image.string("<Module>"), 0, 0, 1, 1)]
        image.tables["Assembly"] = [(0x8004, 1, 0, 0, 0, 0, 0, image.string("m"), 0)]
        return image

    def string(self, text: str) -> int:
        """Adds to #Strings. Returns the offset."""
        offset = len(self.strings)
        self.strings += text.encode() + b"\0"
        return offset

    def blob(self, data: bytes) -> int:
        """Adds to #Blob, at most 127 bytes. Returns the offset."""
        offset = len(self.blobs)
        self.blobs += bytes([len(data)]) + data
        return offset

    def method(self, code: bytes) -> int:
        """Adds a method's header and code, 4-aligned. Returns its RVA."""
        self.code += b"\0" * (-len(self.code) % 4)
        rva = SECTION_RVA + 72 + len(self.code)
        self.code += code
        return rva

    def _count(self, table: str) -> int:
        return len(self.tables.get(table, ()))

    def _width(self, column: str) -> int:
        if column.isdigit():
            return int(column)
        if column in "SGB":
            return 4 if self.heap_sizes & {"S": 1, "G": 2, "B": 4}[column] else 2
        if column.startswith("*"):
            pointer = LISTS[column[1:]]
            column = pointer if self._count(pointer) else column[1:]
        alternatives = column.split("|")
        bits = (len(alternatives) - 1).bit_length()
        return 2 if max(self._count(a) for a in alternatives) < 1 << (16 - bits) else 4

    def tables_stream(self) -> bytes:
        """The content of #~."""
        present = sorted((SCHEMA[name][0], name) for name, rows in self.tables.items() if rows)
        valid = sum(1 << number for number, _ in present) | self.valid_extra
        out = struct.pack("<IBBBBQQ", 0, 2, 0, self.heap_sizes, 1, valid, 0)
        counts = {number: self._count(name) for number, name in present}
        out += b"".join(
            struct.pack("<I", counts.get(bit, 1)) for bit in range(64) if valid >> bit & 1
        )
        for _, name in present:
            widths = [self._width(column) for column in SCHEMA[name][1].split()]
            layout = struct.Struct("<" + "".join({2: "H", 4: "I"}[width] for width in widths))
            out += b"".join(layout.pack(*row) for row in self.tables[name])
        return out

    def metadata(self) -> bytes:
        """The metadata root with its streams."""
        streams = [
            (self.stream_name, self.tables_stream()),
            (b"#Strings", self.strings),
            (b"#US", self.user_strings),
            (b"#GUID", self.guids),
            (b"#Blob", self.blobs),
        ]
        version = b"v4.0.30319\0\0"
        head = struct.pack("<IHHII", 0x424A5342, 1, 1, 0, len(version)) + version
        head += struct.pack("<HH", 0, len(streams))
        names = [name + b"\0" * (4 - len(name) % 4) for name, _ in streams]
        at = len(head) + sum(8 + len(name) for name in names)
        body = b""
        for name, (_, data) in zip(names, streams, strict=True):
            head += struct.pack("<II", at + len(body), len(data)) + name
            body += data + b"\0" * (-len(data) % 4)
        return head + body

    def build(self) -> bytes:
        """The whole PE file: one section with CLI header, code and metadata."""
        code = self.code + b"\0" * (-len(self.code) % 4)
        metadata = self.metadata()
        cli = struct.pack(
            "<IHHIIIIQQQQQQ",
            72,
            2,
            5,
            SECTION_RVA + 72 + len(code),
            len(metadata),
            1,
            self.entry_point,
            0,
            0,
            0,
            0,
            0,
            0,
        )
        section = cli + code + metadata
        directories = [(0, 0)] * 16
        directories[14] = (SECTION_RVA, 72)
        optional = struct.pack("<H", 0x20B if self.pe32_plus else 0x10B)
        optional = optional.ljust(108 if self.pe32_plus else 92, b"\0") + struct.pack("<I", 16)
        optional += b"".join(struct.pack("<II", *directory) for directory in directories)
        header = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 64)
        machine = 0x8664 if self.pe32_plus else 0x14C
        header += b"PE\0\0" + struct.pack("<HHIIIHH", machine, 1, 0, 0, 0, len(optional), 0x2102)
        header += optional
        header += struct.pack(
            "<8sIIIIIIHHI",
            b".text",
            len(section),
            SECTION_RVA,
            len(section),
            SECTION_OFFSET,
            0,
            0,
            0,
            0,
            0x60000020,
        )
        return header.ljust(SECTION_OFFSET, b"\0") + section
