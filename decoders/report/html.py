"""The report as one HTML file: no scripts, nothing from elsewhere, readable without colour."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from decoders.report.framepicture import frame_svg, overlaps, slots_of
from decoders.report.model import (
    Report,
    Status,
    coverage_text,
    finding_title,
    frame_of,
    store_of,
)
from decoders.report.style import CSS
from decoders.report.text import MAX_TYPES, printable, printable_lines, status_word

MAX_LISTING = 160
_MARKS = {Status.HEALTHY: "✓", Status.WRONG: "✗", Status.HANG: "⏸", Status.UNUSABLE: "?"}


def esc(text: object) -> str:
    """Guest text as HTML: control characters spelt out, markup escaped."""
    return html.escape(printable(text), quote=True)


def to_html(report: Report) -> str:
    """The whole page."""
    sections = [
        ("findings", "What is wrong", _findings(report)),
        ("frame", "The frame", _frame(report)),
        ("culprit", "The method that is to blame", _culprit(report)),
        ("stack", "The stack", _stack(report)),
        ("objects", "Objects", _objects(report)),
        ("code", "Machine code with IL", _listing(report)),
        ("heap", "The heap", _heap(report)),
        ("console", "Console", _console(report)),
        ("run", "The run", _run(report)),
    ]
    shown = [(i, t, b) for i, t, b in sections if b]
    links = "".join(f'<a href="#{i}">{t}</a>' for i, t, _ in shown)
    body = "".join(f'<section id="{i}"><h2>{t}</h2>{b}</section>' for i, t, b in shown)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{esc(status_word(report))}: {esc(report['verdict']['title'])}</title>"
        f"<style>{CSS}</style></head>\n<body>{_verdict(report)}<nav>{links}</nav>"
        f"<main>{body}</main></body></html>\n"
    )


def _verdict(report: Report) -> str:
    verdict = report["verdict"]
    status = Status(verdict["status"])
    lines = "".join(f"<li>{esc(line)}</li>" for line in verdict["lines"])
    return (
        f'<header class="{verdict["kind"]}"><div><p class="word"><span class="mark">'
        f"{_MARKS[status]}</span> {status_word(report)}</p><h1>{esc(verdict['title'])}</h1>"
        f"<ul>{lines}</ul></div></header>"
    )


def _findings(report: Report) -> str:
    doctor = report["doctor"]
    parts = [_failed_check(report["fault"])]
    for number, finding in enumerate(doctor["findings"] if doctor else [], 1):
        parts.append(_finding(number, finding, store_of(report, finding)))
    if doctor and doctor["consequences"]:
        rows = "".join(
            f"<li>{esc(finding_title(f))}<br><small>follows from {esc(f['cause'])}</small></li>"
            for f in doctor["consequences"])
        parts.append(f"<details><summary>{len(doctor['consequences'])} more that follow from these"
                     f"</summary><ul>{rows}</ul></details>")
    fault = report["fault"]
    view = fault["explanation"] if fault else None
    if view and view["explanations"]:
        rows = "".join(
            f"<li><b>{esc(e['text'])}</b><br><small>{esc('; '.join(e['evidence']))}</small></li>"
            for e in view["explanations"])
        parts.append(f"<h3>Readings of the fault address {esc(fault['cr2'])}, likeliest first</h3>"
                     f"<ol>{rows}</ol>")
    for problem in [*report["problems"], *(doctor["problems"] if doctor else [])]:
        parts.append(f'<p class="problem">! {esc(problem)}</p>')
    if doctor:
        looked = esc(coverage_text(doctor["coverage"]))
        parts.append(f"<p class=dim>clr-doctor looked at {looked}.</p>")
    return "".join(parts)


def _failed_check(fault: dict[str, Any] | None) -> str:
    check = fault["check"] if fault else None
    if check is None:
        return ""
    rows = "".join(
        f"<dt>{name}</dt><dd>"
        + ("unknown" if check[name] is None else f"<code>{esc(check[name])}</code>") + "</dd>"
        for name in ("what", "expected", "actual"))
    problem = f'<p class="problem">! {esc(check["problem"])}</p>' if check["problem"] else ""
    return f"<article><h3>The check that failed</h3><dl>{rows}</dl>{problem}</article>"


def _finding(number: int, finding: dict[str, Any], store: dict[str, Any] | None) -> str:
    place = finding["place"]
    where = [place["assembly"], place["method"] or place["type"]]
    text = "!".join(w for w in where if w)
    if place["il_offset"] is not None:
        text += f" IL_{place['il_offset']:04x}"
    if place["il"]:
        text += f" {place['il']}"
    if place["file"]:
        text += f", {place['file']}:{place['line']}"
    evidence = "".join(f"<li>{esc(e)}</li>" for e in finding["evidence"] if e)
    return (
        f'<article><h3>{number}. {esc(finding_title(finding))}</h3>'
        f'<p class="dim">{esc(finding["rule"]["sentence"])} '
        f"({esc(finding['certainty']).lower()})</p>"
        "<dl>"
        f"<dt>where</dt><dd><code>{esc(text)}</code></dd>"
        f"<dt>claimed</dt><dd><code>{esc(finding['claimed'])}</code></dd>"
        f"<dt>expected</dt><dd><code>{esc(finding['expected'])}</code></dd>"
        f"<dt>the fault</dt><dd>{esc(finding['relation'])}</dd>{_store(store)}</dl>"
        + (f"<ul class=evidence>{evidence}</ul>" if evidence else "") + "</article>"
    )


def _store(store: dict[str, Any] | None) -> str:
    """Who wrote what the finding shows to be overwritten: rows of its list."""
    if store is None:
        return ""
    place = store["place"]
    code = f"<br><code>{esc(place['pc'])}: {esc(place['instruction'])}</code>" if place else ""
    return f"<dt>written</dt><dd>{esc(store['sentence'])}{code}</dd>"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], kind: str = "") -> str:
    """`rows` hold HTML already."""
    top = "".join(f"<th>{esc(h)}</th>" for h in head)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return (f'<div class="wide"><table class="{kind}"><thead><tr>{top}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>")


def _code(text: object) -> str:
    return f"<code>{esc(text)}</code>" if text not in ("", None) else ""


def _frame(report: Report) -> str:
    frame = frame_of(report)
    if frame is None:
        return ""
    if "method" not in frame:
        pairs = [[esc(n), _code(v)] for n, v in [*frame["arguments"], *frame["locals"]]]
        place = f" at {esc(frame['file'])}:{frame['line']}" if frame["file"] else ""
        name = frame["name"] or frame["pc"]
        return (f"<p><code>{esc(name)}</code> ({esc(frame['kind'])}){place}: "
                f"<code>{esc(frame['instruction'])}</code></p>"
                + (_table(["name", "value"], pairs) if pairs else ""))
    head = f"<p><b>{esc(frame['method'])}</b>"
    if frame["file"]:
        head += f" at {esc(frame['file'])}:{frame['line']}"
    head += (f"<br>{_code(frame['il'])}<br>"
             f"<code>{esc(frame['pc'])}: {esc(frame['instruction'])}</code></p>")
    shared = "".join(
        f'<p class="problem">! {high - low} bytes at rbp{low:+d} belong to more than one slot: '
        f"{esc(', '.join(names))}</p>" for low, high, names in overlaps(slots_of(frame)))
    rows = [
        [_code(s["where"] or (f"rbp{s['offset']:+d}" if s["offset"] is not None else "")),
         esc(s["name"]), esc(s["role"].lower().replace("_", " ")), _code(s["type"]),
         str(s["size"]), _code(s["value"]["text"] if s["value"] else ""), esc(s["note"])]
        for s in frame["slots"]]
    table = _table(["place", "name", "what", "type", "size", "value", "note"], rows)
    problems = "".join(f'<p class="problem">! {esc(p)}</p>' for p in frame["problems"])
    return (head + shared + frame_svg(frame) + problems
            + f"<details><summary>The same as a table</summary>{table}</details>")


def _stack(report: Report) -> str:
    stack = report["stack"]
    if not stack or not stack["lines"]:
        text = report["text"].get("stack", "")
        return f"<pre>{html.escape(printable_lines(text))}</pre>" if text else ""
    rows = []
    for entry in stack["lines"]:
        line = entry["line"]
        name = line["name"] or f"{line['pc']} ??"
        arguments = ", ".join(f"{n}={v}" for n, v in line["arguments"])
        il = f" IL_{line['il_offset']:04x}" if line["il_offset"] is not None else ""
        place = f"{line['file']}:{line['line']}" if line["file"] else ""
        shown = f"<code>{esc(name)}</code>"
        if line["kind"] in ("managed", "native"):
            shown += f"<small>({esc(arguments)}){esc(il)}</small>"
        rows.append([f"#{line['level']}", f'<span class="kind {esc(line["kind"])}">'
                     f"{esc(line['kind'])}</span>", shown, esc(place), esc(line["note"])])
    end = f'<p class="problem">! {esc(stack["end"])}</p>' if stack["end"] else ""
    return _table(["", "kind", "frame", "source", ""], rows, "stack") + end


def _objects(report: Report) -> str:
    return "".join(_object(found) for found in report["objects"] or [])


def _object(found: dict[str, Any]) -> str:
    data = bytes.fromhex(found["bytes"])
    rows = _array_rows(found, data) if found["length"] is not None else _field_rows(found, data)
    sizes = f"{found['size']} bytes"
    if found["length"] is not None:
        sizes += f", length {found['length']}, stride {found['stride']}"
    for what, key in (("BaseSize", "base_size"), ("ComponentSize", "component_size")):
        claimed, expected = found[f"claimed_{key}"], found[f"expected_{key}"]
        sizes += f"; {what} {claimed}"
        if claimed != expected:
            sizes += f" ✗ expected {expected}"
    problems = "".join(f'<p class="problem">! {esc(d)}</p>' for d in found["differences"])
    return (
        f"<h3><code>{esc(found['type'])}</code> at {esc(found['address'])}</h3>"
        f"<p class=dim>{esc(found['where'])}; {esc(sizes)}</p>"
        + _table(["claimed", "metadata", "bytes", "field", "type", "value"], rows, "bytes")
        + ("<p class=dim>(the rest of the bytes is left out)</p>" if found["truncated"] else "")
        + problems
    )


def _hex(data: bytes, start: int, end: int) -> str:
    piece = data[max(0, start) : max(0, end)]
    text = piece[:32].hex(" ") + (" …" if len(piece) > 32 else "")
    return f"<code>{text}</code>" if piece else "<span class=dim>not in the object</span>"


def _field_rows(found: dict[str, Any], data: bytes) -> list[list[str]]:
    rows = [["+0", "+0", _hex(data, 0, 8), "<i>MethodTable</i>", "", ""]]
    fields = sorted(
        found["fields"], key=lambda f: (f["claimed_offset"] is None, f["claimed_offset"] or 0))
    position = 8
    for item in fields:
        start = item["claimed_offset"]
        claimed = "none" if start is None else f"+{start}"
        expected = "none" if item["expected_offset"] is None else f"+{item['expected_offset']}"
        if start is not None:
            if position < start <= len(data):
                rows.append([f"+{position}", "", _hex(data, position, start),
                             "<span class=dim>padding</span>", "", ""])
            position = max(position, start + item["size"])
        mark = " <b>✗ differs</b>" if item["differs"] else ""
        value = _hex(data, start, start + item["size"]) if start is not None else ""
        rows.append([claimed, expected + mark, value, f"<b>{esc(item['name'])}</b>",
                     _code(item["type"]), _code(item["value"])])
    if position < found["size"]:
        rows.append([f"+{position}", "", _hex(data, position, found["size"]),
                     "<span class=dim>padding</span>", "", ""])
    return rows


def _array_rows(found: dict[str, Any], data: bytes) -> list[list[str]]:
    rows = [["+0", "+0", _hex(data, 0, 8), "<i>MethodTable</i>", "", ""],
            ["+8", "+8", _hex(data, 8, 12), "<i>length</i>", "", str(found["length"])]]
    stride, expected = found["stride"], found["expected_component_size"]
    first = (found["claimed_base_size"] or 16)
    for index, text in enumerate(found["elements"]):
        start, right = first + index * stride, first + index * expected
        mark = " <b>✗ differs</b>" if start != right else ""
        rows.append([f"+{start}", f"+{right}{mark}", _hex(data, start, start + stride),
                     f"[{index}]", "", _code(text)])
    return rows


_ROLES = {
    "argument": "ARGUMENT", "return address": "RETURN_ADDRESS", "saved rbp": "SAVED_RBP",
    "saved register": "SAVED_REGISTER", "saved": "SAVED_REGISTER", "local": "LOCAL",
    "temporary": "TEMPORARY",
}


def _culprit(report: Report) -> str:
    """The frame layout that the blamed method would make: it has returned, or was never called."""
    found = report["culprit"]
    if not found:
        return ""
    layout = found["frame"]
    slots = [
        {"name": s["name"] or s["kind"], "offset": s["claimed"], "size": s["size"], "where": "",
         "role": _ROLES.get(s["kind"], "LOCAL" if s["kind"] == "local" else "SAVED_REGISTER"),
         "type": s["type"], "model_type": "", "value": None, "note": s["coded"]}
        for s in layout["slots"] if s["claimed"] is not None]
    problems = "".join(f'<p class="problem">! {esc(_difference(d))}</p>'
                       for d in layout["differences"])
    return (f"<p><b>{esc(layout['method'])}</b>, frame of {layout['frame_size']} bytes. "
            f"{esc(found['finding'])}</p>{frame_svg({'method': layout['method'], 'slots': slots})}"
            f"{problems}<details><summary>Its machine code</summary>{_code_of(found['listing'])}"
            "</details>")


def _difference(one: dict[str, Any]) -> str:
    return (f"{one['subject']}: {one['what']} is {one['claimed']}, "
            f"{one['source']} says {one['expected']}")


def _listing(report: Report) -> str:
    return _code_of(report["listing"]) if report["listing"] else ""


def _code_of(listing: dict[str, Any]) -> str:
    lines = listing["lines"]
    first, last = 0, len(lines)
    if last > MAX_LISTING:
        middle = next((i for i, line in enumerate(lines) if line["current"]), 0)
        first = max(0, min(middle - MAX_LISTING // 2, last - MAX_LISTING))
        last = first + MAX_LISTING
    rows = []
    for line in lines[first:last]:
        if line["region"]:
            rows.append('<tr class="region"><td></td><td colspan="3">'
                        f'{esc(line["region"])}</td></tr>')
        if line["file"]:
            rows.append('<tr class="src"><td></td><td colspan="3">'
                        f'{esc(line["file"])}:{line["line"]}</td></tr>')
        if line["il"]:
            rows.append(f'<tr class="il"><td></td><td colspan="3">{esc(line["il"])}</td></tr>')
        kind, mark = (' class="now"', "▶") if line["current"] else ("", "")
        note = f" <span class=dim>; {esc(line['note'])}</span>" if line["note"] else ""
        rows.append(f"<tr{kind}><td>{mark}</td><td>{esc(line['address'])}</td>"
                    f"<td class=raw>{esc(line['bytes'])}</td>"
                    f"<td>{esc(line['text'])}{note}</td></tr>")
    left = len(lines) - (last - first)
    more = ""
    if left:
        more = (f"<p class=dim>{left} instructions further away are left out "
                "(report.json has all).</p>")
    return (
        f"<p><b>{esc(listing['method'])}</b>, {listing['size']} bytes at {esc(listing['start'])}, "
        f"frame of {listing['frame_size']} bytes; ▶ marks where it stood</p>"
        f'<div class="wide"><table class="asm"><tbody>{"".join(rows)}</tbody></table></div>{more}'
    )


def _heap(report: Report) -> str:
    heap = report["heap"]
    if not heap:
        return ""
    most = max((r["bytes"] for r in heap["statistics"]), default=1) or 1
    rows = [
        [f'<span class="bar" style="width:{100 * r["bytes"] / most:.0f}px"></span>',
         str(r["bytes"]), str(r["count"]), _code(r["type"])]
        for r in heap["statistics"][:MAX_TYPES]]
    left = len(heap["statistics"]) - MAX_TYPES
    more = f"<p class=dim>and {left} more types</p>" if left > 0 else ""
    problem = f'<p class="problem">! {esc(heap["problem"])}</p>' if heap["problem"] else ""
    return (
        f"<p>{heap['count']} blocks, {heap['bytes']} bytes in {len(heap['segments'])} segments.</p>"
        + _table(["", "bytes", "blocks", "type"], rows, "heap") + more + problem
    )


def _console(report: Report) -> str:
    if not report["serial_tail"]:
        return ""
    text = html.escape("\n".join(map(printable, report["serial_tail"])))
    return ("<details open><summary>The end of it (serial.log has all)</summary>"
            f"<pre>{text}</pre></details>")


def _run(report: Report) -> str:
    run, contract = report["run"], report["contract"]
    rows = [["how it ended", esc(run["ended"])], ["message", esc(run.get("message", ""))]]
    if run.get("program"):
        rows.append(["program", _code(run["program"])])
    for key, value in sorted((run.get("kernel_arguments") or {}).items()):
        rows.append([esc(key), _code(value)])
    if contract:
        rows.append(["kernel build", _code(contract["build_id"])])
        for one in contract["assemblies"]:
            rows.append([f"assembly {esc(one['name'])}", _code(one["mvid"])])
    registers = report["registers"] or {}
    table = _table(["register", "value"], [[esc(n), _code(v)] for n, v in registers.items()])
    tail = ""
    if registers:
        tail = f"<details><summary>Registers where it stopped</summary>{table}</details>"
    return _table(["", ""], rows, "plain") + tail
