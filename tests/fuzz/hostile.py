"""Assemblies with one hostile thing each, for the loader, the type loader and the JIT."""

import struct
from collections.abc import Callable

from tests.runtime_metadata.image_builder import Image

# What types extend: rows of TypeRef as TypeDefOrRef.
OBJECT, VALUE_TYPE, STRING, ARRAY = (row << 2 | 1 for row in (1, 2, 3, 4))
VOID = b"\x00\x00\x01"
VOID_THIS = b"\x20\x00\x01"
RET = b"\x2a"

PUBLIC, ABSTRACT, SEQUENTIAL, EXPLICIT, SEALED, INTERFACE = 1, 0x80, 8, 0x10, 0x100, 0xA1
STATIC, HAS_RVA, LITERAL = 0x10, 0x100, 0x40


class Hostile(Image):
    """An image that refers to mscorlib's Object, ValueType, String and Array."""

    @classmethod
    def new(cls) -> "Hostile":
        image = cls()
        image.tables["Module"] = [(0, image.string("h.dll"), 1, 0, 0)]
        image.tables["TypeDef"] = [(0, image.string("<Module>"), 0, 0, 1, 1)]
        image.tables["Assembly"] = [(0x8004, 1, 0, 0, 0, 0, 0, image.string("h"), 0)]
        image.tables["AssemblyRef"] = [(4, 0, 0, 0, 0, 0, image.string("mscorlib"), 0, 0)]
        system = image.string("System")
        image.tables["TypeRef"] = [
            (1 << 2 | 2, image.string(name), system)
            for name in ("Object", "ValueType", "String", "Array")
        ]
        image.tables["Field"] = []
        image.tables["MethodDef"] = []
        return image

    def add_type(self, name: str, extends: int = OBJECT, flags: int = PUBLIC) -> int:
        """Returns its row; fields and methods that follow belong to it."""
        fields, methods = len(self.tables["Field"]), len(self.tables["MethodDef"])
        self.tables["TypeDef"].append(
            (flags, self.string(name), 0, extends, fields + 1, methods + 1)
        )
        return len(self.tables["TypeDef"])

    def add_field(self, name: str, kind: bytes, flags: int = 6) -> int:
        """`kind`: the type in a signature. Returns the row."""
        self.tables["Field"].append((flags, self.string(name), self.blob(b"\x06" + kind)))
        return len(self.tables["Field"])

    def add_method(
        self, name: str, il: bytes, signature: bytes = VOID, flags: int = 0x16, local_sig: int = 0,
        stack: int = 8, sections: bytes = b"",
    ) -> int:
        """Returns the row."""
        header = struct.pack("<HHII", 0x301B if sections else 0x3013, stack, len(il), local_sig)
        code = header + il
        if sections:
            code += b"\0" * (-len(il) % 4) + sections
        rva = self.method(code)
        self.tables["MethodDef"].append((rva, 0, flags, self.string(name), self.blob(signature), 1))
        return len(self.tables["MethodDef"])

    def add_constructor(self) -> int:
        """An empty instance constructor. Returns its row."""
        return self.add_method(".ctor", RET, VOID_THIS, 0x1886)

    def add_big_struct(self) -> bytes:
        """A value type of 1 MiB. Returns it as a type in a signature."""
        row = self.add_type("Big", VALUE_TYPE, SEQUENTIAL | SEALED | PUBLIC)
        self.tables["ClassLayout"] = [(1, 1 << 20, row)]
        self.add_field("x", b"\x08")
        return b"\x11" + bytes([row << 2])

    def locals(self, signature: bytes) -> int:
        """A local signature. Returns its token."""
        self.tables.setdefault("StandAloneSig", []).append((self.blob(signature),))
        return 0x11000000 | len(self.tables["StandAloneSig"])


Case = Callable[[Hostile], None]


def instance_field_with_data(image: Hostile) -> None:
    """FieldRVA data for an instance field: its offset is no place in the statics."""
    image.add_type("T")
    image.add_field("s", b"\x05", 6 | STATIC)
    for number in range(6):
        image.add_field(f"f{number}", b"\x0a")
    row = image.add_field("far", b"\x0a", 6 | HAS_RVA)
    image.method(b"A" * 64)
    image.tables["FieldRVA"] = [(0x2000 + 72, row)]


def literal_with_data(image: Hostile) -> None:
    image.add_type("T")
    image.add_field("s", b"\x05", 6 | STATIC)
    row = image.add_field("lit", b"\x0a", 6 | STATIC | LITERAL | HAS_RVA)
    image.method(b"A" * 64)
    image.tables["FieldRVA"] = [(0x2000 + 72, row)]


def big_locals(image: Hostile) -> None:
    big = image.add_big_struct()
    image.add_type("P")
    image.add_method("M", b"\x06\x26" + RET, local_sig=image.locals(b"\x07\x02" + big * 2))


