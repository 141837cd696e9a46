"""Frames: unwinding, the frame drawn slot by slot, and why an access faulted."""

from decoders.frames.code_analysis import CfaRule, PrologueFacts, entry_rule, read_prologue
from decoders.frames.explain import (
    Access,
    Explanation,
    FaultView,
    explain_fault,
    memory_access,
)
from decoders.frames.report import (
    FramePart,
    FrameReport,
    NativeFrame,
    StackLine,
    StackReport,
)
from decoders.frames.unwind import (
    GENERAL,
    PRESERVED,
    Backtrace,
    Frame,
    FrameKind,
    NativeUnwinder,
    Registers,
    Unwinder,
    trap_registers,
)
from decoders.frames.view import (
    FrameLine,
    FrameSlot,
    FrameView,
    FrameViewer,
    Role,
    SourceFinder,
    entry_text,
    frame_line,
)

__all__ = [
    "GENERAL", "PRESERVED", "Access", "Backtrace", "CfaRule", "Explanation", "FaultView",
    "Frame", "FrameKind", "FrameLine", "FramePart", "FrameReport", "FrameSlot", "FrameView",
    "FrameViewer", "NativeFrame", "StackLine", "StackReport",
    "NativeUnwinder", "PrologueFacts", "Registers", "Role", "SourceFinder", "Unwinder",
    "entry_rule", "entry_text", "explain_fault", "frame_line", "memory_access",
    "read_prologue", "trap_registers",
]
