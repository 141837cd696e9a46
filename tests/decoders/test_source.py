"""Debug files: .mdb against Mono.Cecil and the source text, portable PDBs against their writer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decoders.errors import SourceError
from decoders.metadata import Assembly
from decoders.source import (
    MdbReader,
    PortablePdb,
    SourceReader,
    find_line,
    open_source,
    read_source,
    same_file,
)
from tests.decoders.conftest import SAMPLES, mcs

CECIL = Path("/usr/lib/mono-cecil")
FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="session")
def source(types: Assembly, types_dll: Path) -> SourceReader:
    reader = open_source(types, types_dll)
    assert reader is not None
    return reader


def token(assembly: Assembly, name: str) -> int:
    code = assembly.find_type("Sample.Code")
    assert code is not None
    return next(m.token for m in code.methods if m.name == name)


@pytest.mark.skipif(not CECIL.is_dir(), reason="Mono.Cecil (libmono-cecil-cil) is not installed")
def test_mdb_equals_cecil(
    source: SourceReader, types_dll: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    references = tuple(f"-r:{CECIL}/Mono.Cecil{part}.dll" for part in ("", ".Mdb", ".Rocks"))
    tool = mcs(
        tmp_path_factory.mktemp("cecil") / "Symbols.exe", SAMPLES / "Symbols.cs",
        options=references,
    )
    run = subprocess.run(
        ["mono", str(tool), str(types_dll)], check=True, capture_output=True, text=True,
        env={"MONO_PATH": str(CECIL), "PATH": "/usr/bin:/bin"},
    )
    rows = [line.split("|") for line in run.stdout.splitlines()]
    lines = sorted((int(r[1], 16), int(r[2]), r[3], int(r[4])) for r in rows if r[0] == "P")
    names = sorted((int(r[1], 16), int(r[2]), r[3]) for r in rows if r[0] == "V")
    assert lines == sorted(
        (m.token, p.il, p.file, p.line) for m in source.methods() for p in m.points)
    assert names == sorted(
        (m.token, n.index, n.name) for m in source.methods() for n in m.locals)
    assert len(lines) > 150


def test_mdb_columns_point_at_the_text(source: SourceReader, types: Assembly) -> None:
    text = (SAMPLES / "Types.cs").read_text().splitlines()
    found = source.method(token(types, "Loop"))
    assert found is not None
    at = {p.il: text[p.line - 1][p.column - 1 :] for p in found.points}
    assert any(t.startswith("int square = i * i;") for t in at.values())
    assert any(t.startswith("i < n; i++") for t in at.values())
    point = found.at(16)
    assert point is not None and text[point.line - 1].strip() == "switch (i % 5)"
    assert source.files[0].endswith("samples/Types.cs")


def test_local_scopes(source: SourceReader, types: Assembly) -> None:
    found = source.method(token(types, "Loop"))
    assert found is not None
    big = next(n for n in found.locals if n.name == "big")
    assert 0 < big.start < big.end
    names = found.local_names()
    assert {names[i] for i in names} >= {"sum", "i", "square", "big"}
    assert found.local_names(big.start)[big.index] == "big"


def test_find_line(source: SourceReader, types: Assembly) -> None:
    text = (SAMPLES / "Types.cs").read_text().splitlines()
    line = text.index("            int sum = 0;") + 1
    ((where, point),) = find_line(source, "Types.cs", line)
    assert where == token(types, "Loop") and point.line == line
    ((where, point),) = find_line(source, "samples/Types.cs", line - 3)
    assert point.line > line - 3
    assert find_line(source, "Nope.cs", line) == []
    assert same_file("C:\\src\\A.cs", "A.cs") and not same_file("/x/BA.cs", "A.cs")


def test_wrong_build(types_dll: Path, mscorlib: Assembly) -> None:
    data = types_dll.with_name("Types.dll.mdb").read_bytes()
    with pytest.raises(SourceError, match="compile again so that both come from one build"):
        read_source(data, "Types.dll.mdb", mscorlib)
    with pytest.raises(SourceError, match="version 49.0"):
        MdbReader(data[:8] + b"\x31" + data[9:])


@pytest.mark.parametrize("name", ["Portable.dll", "PortableEmbedded.dll"])
def test_portable_pdb(name: str) -> None:
    assembly = Assembly.open(FIXTURES / name)
    reader = open_source(assembly, FIXTURES / name)
    assert isinstance(reader, PortablePdb)
    rows = [r.split("|") for r in (FIXTURES / "Portable.txt").read_text().splitlines()]
    points = sorted(
        (int(r[1], 16), int(r[2]), r[3], *map(int, r[4:8]), r[8] == "True")
        for r in rows if r[0] == "P")
    names = sorted(
        (int(r[1], 16), int(r[2]), r[3], int(r[4]), int(r[5])) for r in rows if r[0] == "V")
    assert points == sorted(
        (m.token, p.il, p.file, p.line, p.column, p.end_line, p.end_column, p.hidden)
        for m in reader.methods() for p in m.points)
    assert names == sorted(
        (m.token, n.index, n.name, n.start, n.end) for m in reader.methods() for n in m.locals)
    assert len(points) > 100 and len(names) > 15
    assert reader.files == ["/src/Sample/Types.cs", "/src/Sample/Other.cs"]
    assert reader.method(0x06FFFFFF) is None and len(reader.pdb_id) == 20


changes = st.lists(st.tuples(st.integers(0, 20000), st.integers(0, 255)), min_size=1, max_size=8)


def damage(data: bytes, edits: list[tuple[int, int]], keep: float) -> bytes:
    raw = bytearray(data[: int(len(data) * keep)])
    for where, value in edits:
        if raw:
            raw[where % len(raw)] = value
    return bytes(raw)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=changes, keep=st.sampled_from([1.0, 1.0, 0.9, 0.3]))
def test_damaged_files(types_dll: Path, edits: list[tuple[int, int]], keep: float) -> None:
    mdb = types_dll.with_name("Types.dll.mdb").read_bytes()
    pdb = (FIXTURES / "Portable.pdb").read_bytes()
    for data in (mdb, pdb):
        try:
            reader = read_source(damage(data, edits, keep), "damaged")
            for method in reader.methods():
                method.at(5)
                method.local_names(5)
            _ = reader.files
        except SourceError:
            pass