def interface_cycle(image: Hostile) -> None:
    for name in ("I", "J"):
        image.add_type(name, 0, INTERFACE)
    image.tables["InterfaceImpl"] = [(2, 3 << 2), (3, 2 << 2)]


def parent_cycle(image: Hostile) -> None:
    image.add_type("A", 3 << 2)
    image.add_type("B", 2 << 2)


def nesting_cycle(image: Hostile) -> None:
    for name in ("A", "B"):
        image.add_type(name)
        image.add_method("M", b"\x14\x7a")      # ldnull, throw; its name goes round
    image.tables["NestedClass"] = [(2, 3), (3, 2)]


def struct_cycle(image: Hostile) -> None:
    for name, other in (("A", 3), ("B", 2)):
        image.add_type(name, VALUE_TYPE, SEQUENTIAL | SEALED | PUBLIC)
        image.add_field("f", b"\x11" + bytes([other << 2]))


def switch_of_all(image: Hostile) -> None:
    image.add_type("P")
    image.add_method("M", b"\x16\x45\xff\xff\xff\x3f" + RET)


def deep_signature(image: Hostile) -> None:
    image.add_type("P")
    nested = image.locals(b"\x07\x01" + b"\x1d" * 100 + b"\x08")
    image.add_method("M", RET, local_sig=nested)


def endfinally_with_an_entry(image: Hostile) -> None:
    """try { leave } finally { ldc.i4.0; endfinally }: RSP has to be put right, or it is
    refused (mcs never writes it)."""
    image.add_type("P")
    clause = struct.pack("<HHBHBI", 2, 0, 3, 3, 2, 0)
    image.add_method("M", b"\x00\xde\x02\x16\xdc" + RET, sections=bytes([1, 16, 0, 0]) + clause)


def new_abstract(image: Hostile) -> None:
    image.add_type("A", OBJECT, ABSTRACT | PUBLIC)
    constructor = image.add_constructor()
    image.add_type("P")
    image.add_method("M", b"\x73" + struct.pack("<I", 0x06000000 | constructor) + b"\x26" + RET)


def new_interface(image: Hostile) -> None:
    image.add_type("I", 0, INTERFACE)
    constructor = image.add_constructor()
    image.add_type("P")
    image.add_method("M", b"\x73" + struct.pack("<I", 0x06000000 | constructor) + b"\x26" + RET)


def array_of(element: bytes) -> Case:
    """A local of a two-dimensional array of what cannot be an element."""

    def build(image: Hostile) -> None:
        image.add_type("P")
        image.add_method(
            "M", RET, local_sig=image.locals(b"\x07\x01\x14" + element + b"\x02\x00\x00")
        )

    return build


def overlapping_reference(image: Hostile) -> None:
    image.add_type("O", OBJECT, EXPLICIT | PUBLIC)
    rows = [image.add_field("r", b"\x1c"), image.add_field("n", b"\x0a")]
    image.tables["FieldLayout"] = [(0, row) for row in rows]


def packed_reference(image: Hostile) -> None:
    row = image.add_type("S", VALUE_TYPE, SEQUENTIAL | SEALED | PUBLIC)
    image.tables["ClassLayout"] = [(1, 0, row)]
    image.add_field("b", b"\x05")
    image.add_field("r", b"\x1c")


def extends(parent: int) -> Case:
    """A class under one that has a layout of its own."""

    def build(image: Hostile) -> None:
        image.add_type("S", parent)
        image.add_field("f", b"\x08")

    return build


def class_sizes_add_up(image: Hostile) -> None:
    parent = OBJECT
    rows: list[tuple[int, ...]] = []
    for number in range(50):
        row = image.add_type(f"C{number}", parent, SEQUENTIAL | PUBLIC)
        rows.append((0, 1 << 20, row))
        parent = row << 2
    image.tables["ClassLayout"] = rows


def deep_stack_at_many_targets(image: Hostile) -> None:
    """20,000 branch targets, each with a stack of 1,000 entries: 480 MB of recorded stacks."""
    count = 20000
    image.add_type("P")
    cases = b"".join(struct.pack("<i", number) for number in range(count))
    il = b"\x16" + b"\x25" * 999 + b"\x45" + struct.pack("<I", count) + cases
    image.add_method("M", il + b"\0" * count + b"\x26" * 999 + RET, stack=1024)


def many_large_statics(image: Hostile) -> None:
    """200 types with 16 MiB of statics each."""
    big = image.add_big_struct()
    for number in range(200):
        image.add_type(f"H{number}")
        for _ in range(15):
            image.add_field("s", big, 6 | STATIC)


def extends_sealed(image: Hostile) -> None:
    row = image.add_type("B", OBJECT, SEALED | PUBLIC)
    image.add_type("S", row << 2)


def short_stride(image: Hostile) -> None:
    """Whose second element in an array would have its reference at 12."""
    row = image.add_type("S", VALUE_TYPE, EXPLICIT | SEALED | PUBLIC)
    image.tables["ClassLayout"] = [(0, 12, row)]
    image.tables["FieldLayout"] = [(0, image.add_field("r", b"\x1c"))]


