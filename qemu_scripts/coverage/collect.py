"""From a finished run to a report: every method of the assemblies, compiled or not."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from decoders.il import Instruction, disassemble_partly
from decoders.metadata import Assembly, Method, method_signature
from decoders.runtime import CodeRegistry, MethodCode, Runtime
from decoders.source import MethodSource, open_source
from qemu_scripts import paths
from qemu_scripts.coverage.counts import EdgeIndex, IlCounts, destinations, il_counts
from qemu_scripts.coverage.model import Branch, FileReport, MethodReport, Report
from qemu_scripts.errors import UsageError
from qemu_scripts.traces.table import Coverage

#: The class library is not what somebody tests, unless asked for.
LIBRARY = "korlib"


def chosen(files: Sequence[Path], globs: Sequence[str]) -> list[Path]:
    """The assembly files that are wanted; without globs all but the class library."""
    if not globs:
        return [file for file in files if file.stem != LIBRARY]
    found = [f for f in files if any(fnmatchcase(f.stem, g.removesuffix(".dll")) for g in globs)]
    if not found:
        names = ", ".join(file.stem for file in files)
        raise UsageError(f"no assembly of this run is named {' or '.join(globs)}; it has {names}")
    return found


def collect(
    what: str, runtime: Runtime, found: Coverage, files: Sequence[Path]
) -> Report:
    """The report over `files`. Raises UsageError when none of them has line information."""
    edges = EdgeIndex(found.edges)
    codes: dict[tuple[str, int], list[MethodCode]] = {}
    mvids = {loaded.address: str(loaded.mvid) for loaded in runtime.assemblies}
    for code in CodeRegistry(runtime).methods():
        record = code.method.record
        codes.setdefault((mvids[record.assembly], record.token), []).append(code)
    by_file: dict[str, FileReport] = {}
    unmarked, without = 0, []
    for path in files:
        assembly = Assembly.open(path)
        reader = open_source(assembly, path)
        if reader is None:
            without.append(path.name)
            continue
        for rid in _method_rows(assembly):
            method = assembly.method(rid)
            if not method.has_body:
                continue
            source = reader.method(method.token)
            compiled = codes.get((str(assembly.mvid), method.token), [])
            report = _method(runtime, method, source, compiled, found, edges)
            if report is None or source is None:
                unmarked += 1
                continue
            name = next(p.file for p in source.points if not p.hidden)
            file = by_file.get(name)
            if file is None:
                file = by_file[name] = _file(name, path)
            file.methods.append(report)
    if not by_file:
        raise UsageError(
            f"{' and '.join(without) or 'the program'} has no line information; "
            "compile with -debug and keep the .mdb or .pdb beside it"
        )
    for file in by_file.values():
        file.methods.sort(key=lambda method: method.line)
    ordered = sorted(by_file.values(), key=lambda file: file.name)
    return Report(what, ordered, unmarked, found.lost)


def _method_rows(assembly: Assembly) -> list[int]:
    return [rid for definition in assembly.types for rid in definition.method_rows]


def _method(
    runtime: Runtime, method: Method, source: MethodSource | None,
    compiled: Sequence[MethodCode], found: Coverage, edges: EdgeIndex,
) -> MethodReport | None:  # fmt: skip
    points = [p for p in source.points if not p.hidden] if source is not None else []
    if source is None or not points:
        return None
    il: list[Instruction] = disassemble_partly(method.body.il)[0]
    counts = IlCounts()
    for code in compiled:
        counts.add(il_counts(code, il, found, edges))
    first = min(points, key=lambda p: p.il)
    name = method_signature(runtime.universe, method)
    report = MethodReport(
        method.assembly.name, method.owner.full_name, name, first.line, counts.calls,
        bool(compiled),
    )  # fmt: skip
    file = first.file
    for point in points:
        if point.file == file:
            count = counts.instructions.get(point.il, 0)
            report.statements.append((point.line, point.column, count))
    for instruction in il:
        ways = destinations(instruction)
        place = source.at(instruction.offset)
        if len(ways) < 2 or place is None or place.file != file:
            continue
        taken = counts.ways.get(instruction.offset, {})
        if compiled and len(taken) < len(ways):
            continue  # both ways lead to the same place, or it is code that nothing reaches
        ran = counts.instructions.get(instruction.offset, 0) > 0
        report.branches.append(
            Branch(
                instruction.offset, place.line, tuple(taken.get(way, 0) for way in ways), ran
            )
        )
    return report


def _file(name: str, assembly: Path) -> FileReport:
    """Finds a source: compilers write paths as they were given."""
    for base in (Path(), assembly.parent, paths.ROOT):
        path = base / name.replace("\\", "/")
        if path.is_file():
            stale = path.stat().st_mtime > assembly.stat().st_mtime
            return FileReport(name, path.resolve(), stale)
    beside = assembly.parent / name.replace("\\", "/").rpartition("/")[2]
    if beside.is_file():
        return FileReport(name, beside.resolve(), beside.stat().st_mtime > assembly.stat().st_mtime)
    return FileReport(name, None, False)


def counts_by_method(runtime: Runtime, found: Coverage) -> dict[str, IlCounts]:
    """IL counts of all compiled methods, by signature; bodies of one method are summed."""
    edges = EdgeIndex(found.edges)
    result: dict[str, IlCounts] = {}
    for code in CodeRegistry(runtime).methods():
        if code.method.record.token >> 24 != 6:
            continue
        il = disassemble_partly(runtime.metadata_method(code.method).body.il)[0]
        name = runtime.method_name(code.method, signature=True)
        result.setdefault(name, IlCounts()).add(il_counts(code, il, found, edges))
    return result
