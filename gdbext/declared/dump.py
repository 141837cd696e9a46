"""clr-dump: the attached guest as a core file."""

from __future__ import annotations

from gdbext.command import Arg, Declare, Option

declare = Declare("gdbext.commands.dump")

declare(
    "clr-dump", "Write the attached guest to a core file that gdb and the clr commands open.",
    args=(Arg("FILE", "the file to write", "file"),),
    options=(
        Option("about", "a JSON file saying how the run came here (clrscope makes it)", "file"),
        Option("serial", "a file with the kernel's console, kept in the dump", "file"),
    ),
    details="""
Later: `gdb kernel.elf --core FILE`, then `source gdbext/init.py`. The file is sparse: it takes as
much of the disk as the guest has written of its RAM. Needs RAM that is mapped from a file.
""",
    examples=("clr-dump /tmp/guest.core",),
)