def add_struct_with_reference(image: Hostile) -> bytes:
    row = image.add_type("V", VALUE_TYPE, SEQUENTIAL | SEALED | PUBLIC)
    image.add_field("i", b"\x0a")
    image.add_field("r", b"\x1c")
    return b"\x11" + bytes([row << 2])


def overlapping_struct(image: Hostile) -> None:
    """The reference is the second field of a struct that another field lies over."""
    struct_type = add_struct_with_reference(image)
    image.add_type("O", OBJECT, EXPLICIT | PUBLIC)
    rows = [image.add_field("v", struct_type), image.add_field("n", b"\x05")]
    image.tables["FieldLayout"] = [(0, rows[0]), (15, rows[1])]


def overlapping_references(image: Hostile) -> None:
    """Allowed: references share bytes with references, numbers with numbers."""
    struct_type = add_struct_with_reference(image)
    image.add_type("O", OBJECT, EXPLICIT | PUBLIC)
    fields = ((0, struct_type), (8, b"\x1c"), (4, b"\x08"), (0, struct_type))
    image.tables["FieldLayout"] = [
        (offset, image.add_field(f"f{at}", kind)) for at, (offset, kind) in enumerate(fields)
    ]


def overlapping_many(image: Hostile) -> None:
    """Ten levels of ten fields each, all at offset 0: 10^10 references."""
    kind = b"\x1c"
    layout: list[tuple[int, ...]] = []
    for level in range(10):
        row = image.add_type(f"L{level}", VALUE_TYPE, EXPLICIT | SEALED | PUBLIC)
        layout += [(0, image.add_field(f"f{at}", kind)) for at in range(10)]
        kind = b"\x11" + bytes([row << 2])
    image.tables["FieldLayout"] = layout


def field_of_address(image: Hostile) -> None:
    """ldflda of IntPtr's own field on an IntPtr, which is no address of one."""
    image.tables["TypeRef"].append((1 << 2 | 2, image.string("IntPtr"), image.string("System")))
    parent = len(image.tables["TypeRef"]) << 3 | 1
    signature = image.blob(b"\x06\x0f\x01")
    image.tables["MemberRef"] = [(parent, image.string("m_value"), signature)]
    image.add_type("P")
    il = b"\x02\x7c" + struct.pack("<I", 0x0A000001) + b"\x26" + RET
    image.add_method("M", il, b"\x00\x01\x01\x18")


# Name, what to build, and what must be said (None: everything loads and compiles).
CASES: list[tuple[str, Case, str | None]] = [
    ("instance field with data", instance_field_with_data, "Field row 8: 'far' has data"),
    ("literal with data", literal_with_data, None),
    ("big locals", big_locals, "locals need more than"),
    ("interface cycle", interface_cycle, "needs itself to be loaded first"),
    ("parent cycle", parent_cycle, "TypeDef row"),
    ("nesting cycle", nesting_cycle, None),
    ("struct cycle", struct_cycle, "contains itself"),
    ("switch with 2^30 cases", switch_of_all, "switch has more cases"),
    ("deep signature", deep_signature, "nested more than 64"),
    ("endfinally with an entry", endfinally_with_an_entry, None),
    ("new of an abstract class", new_abstract, "newobj of an abstract class"),
    ("new of an interface", new_interface, "newobj of an abstract class or an interface"),
    ("array of references", array_of(b"\x10\x08"), "of a reference or void"),
    ("array of void", array_of(b"\x01"), "of a reference or void"),
    ("reference under a number", overlapping_reference, "Field row 2: 'n' shares bytes"),
    ("reference under a number in a struct", overlapping_struct, "Field row 4: 'n' shares bytes"),
    ("references over each other", overlapping_references, None),
    ("structs over each other", overlapping_many, "too many fields that share bytes"),
    ("reference in a packed struct", packed_reference, "Field row 2: 'r' holds a reference"),
    ("reference in a struct of 12 bytes", short_stride, "TypeDef row 2: 'S' holds references"),
    ("extends String", extends(STRING), "TypeDef row 2: 'S' extends a sealed class"),
    ("extends Array", extends(ARRAY), "TypeDef row 2: 'S' extends System.Array"),
    ("extends a sealed class", extends_sealed, "TypeDef row 3: 'S' extends a sealed class"),
    ("class sizes add up", class_sizes_add_up, "TypeDef row 3: 'C1' is larger than"),
    ("deep stack at many targets", deep_stack_at_many_targets, "out of memory for compiling"),
    ("many large statics", many_large_statics, "static fields take more than"),
    ("field of an address", field_of_address, "fuzz.dll P::M at IL_0001 ldflda"),
]


def build(case: Case) -> bytes:
    """The image of a case."""
    image = Hostile.new()
    case(image)
    return image.build()
