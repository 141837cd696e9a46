"""The metadata reader's view of real assemblies, row by row against dnfile's."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import dnfile
import pytest
from dncil.cil.body import CilMethodBody
from dncil.cil.body.reader import CilMethodBodyReaderBase

from tests.runtime_metadata.tools import MONO_LIB, dump

ASSEMBLIES = [
    "shapes.exe",
    "tiny.exe",
    "tiny64.exe",
    "resources.dll",
    "System.Core.dll",
    "System.dll",
    "mscorlib.dll",
]
SLOW = {"System.dll", "mscorlib.dll"}


class Facts:
    """mddump's lines by kind, each line's fields as text, the first one or two being the key."""

    def __init__(self, mddump: Path, assembly: Path) -> None:
        status, lines = dump(mddump, assembly)
        assert status == 0, lines
        self.kinds: dict[str, list[list[str]]] = defaultdict(list)
        for line in lines:
            kind, *rest = line.split(" ")
            self.kinds[kind].append(rest)
        self.cells = {
            kind: {(int(f[0]), int(f[1]), int(f[2])): f[3:] for f in self.kinds[kind]}
            for kind in ("token", "string", "blob", "list")
        }


class View:
    """dnfile's view and ours of one assembly."""

    def __init__(self, mddump: Path, path: Path) -> None:
        self.path = path
        self.facts = Facts(mddump, path)
        self.pe: Any = dnfile.dnPE(str(path))


@pytest.fixture(
    scope="module",
    params=[pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in ASSEMBLIES],
)
def view(request: pytest.FixtureRequest, mddump: Path, samples: dict[str, Path]) -> View:
    name = str(request.param)
    return View(mddump, samples.get(name, MONO_LIB / name))


def fnv1a(data: bytes) -> int:
    h = 0x811C9DC5
    for byte in data:
        h = (h ^ byte) * 0x01000193 & 0xFFFFFFFF
    return h


def heap_item(heap: bytes, offset: int) -> bytes:
    """A blob by its compressed length, II.24.2.4; straight from the heap, since dnfile copies the
    rest of the heap for each one."""
    first = heap[offset]
    if first < 0x80:
        return heap[offset + 1 : offset + 1 + first]
    if first < 0xC0:
        size = int.from_bytes(heap[offset : offset + 2], "big") & 0x3FFF
        return heap[offset + 2 : offset + 2 + size]
    size = int.from_bytes(heap[offset : offset + 4], "big") & 0x1FFFFFFF
    return heap[offset + 4 : offset + 4 + size]


def struct_columns(row: Any) -> list[str]:
    """dnfile's names of the raw columns; its Constant has the padding byte as one of its own."""
    names = [names[0] for names in row.struct.__keys__]
    return [name for name in names if not name.startswith("Padding")]


def test_no_problem_in_a_sound_assembly(view: View) -> None:
    assert view.facts.kinds["problem"] == []
    assert [line for line in view.facts.kinds["sig"] if line[-1] == "REST"] == []


def test_tables_and_raw_rows(view: View) -> None:
    tables = [t for t in view.pe.net.mdtables.tables_list if t.num_rows]
    ours = [(int(f[0]), f[1], int(f[2])) for f in view.facts.kinds["table"]]
    assert [(n, rows) for n, _, rows in ours] == [(t.number, t.num_rows) for t in tables]
    assert {name.lower() for _, name, _ in ours} == {t.name.lower() for t in tables}
    rows: dict[int, list[list[int]]] = defaultdict(list)
    for fields in view.facts.kinds["row"]:
        rows[int(fields[0])].append([int(v) for v in fields[2:]])
    for table in tables:
        expected = [[getattr(row.struct, name) for name in struct_columns(row)] for row in table]
        assert rows[table.number] == expected, table.name


