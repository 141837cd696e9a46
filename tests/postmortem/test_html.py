"""The HTML report: hostile strings, the frame's picture, and a look at it in a real browser."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from decoders.report import make_report, render_all, to_html
from decoders.report.framepicture import frame_svg, overlaps, slots_of
from tests.postmortem.conftest import Result

HOSTILE = (
    "<script>document.title='owned'</script>", "\"><img src=x onerror=\"document.title='owned'\">",
    "'; DROP TABLE --", "]]>&amp;<!--", "\x1b[31mred\x07\x00\x9b", "\u202egnp.exe", "\ud800half",
    "a\nb\r\tc", "</title></style><svg onload=\"document.title='owned'\">",
)


def poisoned(value: Any, text: str) -> Any:
    """A copy of a report's facts with `text` added to every string that a guest decides."""
    if isinstance(value, dict):
        return {k: v if k in _OURS else poisoned(v, text) for k, v in value.items()}
    if isinstance(value, list):
        return [poisoned(item, text) for item in value]
    return value + text if isinstance(value, str) else value


#: What the renderers compute with, and names of ours.
_OURS = {"ended", "schema", "address", "bytes", "rbp", "sp", "role", "where", "kind", "certainty",
         "registers", "id", "offset"}


class Page(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def with_text(report: dict[str, Any], text: str) -> dict[str, Any]:
    """The report made again of poisoned facts."""
    facts = poisoned(
        {k: v for k, v in report.items() if k not in ("schema", "version", "verdict", "run")}, text)
    run = poisoned(report["run"], text)
    serial = (text * 3 + "\n").encode("utf-8", "surrogatepass") * 5
    return make_report(run, facts, serial)


@pytest.mark.guest
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_strings_stay_text(faulted: Result, text: str) -> None:
    report = copy.deepcopy(faulted.report)
    report["fault"]["check"] = {"address": "0x1", "what": "sum", "expected": "1", "actual": None,
                                "problem": "actual: gone"}
    made = render_all(with_text(report, text), "")
    page = Page()
    html = made["report.html"].decode("utf-8")
    page.feed(html)
    assert not {"script", "img", "iframe", "object", "link", "form"} & set(page.tags)
    assert not [n for n, _ in page.attributes if n.startswith("on") or n in ("src", "action")]
    assert all(v is None or v.startswith("#") for n, v in page.attributes if n == "href")
    assert "<title>" in html and html.count("<svg") == 1
    assert "<h3>The check that failed</h3>" in html and "<dt>expected</dt><dd><code>1" in html
    for name, content in made.items():
        decoded = content.decode("utf-8")
        # Nothing that a terminal would obey, in any of the files.
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", decoded), name
    ElementTree.fromstring(made["junit.xml"])
    json.loads(made["findings.sarif"])
    assert json.loads(made["report.json"])["schema"] == "clrscope-postmortem"


@pytest.mark.guest
def test_nothing_comes_from_elsewhere(faulted: Result) -> None:
    html = (faulted.folder / "report.html").read_text("utf-8")
    assert not re.search(r"https?://|//[a-z]|@import|url\((?!#)", html.replace("<!DOCTYPE", ""))
    assert "default-src 'none'" in html


@pytest.mark.guest
def test_the_verdict_comes_first_and_without_colour(faulted: Result) -> None:
    html = (faulted.folder / "report.html").read_text("utf-8")
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", html.partition("<body>")[2])
    words = " ".join(text.split())
    assert words.startswith("✗ WRONG argument-home: in Ddk.PciDeviceInfo::ReadProgIf")
    for needed in ("rbp+16", "OVERLAP" if "OVERLAP" in html else "this", "MethodTable",
                   "IL_0009: stfld byte Ddk.PciDeviceInfo::ProgIf", "▶"):
        assert needed in words


def _slot(name: str, offset: int, size: int, role: str = "LOCAL") -> dict[str, Any]:
    return {"name": name, "offset": offset, "size": size, "role": role, "where": "", "type": "T",
            "model_type": "", "value": None, "note": ""}


def test_overlaps_are_marked() -> None:
    frame = {"method": "M", "rbp": "0x1000", "sp": "0xf80", "slots": [
        _slot("this", 16, 8, "ARGUMENT"), _slot("return address", 8, 8, "RETURN_ADDRESS"),
        _slot("saved rbp", 0, 8, "SAVED_RBP"), _slot("rbx", -8, 8, "SAVED_REGISTER"),
        _slot("bar", -48, 64)]}
    found = overlaps(slots_of(frame))
    assert [(low, high) for low, high, _ in found] == [(-8, 0), (0, 8), (8, 16)]
    svg = frame_svg(frame)
    assert svg.count("OVERLAP 8 bytes") == 3 and 'class="overlap"' in svg
    ElementTree.fromstring(svg)
    apart = copy.deepcopy(frame)
    apart["slots"][4] = _slot("bar", -72, 64)  # type: ignore[index]
    assert "OVERLAP" not in frame_svg(apart)


def test_a_frame_without_slots_has_no_picture() -> None:
    assert frame_svg({"method": "M", "slots": []}) == ""


@pytest.mark.guest
@pytest.mark.slow
def test_a_real_browser_shows_it(faulted: Result, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which(
        "google-chrome")
    if browser is None:
        pytest.skip("no Chromium: ./install.sh test could not install it")
    page = tmp_path / "report.html"
    report = with_text(faulted.report, HOSTILE[0] + HOSTILE[1])
    page.write_text(to_html(report), encoding="utf-8", errors="backslashreplace")
    argv = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1240,2400"]
    done = subprocess.run(
        [*argv, f"--screenshot={tmp_path / 'page.png'}", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=False)
    picture = tmp_path / "page.png"
    assert picture.exists(), done.stderr
    assert picture.read_bytes()[:4] == b"\x89PNG" and picture.stat().st_size > 50_000
    dom = subprocess.run(
        [*argv, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=120,
        check=True).stdout
    title = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
    # A script that ran would have set the title.
    assert title is not None and title[1].startswith("WRONG: argument-home") and "svg" in dom
