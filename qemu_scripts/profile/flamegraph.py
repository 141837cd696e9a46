"""A flame graph: one SVG file that needs nothing else, and zooms where scripts may run.

A box is as wide as its stack's share of the whole; its callees stand on it. Neighbours are sorted
by name, so that equal profiles look equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr
from zlib import crc32

from qemu_scripts.traces.managed import FrameName, Kind, Stack

WIDTH = 1200
_ROW, _HEAD, _FOOT, _MARGIN = 18, 58, 12, 10
_CHARACTER = 6.7
#: Pixels below which a box is left out, with all that stands on it.
_LEAST = 0.2

#: Hue, saturation and the range of lightness by kind.
_COLOURS = {
    Kind.MANAGED: (30, 88, "managed code"), Kind.NATIVE: (212, 45, "kernel (C)"),
    Kind.STUB: (150, 35, "stubs and thunks"), Kind.BOOT: (0, 0, "before the kernel"),
    Kind.TYPE: (280, 45, "objects by type"),
}  # fmt: skip

_STYLE = (
    "text{font:11px ui-monospace,Menlo,Consolas,monospace;fill:#111}"
    ".t{font-size:15px}.d{fill:#555}g.b{cursor:pointer}g.b:hover rect{stroke:#111}"
    "g.b text{pointer-events:none}rect{stroke:#fff;stroke-width:.5}.off{opacity:.45}"
)

_SCRIPT = """
const W=%(width)d,M=%(margin)d,C=%(character)s;
const boxes=[...document.querySelectorAll('g.b')];
function show(x,w,level){for(const g of boxes){
 const d=g.dataset,r=g.querySelector('rect'),t=g.querySelector('text');
 const bx=+d.x,bw=+d.w,inside=bx>=x-1e-9&&bx+bw<=x+w+1e-9,
  below=+d.l<level&&bx<=x+1e-9&&bx+bw>=x+w-1e-9;
 g.style.display=inside||below?'':'none';
 const px=M+(below?0:(bx-x)/w)*W,pw=(below?1:bw/w)*W;
 r.setAttribute('x',px);r.setAttribute('width',pw);r.classList.toggle('off',below&&!inside);
 t.setAttribute('x',px+3);
 const n=Math.floor((pw-6)/C),s=d.n;
 t.textContent=n<3?'':s.length<=n?s:s.slice(0,n-2)+'..';}}
for(const g of boxes)g.addEventListener('click',()=>show(+g.dataset.x,+g.dataset.w,+g.dataset.l));
document.addEventListener('keydown',e=>{if(e.key==='Escape')show(0,1,0)});
"""


@dataclass
class _Node:
    frame: FrameName
    weight: int = 0
    children: dict[FrameName, _Node] = field(default_factory=dict)


def _tree(stacks: Mapping[Stack, int]) -> _Node:
    root = _Node(FrameName("all", Kind.NATIVE))
    for stack, weight in stacks.items():
        node = root
        node.weight += weight
        for frame in stack:
            child = node.children.get(frame)
            if child is None:
                child = node.children[frame] = _Node(frame)
            node = child
            node.weight += weight
    return root


@dataclass(frozen=True)
class _Box:
    frame: FrameName
    weight: int
    x: float
    level: int


def _order(node: _Node) -> tuple[str, str]:
    return node.frame.name, node.frame.kind.value


def _boxes(root: _Node) -> Iterator[_Box]:
    """Boxes that are wide enough, callers before callees. A stack may be a thousand frames deep."""
    work = [(root, 0.0, 0)]
    while work:
        node, x, level = work.pop()
        if node.weight / root.weight * WIDTH < _LEAST:
            continue
        yield _Box(node.frame, node.weight, x, level)
        for child in sorted(node.children.values(), key=_order):
            work.append((child, x, level + 1))
            x += child.weight / root.weight


def _colour(frame: FrameName) -> str:
    """The same for a name in every graph."""
    hue, saturation, _ = _COLOURS[frame.kind]
    shade = crc32(frame.name.encode()) % 1000 / 1000
    hue = round(hue + 20 * (shade - 0.5)) % 360 if saturation else 0
    return f"hsl({hue},{saturation}%,{round(64 + 18 * shade)}%)"


def to_svg(stacks: Mapping[Stack, int], title: str, unit: str) -> str:
    """The graph. stacks must have some weight."""
    root = _tree(stacks)
    boxes = list(_boxes(root))
    levels = 1 + max(box.level for box in boxes)
    height = _HEAD + levels * _ROW + _FOOT
    script = _SCRIPT % {"width": WIDTH, "margin": _MARGIN, "character": _CHARACTER}
    out = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH + 2 * _MARGIN}" height="{height}" '
        f'viewBox="0 0 {WIDTH + 2 * _MARGIN} {height}">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text class="t" x="{_MARGIN}" y="22">{escape(title)}</text>',
        f'<text class="d" x="{_MARGIN}" y="40">{root.weight:,} {escape(unit)}. A box is as wide as '
        "its share; click one to enlarge it, Esc shows all.</text>",
        *_legend({box.frame.kind for box in boxes}),
    ]
    for box in boxes:
        out.append(_box(box, root.weight, unit, height))
    out += [f"<script><![CDATA[{script}]]></script>", "</svg>\n"]
    return "\n".join(out)


def _legend(kinds: set[Kind]) -> Iterator[str]:
    x = WIDTH + _MARGIN
    for kind in sorted(kinds, key=lambda kind: kind.value, reverse=True):
        hue, saturation, text = _COLOURS[kind]
        x -= round(len(text) * _CHARACTER) + 26
        yield f'<rect x="{x}" y="13" width="11" height="11" fill="hsl({hue},{saturation}%,70%)"/>'
        yield f'<text x="{x + 15}" y="22">{text}</text>'


def _box(box: _Box, every: int, unit: str, height: int) -> str:
    share = box.weight / every
    x, width = _MARGIN + box.x * WIDTH, share * WIDTH
    y = height - _FOOT - (box.level + 1) * _ROW
    name = box.frame.name
    fits = int((width - 6) / _CHARACTER)
    shown = "" if fits < 3 else name if len(name) <= fits else name[: fits - 2] + ".."
    tip = f"{name}: {box.weight:,} {unit}, {100 * share:.2f}%"
    return (
        f'<g class="b" data-n={quoteattr(name)} data-x="{box.x:.9f}" data-w="{share:.9f}" '
        f'data-l="{box.level}"><title>{escape(tip)}</title><rect x="{x:.2f}" y="{y}" '
        f'width="{width:.2f}" height="{_ROW - 1}" rx="2" fill="{_colour(box.frame)}"/>'
        f'<text x="{x + 3:.2f}" y="{y + 12}">{escape(shown)}</text></g>'
    )