def test_resolved_columns(view: View) -> None:
    """Strings, blobs, coded and simple indices, cell by cell."""
    cells = view.facts.cells
    seen = dict.fromkeys(cells, 0)
    strings, blobs = view.pe.net.strings.__data__, view.pe.net.blobs.__data__
    for table in view.pe.net.mdtables.tables_list:
        for number, row in enumerate(table, 1):
            for column, name in enumerate(struct_columns(row)):
                key = (table.number, number, column)
                raw = getattr(row.struct, name)
                if name.endswith("_StringIndex"):
                    text = strings[raw : strings.index(b"\0", raw)]
                    assert cells["string"][key][0] == text.hex(), key
                    seen["string"] += 1
                elif name.endswith("_BlobIndex"):
                    data = heap_item(blobs, raw)
                    size, digest = (int(v) for v in cells["blob"][key])
                    assert (size, digest) == (len(data), fnv1a(data)), key
                    seen["blob"] += 1
                elif name in getattr(type(row), "_struct_codedindexes", {}):
                    index = getattr(row, type(row)._struct_codedindexes[name][0])
                    expected = 0
                    if index is not None and index.row_index:
                        expected = index.table.number << 24 | index.row_index
                    assert int(cells["token"][key][0], 16) == expected, key
                    seen["token"] += 1
                elif name in getattr(type(row), "_struct_indexes", {}):
                    index = getattr(row, type(row)._struct_indexes[name][0])
                    assert int(cells["token"][key][0], 16) == (
                        index.table.number << 24 | index.row_index
                    ), key
                    seen["token"] += 1
                elif name in getattr(type(row), "_struct_lists", {}):
                    first, end = (int(v) for v in cells["list"][key])
                    owned = getattr(row, type(row)._struct_lists[name][0])
                    assert [i.row_index for i in owned] == list(range(first, end)), key
                    seen["list"] += 1
    assert seen == {kind: len(cells[kind]) for kind in cells}


class BodyReader(CilMethodBodyReaderBase):
    """dncil's reader over the bytes of a PE file."""

    def __init__(self, pe: Any, rva: int) -> None:
        self.pe = pe
        self.offset = pe.get_offset_from_rva(rva)

    def read(self, n: int) -> bytes:
        data: bytes = self.pe.__data__[self.offset : self.offset + n]
        self.offset += n
        return data

    def tell(self) -> int:
        return int(self.offset)

    def seek(self, offset: int) -> int:
        self.offset = offset
        return offset


def test_bodies(view: View) -> None:
    """Headers, IL bytes and exception clauses against dncil (a sample of the large assemblies)."""
    ours = {int(f[0]): f[1:] for f in view.facts.kinds["body"]}
    clauses: dict[int, list[list[str]]] = defaultdict(list)
    for fields in view.facts.kinds["clause"]:
        clauses[int(fields[0])].append(fields[2:])
    methods = view.pe.net.mdtables.MethodDef
    with_body = [n for n, row in enumerate(methods, 1) if row.struct.Rva != 0]
    assert sorted(ours) == with_body
    for number in with_body[:: max(1, len(with_body) // 1000)]:
        body = CilMethodBody(BodyReader(view.pe, methods[number - 1].struct.Rva))
        il = body.raw_bytes[body.header_size : body.header_size + body.code_size]
        size, stack, init, local_sig, digest = ours[number]
        local = 0 if body.local_var_sig_tok is None else body.local_var_sig_tok.value
        assert (int(size), int(stack), int(init), int(local_sig, 16), int(digest)) == (
            body.code_size,
            body.max_stack,
            int(bool(body.flags.InitLocals)),
            local,
            fnv1a(bytes(il)),
        ), number
        found = [[int(v) for v in c[:5]] for c in clauses[number]]
        assert found == [
            [
                h.exception_type,
                h.try_start,
                h.try_end - h.try_start,
                h.handler_start,
                h.handler_end - h.handler_start,
            ]
            for h in body.exception_handlers
        ], number


def test_user_strings(view: View) -> None:
    heap = view.pe.net.user_strings.__data__
    ours = view.facts.kinds["us"]
    assert bool(ours) == any(heap)
    for offset, count, digest in ((int(v) for v in f) for f in ours):
        assert fnv1a(heap_item(heap, offset)[: count * 2]) == digest, offset
