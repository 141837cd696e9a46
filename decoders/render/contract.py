"""Text of contract summaries."""

from __future__ import annotations

from decoders.contract.summary import ContractSummary, GlobalSummary, TypeSummary
from decoders.render.base import Style, renders

_SMALLEST_ADDRESS = 1 << 32


@renders(ContractSummary)
def contract_summary(summary: ContractSummary, style: Style) -> str:
    """Versions, types, globals, and what is missing."""
    lines = []
    if not summary.partial:
        lines.append(
            f"debug contract at {style.paint('address', f'{summary.address:#x}')}, "
            f"descriptor version {summary.version}"
        )
        lines.append("contracts: " + ", ".join(f"{n} {v}" for n, v in summary.contracts))
    if any(t.fields for t in summary.types):
        for kind in summary.types:
            lines += _type(kind, style)
    elif summary.types:
        lines.append(f"{len(summary.types)} types: " + ", ".join(
            f"{t.name} ({t.size if t.size is not None else '?'})" for t in summary.types))
    width = max((len(g.name) for g in summary.globals), default=0)
    if summary.globals and not summary.partial:
        lines.append(f"{len(summary.globals)} globals:")
    lines += [f"  {g.name:<{width}}  {_value(g)}" for g in summary.globals]
    if summary.ignored:
        lines.append("not understood and left out: " + ", ".join(summary.ignored))
    if summary.missing:
        lines.append(style.paint("bad", "missing: " + ", ".join(summary.missing)))
    elif not summary.partial:
        lines.append("nothing that the commands need is missing")
    return "\n".join(lines)


def _value(item: GlobalSummary) -> str:
    if isinstance(item.value, str):
        return f'"{item.value}"'
    shown = f"{item.value:#x}" if item.value >= _SMALLEST_ADDRESS else str(item.value)
    return f"{shown}  {item.type}".rstrip()


def _type(kind: TypeSummary, style: Style) -> list[str]:
    size = f"{kind.size} bytes" if kind.size is not None else "size not published"
    width = max((len(f.name) for f in kind.fields), default=0)
    return [
        f"{style.paint('name', kind.name)}: {size}",
        *(f"  +{f.offset:<5} {f.name:<{width}}  {f.type}".rstrip() for f in kind.fields),
    ]
