"""The errors that clrscope reports as one sentence instead of a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qemu_scripts.outcome import Outcome


class ClrscopeError(Exception):
    """Something the person at the prompt can put right.

    The message is one sentence: what, where, what to do.
    """


class UsageError(ClrscopeError):
    """The command line asks for something that cannot be.

    status: the exit status; None stands for that of `clrscope run`, 124.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class EnvironmentFault(ClrscopeError):
    """The machine lacks something: QEMU, a finished build, a writable folder (exit status 125)."""


class Interrupted(BaseException):
    """A signal asked this process to end.

    Derives from BaseException so that no `except Exception` on the way keeps the run alive.
    outcome: how the run stood that it cut short, if there was one.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum
        self.outcome: Outcome | None = None
