"""The kernel's fault switches, as `--fault` takes them, and how each shows.

The table that counts is the kernel's (reference_kernel/runtime/types/faults.c); a test holds this
one against it. It is here so that a misspelt name is told at once, with the list.
"""

from __future__ import annotations

import re

from qemu_scripts.errors import UsageError

FAULTS = {
    "array-mt-element": "newarr takes the element's MethodTable: the block is too small",
    "array-stride-unaligned": "PciBar[6] gets 112 bytes while ldelem strides by 32",
    "this-not-homed": "the last register argument has no home: page fault at CR2=0x13",
    "vt-field-offset": "value-type fields start at 8 instead of 0",
    "local-slot-8": "8-byte slots whatever the local's size: a struct runs over rbp",
    "callee-saved-lost": "RBX, R12-R15 are used and not restored: the C caller faults",
    "local0-over-save-area": "the zeroing of local 0 wipes the saved registers",
    "embedded-vt-field-8": "an embedded struct counts as 8 bytes: ProgIf at 23",
    "shadow-space-missing": "newobj calls without shadow space: homing overwrites the object",
    "stack-arg-shift": "the fifth argument lies in the wrong stack slot",
    "hidden-buffer-not-homed": "the prologue forgets the return buffer: arguments one off",
    "dup-large-vt": "dup and pop move 8 bytes of a 32-byte value",
    "vtable-slot-collision": "two overloads of one name share a vtable slot",
    "width-truncate": "a 64-bit unsigned division or shift works on 32 bits",
    "token-only-registry": "the method registry ignores the assembly: wrong code runs",
}

_SCOPE = re.compile(r"[^\s,!]+![^\s,]+::[^\s,]+")


def check(specification: str) -> str:
    """Check one `NAME[@ASSEMBLY!TYPE::METHOD][,...]`; returns it, or raises UsageError."""
    for part in specification.split(","):
        name, at, scope = part.partition("@")
        if name not in FAULTS:
            raise UsageError(f"there is no fault {name!r}; the faults are: {', '.join(FAULTS)}")
        if at and not _SCOPE.fullmatch(scope):
            raise UsageError(
                f"the scope {scope!r} of fault {name} is not ASSEMBLY!TYPE::METHOD "
                "(each may hold * and ?)"
            )
    return specification
