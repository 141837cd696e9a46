"""clr-stfld-trace: field stores as they happen."""

from __future__ import annotations

from gdbext.command import Arg, Declare, Option

declare = Declare("gdbext.commands.trace")

declare(
    "clr-stfld-trace", "Record field stores of managed code as they happen, show them, stop at "
    "them.",
    args=(Arg("ACTION", "on, off, show or clear; default: show", "text", optional=True,
              words=("on", "off", "show", "clear")),),
    options=(
        Option("type", "of the object or of the field's owner (glob)", "type"),
        Option("field", "NAME or Type.NAME (globs)", "text"),
        Option("method", "that stores (glob)", "method"),
        Option("object", "the object's address", "address"),
        Option("value", "the number that was stored", "integer"),
        Option("last", "with show: only the last N", "integer"),
        Option("stop-when", "with on: a store to stop at, see above", "text"),
        Option("source", "who records: plugin (default where loaded), breakpoint, kernel", "text",
               words=("plugin", "breakpoint", "kernel")),
        Option("log", "with -source kernel: the kernel log", "file"),
    ),
    details="""
`on` puts a breakpoint on each store site, of methods compiled later too; the options narrow them
down, which keeps the machine fast (some hundred stores a second can be recorded). Each
store has method, IL offset and line, the object (heap, stack with frame and local, static), field,
value and what was there before.

-stop-when '[TYPE.]FIELD [= NUMBER] [by METHOD] [of OBJECT] [or ...]' stops in front of such a
store, in the method that is about to execute it. It works alike with each source: breakpoints on
the store sites that may match stop the machine, whoever records.

Where the machine runs under `clrscope trace stfld --gdb SOCKET`, QEMU's plugin records all stores
from reset on, at nearly full speed, and is the default source: `show` is all it takes. -source
kernel reads the lines that a guest under `clrscope run --trace stfld --kernel-log FILE` prints.
""",
    examples=("clr-stfld-trace on -type PciDeviceInfo", "continue", "clr-stfld-trace show -last 5",
              "clr-stfld-trace show -field ProgIf --json",
              "clr-stfld-trace on -stop-when 'PciDeviceInfo.ProgIf = 0 by ReadProgIf'",
              "clr-stfld-trace off"),
)
