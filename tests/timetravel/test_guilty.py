"""For each fault that overwrites memory, going back and the store log name the same store."""

from __future__ import annotations

import html
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from decoders.report import RENDERERS
from decoders.report.model import finding_title
from qemu_scripts.postmortem.second_run import store_answers
from qemu_scripts.run import RunOptions
from tests.timetravel.conftest import OVERWRITES, Overwrite, clrscope, debug_replay

pytestmark = [pytest.mark.guest, pytest.mark.slow]


def places(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The store and what it copied from, newest first."""
    result = []
    link: dict[str, Any] | None = found
    while link is not None:
        assert link["write"] is not None, found
        result.append(link["write"]["place"])
        link = link["origin"]
    return result


def key(place: dict[str, Any]) -> tuple[Any, ...]:
    caller = place["caller"]
    return (
        place["method"], place["stage"], place["il_offset"], place["instruction"], place["line"],
        None if caller is None else (caller["method"], caller["il_offset"]),
    )


def is_the_guilty(place: dict[str, Any], case: Overwrite) -> None:
    """A store's place is the one that a fault's table row names."""
    assert (place["method"], place["stage"]) == (case.guilty, case.stage)
    assert place["il"].partition(": ")[2] == case.il
    if case.caller:
        assert place["caller"]["method"] == case.caller
        assert place["caller"]["il_offset"] is not None


@pytest.mark.parametrize("case", OVERWRITES, ids=lambda case: case.fault)
def test_all_ways_name_the_store(
    case: Overwrite, record_fault: Callable[[str], Path], tmp_path: Path
) -> None:
    gone_back = debug_replay(record_fault(case.fault), "clr-doctor --json", case.command)
    assert gone_back.status == 0, gone_back.out + gone_back.err
    by_doctor, by_replay = gone_back.json(), places(gone_back.json(1))

    words = ["who-wrote", "--json", *(["--in", case.method] if case.method else [])]
    asked = clrscope(*words, "--fault", case.fault, case.what or "-")
    assert asked.returncode == 0, asked.stderr
    by_log = places(json.loads(asked.stdout)["found"])

    is_the_guilty(by_replay[-1], case)
    assert [key(p) for p in by_log] == [key(p) for p in by_replay]

    # The doctor finds by itself which bytes to ask for, and the post-mortem runs once more.
    answer = by_doctor["stores"][0]
    assert answer["finding"] == finding_title(by_doctor["findings"][0])
    assert answer["source"] == "replay" and answer["certainty"] in ("certain", "likely")
    is_the_guilty(answer["place"], case)

    folder = tmp_path / "report"
    done = clrscope("postmortem", "--fault", case.fault, "--out", folder)
    assert done.returncode == 1, done.stdout + done.stderr
    report = json.loads((folder / "report.json").read_text("utf-8"))
    (told, *_) = report["doctor"]["stores"]
    assert told["source"] == "store log"
    assert key(told["place"]) == key(answer["place"])
    assert (told["finding"], told["certainty"], told["target"]) == (
        answer["finding"], answer["certainty"], answer["target"])
    for name in ("report.txt", "report.html", "junit.xml"):
        assert html.unescape((folder / name).read_text("utf-8")).count(told["sentence"]) >= 1, name
    result = json.loads((folder / "findings.sarif").read_text("utf-8"))["runs"][0]["results"][0]
    (related,) = result["relatedLocations"]
    assert related["message"]["text"] == told["sentence"]
    assert related["physicalLocation"]["region"]["startLine"] == told["place"]["line"]
    assert told["sentence"] in done.stdout


def test_a_dump_remembers_the_second_run_and_a_post_mortem_can_do_without(
    build: Path, tmp_path: Path
) -> None:
    words = ("postmortem", "--fault", "local-slot-8")
    once, twice, again = tmp_path / "once", tmp_path / "twice", tmp_path / "again"
    done = clrscope(*words, "--once", "--out", once)
    assert done.returncode == 1 and "was last written" not in done.stdout
    assert "`clrscope who-wrote 0x" in done.stdout and "`clrscope record`" in done.stdout
    report = json.loads((once / "report.json").read_text("utf-8"))
    (answer,) = report["doctor"]["stores"]
    look = shlex.split(answer["next_look"])
    assert look[:2] == ["clrscope", "who-wrote"] and answer["place"] is None
    # What it says to do does answer.
    asked = clrscope(*look[1:], "--fault", "local-slot-8")
    assert "Scenarios.LocalSlot8::Fill" in asked.stdout, asked.stderr

    # A first run that was another one: the second says so, and names nobody.
    target = answer["suspects"][0]["target"]
    facts = {"doctor": report["doctor"], "which_bytes": [
        {"target": {**target, "what": target["address"]}, "data": "00" * target["size"],
         "registers": {"rip": 4096}} for _ in answer["suspects"]]}
    (refused,) = store_answers(
        RunOptions(fault=("local-slot-8",), on_fault="stop"), report["run"], facts)
    assert refused["place"] is None and "two runs diverged (rip 0x1000 and " in refused["sentence"]

    done = clrscope(*words, "--out", twice)
    assert "was last written by Scenarios.LocalSlot8::Fill" in done.stdout
    for made in (once, twice):
        said = clrscope("postmortem", "--core", made / "guest.core", "--out", again)
        assert said.returncode == 1, said.stderr
        for name in RENDERERS:
            assert (again / name).read_bytes() == (made / name).read_bytes(), name
    assert said.stdout.splitlines()[:4] == done.stdout.splitlines()[:4]
