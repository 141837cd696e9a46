"""The expected side: layouts, MethodTables and frame needs computed from metadata alone."""

from decoders.errors import LayoutError
from decoders.layout.calls import ArgumentHome, FrameNeeds, LocalNeed, Role, frame_needs
from decoders.layout.fields import FieldModel, FieldSlot, Shape, TypeShape, align_up
from decoders.layout.policy import K1, Policy, policy
from decoders.layout.tables import ExpectedTable, LayoutModel

__all__ = [
    "K1", "ArgumentHome", "ExpectedTable", "FieldModel", "FieldSlot", "FrameNeeds",
    "LayoutError", "LayoutModel", "LocalNeed", "Policy", "Role", "Shape", "TypeShape",
    "align_up", "frame_needs", "policy",
]
