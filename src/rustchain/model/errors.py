"""
Every error raised on purpose.

* RustChainError          meant for the user; carries its exit code
  x InvalidMission        the file is wrong: every problem found
  x InvalidUse            the command or call is wrong
  x Refused               policy, risk, sandbox, drift or a busy lock
  x MissingSecret         a secret cannot be read
  x StorageFailed         the state folder is full, damaged or held by another
  x StepFailed            a step ran and did not succeed; becomes an event
* Stopped                 tells a step's function that its deadline or cancellation has come
"""

from collections.abc import Sequence
from typing import Any

from rustchain.model.failures import FAILED, INVALID, MISSING_SECRET, NATURE, REFUSED, STORAGE, Exit, Failure
from rustchain.model.problems import Problem


class RustChainError(Exception):
    """Base of all errors meant for the user."""

    exit: Exit = FAILED

    def __init__(self, message: str, *, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class InvalidMission(RustChainError):
    """The mission cannot be planned; carries every problem found."""

    exit = INVALID

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{p.code}: {p.message}" for p in problems))
        self.problems = tuple(problems)


class InvalidUse(RustChainError):
    """A command, option or call that means nothing here."""

    exit = INVALID


class Refused(RustChainError):
    """Policy, risk, sandbox, drift from a plan or a busy lock says no."""

    exit = REFUSED


class MissingSecret(RustChainError):
    """A secret that the mission refers to cannot be read."""

    exit = MISSING_SECRET


class StorageFailed(RustChainError):
    """The state folder is full, damaged or held by another; the run stays open."""

    exit = STORAGE


class StepFailed(RustChainError):
    """
    A step did not succeed. `code` is an exit or HTTP status code; `output` is what it produced all the same;
    `answered` overrides whether the other side answered (decides on `config.retry_*`).
    """

    def __init__(
        self,
        kind: Failure,
        message: str,
        *,
        code: int | None = None,
        output: Any = None,
        detail: Any = None,
        answered: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.code = code
        self.output = output
        self.detail = detail
        self.answered = NATURE[kind].answered if answered is None else answered


class Stopped(BaseException):
    """Raised inside a step's function when it must end now; like CancelledError, not to be swallowed."""
