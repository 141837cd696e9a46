"""Runs inside gdb, not under pytest: breaks registers, the stack and records in many ways, and runs
the frame commands on each. No traceback may come out, and every error is one line."""

from __future__ import annotations

import os
import random
import time

import gdb

from gdbext import frames
from gdbext.session import session

COMMANDS = ("clr-frame", "clr-bt", "clr-args", "clr-locals", "clr-evalstack", "bt 20",
            "clr-jit-frame ReadProgIf", "clr-frame --json")
WORDS = (0, 1, 0x13, 0xFFFF, 0xDEADBEEFDEADBEEF, 0xFFFF800000100000, 0xFFFFB00000800700,
         0xFFFFFFFF80101ED4, 1 << 31, (1 << 63) + 5, (1 << 64) - 8)
SLOWEST = 20.0


def attempt(what: str) -> None:
    for command in COMMANDS:
        start = time.perf_counter()
        try:
            said = gdb.execute(command, to_string=True)
        except gdb.error as error:
            said = str(error)
            assert "\n" not in said.strip(), (what, command, said)
        for sign in ("Traceback", "Python Exception", "Error occurred"):
            assert sign not in said, (what, command, said)
        took = time.perf_counter() - start
        assert took < SLOWEST, (what, command, took)


def places() -> list[int]:
    """Addresses whose content matters to the commands."""
    frame = frames.interrupted()
    assert frame is not None
    found = frames.decoded(session(), frame)
    code = found.code
    assert code is not None and found.cfa is not None
    record = code.record
    result = [found.cfa + 8 * i for i in range(-8, 8)]
    result += [record.address + 4 * i for i in range(40)]
    result += [record.method + 8 * i for i in range(12)]
    result += [record.map + 4 * i for i in range(16)]
    result += [record.args + 4 * i for i in range(8)]
    result += [code.args[0].type + 8 * i for i in range(24)]
    return result


def main() -> None:
    rng = random.Random(int(os.environ["CLR_SEED"]))
    addresses = places()
    count = int(os.environ["CLR_COUNT"])
    for number in range(count):
        value = rng.choice(WORDS)
        if number % 3 == 0:
            name = rng.choice(("rip", "rsp", "rbp"))
            before = int(gdb.parse_and_eval(f"(unsigned long)${name}"))
            gdb.execute(f"set ${name} = {value:#x}")
            attempt(f"{name} = {value:#x}")
            gdb.execute(f"set ${name} = {before:#x}")
        else:
            address = rng.choice(addresses)
            width = rng.choice((4, 8))
            memory = gdb.selected_inferior()
            old = bytes(memory.read_memory(address, width))
            new = (value & (1 << 8 * width) - 1).to_bytes(width, "little")
            memory.write_memory(address, new)
            attempt(f"{width} bytes at {address:#x} = {new.hex()}")
            memory.write_memory(address, old)
    print(f"@@survived {count}")


main()  # an exception is printed by gdb, and @@survived is then missing
