"""For each fault that overwrites memory, going back and the store log name the same store."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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


@pytest.mark.parametrize("case", OVERWRITES, ids=lambda case: case.fault)
def test_both_ways_name_the_store(case: Overwrite, record_fault: Callable[[str], Path]) -> None:
    gone_back = debug_replay(record_fault(case.fault), case.command)
    assert gone_back.status == 0, gone_back.out + gone_back.err
    by_replay = places(gone_back.json())

    words = ["who-wrote", "--json", *(["--in", case.method] if case.method else [])]
    asked = clrscope(*words, "--fault", case.fault, case.what or "-")
    assert asked.returncode == 0, asked.stderr
    by_log = places(json.loads(asked.stdout)["found"])

    guilty = by_replay[-1]
    assert guilty["method"] == case.guilty
    assert guilty["stage"] == case.stage
    assert guilty["il"].partition(": ")[2] == case.il
    if case.caller:
        assert guilty["caller"]["method"] == case.caller
        assert guilty["caller"]["il_offset"] is not None
    assert [key(p) for p in by_log] == [key(p) for p in by_replay]
