"""SARIF for a run: the doctor's own log with the run's end in it, or that end alone."""

from __future__ import annotations

import json
from typing import Any

from decoders.report.model import Report, Status, store_of
from decoders.report.text import printable

# Not imported from decoders.doctor, whose emulator takes most of a second to load.
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def to_sarif(report: Report, doctor: str) -> str:
    """`doctor` is what clr-doctor wrote, "" when it could not look."""
    log: dict[str, Any]
    if doctor:
        log = json.loads(doctor)
    else:
        log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [{
            "tool": {"driver": {"name": "clr-doctor", "rules": []}}, "results": []}]}
    run = log["runs"][0]
    # The first results are the findings, in their order.
    for finding, result in zip(
        report["doctor"]["findings"] if report["doctor"] else [], run["results"], strict=False
    ):
        store = store_of(report, finding)
        if store is not None:
            # At first use: it takes the decoders along, and every clrscope command loads this file.
            from decoders.timetravel.sarif import add_store

            add_store(result, store)
    verdict = report["verdict"]
    looked = report["doctor"] is not None
    notes = [{"level": "warning", "message": {"text": printable(p)}} for p in report["problems"]]
    run["invocations"] = [{
        # SARIF 3.20.14: whether the tool ran to its end, not whether it found anything.
        "executionSuccessful": looked, "toolExecutionNotifications": notes}]
    if not run["results"] and verdict["status"] in (Status.WRONG, Status.HANG):
        run["tool"]["driver"].setdefault("rules", []).append({
            "id": "guest-run", "shortDescription": {"text": "The guest ran to its end"}})
        run["results"].append({
            "ruleId": "guest-run", "level": "error",
            "message": {"text": ". ".join(map(printable, [verdict["title"], *verdict["lines"]]))},
            **_place(report)})
    return json.dumps(log, indent=2) + "\n"


def _place(report: Report) -> dict[str, Any]:
    frame = (report["frame"] or {}).get("frame") or {}
    if not frame.get("file") or not frame.get("line"):
        return {}
    uri = str(frame["file"]).removeprefix("./")
    return {"locations": [{"physicalLocation": {
        "artifactLocation": {"uri": uri}, "region": {"startLine": frame["line"]}}}]}
