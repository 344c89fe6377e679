"""
What the machine, or one process, uses: read at one moment, and compared with an earlier one.

Importing this fails a step where psutil, an extra, is missing: import it where it is used.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure

try:
    import psutil
except ImportError as error:
    message = "needs psutil: pip install 'rustchain[system]'"
    raise StepFailed(Failure.MISSING_DEPENDENCY, message) from error


class Space(NamedTuple):
    """Bytes there are, in use, and to be had; and what part is in use, in percent."""

    total: int
    used: int
    free: int
    percent: float


class Reading(NamedTuple):
    """Everything at one moment. Counters of bytes and seconds run since the machine or the process began."""

    busy: float
    """Seconds that processors worked."""
    passed: float
    """Seconds that all processors had, or, for one process, that passed."""
    memory: Space
    disk: Space
    disk_read: int
    disk_written: int
    sent: int
    received: int
    load: tuple[float, float, float]


def processors() -> int:
    """How many processors there are."""
    return psutil.cpu_count() or 1


def cpu_percent(before: Reading, after: Reading) -> float:
    """What part of the time between two readings was worked; of one process 100 is one processor."""
    passed = after.passed - before.passed
    return round(100 * max(0.0, after.busy - before.busy) / passed, 1) if passed > 0 else 0.0


def read(folder: str, pid: int | None) -> Reading:
    """
    Read the machine, with the disk that a folder is on; or, given a process, its time and memory.

    StepFailed: not_found where there is no such process, authentication where it is closed to us.
    """
    disk, network = psutil.disk_io_counters(), psutil.net_io_counters()
    usage = psutil.disk_usage(folder)
    busy, passed, memory = _machine() if pid is None else _process(pid)
    return Reading(
        busy=busy,
        passed=passed,
        memory=memory,
        disk=Space(usage.total, usage.used, usage.free, usage.percent),
        disk_read=getattr(disk, "read_bytes", 0),  # there are no counters in some containers
        disk_written=getattr(disk, "write_bytes", 0),
        sent=getattr(network, "bytes_sent", 0),
        received=getattr(network, "bytes_recv", 0),
        load=psutil.getloadavg(),
    )


def _machine() -> tuple[float, float, Space]:
    times, memory = psutil.cpu_times(), psutil.virtual_memory()
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # counted in `user`, too
    passed = sum(times) - guests
    busy = passed - times.idle - getattr(times, "iowait", 0.0)
    return busy, passed, Space(memory.total, memory.used, memory.available, memory.percent)


def _process(pid: int) -> tuple[float, float, Space]:
    with _asking(pid):
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            raise psutil.ZombieProcess(pid)
        times, used = process.cpu_times(), process.memory_info().rss
    memory = psutil.virtual_memory()
    percent = round(100 * used / memory.total, 1)
    return times.user + times.system, time.monotonic(), Space(memory.total, used, memory.available, percent)


@contextmanager
def _asking(pid: int) -> Iterator[None]:
    try:
        yield
    except psutil.NoSuchProcess as error:
        raise StepFailed(Failure.NOT_FOUND, f"there is no process {pid}") from error
    except psutil.AccessDenied as error:
        raise StepFailed(Failure.AUTHENTICATION, f"process {pid} is closed to this user") from error
