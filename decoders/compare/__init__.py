"""Claimed against expected: types and methods, as lists of differences (empty when healthy)."""

from decoders.compare.methods import MethodComparison, compare_method
from decoders.compare.model import Difference
from decoders.compare.types import FieldRow, SlotRow, TypeComparison, compare_type

__all__ = [
    "Difference", "FieldRow", "MethodComparison", "SlotRow", "TypeComparison", "compare_method",
    "compare_type",
]
