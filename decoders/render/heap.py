"""Text of the heap, its integrity, roots and stack objects."""

from __future__ import annotations

from decoders.inspect.heap import HeapView, Verification
from decoders.inspect.roots import RootsView, StackObjects
from decoders.render.base import Style, renders
from decoders.render.objects import table
from decoders.render.tables import join, problems_text
from decoders.runtime import RootPath


@renders(HeapView)
def heap_view(view: HeapView, style: Style) -> str:
    """Blocks, then a line a type, then totals."""
    parts = [
        f"segment {s.start:#x}-{s.allocated:#x}: {s.allocated - s.start} bytes used, "
        f"{s.committed - s.start} committed" for s in view.segments]
    if view.blocks:
        parts.append(table([["address", "MethodTable", "size", "type"], *(
            [style.paint("address", f"{b.address:#x}"), f"{b.method_table:#x}", str(b.size),
             style.paint("type", b.type)] for b in view.blocks)]))
        if view.truncated:
            parts.append(f"  ... (truncated after {len(view.blocks)}; see -limit)")
    if view.statistics:
        parts.append(table([["MethodTable", "count", "bytes", "type"], *(
            [style.paint("address", f"{r.method_table:#x}"), str(r.count), str(r.bytes),
             style.paint("type", r.type)] for r in view.statistics)]))
    parts.append(f"{view.count} blocks, {view.bytes} bytes with headers")
    return join(*parts, problems_text([view.problem] if view.problem else [], style))


@renders(Verification)
def verification(found: Verification, style: Style) -> str:
    """One line when all is well."""
    checked = (
        f"{found.blocks} blocks ({found.bytes} bytes) in {found.segments} "
        f"segment{'' if found.segments == 1 else 's'} and {found.references} references")
    if not found.bad:
        return f"the heap is sound: {checked} checked"
    more = found.bad - len(found.problems)
    return join(
        style.paint("bad", f"the heap is damaged: {found.bad} "
                    f"problem{'' if found.bad == 1 else 's'} in {checked}"),
        problems_text(found.problems, style),
        f"  ... (truncated: {more} more)" if more > 0 else "")


@renders(RootsView)
def roots_view(view: RootsView, style: Style) -> str:
    """A block a path: the root, then an object a line with the place that leads on."""
    head = f"{style.paint('type', view.type)}@{view.object:#x}"
    if not view.paths:
        text = f"{head}: nothing holds it ({view.roots} roots searched)"
        return join(text, problems_text(view.problems, style))
    lines = [f"{head}: {view.total} path{'' if view.total == 1 else 's'} from {view.roots} roots"]
    for path in view.paths:
        lines += _path(path, style)
    if view.truncated:
        lines.append(f"... (truncated after {len(view.paths)}; see -limit)")
    return join(*lines, problems_text(view.problems, style))


def _path(path: RootPath, style: Style) -> list[str]:
    root = path.root
    lines = [f"{root.kind} {style.paint('name', root.name)} at "
             f"{style.paint('address', f'{root.address:#x}')}"]
    for step in path.steps:
        place = f" {style.paint('name', '.' + step.place.lstrip('.'))}" if step.place else ""
        place = place.replace(".[", "[")
        lines.append(f"  -> {style.paint('type', step.type)}@{step.object:#x}{place}")
    return lines


@renders(StackObjects)
def stack_objects(found: StackObjects, style: Style) -> str:
    """A line a word: where it lies, the object, and the slot of which frame it is."""
    rows = [["SP/register", "object", "type", "slot"]]
    for row in found.rows:
        inside = f"+{row.offset:#x}" if row.offset else ""
        rows.append([
            style.paint("address", row.where or f"{row.address:#x}"), f"{row.object:#x}{inside}",
            style.paint("type", row.type), style.paint("dim", row.slot)])
    rest = f"  ... (truncated: {found.total} in all; see -limit)" if found.truncated else ""
    return join(table(rows) if found.rows else "no objects on the stack", rest,
                problems_text(found.problems, style))
