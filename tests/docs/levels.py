"""How far a kernel gets that publishes only a part of the contract: docs/adopting.md's table.

Sourced by gdb at the crash: reads the kernel's whole contract, takes away what a level does not
have yet, and runs the commands that the level brings and those of the next one. Prints one line of
JSON: for each level what each of them said.
"""

from __future__ import annotations

import dataclasses
import json

import gdb

from decoders.contract import Contract
from gdbext.session import session
from tests.docs.adopting import LEVELS

MARK = "levels: "
CRASHED = "Ddk.PciDeviceInfo::ReadProgIf"
ARGUMENTS = {
    "clr-layout": "Ddk.PciDeviceInfo", "clr-mt": "Ddk.PciDeviceInfo", "clr-il": CRASHED,
    "clr-statics": "VirtioBlk.VirtioBlkEntry",
    "clr-token": "ddk 0x06000023", "clr-disas": CRASHED, "clr-jit-frame": CRASHED,
    "clr-method": CRASHED, "clr-heap": "-stat",
}


def _first(contract: Contract, level: int) -> Contract:
    """What the kernel publishes at a level, those before it included."""
    done = LEVELS[: level + 1]
    types = {name for one in done for name in one.types} | {"pointer"}
    names = {name for one in done for name in one.globals} | {"RuntimeName"}
    return dataclasses.replace(
        contract, types={k: v for k, v in contract.types.items() if k in types},
        globals={k: v for k, v in contract.globals.items() if k in names})


def _said(command: str, objects: dict[str, str]) -> str:
    words = objects.get(command) or ARGUMENTS.get(command, "")
    try:
        gdb.execute(f"{command} {words}", to_string=True)
    except gdb.error as error:
        return str(error)
    return ""


def main() -> None:
    """Run each command where it must work first and where it must not yet."""
    whole = session().contract
    gdb.execute("frame 5", to_string=True)
    device = hex(int(gdb.parse_and_eval('(unsigned long)$clr_var("pciDevice")')))
    bars = hex(int(gdb.parse_and_eval(f'(unsigned long)$clr_field({device}, "Bars")')))
    gdb.execute("frame 4", to_string=True)
    objects = {"clr-obj": device, "clr-array": bars, "clr-vt": f"Ddk.PciAddress {device}+8",
               "clr-gcroot": device}
    answers = []
    for level in range(len(LEVELS)):
        session().forget()
        session()._contract = _first(whole, level)
        near = LEVELS[level : level + 2]
        answers.append({c: _said(c, objects) for one in near for c in one.commands})
    print(MARK + json.dumps(answers))


main()
