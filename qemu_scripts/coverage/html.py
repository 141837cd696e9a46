"""One HTML page that needs nothing else: totals, and each source with counts beside its lines."""

from __future__ import annotations

from html import escape
from pathlib import Path

from qemu_scripts.coverage.model import Branch, FileReport, Report, Total
from qemu_scripts.errors import EnvironmentFault

_STYLE = """
:root{--bg:#fff;--fg:#1a1a1a;--dim:#6b6b6b;--line:#e2e2e2;--yes:#dff3dd;--no:#fbdcdc;--part:#fff0c2}
@media(prefers-color-scheme:dark){:root{--bg:#16181c;--fg:#e4e4e4;--dim:#9a9a9a;--line:#33363c;
--yes:#18351b;--no:#4a1c1e;--part:#463a12}}
body{background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif;margin:2em auto;
max-width:72em;padding:0 1em}
h1{font-size:1.4em}h2{font-size:1.1em;margin-top:2.5em;overflow-wrap:anywhere}
a{color:inherit}
.wide{overflow-x:auto}
table{border-collapse:collapse}
.sum td,.sum th{padding:.25em .8em;border-bottom:1px solid var(--line);text-align:right;
font-variant-numeric:tabular-nums;white-space:nowrap}
.sum td:first-child,.sum th:first-child{text-align:left}
.bar{display:inline-block;width:6em;height:.6em;background:var(--no);margin-left:.6em}
.bar i{display:block;height:100%;background:#3c9a46}
.src{font:13px/1.45 ui-monospace,monospace;width:100%}
.src td{padding:0 .6em;white-space:pre;tab-size:4;vertical-align:top}
.src td.n,.src td.c,.src td.b{text-align:right;color:var(--dim);user-select:none}
.src td.b span{cursor:help;border-bottom:1px dotted}
tr.y td.t{background:var(--yes)}tr.x td.t{background:var(--no)}tr.p td.t{background:var(--part)}
.note{color:var(--dim)}
"""


def to_html(report: Report) -> str:
    """The page. Raises EnvironmentFault for a source that can be seen but not read."""
    title = f"Coverage of {escape(report.what)}"
    parts = [
        "<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body>", f"<h1>{title}</h1>",
        _notes(report), _summary(report),
    ]  # fmt: skip
    parts += [_file(index, file) for index, file in enumerate(report.files)]
    parts.append("</body></html>\n")
    return "\n".join(parts)


def _notes(report: Report) -> str:
    notes = [
        "A line shows how often its most executed statement ran; a yellow line ran in part, or "
        "some of its branches went one way only. Point at a branch count for each way's number."
    ]
    if report.lost:
        notes.append(
            f"{report.lost} counters found no room: what counts as not executed may have run."
        )
    if report.unmarked:
        notes.append(
            f"Left out, having no line information (the compiler made them): {report.unmarked}."
        )
    return "".join(f'<p class="note">{escape(note)}</p>' for note in notes)


def _total(total: Total) -> str:
    bar = f'<span class="bar"><i style="width:{100 * total.rate:.1f}%"></i></span>'
    return f"<td>{total.covered}/{total.all}{bar}</td>"


def _summary(report: Report) -> str:
    rows = ["<tr><th>file</th><th>lines</th><th>branches</th><th>methods</th></tr>"]
    for index, file in enumerate(report.files):
        name = escape(file.name.removeprefix("./"))
        rows.append(
            f'<tr><td><a href="#f{index}">{name}</a></td>{_total(file.line_total)}'
            f"{_total(file.branch_total)}{_total(file.method_total)}</tr>"
        )
    rows.append(
        f"<tr><td>total</td>{_total(report.line_total)}{_total(report.branch_total)}"
        f"{_total(report.method_total)}</tr>"
    )
    return f'<div class="wide"><table class="sum">{"".join(rows)}</table></div>'


def _file(index: int, file: FileReport) -> str:
    head = f'<h2 id="f{index}">{escape(file.name.removeprefix("./"))}</h2>'
    if file.stale:
        head += '<p class="note">The source is newer than the assembly: lines may have moved.</p>'
    text = _text(file)
    if text is None:
        head += '<p class="note">The source was not found; only its line numbers are known.</p>'
    lines, branches, partial = file.lines, file.branches, file.partial
    numbers = range(1, len(text) + 1) if text is not None else sorted(lines)
    rows = []
    for number in numbers:
        count = lines.get(number)
        here = branches.get(number, [])
        kind = _kind(count, number in partial, here)
        shown = "" if count is None else f"{count:,}"
        source = escape(text[number - 1]) if text is not None else ""
        rows.append(
            f'<tr{kind}><td class="n">{number}</td><td class="c">{shown}</td>'
            f'<td class="b">{_branches(here)}</td><td class="t">{source}</td></tr>'
        )
    return f'{head}<div class="wide"><table class="src">{"".join(rows)}</table></div>'


def _kind(count: int | None, partial: bool, branches: list[Branch]) -> str:
    if count is None:
        return ""
    if not count:
        return ' class="x"'
    one_way = any(b.taken < len(b.ways) for b in branches)
    return ' class="p"' if partial or one_way else ' class="y"'


def _branches(branches: list[Branch]) -> str:
    if not branches:
        return ""
    ways = "; ".join(
        f"IL_{b.il:04x}: " + ", ".join(f"{count:,}" for count in b.ways) for b in branches
    )
    taken, every = sum(b.taken for b in branches), sum(len(b.ways) for b in branches)
    return f'<span title="{escape(ways)}">{taken}/{every}</span>'


def _text(file: FileReport) -> list[str] | None:
    if file.path is None:
        return None
    try:
        text = file.path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise EnvironmentFault(f"{file.path} cannot be read: {error.strerror}") from error
    lines = text.splitlines()
    # A line that the compiler knows and the file lacks: the file changed.
    return lines + [""] * (max(file.lines, default=0) - len(lines))


def page_path(path: Path) -> Path:
    """Where the page goes: a path that is or ends like a folder gets index.html in it."""
    return path / "index.html" if path.is_dir() or not path.suffix else path
