"""docs/commands.md tells what the commands tell."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.docs import commands


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return commands.registered()


def test_the_reference_is_that_of_the_commands_now(found: dict[str, Any]) -> None:
    assert commands.DOCUMENT.read_text(encoding="utf-8") == commands.document(found), (
        "run `python -m tests.docs.commands` and look at what it changes"
    )


def test_every_command_is_explained(found: dict[str, Any]) -> None:
    for one in found["commands"]:
        assert one["summary"].endswith("."), one["name"]
        assert one["examples"], f"{one['name']} has no example"
        # Some examples go over several lines, and other commands take part.
        words = " ".join(one["examples"]).split()
        assert {one["name"], "-" + one["name"], *one["aliases"]} & set(words), one["name"]


def test_links_inside_lead_somewhere() -> None:
    text = commands.DOCUMENT.read_text(encoding="utf-8")
    headings = {commands._anchor(h) for h in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    links = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert links and links <= headings, links - headings
