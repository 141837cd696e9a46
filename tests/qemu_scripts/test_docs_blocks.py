"""Terminal output in the documentation is real."""

from __future__ import annotations

from pathlib import Path

import pytest

from qemu_scripts import docs_blocks
from qemu_scripts.errors import EnvironmentFault, UsageError

BLOCK = "before\n<!-- real output of: {} -->\n{}<!-- end of real output -->\nafter\n"


@pytest.mark.guest
@pytest.mark.parametrize("file", docs_blocks.documents(), ids=lambda file: file.name)
def test_it_is_what_the_commands_print_now(build: Path, file: Path) -> None:
    differences = docs_blocks.process(file, check=True)
    assert not differences, (
        "run `python -m qemu_scripts.docs_blocks` and look at what it changes:\n"
        + "\n".join(difference.diff for difference in differences)
    )


def test_a_block_is_filled_and_then_stays(tmp_path: Path) -> None:
    file = tmp_path / "x.md"
    file.write_text(BLOCK.format("clrscope build --help; from: usage", ""))
    assert docs_blocks.process(file, check=True)
    assert "usage: clrscope build" not in file.read_text()
    docs_blocks.process(file, check=False)
    text = file.read_text()
    assert "```text\nusage: clrscope build" in text
    assert text.startswith("before\n") and text.endswith("\nafter\n")
    assert docs_blocks.process(file, check=True) == []
    file.write_text(text.replace("usage: ", "usage; "))
    assert len(docs_blocks.process(file, check=True)) == 1


def test_a_part_of_the_output(tmp_path: Path) -> None:
    file = tmp_path / "x.md"
    file.write_text(BLOCK.format("clrscope build --help; from: usage; to: options:", ""))
    docs_blocks.process(file, check=False)
    text = file.read_text()
    assert "usage: clrscope build" in text and "options:" not in text.replace("; to: options:", "")
    file.write_text(BLOCK.format("clrscope build --help; from: usage; to: no such line", ""))
    with pytest.raises(EnvironmentFault, match="prints no line with 'no such line'"):
        docs_blocks.process(file, check=True)


def test_addresses_do_not_count() -> None:
    one = docs_blocks.steady("RIP=0xffffffffa00058e5 (Bind+0x2c9) at [rbx + 0x13]")
    assert one == docs_blocks.steady("RIP=0xffffffffa0001111 (Bind+0x11) at [rbx + 0x13]")
    assert one != docs_blocks.steady("RIP=0xffffffffa0001111 (Bind+0x11) at [rbx + 0x14]")


def test_commands_that_are_not_ours_or_print_something_else(tmp_path: Path) -> None:
    file = tmp_path / "x.md"
    file.write_text(BLOCK.format("rm -rf nothing", ""))
    with pytest.raises(UsageError, match="does not begin with clrscope"):
        docs_blocks.process(file, check=True)
    file.write_text(BLOCK.format("clrscope build --help; from: no such line", ""))
    with pytest.raises(EnvironmentFault, match="prints no line with"):
        docs_blocks.process(file, check=True)
