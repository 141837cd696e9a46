"""The virtual machine as its monitor describes it: memory map, PCI, snapshots."""

from decoders.vm.model import (
    MachineStatus,
    MemoryMap,
    MemoryRange,
    PciDevice,
    PciList,
    PciRegion,
    Snapshot,
    SnapshotList,
    memory_map,
    pci_list,
    snapshot_list,
)

__all__ = [
    "MachineStatus", "MemoryMap", "MemoryRange", "PciDevice", "PciList", "PciRegion", "Snapshot",
    "SnapshotList", "memory_map", "pci_list", "snapshot_list",
]
