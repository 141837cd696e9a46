"""Images that no compiler here writes: wide indices and heaps, #-, pointer tables, PE32+, and what
each broken part is told to be."""

import struct
from pathlib import Path

import dnfile
import pytest

from tests.runtime_metadata.image_builder import Image
from tests.runtime_metadata.tools import dump

FIELD_SIG = b"\x06\x08"
VOID_SIG = b"\x00\x00\x01"


def open_image(mddump: Path, tmp_path: Path, data: bytes, *options: str) -> list[str]:
    path = tmp_path / "m.dll"
    path.write_bytes(data)
    return dump(mddump, *options, path)[1]


def facts(lines: list[str], kind: str) -> list[list[int]]:
    return [[int(v) for v in line.split()[1:]] for line in lines if line.split()[0] == kind]


def with_fields(count: int) -> Image:
    image = Image.minimal()
    image.tables["TypeDef"].append((1, image.string("T"), 0, 0, 1, 1))
    name, sig = image.string("f"), image.blob(FIELD_SIG)
    image.tables["Field"] = [(6, name, sig)] * count
    return image


def test_minimal_image(mddump: Path, tmp_path: Path) -> None:
    assert open_image(mddump, tmp_path, Image.minimal().build(), "-q") == ["open m.dll ok"]


@pytest.mark.parametrize("count", [65535, 65536])
def test_simple_index_width(mddump: Path, tmp_path: Path, count: int) -> None:
    """2 bytes up to 65,535 rows, 4 from 65,536 on."""
    image = with_fields(count)
    data = image.build()
    lines = open_image(mddump, tmp_path, data)
    assert [line for line in lines if line.startswith("problem")] == []
    assert [2, 2, 4, 1, count + 1] in facts(lines, "list")
    assert len(dnfile.dnPE(data=data).net.mdtables.Field.rows) == count


@pytest.mark.parametrize("count", [16383, 16384])
def test_coded_index_width(mddump: Path, tmp_path: Path, count: int) -> None:
    """TypeDefOrRef has 2 tag bits: 2 bytes below 16,384 rows, 4 from there on."""
    image = Image.minimal()
    name = image.string("T")
    image.tables["TypeRef"] = [(0, name, 0)] * count
    image.tables["TypeDef"].append((1, name, 0, count << 2 | 1, 1, 1))
    image.tables["InterfaceImpl"] = [(2, count << 2 | 1)]
    lines = open_image(mddump, tmp_path, image.build())
    assert f"token 2 2 3 {0x01000000 | count:08x}" in lines
    assert f"token 9 1 1 {0x01000000 | count:08x}" in lines
    assert [line for line in lines if line.startswith("problem")] == []


@pytest.mark.parametrize("heap_sizes", range(8))
@pytest.mark.parametrize("plus", [False, True])
def test_wide_heaps(mddump: Path, tmp_path: Path, heap_sizes: int, plus: bool) -> None:
    image = with_fields(3)
    image.heap_sizes, image.pe32_plus = heap_sizes, plus
    if heap_sizes & 1:
        image.strings += b"x" * 1000 + b"\0" + b"y\0" * 40000
        wide_name = image.string("f")
        image.tables["Field"].append((6, wide_name, 1))
        assert wide_name > 0xFFFF
    lines = open_image(mddump, tmp_path, image.build())
    assert [line for line in lines if line.startswith("problem")] == []
    names = [line.split()[-1] for line in lines if line.startswith("string 4 ")]
    assert names == ["66"] * len(image.tables["Field"])


