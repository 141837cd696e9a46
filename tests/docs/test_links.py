"""Links in the documentation lead to files, and its index has every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qemu_scripts import paths
from qemu_scripts.docs_blocks import documents

_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def _linked(file: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [link for link in _LINK.findall(text) if "://" not in link]


@pytest.mark.parametrize("file", documents(), ids=lambda file: str(file.relative_to(paths.ROOT)))
def test_links_lead_to_files(file: Path) -> None:
    assert [link for link in _linked(file) if not (file.parent / link).exists()] == []


def test_the_index_has_every_page() -> None:
    pages = {file.name for file in (paths.ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages <= set(_linked(paths.ROOT / "docs" / "README.md"))
