"""The lock that says who drives a run: held by an open file, so that the end of its process releases it."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

_TRIES = 5
_PAUSE = 0.01
"""Seconds between tries: whoever only looks at a lock holds it for a moment."""


def take_lock(path: Path) -> int | None:
    """Take the lock of a file, made where it is missing; its descriptor, or None where another holds it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    for left in reversed(range(_TRIES)):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE if left else 0)
        else:
            return lock
    os.close(lock)
    return None


def is_locked(path: Path) -> bool:
    """Whether anybody holds the lock of a file."""
    try:
        lock = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


class HeldLease(Struct, kw_only=True):
    """The right to write a run's events, until `release` or the end of the process."""

    stream: int
    run_id: str
    epoch: int
    key: bytes
    seq: int
    hash: bytes
    let_go: Callable[[], None]

    def release(self) -> None:
        """Let the run go; a second call does nothing."""
        self.let_go()
