# What is wrong with a dump, or with the machine that gdb is attached to, as an exit status:
#
#   gdb -batch build/kernel.elf --core guest.core -x qemu_scripts/postmortem/postmortem.gdb
#
# 0 nothing, 1 a fault or a finding, 2 it could not be looked at, 3 the guest hung. The report is
# written to the folder that `set $clr_out = "DIR"` names, if it was set before.
set confirm off
set pagination off
python
import gdb
from pathlib import Path

def _init():
    """gdbext/init.py of the checkout that holds the kernel, or that gdb was started in."""
    places = [Path.cwd()]
    for objfile in gdb.objfiles():
        if objfile.filename:
            places += Path(objfile.filename).parents
    for place in places:
        if (place / "gdbext" / "init.py").is_file():
            return place / "gdbext" / "init.py"
    return None

def _postmortem():
    """Run clr-postmortem; the exit status."""
    if "clr-postmortem" not in gdb.execute("help user-defined", to_string=True):
        init = _init()
        if init is not None:
            gdb.execute(f"source {init}")
    out = gdb.convenience_variable("clr_out")
    try:
        gdb.execute("clr-postmortem" + (f" -out '{out.string()}'" if out is not None else ""))
    except gdb.error as error:
        gdb.write(f"postmortem.gdb: {error}\n", gdb.STDERR)
        return 2
    return int(gdb.convenience_variable("clr_status"))

gdb.execute(f"quit {_postmortem()}")
end
