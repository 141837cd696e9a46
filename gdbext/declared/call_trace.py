"""clr-trace: calls, objects and arrays of managed code."""

from __future__ import annotations

from gdbext.command import Arg, Declare, Option

declare = Declare("gdbext.commands.call_trace")

declare(
    "clr-trace", "Record calls, allocations or arrays of managed code, and show them.",
    args=(Arg("WHAT", "calls, alloc (objects) or newarr (arrays, with their element size)", "text"),
          Arg("ACTION", "on, off, show or clear; default: show", "text", optional=True)),
    options=(
        Option("method", "calls: from or to it; objects: that it asked for (glob)", "method"),
        Option("type", "alloc, newarr: of the object (glob)", "type"),
        Option("depth", "calls: only where at most N managed frames are live", "integer"),
        Option("helpers", "calls: also those of the runtime's helpers (new, box, ...)"),
        Option("last", "with show: only the last N", "integer"),
        Option("source", "who records: plugin (default where it does), breakpoint", "text"),
    ),
    details="""
`on` puts breakpoints on the call instructions of compiled methods, or on what the allocator stores,
in methods compiled later too; with `calls`, -method leaves out call sites that cannot matter. Some
hundred events a second can be recorded.

Where the machine runs under `clrscope trace calls --gdb SOCKET` (`trace alloc` for objects and
arrays), QEMU's plugin records from reset on, at nearly full speed, and is the default source.
""",
    examples=("clr-trace calls on -method Bind", "continue", "clr-trace calls -last 10",
              "clr-trace alloc on", "clr-trace newarr -type PciBar*", "clr-trace alloc off"),
)
