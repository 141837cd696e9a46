"""The doctor: invariants of a managed runtime, checked with a second source for every claim."""

from decoders.doctor.doctor import Doctor, Subject
from decoders.doctor.model import Certainty, Coverage, DoctorReport, Finding, Place, Rule
from decoders.doctor.rules import RULES

__all__ = [
    "RULES", "Certainty", "Coverage", "Doctor", "DoctorReport", "Finding", "Place", "Rule",
    "Subject",
]
