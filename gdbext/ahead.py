"""The decoders are loaded when a machine comes, so that the first command there is quick.

`source` does not pay for them, and a gdb that never sees a managed kernel does not either.
"""

from __future__ import annotations

import gdb

from gdbext import deferred, unwinder

# What clr-frame runs, and gdb's own frames of generated code.
_NEEDED = (
    ("gdbext.commands.frames", "clr_frame"),
    ("gdbext.decorators", "decorate"),
    ("gdbext.generated_frames", "unwind"),
)


def register() -> None:
    """Load now if there is a machine, else when one comes: a remote one or a dump."""
    for event in (gdb.events.new_thread, gdb.events.stop):
        event.connect(_comes)
    _comes()


def _comes(*_: object) -> None:
    if not gdb.selected_inferior().pid or not unwinder.publishing():
        return
    for event in (gdb.events.new_thread, gdb.events.stop):
        event.disconnect(_comes)
    for module, name in _NEEDED:
        try:
            deferred.load(module, name)
        except deferred.LoadFailure:
            return  # whatever needs it tries again, and says why there
