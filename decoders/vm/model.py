"""What QEMU's monitor says of the machine, as data (QMP schema: query-pci; HMP: info mtree -f)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from decoders.errors import TargetError
from decoders.runtime.model import ADDRESS

_RANGE = re.compile(
    r"^\s+([0-9a-f]{16})-([0-9a-f]{16}) \(prio -?\d+, ([^)]+)\): (.*?)(?: @[0-9a-f]+)?(?: KVM)?$"
)
_SNAPSHOT = re.compile(
    r"^(\S+)\s+(\S+)\s+(\d[\d.]* \S+)\s+(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\s+(\S+)(?:\s+(\d+))?\s*$"
)


@dataclass(frozen=True, slots=True)
class MachineStatus:
    """state: QEMU's run state. memory: bytes of RAM. accelerator: "tcg" or "kvm"."""

    state: str
    qemu: str
    accelerator: str
    memory: int
    processors: int


@dataclass(frozen=True, slots=True)
class MemoryRange:
    """Physical addresses start..end (inclusive) and what answers there: "ram", "rom", "i/o"..."""

    start: int = field(metadata=ADDRESS)
    end: int = field(metadata=ADDRESS)
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class MemoryMap:
    """The processor's physical address space, in order, nothing hidden under anything."""

    ranges: tuple[MemoryRange, ...]


@dataclass(frozen=True, slots=True)
class PciRegion:
    """A BAR. address: -1 while the guest has not placed it."""

    bar: int
    kind: str
    address: int = field(metadata=ADDRESS)
    size: int


@dataclass(frozen=True, slots=True)
class PciDevice:
    """One function. class_code: class and subclass. irq: the line register, None without a pin."""

    bus: int
    device: int
    function: int
    vendor: int = field(metadata=ADDRESS)
    device_id: int = field(metadata=ADDRESS)
    class_code: int = field(metadata=ADDRESS)
    description: str
    irq: int | None
    regions: tuple[PciRegion, ...]


@dataclass(frozen=True, slots=True)
class PciList:
    """All functions on all buses."""

    devices: tuple[PciDevice, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot of the whole machine; instructions: None where they are not counted."""

    name: str
    size: str
    date: str
    clock: str
    instructions: int | None


@dataclass(frozen=True, slots=True)
class SnapshotList:
    """Snapshots, as QEMU lists them. done: what was just done to them, "" for nothing."""

    snapshots: tuple[Snapshot, ...]
    done: str = ""


def memory_map(text: str) -> MemoryMap:
    """`info mtree -f`: the view of address space "memory"."""
    ranges: list[MemoryRange] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("FlatView"):
            if ranges:
                break
            inside = False
        elif line.strip().startswith('AS "memory"'):
            inside = True
        found = _RANGE.match(line)
        if inside and found:
            start, end, kind, name = found.groups()
            ranges.append(MemoryRange(int(start, 16), int(end, 16), kind, name.strip()))
    if not ranges:
        raise TargetError("QEMU's `info mtree -f` is not as expected: it shows no memory view")
    return MemoryMap(tuple(ranges))


def pci_list(buses: Iterable[Mapping[str, Any]]) -> PciList:
    """QMP's query-pci."""
    found: list[PciDevice] = []

    def walk(devices: Iterable[Mapping[str, Any]]) -> None:
        for device in devices:
            regions = tuple(
                PciRegion(r["bar"], _kind(r), r["address"], r["size"]) for r in device["regions"]
            )
            identity, about = device["id"], device["class_info"]
            found.append(PciDevice(
                device["bus"], device["slot"], device["function"], identity["vendor"],
                identity["device"], about["class"], about.get("desc", ""), device.get("irq"),
                regions))
            bridge = device.get("pci_bridge")
            if bridge is not None:
                walk(bridge.get("devices", ()))

    for bus in buses:
        walk(bus["devices"])
    return PciList(tuple(found))


def _kind(region: Mapping[str, Any]) -> str:
    if region["type"] == "io":
        return "i/o"
    wide = "64" if region.get("mem_type_64") else "32"
    return f"memory{wide}{' prefetch' if region.get('prefetch') else ''}"


def snapshot_list(text: str, done: str = "") -> SnapshotList:
    """`info snapshots`."""
    rows = (_SNAPSHOT.match(line) for line in text.splitlines())
    return SnapshotList(tuple(
        Snapshot(row[2], row[3], row[4], row[5], int(row[6]) if row[6] else None)
        for row in rows if row
    ), done)
