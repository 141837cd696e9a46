"""The errors that decoders raise: one clear sentence each (what, where, what to do).

Whatever bytes a decoder is given, the only exceptions that may leave it are these.
"""

from __future__ import annotations


class DecodeError(Exception):
    """Base of everything a decoder raises about the bytes it was given."""


class ReadError(DecodeError):
    """Memory could not be read. `address`, `size` and `purpose` say which read it was."""

    def __init__(self, address: int, size: int, purpose: str, reason: str, advice: str) -> None:
        self.address = address
        self.size = size
        self.purpose = purpose
        self.reason = reason
        self.advice = advice
        super().__init__(
            f"cannot read {size} bytes at {address:#x} for {purpose}: {reason}; {advice}"
        )


class ContractError(DecodeError):
    """The target's data contract is malformed, or lacks a name that is needed."""


class MetadataError(DecodeError):
    """An assembly image or its ECMA-335 metadata is malformed, or a token does not exist."""


class ILError(DecodeError):
    """A method's IL is malformed. `offset` is the IL offset where that was noticed."""

    def __init__(self, offset: int, message: str) -> None:
        self.offset = offset
        super().__init__(f"IL_{offset:04x}: {message}")


class SourceError(DecodeError):
    """A debug file (.mdb or portable PDB) is malformed or does not belong to the assembly."""


class LayoutError(DecodeError):
    """The expected layout of a type cannot be computed."""


class TargetError(DecodeError):
    """The runtime's structures in target memory contradict themselves."""
