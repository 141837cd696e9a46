"""Types, modules, methods and tokens: what is loaded and compiled, and what it looks like."""

from __future__ import annotations

from gdbext import limits
from gdbext.command import Arg, Declare, Option

declare = Declare("gdbext.commands.types")
_LIMIT = Option("limit", f"rows at most (default {limits.ROWS})", "integer")
_GLOB = "names with * and ?, full or simple; default: all"

declare(
    "clr-mt", "Show a MethodTable: what the kernel claims beside what metadata says.",
    args=(Arg("TYPE", "a type's name, or the address of a MethodTable, TypeDesc or object",
              "type"),),
    details="""
Sizes, parent, element type, flags, fields, the vtable with each slot's method (and whether it is
compiled) and the interface map. Where the two sides disagree there is a `!`.
""",
    examples=("clr-mt Ddk.PciDeviceInfo", "clr-mt Ddk.PciBar[]", "clr-mt *(long *)$rcx"),
    aliases=("dumpmt", "dumpclass"),
)

declare(
    "clr-layout", "Show a type's fields: offset, size, type and padding, claimed and expected.",
    args=(Arg("TYPE", "a type's name, or the address of its MethodTable or TypeDesc", "type"),),
    details="""
Offsets count from the object (MethodTable pointer at 0) for classes, from the first field byte for
value types. A number that metadata gives otherwise is marked with `!`.
""",
    examples=("clr-layout Ddk.PciDeviceInfo", "clr-layout PciBar"),
)

declare(
    "clr-statics", "Show a type's static fields and their values.",
    args=(Arg("TYPE", "a type's name or address", "type"),),
    examples=("clr-statics System.Console",),
)

declare(
    "clr-types", "List the types that the kernel has loaded.",
    args=(Arg("GLOB", _GLOB, "type", optional=True),),
    options=(
        Option("all", "also those that are only named, and byrefs and pointers"),
        Option("check", "only those whose layout or MethodTable is not as metadata says"), _LIMIT,
    ),
    examples=("clr-types", "clr-types Ddk.*", "clr-types *[]", "clr-types -check"),
)

declare(
    "clr-modules", "List the loaded assemblies: image, size, MVID, how much of each is in use.",
    args=(Arg("GLOB", _GLOB, "module", optional=True),),
    examples=("clr-modules", "clr-modules ddk"),
    aliases=("dumpdomain", "dumpmodule", "dumpassembly"),
)

declare(
    "clr-methods", "List the methods that are compiled.",
    args=(Arg("GLOB", _GLOB, "method", optional=True),),
    options=(Option("all", "also those of loaded types that are not compiled yet"), _LIMIT),
    examples=("clr-methods", "clr-methods VirtioBlk.*", "clr-methods *::Bind -all"),
)

declare(
    "clr-method", "Show a method: by name, or by any address in its code, thunk or MethodDesc.",
    args=(Arg("METHOD", "a name (overloads are all shown), or an address", "method"),),
    details="""
For an address in code: the native offset, the IL instruction and the source line there too.
""",
    examples=("clr-method Ddk.PciDeviceInfo::ReadProgIf", "clr-method $rip",
              "clr-method virtioblk!VirtioBlk.VirtioBlkEntry.Bind"),
    aliases=("ip2md", "dumpmd", "name2ee"),
)

declare(
    "clr-token", "Show what a metadata token of an assembly names.",
    args=(Arg("MODULE", "an assembly's name", "module"),
          Arg("TOKEN", "the token, 0x06000012 say", "text")),
    examples=("clr-token ddk 0x02000003", "clr-token virtioblk 0x06000001"),
    aliases=("token2ee",),
)
