"""The closed list of the ways a step can fail, and what each means for retries and exit codes."""

from enum import StrEnum
from typing import NamedTuple


class Exit(NamedTuple):
    """One exit code of the command line and its meaning."""

    code: int
    meaning: str


SUCCESS = Exit(0, "success")
FAILED = Exit(1, "the mission ran and failed, or was cancelled")
INVALID = Exit(2, "usage error, invalid mission or configuration")
REFUSED = Exit(3, "refused by policy, risk, sandbox, a drifted plan or a busy lock")
MISSING_SECRET = Exit(4, "a secret or credential is missing")
WAITING = Exit(5, "waiting for a person: an approval, or an unknown outcome")
EXHAUSTED = Exit(6, "a budget or the mission's deadline is used up")
INTERNAL = Exit(7, "an internal error: a bug of ours")
STORAGE = Exit(8, "the state folder is full, damaged or held by another; the run stays open")
INTERRUPTED = Exit(130, "interrupted by Ctrl-C twice; the run can be resumed")
TERMINATED = Exit(143, "interrupted by SIGTERM; the run can be resumed")


class Failure(StrEnum):
    """The kind of a step's failure: `error_kind` in results."""

    TIMEOUT = "timeout"
    EXIT_CODE = "exit_code"
    POLICY_DENIED = "policy_denied"
    SANDBOX_UNAVAILABLE = "sandbox_unavailable"
    NOT_FOUND = "not_found"
    INVALID_PARAMETERS = "invalid_parameters"
    CONNECTION = "connection"
    AUTHENTICATION = "authentication"
    CONFLICT = "conflict"
    INVALID_DATA = "invalid_data"
    LIMIT = "limit"
    MISSING_DEPENDENCY = "missing_dependency"
    MISSING_SECRET = "missing_secret"  # noqa: S105 - a kind of failure, not a secret
    EXPECTATION = "expectation"
    EXHAUSTED = "exhausted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    BUDGET = "budget"
    CANCELLED = "cancelled"
    UNKNOWN_OUTCOME = "unknown_outcome"
    STORAGE = "storage"
    INTERNAL = "internal"


class Nature(NamedTuple):
    """What a kind of failure means: may it be retried at all, did the other side answer, the exit code."""

    retryable: bool
    answered: bool
    exit: Exit
    meaning: str


NATURE: dict[Failure, Nature] = {
    Failure.TIMEOUT: Nature(True, False, FAILED, "the attempt's deadline passed"),
    Failure.EXIT_CODE: Nature(True, True, FAILED, "a program ended with an exit code that means failure"),
    Failure.POLICY_DENIED: Nature(False, True, REFUSED, "a rule or a guard forbids it"),
    Failure.SANDBOX_UNAVAILABLE: Nature(False, True, REFUSED, "the sandbox tier asked for is not to be had"),
    Failure.NOT_FOUND: Nature(True, True, FAILED, "a file, address, program or record is not there"),
    Failure.INVALID_PARAMETERS: Nature(False, True, FAILED, "parameters are wrong once rendered"),
    Failure.CONNECTION: Nature(True, False, FAILED, "the other side cannot be reached, or was lost"),
    Failure.AUTHENTICATION: Nature(True, True, FAILED, "the other side refuses who we are"),
    Failure.CONFLICT: Nature(True, True, FAILED, "something else is there already, or changed meanwhile"),
    Failure.INVALID_DATA: Nature(True, True, FAILED, "data is not what it should be"),
    Failure.LIMIT: Nature(True, True, FAILED, "a limit on size, rate or count was reached"),
    Failure.MISSING_DEPENDENCY: Nature(True, True, FAILED, "a program or package is not installed"),
    Failure.MISSING_SECRET: Nature(False, True, MISSING_SECRET, "a secret cannot be read"),
    Failure.EXPECTATION: Nature(True, True, FAILED, "the step's `expect` is false"),
    Failure.EXHAUSTED: Nature(False, True, FAILED, "`repeat` used up its rounds"),
    Failure.REJECTED: Nature(False, True, REFUSED, "a person rejected it"),
    Failure.EXPIRED: Nature(False, True, REFUSED, "nobody answered in time"),
    Failure.BUDGET: Nature(False, True, EXHAUSTED, "a budget is used up"),
    Failure.CANCELLED: Nature(False, True, FAILED, "it was stopped: cancelled, or failed fast"),
    Failure.UNKNOWN_OUTCOME: Nature(
        False, False, FAILED, "the engine ended while it ran; it may have happened"
    ),
    Failure.STORAGE: Nature(True, False, STORAGE, "the state folder or a disk is full or damaged"),
    Failure.INTERNAL: Nature(False, True, INTERNAL, "a bug of ours"),
}
