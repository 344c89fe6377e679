"""Watch for the end of a child process, and reap it with what it used."""

import asyncio
import os
import sys
from contextlib import suppress
from threading import Thread
from typing import NamedTuple


class Exit(NamedTuple):
    """
    How a child ended; a negative code is the signal that killed it.

    `max_rss_kb` is never below this process's own size: the kernel counts in what was there before `exec`.
    """

    code: int
    cpu_ms: int
    max_rss_kb: int


def watch(pid: int) -> asyncio.Future[Exit]:
    """Reap a child once it ends, even when nobody awaits the future any more."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Exit] = loop.create_future()
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, an old kernel, or no descriptor left
        Thread(target=_wait_in_thread, args=(pid, loop, ended), name=f"wait-{pid}", daemon=True).start()
        return ended

    def reap() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)
        _settle(ended, _wait(pid))

    loop.add_reader(descriptor, reap)
    return ended


def _wait_in_thread(pid: int, loop: asyncio.AbstractEventLoop, ended: asyncio.Future[Exit]) -> None:
    outcome = _wait(pid)
    with suppress(RuntimeError):  # the loop is closed: nobody asks any more
        loop.call_soon_threadsafe(_settle, ended, outcome)


def _settle(ended: asyncio.Future[Exit], outcome: Exit) -> None:
    if not ended.done():
        ended.set_result(outcome)


def _wait(pid: int) -> Exit:
    try:
        _, status, used = os.wait4(pid, 0)
    except ChildProcessError:  # somebody else in this process reaped it; its code is lost
        return Exit(255, 0, 0)
    unit = 1024 if sys.platform == "darwin" else 1
    cpu_ms = round((used.ru_utime + used.ru_stime) * 1000)
    return Exit(os.waitstatus_to_exitcode(status), cpu_ms, used.ru_maxrss // unit)
