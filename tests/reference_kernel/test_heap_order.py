"""At any moment the heap can be walked: an object is complete before the heap owns it."""

from __future__ import annotations

from pathlib import Path

import pytest

from decoders.runtime import Block, Heap, HeapProblem
from tests.conftest import Compile
from tests.doctor.machine import COMPILED, booted

pytestmark = pytest.mark.guest
ALLOCATIONS = 40


def test_every_block_is_whole_when_the_allocation_pointer_passes_it(
    build: Path, mcs_compile: Compile
) -> None:
    """A watchpoint stops behind each store of the pointer, before the next instruction."""
    source = Path(__file__).parents[1] / "programs" / "strings.cs"
    lengths = 0
    with booted(mcs_compile(source, options=["-unsafe"]), at=COMPILED, skip=3) as guest:
        runtime = guest.subject().runtime
        field = runtime.contract.type("HeapSegment").field("Allocated")
        pointer = runtime.global_pointer("HeapSegments") + field.offset
        assert guest.stub.ask(f"Z2,{pointer:x},8") == "OK"
        for _ in range(ALLOCATIONS):
            stop = guest.stub.ask("c")
            assert f"watch:{pointer:x}" in stop, stop
            walk = list(Heap(guest.subject().runtime).validate())
            assert [b.message for b in walk if isinstance(b, HeapProblem)] == []
            lengths += isinstance(walk[-1], Block) and bool(walk[-1].length)
    assert lengths > ALLOCATIONS / 4
