"""The three sources of clr-stfld-trace on the driver scenario: the same stores from each."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from .conftest import Guest, Guests, traced_guest

pytestmark = pytest.mark.guest


@pytest.fixture
def starter(build: Path) -> Iterator[Guests]:
    with ExitStack() as stack:
        yield Guests(stack)


@pytest.fixture
def under_plugin(build: Path) -> Iterator[Guest]:
    """A machine of `clrscope trace stfld --gdb`, at reset."""
    with traced_guest("stfld") as guest:
        yield guest


def essence(stores: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What all sources know of executed instance stores, in order."""
    return [
        (s["method"], s["il"], s["line"], s["object"]["kind"], s["owner"], s["field"])
        for s in stores
        if s["object"]["kind"] != "static"
    ]


def finals(stores: list[dict[str, Any]]) -> dict[tuple[int, str], str]:
    """The last value that each field of each heap object got."""
    return {
        (s["object"]["address"], s["field"]): s["raw"] or s["value"]
        for s in stores
        if s["object"]["kind"] == "heap"
    }


def same(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    """Asserts that two sources tell of the same stores, and shows where they part."""
    rows = list(itertools.zip_longest(essence(one), essence(other)))
    parted = [(index, *row) for index, row in enumerate(rows) if row[0] != row[1]]
    assert parted[:2] == []


#: The scenario's last words are printed by managed code, after all of its stores.
TO_THE_END = ("hbreak clr_exit_hook", "continue", "delete")


def test_all_three_agree(starter: Guests, under_plugin: Guest) -> None:
    show = "clr-stfld-trace show --json"
    plugin = under_plugin.gdb(*TO_THE_END, show, timeout=120)
    assert "Unknown command" not in plugin.err, plugin.text
    by_plugin = plugin.json["stores"]

    guest = starter.start(at=())
    broken = guest.gdb("clr-stfld-trace on", *TO_THE_END, show, timeout=300)
    by_breakpoint = broken.json["stores"]

    guest = starter.start("--trace", "stfld", at=())
    kernel = f"-source kernel -log {guest.log}"
    own = guest.gdb(
        f"clr-stfld-trace on {kernel} -stop-when PciDeviceInfo.ProgIf", "continue",
        "clr-stfld-trace off", *TO_THE_END, f"clr-stfld-trace show {kernel} --json", timeout=120,
    )  # fmt: skip
    assert own.out.count("about to store: Ddk.PciDeviceInfo::ReadProgIf IL_") == 1, own.text
    by_kernel = own.json["stores"]

    assert len(by_plugin) > 600
    same(by_plugin, by_breakpoint)
    same(by_plugin, by_kernel)
    assert finals(by_plugin) == finals(by_breakpoint)
    # The guest's trace knows what memory holds in the end.
    last = finals(by_kernel)
    assert len(last) > 100
    assert last == finals(by_plugin)


def test_the_plugin_is_the_default_where_it_is(under_plugin: Guest) -> None:
    done = under_plugin.gdb(
        "clr-stfld-trace on -stop-when PciDeviceInfo.ProgIf", "continue",
        "clr-stfld-trace show -last 1", "clr-stfld-trace off", *TO_THE_END,
        "clr-stfld-trace show -field ProgIf",
        "clr-stfld-trace show -field PciDeviceInfo.VendorId -value 0x1af4 -last 1",
        "clr-stfld-trace show -source kernel", "clr-stfld-trace show -source nobody",
        "clr-stfld-trace show -source kernel -log /nowhere", timeout=120)  # fmt: skip
    assert "the plugin records every store by itself" in done.out, done.text
    _, rest = done.out.split("about to store: Ddk.PciDeviceInfo::ReadProgIf IL_", 1)
    assert "PciDeviceInfo.ProgIf@19 = 0 (was 0)" in rest
    # What is about to be stored is not in the plugin's trace yet: the last is ReadProgIf's Select.
    assert re.search(r"\n +\d+ Ddk.Pci::SelectBus .* Pci.s_bus = 0\ntrace on: \d+ store", rest)
    assert re.search(r"\n +\d+ Ddk.PciDeviceInfo::ReadProgIf .*ProgIf@19 = 0\n", rest), done.text
    assert "PciDeviceInfo.VendorId@12 = 6900 (0x1af4)" in done.out
    assert "needs -log FILE" in done.err
    assert "'nobody' is none of plugin, breakpoint, kernel" in done.err
    assert "the kernel log /nowhere cannot be read: No such file" in done.err


def test_without_the_plugin(starter: Guests) -> None:
    guest = starter.start(fault="this-not-homed")
    done = guest.gdb("clr-stfld-trace show -source plugin", "clr-stfld-trace show")
    assert "no store plugin is loaded in this QEMU" in done.err, done.text
    assert "trace off: 0 store sites, 0 stores seen" in done.out
