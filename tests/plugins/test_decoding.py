"""The two decoders of field stores against each other, and the filters, on a real trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from decoders.stores import columns, text
from decoders.stores.columns import ColumnDecoder
from decoders.stores.text import TextDecoder
from qemu_scripts import paths, run
from qemu_scripts.traces.filters import Filters
from qemu_scripts.traces.kernel_image import KernelImage, files_by_name, open_runtime
from qemu_scripts.traces.plugin import Frame
from qemu_scripts.traces.session import managed_code, traced_run
from qemu_scripts.traces.stfld import Decoder, FieldStore, Places, SiteTable

PROGRAM = """\
struct Seven { public byte A, B, C, D, E, F, G; }
struct Big { public long A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q; public int R; }
class Holder { public Seven Small; public Big Large; public int Count; public static Seven Kept; }
enum Colour : short { Red = -7, Blue = 300 }
class Kinds
{
    public bool Flag; public char Letter; public sbyte Tiny; public ushort Short; public uint Word;
    public long Long; public ulong Wide; public float Half; public double Ratio; public object Ref;
    public Colour Hue; public static long Static;
}
static class Program
{
    static int Main()
    {
        Holder h = new Holder();
        Seven seven = new Seven();
        Big big = new Big();
        Kinds k = new Kinds();
        for (int i = 0; i < 50; i++)
        {
            k.Flag = i % 2 == 0; k.Letter = (char)(60 + i); k.Tiny = (sbyte)(i - 25);
            k.Short = (ushort)(i * 1300); k.Word = (uint)i * 0x5000000;
            k.Long = -5 + i * 0x12345678L;
            k.Wide = (ulong)i << 58; k.Half = i / 4f; k.Ratio = -i; k.Ref = i % 3 == 0 ? null : h;
            k.Hue = i % 2 == 0 ? Colour.Red : Colour.Blue; Kinds.Static = i * i;
            seven.G = (byte)i;
            h.Small = seven;
            h.Small = seven;
            big.R = i;
            h.Large = big;
            Holder.Kept = seven;
            h.Count = i;
        }
        return 0;
    }
}
"""


class Traced:
    """A finished run: its records, and what names them."""

    def __init__(self, pieces: list[bytes], sites: SiteTable, places: Places) -> None:
        self.pieces = pieces
        self.sites = sites
        self.places = places


@pytest.fixture(scope="module")
def finished(
    build: Path, mcs_compile: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Traced]:
    source = tmp_path_factory.mktemp("decoding") / "structs.cs"
    source.write_text(PROGRAM)
    options = run.RunOptions(program=mcs_compile(source), output=2)
    image = KernelImage(paths.KERNEL)
    with traced_run(options, replace(managed_code(image), frame=Frame.KEEP)) as over:
        assert over.outcome.status == 0
        assert over.trace is not None
        runtime = open_runtime(image, over.ram)
        sites = SiteTable(runtime, files_by_name(run.module_files(options)))
        yield Traced([bytes(piece) for piece in over.trace.pieces()], sites, Places(runtime))


def texts(stores: Iterator[FieldStore]) -> list[str]:
    """Everything that a store says."""
    return [f"{store.to_text()} {store.to_json()}" for store in stores]


@pytest.mark.parametrize("batch", [1, 3, 7, 64, 1 << 18])
def test_both_decoders_agree(finished: Traced, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = texts(Decoder(finished.sites, finished.places).decode(finished.pieces))
    assert len(expected) == 50 * (7 + 12)
    pieces = finished.pieces
    if batch < 64:
        pieces = [b"".join(pieces)[: 32 * 4000]]
        expected = texts(Decoder(finished.sites, finished.places).decode(pieces))
    monkeypatch.setattr(columns, "_BATCH", batch)
    decoder = ColumnDecoder(finished.sites, finished.places)
    assert texts(decoder.decode(pieces)) == expected
    assert decoder.count == len(expected)


@pytest.mark.parametrize(
    "filters",
    [Filters(), Filters(field="Count"), Filters(field="Kept"), Filters(value=13),
     Filters(type="Holder"), Filters(method="Main", type="Seven"), Filters(type="No*"),
     Filters(type="Kinds"), Filters(field="Letter", value=61)],
)  # fmt: skip
@pytest.mark.parametrize("values", [1, 13])
def test_lines_are_what_stores_say(
    finished: Traced, filters: Filters, values: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nearly every text pushes another one out of the table."""
    decoder = ColumnDecoder(finished.sites, finished.places)
    expected = [store.to_text() for store in decoder.decode(finished.pieces, filters)]
    monkeypatch.setattr(text, "_VALUES", values)
    monkeypatch.setattr(text, "_HEADS", values)
    again = TextDecoder(finished.sites, finished.places)
    blocks = list(again.blocks(finished.pieces, filters))
    assert "".join(lines for _, lines in blocks).splitlines() == expected
    assert sum(count for count, _ in blocks) == len(expected)
    assert again.count == decoder.count
    assert bool(expected) == (filters.type != "No*")


def test_structs_are_whole(finished: Traced) -> None:
    stores = list(ColumnDecoder(finished.sites, finished.places).decode(finished.pieces))
    by_field: dict[str, list[FieldStore]] = {}
    for store in stores:
        if store.site.method == "Program::Main":
            by_field.setdefault(store.site.field, []).append(store)
    assert [s.raw[-1] for s in by_field["Small"] if s.raw] == [i for i in range(50) for _ in "ab"]
    assert {s.size for s in by_field["Small"]} == {7}
    assert [int.from_bytes(s.raw[136:140], "little") for s in by_field["Large"] if s.raw] == list(
        range(50)
    )
    assert all(s.whole for s in stores)
    assert {s.place.kind for s in by_field["Kept"]} == {"static"}
    assert [s.place.type for s in by_field["Count"]] == ["Holder"] * 50


@pytest.mark.parametrize(
    "filters",
    [
        Filters(field="Count"), Filters(field="Holder.Count", value=13), Filters(type="Holder"),
        Filters(method="Main"), Filters(method="Program::Main", last=3), Filters(field="No*"),
        Filters(field="Count", type="Seven"),
    ],
)  # fmt: skip
def test_filters(finished: Traced, filters: Filters) -> None:
    everything = Decoder(finished.sites, finished.places).decode(finished.pieces)
    expected = texts(filters.tail(store for store in everything if filters.matches(store)))
    got = ColumnDecoder(finished.sites, finished.places).decode(finished.pieces, filters)
    assert texts(filters.tail(got)) == expected
    if filters.field == "Holder.Count":
        assert len(expected) == 1


def test_an_object_is_found_by_its_address(finished: Traced) -> None:
    stores = list(ColumnDecoder(finished.sites, finished.places).decode(finished.pieces))
    one = next(s for s in stores if s.site.field == "Count")
    filters = Filters(object=one.place.address)
    found = list(ColumnDecoder(finished.sites, finished.places).decode(finished.pieces, filters))
    assert {s.site.field for s in found} == {"Small", "Large", "Count"}
