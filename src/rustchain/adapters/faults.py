"""
Faults on purpose, so that tests can stop a process at a named point and see what survives.

`RUSTCHAIN_FAULT=name:n:action[;...]`: at the n-th pass of the point `name` (`*` or 0: never) do `kill9`, `raise`, `enospc`
or `delay(milliseconds)`. `RUSTCHAIN_FAULT_LOG=file` gets a line for every pass: the point's name and the count.
"""

import errno
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

from rustchain.model.errors import InvalidUse

Fault = Callable[[str], None]
"""Called with a point's name whenever that point is passed."""


def no_fault(point: str) -> None:
    """What is called at every point when no fault is asked for."""


class Faults:
    """Counts passes of points, in any thread, and acts on those that are asked for."""

    def __init__(self, actions: Mapping[tuple[str, int], Callable[[], None]], log: str | None = None) -> None:
        self._actions = actions
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if log else None
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    @staticmethod
    def from_env(environ: Mapping[str, str]) -> Fault:
        """What to call at each point; InvalidUse where RUSTCHAIN_FAULT cannot be read."""
        wishes = environ.get("RUSTCHAIN_FAULT", "")
        log = environ.get("RUSTCHAIN_FAULT_LOG")
        if not wishes and not log:
            return no_fault
        return Faults(dict(_parse(wish) for wish in wishes.split(";") if wish), log).at

    def at(self, point: str) -> None:
        """Pass a point: count it, log it, and do what is asked for here."""
        with self._lock:
            self._counts[point] += 1
            count = self._counts[point]
        if self._log is not None:
            os.write(self._log, f"{point} {count}\n".encode())
        action = self._actions.get((point, count))
        if action is not None:
            action()


def _parse(wish: str) -> tuple[tuple[str, int], Callable[[], None]]:
    """A point and a count, and what happens there."""
    try:
        point, count, action = wish.strip().split(":")
        number = 0 if count == "*" else int(count)
        if action.startswith("delay(") and action.endswith(")"):
            seconds = int(action[6:-1]) / 1000
            return (point, number), lambda: time.sleep(seconds)
        return (point, number), _ACTIONS[action]
    except (ValueError, KeyError) as error:
        raise InvalidUse(
            f"RUSTCHAIN_FAULT: {wish!r} is not name:n:action",
            help="Actions are kill9, raise, enospc and delay(milliseconds).",
        ) from error


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fail() -> None:
    raise OSError(errno.EIO, "a fault on purpose")


def _fill() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


_ACTIONS: Mapping[str, Callable[[], None]] = {"kill9": _kill, "raise": _fail, "enospc": _fill}
