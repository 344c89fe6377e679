"""The life of a task. Its states stand by themselves, too: on Python 3.11 each look into an enum takes 50 ns."""

from enum import StrEnum


class State(StrEnum):
    """How a task stands."""

    WAITING = "waiting"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    OPEN = "open"
    """A foreach whose items run."""
    UNKNOWN = "unknown"
    """It was running, with effects that must not be repeated, when its engine died."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    """By a condition."""
    DROPPED = "dropped"
    """By a failure, a cancellation or a deadline."""


WAITING, READY, RUNNING, PAUSED, OPEN, UNKNOWN, SUCCEEDED, FAILED, SKIPPED, DROPPED = State
ENDED = frozenset({SUCCEEDED, FAILED, SKIPPED, DROPPED})