def test_extra_data_word(
    mddump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heap-size bit 0x40: a word between the row counts and the tables."""
    image = with_fields(2)
    plain = open_image(mddump, tmp_path, image.build())
    stream = image.tables_stream()
    image.heap_sizes |= 0x40
    counts_end = 24 + 4 * bin(struct.unpack_from("<Q", stream, 8)[0]).count("1")
    wide = image.tables_stream()
    monkeypatch.setattr(
        image, "tables_stream", lambda: wide[:counts_end] + b"\xee" * 4 + wide[counts_end:]
    )
    assert open_image(mddump, tmp_path, image.build()) == plain


def test_uncompressed_stream_with_pointers_in_order(mddump: Path, tmp_path: Path) -> None:
    image = with_fields(3)
    image.stream_name = b"#-"
    image.tables["FieldPtr"] = [(1,), (2,), (3,)]
    lines = open_image(mddump, tmp_path, image.build())
    assert [2, 2, 4, 1, 4] in facts(lines, "list")
    assert [line for line in lines if line.startswith("problem")] == []


def test_reordered_pointers_are_refused(mddump: Path, tmp_path: Path) -> None:
    image = with_fields(3)
    image.stream_name = b"#-"
    image.tables["FieldPtr"] = [(1,), (3,), (2,)]
    lines = open_image(mddump, tmp_path, image.build(), "-q")
    assert any("FieldPtr row 2 names row 3 of table Field" in line for line in lines)


@pytest.mark.parametrize("last", [3, 4])
def test_more_pointers_than_rows_are_refused(mddump: Path, tmp_path: Path, last: int) -> None:
    """An empty list behind the target's rows as well (found by fuzzing)."""
    image = with_fields(2)
    image.stream_name = b"#-"
    image.tables["FieldPtr"] = [(1,), (2,), (3,)]
    image.tables["TypeDef"].append((1, image.string("U"), 0, 0, last, 1))
    lines = open_image(mddump, tmp_path, image.build())
    told = [line for line in lines if "FieldPtr has 3 rows for the 2 rows of table Field" in line]
    assert len(told) == 2 if last == 4 else 1
    assert not [found for found in facts(lines, "list") if found[-1] > 3]


def fat(il: bytes, flags: int = 0x3003, local_sig: int = 0, size: int | None = None) -> bytes:
    return struct.pack("<HHII", flags, 4, len(il) if size is None else size, local_sig) + il


def small_section(*clauses: tuple[int, int, int, int, int, int], extra: int = 4) -> bytes:
    body = b"".join(struct.pack("<HHBHBI", *clause) for clause in clauses)
    return bytes([1, len(body) + extra, 0, 0]) + body


def fat_section(*clauses: tuple[int, int, int, int, int, int]) -> bytes:
    body = b"".join(struct.pack("<6I", *clause) for clause in clauses)
    return struct.pack("<I", 0x41 | (len(body) + 4) << 8) + body


NOPS = b"\0" * 15 + b"\x2a"
CATCH = (0, 0, 8, 8, 8, 0x02000001)
FILTER = (1, 0, 4, 8, 8, 5)
BODIES = {
    "tiny": (bytes([1 << 2 | 2]) + b"\x2a", ["body 1 1 8 0 00000000"]),
    "fat": (fat(NOPS, 0x3013), ["body 1 16 4 1 00000000"]),
    "small clauses": (fat(NOPS, 0x300B) + small_section(CATCH, FILTER),
                      ["clause 1 0 0 0 8 8 8 02000001", "clause 1 1 1 0 4 8 8 00000005"]),
    "uncounted header": (fat(NOPS, 0x300B) + small_section(CATCH, extra=0),
                         ["clause 1 0 0 0 8 8 8 02000001"]),
    "fat clauses": (fat(NOPS, 0x300B) + fat_section(CATCH, (4, 0, 8, 8, 8, 0)),
                    ["clause 1 1 4 0 8 8 8 00000000"]),
    "after another section": (
        fat(NOPS, 0x300B) + bytes([0x82, 8, 0, 0]) + bytes(4) + small_section(CATCH),
        ["clause 1 0 0 0 8 8 8 02000001"],
    ),
}


def with_body(code: bytes) -> Image:
    image = Image.minimal()
    image.tables["TypeDef"].append((1, image.string("T"), 0, 0, 1, 1))
    image.tables["MethodDef"] = [
        (image.method(code), 0, 0x16, image.string("M"), image.blob(VOID_SIG), 1)
    ]
    return image


@pytest.mark.parametrize("name", BODIES)
def test_body(mddump: Path, tmp_path: Path, name: str) -> None:
    code, expected = BODIES[name]
    lines = open_image(mddump, tmp_path, with_body(code).build())
    assert [line for line in lines if line.startswith("problem")] == []
    for wanted in expected:
        assert any(line.startswith(wanted) for line in lines), (wanted, lines)


BAD_BODIES = {
    "header": (b"\x01", "begins no method header"),
    "empty tiny": (b"\x02", "0 bytes of IL"),
    "empty fat": (fat(b""), "0 bytes of IL"),
    "size": (fat(NOPS, size=0x7FFFFFFF), "does not fit in"),
    "header size": (fat(NOPS, 0x4003), "header of 16 bytes"),
    "locals": (fat(NOPS, local_sig=0x11000001), "0x11000001"),
    "no section": (fat(NOPS, 0x300B) + struct.pack("<I", 0x41 | 0xFFFFFC << 8), "no whole number"),
    "section end": (fat(NOPS, 0x300B) + struct.pack("<I", 0x41 | 0xFFF004 << 8), "file ends"),
    "section loop": (fat(NOPS, 0x300B) + bytes([0x82, 0, 0, 0]), "has 0 bytes"),
    "two sections": (
        fat(NOPS, 0x300B) + b"\x81" + small_section(CATCH)[1:] + small_section(CATCH),
        "two exception sections",
    ),
    "clause range": (fat(NOPS, 0x300B) + fat_section((2, 8, 0xFFFFFFFC, 0, 4, 0)), "clause 0"),
    "clause flags": (fat(NOPS, 0x300B) + small_section((3, 0, 4, 8, 4, 0)), "clause 0"),
    "filter": (fat(NOPS, 0x300B) + small_section((1, 0, 4, 8, 4, 16)), "clause 0"),
    "catch": (fat(NOPS, 0x300B) + small_section((0, 0, 4, 8, 4, 0x02000009)), "0x02000009"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_bad_body_names_the_method(mddump: Path, tmp_path: Path, name: str) -> None:
    code, text = BAD_BODIES[name]
    lines = open_image(mddump, tmp_path, with_body(code).build(), "-q")
    assert lines[0] == "open m.dll ok"
    assert any("MethodDef row 1" in line and text in line for line in lines), lines


SIGNATURES = {
    "int": (b"\x06\x08", None),
    "modifiers": (b"\x06\x1f\x08\x20\x08\x08", None),
    "pointer to void": (b"\x06\x0f\x0f\x01", None),
    "array": (b"\x06\x14\x08\x02\x01\x05\x02\x00\x7f", None),
    "function pointer": (b"\x06\x1b\x05\x02\x01\x08\x41\x0e", None),
    "generic": (b"\x06\x15\x12\x08\x02\x13\x00\x1e\x80\x85", None),
    "cut": (b"\x06\x1d", "ends too early"),
    "empty": (b"", "ends too early"),
    "unknown type": (b"\x06\x3f", "unknown element type"),
    "bad row": (b"\x06\x12\x7c", "does not exist"),
    "null row": (b"\x06\x12\x00", "does not exist"),
    "bad tag": (b"\x06\x12\x07", "does not exist"),
    "bad integer": (b"\x06\x13\xff", "compressed integer"),
    "rank 0": (b"\x06\x14\x08\x00\x00\x00", "rank 0"),
    "huge count": (b"\x06\x15\x12\x08\xdf\xff\xff\xff\x08", "ends too early"),
    "63 levels": (b"\x06" + b"\x1d" * 63 + b"\x08", None),
    "too deep": (b"\x06" + b"\x1d" * 64 + b"\x08", "deeper than 64"),
    "too deep instances": (b"\x06" + b"\x15\x12\x08\x01" * 30 + b"\x15", "ends"),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature(mddump: Path, tmp_path: Path, name: str) -> None:
    data, text = SIGNATURES[name]
    image = Image.minimal()
    image.tables["TypeDef"].append((1, image.string("T"), 0, 0, 1, 1))
    image.tables["TypeDef"].append((1, image.string("U"), 0, 0, 2, 1))
    offset = len(image.blobs)
    image.blobs += struct.pack(">H", 0x8000 | len(data)) + data
    image.tables["Field"] = [(6, image.string("f"), offset)]
    lines = open_image(mddump, tmp_path, image.build())
    problems = [line for line in lines if line.startswith("problem")]
    if text is None:
        assert problems == [] and "sig 4 1 6 1 0" in lines
    else:
        assert len(problems) == 1 and text in problems[0] and problems[0].count("m.dll") == 1


def bad(**changes: object) -> Image:
    image = with_fields(3)
    for name, value in changes.items():
        setattr(image, name, value)
    return image


def bad_row(table: str, row: int, column: int, value: int) -> Image:
    image = with_fields(3)
    image.tables.setdefault("MemberRef", []).append((8, 1, 1))
    image.tables.setdefault("CustomAttribute", []).append((7, 6 << 3 | 3, 0))
    image.tables["CustomAttribute"][0] = (1 << 5 | 7, 1 << 3 | 3, 0)
    old = image.tables[table][row - 1]
    image.tables[table][row - 1] = (*old[:column], value, *old[column + 1 :])
    return image


BAD_IMAGES = {
    "no tables": (bad(stream_name=b"#X"), "no metadata tables"),
    "twice": (bad(stream_name=b"#Blob"), "twice"),
    "delta": (bad(stream_name=b"#JTD"), "delta"),
    "long stream name": (bad(stream_name=b"#" * 40), "does not end within 32"),
    "unknown table": (bad(valid_extra=1 << 0x30), "table 0x30"),
    "missing rows": (bad(valid_extra=1 << 0x2C), "GenericParamConstraint"),
    "strings": (bad(strings=b"\0abc"), "#Strings"),
    "entry point": (bad(entry_point=0x06000001), "0x06000001"),
    "no module": (bad_row("Module", 1, 1, 0xFFFF), "Module row 1, column Name: offset 0xffff"),
    "name": (bad_row("Field", 3, 1, 0x7FFF), "Field row 3, column Name"),
    "blob": (bad_row("Field", 2, 2, 0x7FFF), "Field row 2, column Signature"),
    "list beyond": (bad_row("TypeDef", 2, 4, 9), "TypeDef row 2, column FieldList"),
    "list zero": (bad_row("TypeDef", 1, 4, 0), "TypeDef row 1, column FieldList"),
    "coded row": (bad_row("TypeDef", 2, 3, 9 << 2), "TypeDef row 2, column Extends"),
    "coded tag": (bad_row("TypeDef", 2, 3, 7), "3 is no tag of a TypeDefOrRef"),
    "free tag": (bad_row("CustomAttribute", 1, 1, 8), "0 is no tag of a CustomAttributeType"),
}


@pytest.mark.parametrize("name", BAD_IMAGES)
def test_bad_image_is_named(mddump: Path, tmp_path: Path, name: str) -> None:
    image, text = BAD_IMAGES[name]
    lines = open_image(mddump, tmp_path, image.build(), "-q")
    assert any("m.dll: " in line and text in line for line in lines), lines


def test_names_are_bounded_and_utf8(mddump: Path, tmp_path: Path) -> None:
    names = [b"x" * 1023, b"x" * 1024, b"\xc3\xa9\xf0\x9f\x98\x80", b"\xc0\x80",
             b"\xf4\x90\x80\x80", b"\xe0\x80\x80", b"a\xff", b"\xed\xa0\x80", b"\xe4\xb8"]
    image = Image.minimal()
    image.tables["Field"] = []
    for name in names:
        image.tables["Field"].append((6, len(image.strings), image.blob(FIELD_SIG)))
        image.strings += name + b"\0"
    image.tables["TypeDef"].append((1, image.string("T"), 0, 0, 1, 1))
    lines = open_image(mddump, tmp_path, image.build())
    bad_rows = [line.split("Field row ")[1].split(",")[0] for line in lines if "problem" in line]
    assert bad_rows == ["2", "4", "5", "6", "7", "9"]


def test_sortedness_is_measured(mddump: Path, tmp_path: Path) -> None:
    image = Image.minimal()
    image.tables["TypeDef"] += [(1, image.string(f"T{i}"), 0, 0, 1, 1) for i in range(3)]
    image.tables["InterfaceImpl"] = [(2, 4), (3, 4), (4, 4)]
    assert "table 9 InterfaceImpl 3 1" in open_image(mddump, tmp_path, image.build())
    image.tables["InterfaceImpl"] = [(2, 4), (4, 4), (3, 4)]
    assert "table 9 InterfaceImpl 3 0" in open_image(mddump, tmp_path, image.build())


HEADER_FIELDS = {
    "e_lfanew": (0x3C, "PE signature at offset"),
    "optional header size": (64 + 20, "headers at offset"),
    "optional magic": (64 + 24, "magic"),
    "directory count": (64 + 24 + 92, None),
    "cli rva": (64 + 24 + 96 + 14 * 8, "rva 0x"),
    "section rva": (64 + 24 + 224 + 12, "rva 0x2000"),
    "section raw size": (64 + 24 + 224 + 16, None),
    "section raw offset": (64 + 24 + 224 + 20, "rva 0x2000"),
    "metadata rva": (0x200 + 8, "lies in no section"),
    "metadata size": (0x200 + 12, "bytes wanted at rva"),
}


@pytest.mark.parametrize("name", HEADER_FIELDS)
@pytest.mark.parametrize("value", [0xFFFFFFFF, 0x80000000, 0x7FFFFFFF])
def test_hostile_header_field(mddump: Path, tmp_path: Path, name: str, value: int) -> None:
    offset, text = HEADER_FIELDS[name]
    data = bytearray(with_fields(2).build())
    if name in {"optional header size", "optional magic"}:
        struct.pack_into("<H", data, offset, value >> 16 | 0x7000)
    else:
        struct.pack_into("<I", data, offset, value)
    lines = open_image(mddump, tmp_path, bytes(data), "-q")
    if text is not None:
        assert len(lines) == 1 and lines[0].startswith("open m.dll error m.dll: ")
        assert text in lines[0]

