"""
Find processes by group and by mark, and end them.

Every process that we start leads a group of its own and carries marks in its environment. What it starts is in that
group or carries the marks; only what drops both is out of reach. Marks are read from Linux's /proc; elsewhere groups
alone are found. The guardian runs this file as its program under a bare interpreter: it imports nothing of ours.
"""

import os
import sys
import time
from collections.abc import Callable, Collection, Iterator
from functools import partial
from signal import SIGCONT, SIGKILL, SIGTERM
from typing import NamedTuple

STEP, ENGINE = "RUSTCHAIN_STEP", "RUSTCHAIN_ENGINE"
"""Environment variables: the run and path of the step; the engine that started it."""
GRACE = 5.0
"""Seconds between asking and killing, where nobody says otherwise."""
LIMIT = 10.0
"""Seconds beyond those, after which a process that the kernel holds fast is left alone."""
FEW = 30
"""Ids that are looked at one by one in less time than it takes to list all processes."""
PROC = os.path.exists("/proc/self/environ")


class Found(NamedTuple):
    """A living process; `started` tells it from a later one with the same id. Without /proc a group, with pid 0."""

    pid: int
    group: int
    started: bytes = b""


Find = Callable[[], Collection[Found]]


def mark(variable: str, value: str, *, prefix: bool = False) -> bytes:
    """What the environment of a marked process holds; with `prefix` for every value that begins so."""
    return f"\0{variable}={value}{'' if prefix else chr(0)}".encode(errors="surrogateescape")


def find(groups: Collection[int], carrying: bytes | None, pids: Collection[int] | None = None) -> list[Found]:
    """All processes, among `pids` where given, of these groups or of a group in which a process carries the mark."""
    if not PROC:
        return [Found(0, group) for group in groups if _signal(group, 0)]
    seen = [found for pid in (_pids() if pids is None else pids) if (found := _look(pid))]
    marked = {p.group for p in seen if carrying and carrying in b"\0" + _read(p.pid, "environ")}
    doomed = {*groups, *marked} - {os.getpgrp()}
    return [found for found in seen if found.group in doomed]


def since(pid: int) -> Collection[int]:
    """
    The ids given out after a quickly ended process: those of what it left behind are among them.

    The last id given out says in 5 µs that there are none, how few they are, or how far ids have wrapped round.
    """
    if not PROC:
        return []
    with open("/proc/loadavg", "rb") as file:
        last = int(file.read().split()[-1])
    if last == pid:
        return []
    if pid < last <= pid + FEW:
        return range(pid + 1, last + 1)
    if last > pid:
        return [p for p in _pids() if pid < p <= last]
    return [p for p in _pids() if p > pid or p <= last]


def ending(find: Find, grace: Callable[[], float] = lambda: GRACE, limit: float = LIMIT) -> Iterator[float]:
    """
    End whatever `find` finds, until it finds nothing more; yields seconds to pause.

    SIGTERM first (with SIGCONT, for what is stopped), SIGKILL once the seconds of `grace` are over, which may become
    fewer meanwhile; gives up `limit` seconds after that.
    """
    begin = time.monotonic()
    while (found := find()) and (elapsed := time.monotonic() - begin) < grace() + limit:
        gentle = elapsed < grace()
        for group in {p.group for p in found}:
            for signal in (SIGTERM, SIGCONT) if gentle else (SIGKILL,):
                _signal(group, signal)
        yield from _pauses(found, begin, grace) if gentle else _pauses(found, time.monotonic(), lambda: 1)


def _pauses(found: Collection[Found], begin: float, length: Callable[[], float]) -> Iterator[float]:
    pause = 0.001
    while (left := begin + length() - time.monotonic()) > 0 and any(_lives(p) for p in found):
        yield min(pause, left)
        pause = min(2 * pause, 0.05)


def _lives(process: Found) -> bool:
    return _look(process.pid) == process if process.pid else _signal(process.group, 0)


def _signal(group: int, signal: int) -> bool:
    """Whether there was somebody to signal."""
    try:
        os.killpg(group, signal)
    except (ProcessLookupError, PermissionError):  # macOS: a group of zombies is not permitted
        return False
    return True


def _look(pid: int) -> Found | None:
    """A process that lives: neither gone nor a zombie. The fields of /proc/PID/stat: proc(5)."""
    state, _, group, *rest = _read(pid, "stat").rpartition(b") ")[2].split() or (b"X", b"", b"0")
    return None if state in b"XZ" else Found(pid, int(group), rest[16])


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _read(pid: int, name: str) -> bytes:
    """A file of /proc; nothing where the process is gone or not ours."""
    try:
        descriptor = os.open(f"/proc/{pid}/{name}", os.O_RDONLY)
    except OSError:
        return b""
    try:
        parts = []
        while part := os.read(descriptor, 1 << 17):
            parts.append(part)
        return b"".join(parts)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def main(registry: int, engine: str) -> None:
    """End what a dead engine left behind: the groups it noted in the file `registry`, and what carries its mark."""
    groups = [int(group) for group in os.pread(registry, 1 << 20, 0).partition(b"\n")[0].split()]
    for pause in ending(partial(find, groups, mark(ENGINE, engine))):
        time.sleep(pause)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
