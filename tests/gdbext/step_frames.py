"""Runs inside gdb, not under pytest: steps through a managed method instruction by instruction, and
prints at each what the frame commands' decoders say. CLR_METHOD names it. With CLR_FINISH it only
steps into the body, finishes and shows the caller."""

from __future__ import annotations

import json
import os

import gdb

from gdbext import frames
from gdbext.session import session

LIMIT = 2000


class Compiled(gdb.Breakpoint):
    """Stops when the wanted method has been compiled."""

    def stop(self) -> bool:
        runtime = session().runtime
        method = runtime.method(int(gdb.parse_and_eval("$rcx")) & (1 << 64) - 1)
        return runtime.method_name(method) == os.environ["CLR_METHOD"]


def snapshot() -> dict[str, object]:
    frame = gdb.newest_frame()
    view = session().viewer().view(frames.decoded(session(), frame))
    caller = frame.older()
    names = []
    while frame is not None:
        place = frames.place_of(session(), frame)
        names.append(frames.name_of(session(), frame, place))
        frame = frame.older()
    return {
        "offset": view.native_offset, "stage": view.stage, "il": view.il_offset,
        "values": {s.name: s.text for s in view.slots if s.role.name in ("ARGUMENT", "LOCAL")},
        "stack": [s.text for s in view.slots if s.role.name == "EVALUATION_STACK"],
        "problems": list(view.problems), "names": names, "line": view.line,
        "caller": {n: int(caller.read_register(n)) & (1 << 64) - 1
                   for n in ("rbx", "rbp", "rsp", "rip", "rsi", "rdi", "r12", "r13", "r14", "r15")},
    }


def main() -> None:
    hook = Compiled("clr_method_compiled_hook")
    hook.silent = True
    gdb.execute("continue", to_string=True)
    code = session().code_of(session().find_method(os.environ["CLR_METHOD"]))
    assert code is not None
    hook.delete()
    gdb.execute(f"hbreak *{code.start}", to_string=True)
    gdb.execute("continue", to_string=True)
    gdb.execute("delete")
    if "CLR_FINISH" in os.environ:
        gdb.execute("stepi 8", to_string=True)
        gdb.execute("finish", to_string=True)
        gdb.execute("clr-frame")
        return
    sites = {code.start + site.native: code.start + site.native_return for site in code.call_sites}
    for _ in range(LIMIT):
        print("@@step " + json.dumps(snapshot()))
        pc = gdb.newest_frame().pc()
        if pc in sites:
            gdb.execute(f"tbreak *{sites[pc]}", to_string=True)
            gdb.execute("continue", to_string=True)
        else:
            gdb.execute("stepi", to_string=True)
        if not code.start <= gdb.newest_frame().pc() < code.end:
            print("@@done")
            return


main()  # an exception is printed by gdb, and @@done is then missing
