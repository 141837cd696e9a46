"""Coverage and profiles of managed code: addresses become IL offsets, lines, methods and types."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from decoders.errors import DecodeError
from decoders.runtime import CodeKind, CodeRegistry, MethodCode, Runtime
from qemu_scripts.traces.kernel_image import KernelImage
from qemu_scripts.traces.table import Coverage, Profile

#: What lies below is not the kernel: the firmware's and the boot loader's calls stay on the stack.
_HIGH_HALF = 1 << 63


@dataclass(frozen=True)
class MethodCoverage:
    """What ran of one compiled method.

    counts: executions by IL offset, of every IL instruction that made code. branches: by IL offset
    of a branch, executions by native target's IL offset.
    """

    code: MethodCode
    name: str
    counts: dict[int, int]
    branches: dict[int, dict[int, int]]

    @property
    def covered(self) -> int:
        """IL instructions that ran at least once."""
        return sum(count > 0 for count in self.counts.values())


def method_coverage(runtime: Runtime, found: Coverage) -> list[MethodCoverage]:
    """Coverage of every compiled method, by address.

    An IL instruction counts as often as its first machine instruction began; one that made no code
    of its own counts with what follows it.
    """
    by_source: dict[int, list[tuple[int, int]]] = {}
    for (source, target), count in found.edges.items():
        by_source.setdefault(source, []).append((target, count))
    result = []
    for code in CodeRegistry(runtime).methods():
        counts: dict[int, int] = {}
        for entry in code.map:
            counts[entry.il] = found.instructions.get(code.start + entry.native, 0)
        branches: dict[int, dict[int, int]] = {}
        for source in range(code.start, code.end):
            for target, count in by_source.get(source, ()):
                at, to = code.map_at(source - code.start), code.map_at(target - code.start)
                if at is None or to is None or not code.start <= target < code.end:
                    continue
                if to.native != target - code.start and to.il == at.il:
                    continue  # inside the code of one IL instruction
                targets = branches.setdefault(at.il, {})
                targets[to.il] = targets.get(to.il, 0) + count
        name = runtime.method_name(code.method)
        result.append(MethodCoverage(code, name, counts, branches))
    return result


def namer(runtime: Runtime, image: KernelImage) -> Callable[[int], str]:
    """Names for code addresses: a managed method, a stub, or a function of the kernel."""
    registry = CodeRegistry(runtime)
    functions = sorted(
        (symbol.address, symbol.address + symbol.size, symbol.name)
        for symbols in image.symbols.values()
        for symbol in symbols
        if symbol.size
    )
    known: dict[int, str] = {}

    def name(address: int) -> str:
        found = known.get(address)
        if found is None:
            found = known[address] = _name(address)
        return found

    def _name(address: int) -> str:
        place = registry.find(address)
        if place is not None and place.method is not None:
            prefix = "" if place.kind is CodeKind.METHOD else "thunk of "
            return prefix + runtime.method_name(place.method)
        if place is not None and place.name:
            return f"[{place.name}]"
        index = bisect_right(functions, (address, _HIGH_HALF << 1, "")) - 1
        if index >= 0 and address < functions[index][1]:
            return functions[index][2]
        return f"{address:#x}"

    return name


def collapsed(profile: Profile, name: Callable[[int], str]) -> dict[str, int]:
    """Instructions by stack, "outermost;...;innermost" as flame-graph tools read it."""
    result: dict[str, int] = {}
    for sample in profile.samples:
        frames = [name(a) for a in sample.calls if a >= _HIGH_HALF]
        frames.append(name(sample.pc) if sample.pc >= _HIGH_HALF else "(firmware and boot)")
        key = ";".join(frames)
        result[key] = result.get(key, 0) + sample.instructions
    return result


def allocations(profile: Profile, runtime: Runtime) -> dict[str, int]:
    """Objects made, by type name."""
    result: dict[str, int] = {}
    for (_, table), count in profile.allocations.items():
        try:
            type_name = runtime.type_name(runtime.type_of_table(table).address)
        except DecodeError:
            type_name = f"(no MethodTable: {table:#x})"
        result[type_name] = result.get(type_name, 0) + count
    return result
