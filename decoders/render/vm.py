"""Text of the machine's status, memory map, PCI functions and snapshots."""

from __future__ import annotations

from decoders.render.base import Style, renders
from decoders.vm.model import MachineStatus, MemoryMap, PciList, SnapshotList


def _size(count: int) -> str:
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= unit and count % unit == 0:
            return f"{count // unit} {name}"
    return f"{count} bytes"


@renders(MachineStatus)
def status(found: MachineStatus, style: Style) -> str:
    """One line."""
    return (f"{style.paint('name', found.state)}: QEMU {found.qemu}, {found.accelerator}, "
            f"{_size(found.memory)}, {found.processors} processor(s)")


@renders(MemoryMap)
def memory(found: MemoryMap, style: Style) -> str:
    """A line for each range."""
    return "\n".join(
        f"{style.paint('address', f'{r.start:016x}-{r.end:016x}')}  {r.kind:<8} "
        f"{_size(r.end - r.start + 1):>12}  {r.name}"
        for r in found.ranges
    )


@renders(PciList)
def pci(found: PciList, style: Style) -> str:
    """A line for each function, its BARs below."""
    lines = []
    for d in found.devices:
        where = f"{d.bus:02x}:{d.device:02x}.{d.function}"
        irq = "" if d.irq is None else f", irq {d.irq}"
        lines.append(f"{style.paint('name', where)} {d.vendor:04x}:{d.device_id:04x} class "
                     f"{d.class_code:04x} {d.description}{irq}")
        for r in d.regions:
            at = "not placed" if r.address < 0 else f"{r.address:#x}"
            lines.append(f"    BAR{r.bar} {r.kind} {at}, {_size(r.size)}")
    return "\n".join(lines)


@renders(SnapshotList)
def snapshots(found: SnapshotList, style: Style) -> str:
    """What was done, then the list."""
    lines = [found.done] if found.done else []
    for s in found.snapshots:
        count = "" if s.instructions is None else f", {s.instructions:,} instructions"
        lines.append(f"  {style.paint('name', s.name)}  {s.size}, {s.date}, clock {s.clock}{count}")
    return "\n".join(lines) if lines else "no snapshots"
