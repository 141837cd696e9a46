"""The report for a terminal or a log: plain text, verdict first."""

from __future__ import annotations

from decoders.report.model import Report, Status

_HEADINGS = (
    ("doctor", "what clr-doctor found"), ("frame", "the frame"), ("stack", "the stack"),
    ("listing", "machine code with IL"),
)
MAX_TYPES = 20
_WORDS = {
    Status.HEALTHY: "NOTHING WRONG", Status.WRONG: "WRONG", Status.HANG: "HANG",
    Status.UNUSABLE: "NOT CHECKED",
}


def printable(text: object) -> str:
    """A guest's text with control characters written as escapes: nothing reaches a terminal."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in str(text))


def printable_lines(text: object) -> str:
    """The same for text of several lines."""
    return "\n".join(printable(line) for line in str(text).split("\n"))


def status_word(report: Report) -> str:
    """The verdict in a word or two."""
    return _WORDS[Status(report["verdict"]["status"])]


def verdict_text(report: Report) -> str:
    """The verdict alone, for the terminal."""
    verdict = report["verdict"]
    lines = [f"{status_word(report)}: {printable(verdict['title'])}"]
    lines += [f"  {printable(line)}" for line in verdict["lines"]]
    return "\n".join(lines)


def to_text(report: Report) -> str:
    """The whole report as text."""
    parts = ["clrscope post-mortem", "", verdict_text(report)]
    for name, heading in _HEADINGS:
        if name in report["text"]:
            parts += _section(heading, printable_lines(report["text"][name]))
        if name == "doctor" and report["doctor"] and report["doctor"]["stores"]:
            parts += _section("who overwrote memory", _stores(report["doctor"]["stores"]))
    for found in report["objects"] or []:
        parts += _section(
            f"object {found['address']}, {printable(found['type'])}", _object(found))
    if report["heap"]:
        parts += _section("the heap", _heap(report["heap"]))
    if report["problems"]:
        parts += _section(
            "what could not be had", "\n".join(f"! {printable(p)}" for p in report["problems"]))
    if report["serial_tail"]:
        parts += _section(
            "the end of the kernel's console", "\n".join(map(printable, report["serial_tail"])))
    return "\n".join(parts) + "\n"


def _section(heading: str, text: str) -> list[str]:
    return ["", f"==== {heading} ====", "", text]


def _stores(stores: list[Report]) -> str:
    lines = []
    for store in stores:
        lines += [printable(store["finding"]), f"  {printable(store['sentence'])}"]
        chosen = next((s for s in store["suspects"] if s["target"] == store["target"]), None)
        if chosen is not None:
            lines.append(f"  {printable(chosen['why'])} ({chosen['certainty']})")
        place = store["place"]
        if place is not None:
            lines.append(f"  {printable(place['pc'])}: {printable(place['instruction'])}")
    return "\n".join(lines)


def _object(found: Report) -> str:
    lines = [f"{printable(found['where'])}; {found['size']} bytes"]
    if found["length"] is not None:
        lines[0] += f", length {found['length']}, stride {found['stride']}"
    for row in found["fields"]:
        mark = f"   <- metadata says +{row['expected_offset']}" if row["differs"] else ""
        place = "?" if row["claimed_offset"] is None else f"+{row['claimed_offset']}"
        lines.append(
            f"  {place:<5} {printable(row['name'])}: {printable(row['type'])} = "
            f"{printable(row['value'])}{mark}")
    lines += [f"  [{i}] {printable(e)}" for i, e in enumerate(found["elements"])]
    lines += [f"  ! {printable(d)}" for d in found["differences"]]
    return "\n".join(lines)


def _heap(heap: Report) -> str:
    lines = [f"{heap['count']} blocks, {heap['bytes']} bytes, {len(heap['segments'])} segments"]
    rows = heap["statistics"]
    lines += [
        f"  {r['bytes']:>10} {r['count']:>8}  {printable(r['type'])}" for r in rows[:MAX_TYPES]]
    if len(rows) > MAX_TYPES:
        lines.append(f"  and {len(rows) - MAX_TYPES} more types")
    if heap["problem"]:
        lines.append(f"! {printable(heap['problem'])}")
    return "\n".join(lines)
