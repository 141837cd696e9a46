"""lcov's tracefile format (geninfo(1), FILES), as genhtml and most CI services read it."""

from __future__ import annotations

from qemu_scripts.coverage.model import FileReport, Report


def to_lcov(report: Report) -> str:
    """The tracefile."""
    return "".join(_file(file) for file in report.files)


def _file(file: FileReport) -> str:
    out = ["TN:", f"SF:{file.path or file.name}"]
    # Two methods may have one line, but a tracefile knows functions by name: names are signatures.
    out += [f"FN:{method.line},{method.name}" for method in file.methods]
    out += [f"FNDA:{method.calls},{method.name}" for method in file.methods]
    methods, branches, lines = file.method_total, file.branch_total, file.line_total
    out += [f"FNF:{methods.all}", f"FNH:{methods.covered}"]
    for line, found in file.branches.items():
        for block, branch in enumerate(found):
            for number, count in enumerate(branch.ways):
                out.append(f"BRDA:{line},{block},{number},{count if branch.ran else '-'}")
    out += [f"BRF:{branches.all}", f"BRH:{branches.covered}"]
    out += [f"DA:{line},{count}" for line, count in file.lines.items()]
    out += [f"LF:{lines.all}", f"LH:{lines.covered}", "end_of_record"]
    return "\n".join(out) + "\n"
