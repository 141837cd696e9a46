"""Coverage and profile of the real kernel against what programs and heap say themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from decoders.runtime import Heap
from decoders.stores.allocations import HEAP_REGION
from qemu_scripts import paths, run
from qemu_scripts.coverage.collect import counts_by_method
from qemu_scripts.profile.files import to_collapsed
from qemu_scripts.traces import table
from qemu_scripts.traces.kernel_image import KernelImage, open_runtime
from qemu_scripts.traces.managed import Namer, allocations, instruction_stacks
from qemu_scripts.traces.plugin import Count, Mode, PluginOptions
from qemu_scripts.traces.session import CODE_REGION, traced_run

PROGRAM = """\
class Node { public Node Next; public int Value; }
static class Program
{
    static int Thirds(int n)
    {
        int found = 0;
        for (int i = 0; i < n; i++)
        {
            if (i % 3 == 0) found++;
        }
        return found;
    }
    static int Never(int n) { return n < 0 ? Thirds(n) : 5; }
    static int Main()
    {
        Node last = null;
        for (int i = 0; i < 40; i++)
        {
            Node node = new Node();
            node.Next = last;
            last = node;
        }
        int[] counts = new int[3];
        counts[0] = Thirds(30);
        return counts[0] + Never(1) == 15 ? 0 : 1;
    }
}
"""


@pytest.fixture
def program(mcs_compile: Callable[..., Path], tmp_path: Path) -> run.RunOptions:
    source = tmp_path / "covered.cs"
    source.write_text(PROGRAM)
    return run.RunOptions(program=mcs_compile(source), output=2)


def test_il_coverage(build: Path, program: run.RunOptions) -> None:
    image = KernelImage(paths.KERNEL)
    wanted = PluginOptions(Mode.COVERAGE, scopes=[image.span(CODE_REGION)], count=Count.OFF)
    with traced_run(program, wanted) as over:
        assert over.outcome.status == 0
        found = table.coverage(over.shared)
        methods = counts_by_method(open_runtime(image, over.ram), found)
    assert found.lost == 0
    thirds = methods["static int Program.Thirds(int n)"]
    assert thirds.calls == 1
    # found++ ran ten times, the test of i % 3 thirty times, the loop's condition 31 times.
    assert {10, 30, 31, 1} <= set(thirds.instructions.values())
    ways = sorted(sorted(targets.values()) for targets in thirds.ways.values())
    assert ways == [[1, 30], [10, 20]]
    never = methods["static int Program.Never(int n)"].instructions
    assert 0 < sum(count > 0 for count in never.values()) < len(never)


def test_allocations_agree_with_the_heap(build: Path, program: run.RunOptions) -> None:
    image = KernelImage(paths.KERNEL)
    wanted = PluginOptions(Mode.PROFILE, alloc=image.span("rt_alloc"), heap=image.span(HEAP_REGION))
    with traced_run(program, wanted) as over:
        assert over.outcome.status == 0
        profile = table.profile(over.shared)
        assert (profile.lost, profile.truncated) == (0, 0)
        runtime = open_runtime(image, over.ram)
        heap: dict[str, int] = {}
        for block in Heap(runtime).blocks():
            name = runtime.type_name(runtime.type_of_table(block.method_table).address)
            heap[name] = heap.get(name, 0) + 1
        assert allocations(profile, runtime) == heap
        assert heap["Node"] == 40
        assert heap["int[]"] >= 1


def test_instructions_by_stack(build: Path, program: run.RunOptions) -> None:
    image = KernelImage(paths.KERNEL)
    with traced_run(program, PluginOptions(Mode.PROFILE)) as over:
        assert over.outcome.status == 0
        profile = table.profile(over.shared)
        stacks = instruction_stacks(profile, Namer(open_runtime(image, over.ram), image))
        assert sum(stacks.values()) == profile.instructions > 1_000_000
        lines = dict(line.rsplit(" ", 1) for line in to_collapsed(stacks).splitlines())
        inner = [key for key in lines if key.endswith("Program::Main;Program::Thirds")]
        assert len(inner) == 1
        assert int(lines[inner[0]]) > 30 * 5
        assert "rt_main" in inner[0] or "rt_" in inner[0]
