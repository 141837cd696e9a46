"""What docs/tutorial.md shows of the crash is what a debugger shows of it now."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest

from tests.docs import tutorial


@pytest.mark.guest
def test_every_block_is_what_the_session_prints(build: Path) -> None:
    text = tutorial.DOCUMENT.read_text(encoding="utf-8")
    made = tutorial.filled(text)
    assert made == text, (
        "run `python -m tests.docs.tutorial` and look at what it changes:\n"
        + "\n".join(difflib.unified_diff(text.splitlines(), made.splitlines(), lineterm=""))
    )


def test_no_block_of_output_is_written_by_hand() -> None:
    text = tutorial.DOCUMENT.read_text(encoding="utf-8")
    outside = re.sub(r"<!-- gdb: .+?<!-- end of gdb -->", "", text, flags=re.DOTALL)
    assert "(gdb)" not in outside and "```text" not in outside
    assert len(tutorial.commands_of(text)) >= 8
