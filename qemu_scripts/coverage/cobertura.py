"""Cobertura's XML (coverage-04.dtd), as Jenkins, GitLab and Azure read it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import groupby
from xml.etree import ElementTree as Xml

from qemu_scripts.coverage.model import (
    Branch,
    FileReport,
    MethodReport,
    Report,
    Total,
    branch_total,
)

_DOCTYPE = (
    '<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">'
)


def to_cobertura(report: Report, now: float | None = None) -> str:
    """The document. now: seconds since 1970 for its time stamp."""
    lines, branches = report.line_total, report.branch_total
    root = Xml.Element(
        "coverage",
        {
            **_rates(lines, branches), "lines-covered": str(lines.covered),
            "lines-valid": str(lines.all), "branches-covered": str(branches.covered),
            "branches-valid": str(branches.all), "complexity": "0", "version": "1",
            "timestamp": str(int(1000 * (time.time() if now is None else now))),
        },
    )  # fmt: skip
    sources = Xml.SubElement(root, "sources")
    Xml.SubElement(sources, "source").text = "."
    packages = Xml.SubElement(root, "packages")
    for name, files in _by_assembly(report):
        # A package's rates are those of its methods, since a file may serve two assemblies.
        methods = [method for _, found in files for method in found]
        attributes = {"name": name, "complexity": "0"}
        package = Xml.SubElement(
            packages, "package", {**attributes, **_rates(_lines(methods), branch_total(methods))}
        )
        classes = Xml.SubElement(package, "classes")
        for file, found in files:
            for type_name, members in _by_type(found):
                _class(classes, file, type_name, members)
    Xml.indent(root)
    body = Xml.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{_DOCTYPE}\n{body}\n'


def _by_assembly(report: Report) -> list[tuple[str, list[tuple[FileReport, list[MethodReport]]]]]:
    result: dict[str, list[tuple[FileReport, list[MethodReport]]]] = {}
    for file in report.files:
        found: dict[str, list[MethodReport]] = {}
        for method in file.methods:
            found.setdefault(method.assembly, []).append(method)
        for assembly, methods in found.items():
            result.setdefault(assembly, []).append((file, methods))
    return sorted(result.items(), key=lambda item: item[0])


def _by_type(methods: Iterable[MethodReport]) -> list[tuple[str, list[MethodReport]]]:
    ordered = sorted(methods, key=lambda method: method.type)
    return [(name, list(group)) for name, group in groupby(ordered, key=lambda m: m.type)]


def _counts(methods: Iterable[MethodReport]) -> dict[int, int]:
    result: dict[int, int] = {}
    for method in methods:
        for line, _, count in method.statements:
            result[line] = max(result.get(line, 0), count)
    return dict(sorted(result.items()))


def _lines(methods: Iterable[MethodReport]) -> Total:
    """Lines, of methods that may lie in several files."""
    counts = [count for method in methods for count in _counts([method]).values()]
    return Total(sum(count > 0 for count in counts), len(counts))


def _rates(lines: Total, branches: Total) -> dict[str, str]:
    return {"line-rate": f"{lines.rate:.4f}", "branch-rate": f"{branches.rate:.4f}"}


def _class(
    parent: Xml.Element, file: FileReport, type_name: str, methods: list[MethodReport]
) -> None:
    counts = _counts(methods)
    lines = Total(sum(count > 0 for count in counts.values()), len(counts))
    element = Xml.SubElement(
        parent, "class",
        {"name": type_name, "filename": str(file.path or file.name), "complexity": "0",
         **_rates(lines, branch_total(methods))},
    )  # fmt: skip
    group = Xml.SubElement(element, "methods")
    for method in methods:
        own = _counts([method])
        total = Total(sum(count > 0 for count in own.values()), len(own))
        name, _, parameters = method.name.partition("(")
        one = Xml.SubElement(
            group, "method",
            {"name": name.rpartition(" ")[2].removeprefix(f"{method.type}."),
             "signature": f"({parameters}", "complexity": "0",
             **_rates(total, branch_total([method]))},
        )  # fmt: skip
        _write_lines(one, own, method.branches)
    _write_lines(element, counts, [b for m in methods for b in m.branches])


def _write_lines(parent: Xml.Element, counts: dict[int, int], branches: list[Branch]) -> None:
    group = Xml.SubElement(parent, "lines")
    for line, count in counts.items():
        here = [branch for branch in branches if branch.line == line]
        attributes = {"number": str(line), "hits": str(count), "branch": str(bool(here)).lower()}
        if here:
            total = Total(sum(b.taken for b in here), sum(len(b.ways) for b in here))
            share = f"{100 * total.covered // total.all}%"
            attributes["condition-coverage"] = f"{share} ({total.covered}/{total.all})"
        element = Xml.SubElement(group, "line", attributes)
        if here:
            conditions = Xml.SubElement(element, "conditions")
            for number, branch in enumerate(here):
                kind = "jump" if len(branch.ways) == 2 else "switch"
                Xml.SubElement(
                    conditions, "condition",
                    {"number": str(number), "type": kind,
                     "coverage": f"{100 * branch.taken // len(branch.ways)}%"},
                )  # fmt: skip
