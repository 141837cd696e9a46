"""A frame as an SVG picture: its slots by address, at their sizes, with overlaps hatched."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

from decoders.report.text import printable

_WIDTH, _LEFT, _BOX_END, _TOP = 1060, 122, 560, 26
_LINE = 17
# Pixels that a stretch between two borders gets: 2.5 a byte, within these bounds.
_LEAST, _WITH_NOTE, _MOST = 26, 42, 96
MAX_SLOTS = 200


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str
    start: int
    end: int
    role: str
    type: str
    value: str
    note: str


def overlaps(slots: list[_Slot]) -> list[tuple[int, int, list[str]]]:
    """(start, end, names) of every stretch that more than one slot claims."""
    borders = sorted({b for s in slots for b in (s.start, s.end)})
    found: list[tuple[int, int, list[str]]] = []
    for low, high in zip(borders, borders[1:], strict=False):
        names = [s.name for s in slots if s.start < high and s.end > low]
        if len(names) < 2:
            continue
        if found and found[-1][1] == low and found[-1][2] == names:
            found[-1] = (found[-1][0], high, names)
        else:
            found.append((low, high, names))
    return found


def slots_of(frame: dict[str, Any]) -> list[_Slot]:
    """The slots that lie in memory, from high to low addresses."""
    made = []
    for slot in frame.get("slots", [])[:MAX_SLOTS]:
        if slot["offset"] is None or slot["where"] == "rax":
            continue
        size = max(1, int(slot["size"] or 8))
        value = slot["value"]["text"] if slot["value"] else ""
        kind = slot["type"] or slot["model_type"]
        made.append(_Slot(
            slot["name"] or slot["role"].lower(), slot["offset"], slot["offset"] + size,
            slot["role"], kind, value, slot["note"]))
    return sorted(made, key=lambda s: (-s.end, -s.start))


def _lanes(slots: list[_Slot]) -> dict[int, tuple[int, int]]:
    """Slot index to (lane, lanes side by side in its cluster)."""
    result: dict[int, tuple[int, int]] = {}
    cluster: list[int] = []
    low = 0

    def close() -> None:
        ends: list[int] = []  # the lowest address that each lane is taken down to
        chosen = {}
        for index in cluster:
            slot = slots[index]
            lane = next((i for i, e in enumerate(ends) if e >= slot.end), len(ends))
            if lane == len(ends):
                ends.append(slot.start)
            ends[lane] = slot.start
            chosen[index] = lane
        for index, lane in chosen.items():
            result[index] = (lane, len(ends))

    for index, slot in enumerate(slots):
        if cluster and slot.end <= low:
            close()
            cluster = []
        low = min(low, slot.start) if cluster else slot.start
        cluster.append(index)
    close()
    return result


def frame_svg(frame: dict[str, Any]) -> str:
    """The picture; "" for a frame that has no slots in memory."""
    slots = slots_of(frame)
    if not slots:
        return ""
    marks = [0]
    rbp, sp = frame.get("rbp"), frame.get("sp")
    rsp = int(sp, 16) - int(rbp, 16) if isinstance(rbp, str) and isinstance(sp, str) else None
    lowest, highest = min(s.start for s in slots), max(s.end for s in slots)
    if rsp is not None and lowest - 4096 <= rsp <= highest:
        marks.append(rsp)
    borders = sorted({b for s in slots for b in (s.start, s.end)} | set(marks), reverse=True)
    heights = {borders[0]: float(_TOP)}
    y = float(_TOP)
    tops = {s.end for s in slots if s.note}
    parts = []
    for high, low in zip(borders, borders[1:], strict=False):
        before = y
        y += max(_LEAST if high not in tops else _WITH_NOTE, min(_MOST, (high - low) * 2.5))
        heights[low] = y
        if not any(s.start < high and s.end > low for s in slots):
            middle = (before + y) / 2 + 4
            parts.append(_text(_LEFT + 12, middle, f"{high - low} bytes that no slot has", "t"))
    parts += _grid(borders, heights, rsp)
    lanes = _lanes(slots)
    texts: list[tuple[float, str]] = []
    for index, slot in enumerate(slots):
        lane, count = lanes[index]
        width = (_BOX_END - _LEFT) / count
        x, top, bottom = _LEFT + lane * width, heights[slot.end], heights[slot.start]
        parts.append(
            f'<rect class="s {_CLASSES.get(slot.role, "other")}" x="{x:.0f}" y="{top:.0f}" '
            f'width="{width - 4:.0f}" height="{bottom - top - 2:.0f}" rx="3"/>')
        room = int((width - 16) / 7.2)
        parts.append(_text(x + 8, top + 17, _cut(slot.name, room), "n"))
        kind = f"{slot.type}, " if slot.type else ""
        size = f"{slot.end - slot.start} byte{'s' if slot.end - slot.start != 1 else ''}"
        if bottom - top > 38:
            parts.append(_text(x + 8, top + 33, _cut(kind + size, room), "t"))
        elif room > len(slot.name) + 6:
            rest = room - len(slot.name) - 2
            parts.append(_text(
                x + width - 12, top + 17, _cut(kind + size, rest), "t", anchor="end"))
        if slot.value:
            texts.append((top + 17, slot.value if count == 1 else f"{slot.name}: {slot.value}"))
        if slot.note:
            texts.append((top + 18, f"← {slot.note}"))
    parts += _overlap_marks(slots, heights)
    parts += _right_column(texts)
    bottom = max(y, max((t for t, _ in _placed(texts)), default=y)) + 20
    label = html.escape(printable(f"Frame of {frame['method']}, high addresses first"), quote=True)
    return (
        f'<svg class="frame" viewBox="0 0 {_WIDTH} {bottom:.0f}" role="img" aria-label="{label}">'
        '<defs><pattern id="hatch" width="7" height="7" patternTransform="rotate(45)" '
        'patternUnits="userSpaceOnUse"><line x1="0" y1="0" x2="0" y2="7" class="hl"/></pattern>'
        f"</defs>{''.join(parts)}</svg>"
    )


_CLASSES = {
    "ARGUMENT": "arg", "RETURN_ADDRESS": "ret", "SAVED_RBP": "ret", "SAVED_REGISTER": "save",
    "LOCAL": "loc", "TEMPORARY": "tmp", "EVALUATION_STACK": "ev",
}


def _cut(text: str, room: int) -> str:
    text = printable(text)
    return text if len(text) <= room else text[: max(1, room - 1)] + "…"


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    place = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text class="{kind}" x="{x:.0f}" y="{y:.0f}"{place}>{html.escape(text)}</text>'


def _grid(borders: list[int], heights: dict[int, float], rsp: int | None) -> list[str]:
    parts = [_text(_LEFT, 16, "high addresses", "t")]
    for border in borders:
        y = heights[border]
        name = f"rbp{border:+d}" if border else "rbp"
        if border == rsp:
            name += " = rsp"
        kind = "mark" if border in (0, rsp) else "o"
        parts.append(f'<line class="g {kind}" x1="{_LEFT - 6}" x2="{_BOX_END}" y1="{y:.0f}" '
                     f'y2="{y:.0f}"/>')
        parts.append(_text(_LEFT - 12, y + 4, name, kind, anchor="end"))
    return parts


def _overlap_marks(slots: list[_Slot], heights: dict[int, float]) -> list[str]:
    parts = []
    for low, high, names in overlaps(slots):
        top, bottom = heights[high], heights[low]
        parts.append(
            f'<rect class="overlap" x="{_LEFT}" y="{top:.0f}" width="{_BOX_END - _LEFT - 4}" '
            f'height="{bottom - top - 2:.0f}"><title>'
            f"{html.escape(printable(' and '.join(names)))}</title></rect>")
        parts.append(_text(_BOX_END - 10, bottom - 7, f"OVERLAP {high - low} bytes", "ov", "end"))
    return parts


def _placed(texts: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """The texts moved down until none covers another."""
    placed: list[tuple[float, str]] = []
    for y, text in sorted(texts, key=lambda t: t[0]):
        if not text:
            continue
        if placed:
            y = max(y, placed[-1][0] + _LINE)
        placed.append((y, text))
    return placed


def _right_column(texts: list[tuple[float, str]]) -> list[str]:
    room = int((_WIDTH - _BOX_END - 20) / 6.8)
    return [
        _text(_BOX_END + 14, y, _cut(text, room), "w" if text.startswith("←") else "v")
        for y, text in _placed(texts)
    ]
