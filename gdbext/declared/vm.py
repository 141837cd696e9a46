"""clr-vm: the virtual machine itself, by QEMU's monitor."""

from __future__ import annotations

from gdbext.command import Arg, Declare

declare = Declare("gdbext.commands.vm")
_ACTIONS = ("status", "memory", "pci", "snapshots", "snapshot", "restore", "pause", "resume")

declare(
    "clr-vm", "The virtual machine: status, memory map, PCI, snapshots, pause and resume.",
    args=(Arg("ACTION", f"{', '.join(_ACTIONS)}; default status", optional=True, words=_ACTIONS),
          Arg("NAME", "of a snapshot", optional=True)),
    details="""
`memory` is the physical address space as the processor sees it, `pci` the functions with the BARs
as the guest placed them. `snapshot NAME` keeps the whole machine, disk included, until QEMU ends;
`restore NAME` goes back to it. `resume` lets the machine run while gdb takes commands, `pause`
stops it. Needs QEMU's monitor on a socket, as `clrscope debug` and `clrscope run --qmp` make it.
""",
    examples=("clr-vm", "clr-vm pci", "clr-vm snapshot before", "clr-vm restore before"),
)
