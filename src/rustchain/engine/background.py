"""Processes that go on beside the steps of a run, and end with it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from signal import SIGKILL
from typing import Any, NamedTuple

from rustchain.engine.lines import Lines, Masking, Plain
from rustchain.model.errors import StorageFailed
from rustchain.ports import Confinement, Process, ProcessEnded, Service, Shell


class Launch(NamedTuple):
    """A program to start: how, by which step, and what is to hear the lines that it writes."""

    process: Process
    mark: str
    path: str
    log_path: str
    on_line: Callable[[str], None]
    on_end: Callable[[], object]
    masking: Callable[[], Masking] = Plain
    """For lines too long to be kept."""


class Background:
    """
    The services of one run in this process.

    Each is a task in which the shell runs it: a task that is cancelled ends its process with all that it started, and
    the shell's guardian sees to them where this process dies.
    """

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[ProcessEnded]] = []
        self.services: list[Service] = []
        """What was started, in order; also what has ended since."""

    async def start(self, shell: Shell, launch: Launch) -> Service:
        """Start a program. StepFailed where it cannot start."""
        begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(_run(shell, launch, begun))
        self._tasks.append(task)
        either: list[asyncio.Future[Any]] = [begun, task]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            raise
        if not begun.done():
            await task
        service = Service(begun.result(), launch.path, launch.log_path, task)
        self.services.append(service)
        return service

    async def end(self, shell: Shell, service: Service, signal: int, grace: float) -> None:
        """Send a signal to a service and all that it started, and kill what is there after `grace` seconds."""
        shell.signal(service.pid, signal)
        await asyncio.wait([service.ended], timeout=grace)
        if not service.ended.done():
            shell.signal(service.pid, SIGKILL)
            await asyncio.wait([service.ended])

    async def end_all(self) -> None:
        """End whatever still runs, and wait until nothing is left."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _run(shell: Shell, launch: Launch, begun: "asyncio.Future[int]") -> ProcessEnded:
    lines = Lines(launch.on_line, launch.masking)
    try:
        return await shell.run(launch.process, launch.mark, Confinement(), lines.add, begun.set_result)
    finally:
        with suppress(StorageFailed):
            lines.flush()
            launch.on_end()
