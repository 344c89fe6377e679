"""Blocking functions beside the event loop."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from harness.processes import soon
from rustchain.engine.threads import in_thread


def call(function: Callable[..., Any], *args: Any) -> Any:
    async def main() -> Any:
        return await in_thread(function, *args, stop=lambda: None, grace=1)

    return asyncio.run(main())


def test_a_result_comes_back_from_another_thread() -> None:
    assert call(lambda n: (n, threading.current_thread() is threading.main_thread()), 3) == (3, False)


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_whatever_it_raises_comes_back(error: BaseException) -> None:
    def fail() -> None:
        raise error

    async def main() -> BaseException:
        try:
            await in_thread(fail, stop=lambda: None, grace=1)
        except BaseException as raised:  # noqa: BLE001 - that is what is tested
            return raised
        raise AssertionError("it raised nothing")

    assert asyncio.run(main()) is error


@pytest.mark.parametrize("fails", [False, True])
def test_a_cancelled_call_stops_its_thread_and_waits_for_it(fails: bool) -> None:
    stopped, ended = threading.Event(), threading.Event()

    def work() -> None:
        stopped.wait(10)
        ended.set()
        if fails:
            raise ValueError("nobody asks for it")

    async def main() -> None:
        task = asyncio.ensure_future(in_thread(work, stop=stopped.set, grace=10))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended.is_set()

    asyncio.run(main())


def test_a_thread_that_does_not_stop_is_left_behind_after_its_grace() -> None:
    free = threading.Event()

    async def main() -> float:
        task = asyncio.ensure_future(in_thread(free.wait, 10, stop=lambda: None, grace=0.05))
        await asyncio.sleep(0.01)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        took = time.monotonic() - began
        free.set()
        await soon(lambda: threading.active_count() == before)
        return took

    before = threading.active_count()
    assert asyncio.run(main()) < 5


def test_a_thread_that_ends_after_the_event_loop_ends_quietly() -> None:
    free, before = threading.Event(), threading.active_count()

    async def main() -> None:
        task = asyncio.ensure_future(in_thread(free.wait, 10, stop=lambda: None, grace=0))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    free.set()
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and thread.daemon:
            thread.join(1)
    assert threading.active_count() <= before
