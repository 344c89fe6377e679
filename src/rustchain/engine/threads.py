"""Blocking functions beside the event loop."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any


async def in_thread(function: Callable[..., Any], *args: Any, stop: Callable[[], None], grace: float) -> Any:
    """
    Call a blocking function in a thread of its own. When the awaiting task is cancelled `stop` is called, and the
    thread has `grace` seconds to end. Daemon threads: one that hangs in a system call must not keep the process alive.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()
    threading.Thread(target=_call, args=(loop, done, function, args), daemon=True).start()
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        stop()
        await asyncio.wait({done}, timeout=grace)
        if done.done():
            done.exception()  # seen: nobody else will ask for it
        raise


def _call(
    loop: asyncio.AbstractEventLoop, done: asyncio.Future[Any], function: Callable[..., Any], args: Any
) -> None:
    try:
        result, error = function(*args), None
    except BaseException as raised:  # noqa: BLE001 - whatever it is belongs to the one who waits
        result, error = None, raised
    try:
        loop.call_soon_threadsafe(_tell, done, result, error)
    except RuntimeError:
        return  # the loop is closed: nobody waits any more


def _tell(done: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)
