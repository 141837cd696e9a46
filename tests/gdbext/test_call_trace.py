"""clr-trace: calls, objects and arrays, the same from the plugin and from breakpoints."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.traces.test_events import PROGRAM

from .conftest import Guest, StartGuest, traced_guest

pytestmark = pytest.mark.guest

TO_THE_END = ("hbreak plat_exit", "continue", "delete")
SHOW = ("clr-trace calls -method Bind --json", "clr-trace alloc --json")


@pytest.fixture
def under_plugin(build: object) -> Iterator[Guest]:
    """A machine of `clrscope trace alloc --gdb`, at reset: it records calls too."""
    with traced_guest("alloc") as guest:
        yield guest


def reports(text: str) -> list[dict[str, Any]]:
    """The JSON objects in what gdb printed."""
    found, at = [], 0
    while (at := text.find("\n{", at)) >= 0:
        value, length = json.JSONDecoder().raw_decode(text[at + 1 :])
        found.append(value)
        at += length
    return found


def test_both_sources_agree(start_guest: StartGuest, under_plugin: Guest) -> None:
    plugin = under_plugin.gdb(
        "clr-trace alloc on", *TO_THE_END, *SHOW, "clr-trace newarr -last 1",
        "clr-stfld-trace show -source plugin", "clr-trace alloc show -source kernel", timeout=120,
    )  # fmt: skip
    assert "the plugin records by itself" in plugin.out, plugin.text
    calls, objects = reports(plugin.out)
    assert "records for `trace alloc` alone: start the machine with `clrscope trace stfld" in (
        plugin.err)
    assert "the guest's own trace tells of field stores alone" in plugin.err

    guest = start_guest(at=())
    own = guest.gdb(
        "clr-trace calls on -method Bind", "clr-trace alloc on", *TO_THE_END, *SHOW,
        "clr-trace newarr -type byte* -last 1", "clr-trace calls clear", "clr-trace calls off",
        "clr-trace alloc off", "clr-trace nothing", "clr-trace calls -depth 0",
        "clr-trace alloc -source plugin", "info breakpoints", timeout=300,
    )  # fmt: skip
    assert len(reports(own.out)) == 2, own.text
    some_calls, all_objects = reports(own.out)
    assert [c["source"] for c in (calls, some_calls)] == ["plugin", "breakpoint"]
    # Sequence numbers count what each of them saw.
    for call in calls["events"] + some_calls["events"]:
        del call["sequence"]
    assert len(calls["events"]) > 20
    assert some_calls["events"] == calls["events"]
    assert len(objects["events"]) > 300
    assert all_objects["events"] == objects["events"]
    assert "byte[] of 8, 24 bytes, ComponentSize 1  " in own.out
    assert "'nothing' is none of calls, alloc, newarr" in own.err
    assert "-depth needs a whole number of at least 1" in own.err
    assert "no store plugin is loaded in this QEMU: start" in own.err
    assert "trace off (breakpoint): 0 calls seen\n" in own.out
    assert "No breakpoints" in own.out  # how gdb goes on depends on its version


def test_what_ran_behind_an_interface(
    start_guest: StartGuest, mcs_compile: Callable[..., Path], tmp_path: Path
) -> None:
    source = tmp_path / "events.cs"
    source.write_text(PROGRAM)
    guest = start_guest(mcs_compile(source), at=())
    done = guest.gdb(
        "clr-trace calls on -method Program::Main -helpers", *TO_THE_END,
        "clr-trace calls -method Program::Main --json", timeout=300)  # fmt: skip
    main = [c for c in done.json["events"] if c["method"] == "Program::Main"]
    areas = [(c["kind"], c["callee"]) for c in main if c["declared"].endswith("::Area")]
    assert areas == [("virtual", "Square::Area"), ("virtual", "Line::Area")] * 3, done.text
    assert [c["callee"] for c in main if c["kind"] == "interface"] == ["Thing::Name"]
    assert {"[new]", "[newarr]", "[box]"} <= {c["callee"] for c in main}
