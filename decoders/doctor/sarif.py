"""A doctor's report as SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format)."""

from __future__ import annotations

import json
from typing import Any

from decoders.doctor.model import Certainty, DoctorReport, Finding
from decoders.doctor.render import next_look
from decoders.doctor.rules import RULES
from decoders.render import to_plain
from decoders.timetravel.sarif import add_store

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Certainty.CERTAIN: "error", Certainty.LIKELY: "warning", Certainty.POSSIBLE: "note"}


def to_sarif(report: DoctorReport) -> str:
    """The report as SARIF text. Consequences are notes that name their cause."""
    order = {name: index for index, name in enumerate(RULES)}
    results = [_result(f, order, _LEVELS[f.certainty]) for f in report.findings]
    for finding, result in zip(report.findings, results, strict=True):
        for answer in report.stores:
            if answer.finding == finding.title():
                add_store(result, to_plain(answer))
    results += [_result(f, order, "note") for f in report.consequences]
    run = {
        "tool": {"driver": {
            "name": "clr-doctor",
            "informationUri": "https://github.com/clrscope/clrscope",
            "rules": [{
                "id": rule.id, "name": "".join(w.title() for w in rule.id.split("-")),
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": rule.sentence},
                "help": {"text": f"Next look: {rule.next_look}"},
                "properties": {"family": rule.family},
            } for rule in RULES.values()],
        }},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"scope": report.scope, "fault": report.fault_text},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(finding: Finding, order: dict[str, int], level: str) -> dict[str, Any]:
    place = finding.place
    text = f"{finding.what}. Claimed: {finding.claimed}; expected: {finding.expected}."
    if finding.cause:
        text += f" It follows from: {finding.cause}."
    result: dict[str, Any] = {
        "ruleId": finding.rule.id, "ruleIndex": order[finding.rule.id], "level": level,
        "message": {"text": text},
        "properties": {
            "certainty": finding.certainty.value, "relation": finding.relation,
            "evidence": [e for e in finding.evidence if e], "nextLook": next_look(finding),
        },
    }
    location: dict[str, Any] = {}
    if place.file and place.line > 0:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": place.file.replace("\\", "/").removeprefix("./")},
            "region": {"startLine": place.line},
        }
    elif place.address:
        location["physicalLocation"] = {"address": {"absoluteAddress": place.address}}
    name = place.method or place.type
    if name:
        logical: dict[str, Any] = {
            "fullyQualifiedName": f"{place.assembly}!{name}" if place.assembly else name,
            "kind": "function" if place.method else "type"}
        location["logicalLocations"] = [logical]
    if location:
        result["locations"] = [location]
    return result
