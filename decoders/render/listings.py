"""Text of IL and machine-code listings."""

from __future__ import annotations

from decoders.listing import ILListing, NativeListing
from decoders.render.base import Style, renders


def _place(file: str, line: int) -> str:
    return f"{file}:{line}"


@renders(ILListing)
def il_text(listing: ILListing, style: Style) -> str:
    """Head, locals, then IL with source lines and regions as lines of their own."""
    lines = [
        style.paint("name", listing.method),
        f"  {listing.assembly}, token {listing.token:#010x}, maxstack {listing.max_stack}"
        + (", locals zeroed" if listing.init_locals else ""),
    ]
    lines += [
        f"  local {i} {style.paint('name', n)} {style.paint('type', t)}"
        for i, n, t in listing.locals]
    for item in listing.lines:
        if item.file:
            lines.append(style.paint("dim", f"  ; {_place(item.file, item.line)}"))
        lines += [style.paint("mark", f"  {region}") for region in item.regions]
        stack = f"    [{', '.join(item.stack)}]" if item.stack else ""
        dead = "" if item.reachable else "    (unreachable)"
        lines.append(f"  {item.text}{style.paint('dim', stack)}{dead}")
    lines += [style.paint("bad", f"! {problem}") for problem in listing.problems]
    return "\n".join(lines)


@renders(NativeListing)
def native_text(listing: NativeListing, style: Style) -> str:
    """Machine code with IL and source between; `>>>` at the current instruction."""
    lines = [
        style.paint("name", listing.method),
        f"  {listing.start:#x}, {listing.size} bytes, frame {listing.frame_size} bytes",
    ]
    for item in listing.lines:
        if item.region:
            lines.append(style.paint("dim", f"  {item.region}:"))
        if item.file:
            lines.append(style.paint("dim", f"  ; {_place(item.file, item.line)}"))
        if item.il:
            lines.append(style.paint("mark", f"    {item.il}"))
        mark = ">>>" if item.current else "   "
        note = style.paint("dim", f"  ; {item.note}") if item.note else ""
        address = style.paint("address", f"{item.address:#x}")
        lines.append(f"  {mark} {address}  {item.text}{note}")
    lines += [style.paint("bad", f"! {problem}") for problem in listing.problems]
    return "\n".join(lines)
