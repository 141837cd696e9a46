"""clr-contract and clr-jit-frame: what the kernel publishes, and a method's frame layout."""

from __future__ import annotations

import decoders.render.contract
import decoders.render.frames  # noqa: F401
from decoders.contract.summary import ContractSummary, summarise
from decoders.frames.static import StaticFrame, static_frame
from decoders.runtime import REQUIRED, REQUIRED_CONTRACTS, REQUIRED_GLOBALS
from gdbext.command import Arguments
from gdbext.session import LookupFailure, Session


def clr_contract(session: Session, arguments: Arguments) -> ContractSummary:
    """The descriptor, read and held against what the decoders ask for."""
    found = summarise(
        session.contract, session.contract_address(), arguments.get("NAME"),
        arguments.flag("all"), REQUIRED, REQUIRED_GLOBALS, REQUIRED_CONTRACTS,
    )
    if arguments.get("NAME") and not found.types and not found.globals:
        raise LookupFailure(
            f"the contract has no type or global {arguments['NAME']!r}; `clr-contract` lists them"
        )
    return found


def clr_jit_frame(session: Session, arguments: Arguments) -> StaticFrame:
    """The static frame of one method."""
    method = session.find_method(arguments["METHOD"])
    code = session.code_of(method)
    if code is None:
        raise LookupFailure(f"{method.full_name} has not been compiled yet: it was never called")
    return static_frame(session.runtime, code, session.method_source(method))
