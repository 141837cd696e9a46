"""The report as a document (docs/postmortem.md describes it), and the verdict in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum, IntEnum
from typing import Any

SCHEMA = "clrscope-postmortem"
SCHEMA_VERSION = 2
MAX_EVENTS = 200
TAIL_LINES = 60

Report = dict[str, Any]
# The sections that the debugger fills; None where one could not be had.
SECTIONS = ("contract", "fault", "doctor", "frame", "stack", "listing", "objects", "heap",
            "registers", "culprit")


class Ended(Enum):
    """How the machine came to stand still."""

    FAULT = "fault"  # in the kernel's fatal hook
    END = "end"  # the kernel said that it ends
    HANG = "hang"  # the time was over
    RESET = "reset"  # it reset itself: a triple fault
    HALTED = "halted"  # the kernel gave up without its fatal hook
    LOST = "lost"  # QEMU is gone
    STOPPED = "stopped"  # a person stopped it


class Status(IntEnum):
    """Exit statuses of a post-mortem."""

    HEALTHY = 0
    WRONG = 1
    UNUSABLE = 2
    HANG = 3


def make_report(
    run: Mapping[str, Any], facts: Mapping[str, Any] | None, serial: bytes
) -> Report:
    """The document out of how the run went, what the debugger found, and the kernel's console.

    run: `ended` (an Ended value), `message`, what else docs/postmortem.md lists, and `stores`: who
    wrote overwritten bytes, by a second run. facts: None when no debugger could look.
    """
    known: Mapping[str, Any] = facts or {}
    report: Report = {"schema": SCHEMA, "version": SCHEMA_VERSION, "verdict": {}}
    events = list(run.get("events", []))
    told = {
        **{key: value for key, value in run.items() if key != "stores"},
        "events": events[:MAX_EVENTS], "events_left_out": max(0, len(events) - MAX_EVENTS)}
    # In one order, whether it comes from a run or from a dump's notes.
    report["run"] = json.loads(json.dumps(told, sort_keys=True))
    for name in SECTIONS:
        report[name] = known.get(name)
    if report["doctor"] and "stores" in run:
        # Of a second run, which a dump remembers.
        stores = json.loads(json.dumps(run["stores"], sort_keys=True))
        report["doctor"] = {**report["doctor"], "stores": stores}
    report["text"] = dict(known.get("text", {}))
    report["problems"] = list(known.get("problems", []))
    lines = serial.decode("utf-8", "replace").splitlines()
    report["serial_tail"] = lines[-TAIL_LINES:]
    report["verdict"] = _verdict(report, looked=facts is not None)
    return report


def _verdict(report: Report, looked: bool) -> dict[str, Any]:
    run, doctor = report["run"], report["doctor"]
    ended = Ended(run["ended"])
    findings = doctor["findings"] if doctor else []
    what = _what_happened(report, ended)
    lines: list[str] = []
    if findings:
        title = finding_title(findings[0])
        lines.append(what)
        if findings[0]["relation"]:
            lines.append(findings[0]["relation"])
        store = store_of(report, findings[0])
        if store is not None:
            lines.append(store["sentence"])
        if len(findings) > 1:
            lines.append(f"and {len(findings) - 1} more findings")
    else:
        title = what
        lines += _explanation(report)
    if not looked:
        lines.append("no debugger could look at the machine: this is what its console said")
    elif doctor is None and report["contract"] is not None:
        lines.append("clr-doctor could not look (see the problems): nothing is known of causes")
    elif doctor is not None and not findings:
        lines.append(f"clr-doctor found nothing wrong: {coverage_text(doctor['coverage'])}")
    status = _status(report, ended, findings, looked)
    if status is Status.UNUSABLE and ended is Ended.END:
        title = f"{title}, but whether all is well could not be checked"
    return {
        "status": int(status), "kind": status.name.lower(), "title": title, "lines": lines,
        "happened": what,
    }


def _status(report: Report, ended: Ended, findings: list[Any], looked: bool) -> Status:
    if ended is Ended.HANG:
        return Status.HANG
    if ended is Ended.LOST:
        return Status.UNUSABLE
    if findings or report["fault"] or ended in (Ended.FAULT, Ended.RESET, Ended.HALTED):
        return Status.WRONG
    run = report["run"]
    if run.get("kind") == "kernel" and run.get("status"):
        return Status.WRONG
    if not looked or report["contract"] is None or report["doctor"] is None:
        return Status.UNUSABLE
    return Status.HEALTHY


def _what_happened(report: Report, ended: Ended) -> str:
    fault, message = report["fault"], str(report["run"].get("message", ""))
    if fault:
        text = str(fault["name"])
        if fault["access"]:
            text += f": {fault['access']}, CR2 {fault['cr2']}"
        if fault["detail"]:
            text += f": {fault['detail']}"
        frame = frame_of(report)
        if frame is not None:
            name = frame.get("method") or frame["name"]
            text += f", in {name}" if name else f", at {frame['pc']}"
        return text if ended is not Ended.HANG else f"{message}; before that: {text}"
    frame = frame_of(report)
    if ended is Ended.HANG and frame is not None:
        place = frame.get("method") or frame["name"] or frame["pc"]
        il = f" at {frame['il']}" if frame.get("il") else ""
        return f"{message}: it was in {place}{il}"
    return message or ended.value


def _explanation(report: Report) -> list[str]:
    fault = report["fault"]
    view = fault["explanation"] if fault else None
    if not view or not view["explanations"]:
        return []
    best = view["explanations"][0]
    return [best["text"], *best["evidence"]]


def frame_of(report: Report) -> dict[str, Any] | None:
    """The frame that the report is about, managed or not."""
    section = report["frame"]
    frame: dict[str, Any] | None = section["frame"] if section else None
    return frame


def finding_title(finding: Mapping[str, Any]) -> str:
    """A doctor's finding as its title line."""
    return f"{finding['rule']['id']}: {finding['what']}"


def store_of(report: Report, finding: Mapping[str, Any]) -> dict[str, Any] | None:
    """Who wrote what a finding shows to be overwritten, or why that is not known; None without."""
    title = finding_title(finding)
    stores = report["doctor"]["stores"] if report["doctor"] else []
    found: dict[str, Any] | None = next((s for s in stores if s["finding"] == title), None)
    return found


def coverage_text(coverage: Mapping[str, Any]) -> str:
    """What the doctor looked at, in a few words."""
    return (
        f"{coverage['types']} types, {coverage['methods']} methods "
        f"({coverage['instructions']} IL instructions), {coverage['blocks']} heap blocks, "
        f"{coverage['frames']} frames"
    )
