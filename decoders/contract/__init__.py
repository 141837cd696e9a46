"""The debug contract: .NET's data-contract descriptors as typed layouts."""

from decoders.contract.model import PRIMITIVES, Contract, Field, Global, StructView, TypeLayout
from decoders.contract.reader import MAGIC, SYMBOL, parse_contract, read_contract
from decoders.errors import ContractError

__all__ = [
    "MAGIC", "PRIMITIVES", "SYMBOL", "Contract", "ContractError", "Field", "Global",
    "StructView", "TypeLayout", "parse_contract", "read_contract",
]
