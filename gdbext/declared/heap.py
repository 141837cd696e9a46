"""The heap: blocks, integrity, who holds an object, objects on the stack."""

from __future__ import annotations

from gdbext import limits
from gdbext.command import Arg, Declare, Option

declare = Declare("gdbext.commands.heap")
_LIMIT = Option("limit", f"rows at most (default {limits.ROWS})", "integer")

declare(
    "clr-heap", "List the heap's blocks, or count them by type.",
    options=(
        Option("stat", "only the statistics"), Option("type", "only types of this name", "type"),
        Option("min", "only blocks of at least so many bytes, header included", "integer"), _LIMIT,
    ),
    examples=("clr-heap -stat", "clr-heap -type Ddk.*", "clr-heap -min 1000 -limit 20"),
    aliases=("dumpheap",),
)

declare(
    "clr-verify-heap", "Check every block of the heap and every reference in it.",
    details="""
Blocks must be as large as their MethodTables say and lie one behind another; references must lead
to objects.
""",
    options=(Option("limit", f"problems shown at most (default {limits.PROBLEMS})", "integer"),),
    examples=("clr-verify-heap",),
    aliases=("verifyheap",),
)

declare(
    "clr-gcroot", "Show who holds an object: the shortest paths from statics, stacks and handles.",
    args=(Arg("ADDR", "the object's address", "expression"),),
    options=(Option("limit", f"paths at most (default {limits.PATHS})", "integer"),),
    details="""
On the stack the homes, locals, temporaries and evaluation stacks of all managed frames count.
Each object that refers to the one asked for gives one path.
""",
    examples=("clr-gcroot $rcx", "clr-gcroot 0xffff800000100188 -limit 1"),
    aliases=("gcroot",),
)

declare(
    "clr-dso", "List the objects that registers and the stack refer to, and in which slots.",
    options=(Option("interior", "also addresses inside objects"), _LIMIT),
    details="""
Every stack word is looked at, whether a frame's record names it or not: what names none may be
left over from earlier calls.
""",
    examples=("clr-dso", "clr-dso -interior"),
    aliases=("dso", "dumpstackobjects"),
)
