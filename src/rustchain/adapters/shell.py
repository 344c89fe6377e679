"""Processes of this machine, unconfined."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from rustchain.adapters.processes import tree
from rustchain.adapters.processes.child import Child
from rustchain.adapters.processes.exits import watch
from rustchain.adapters.processes.guardian import Guardian
from rustchain.adapters.processes.launch import Descriptors, launch
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Confinement, Process, ProcessEnded, Stream

_QUICK = 1.0
"""Seconds in which process ids cannot wrap round twice."""
_RUN_LIMIT = 10.0
"""Seconds that ending a run's processes may take."""


class LocalShell:
    """
    The port `Shell` on this machine, for one event loop.

    Each process leads a session of its own. Besides its step's mark it carries that of this shell, by which the
    guardian knows what to end: another engine may have resumed the same run meanwhile.
    """

    def __init__(self) -> None:
        self._engine = f"{os.getpid()}-{os.urandom(8).hex()}"
        self._guardian = Guardian(self._engine)
        self._marks: dict[int, str] = {}
        """The marks of the processes that run here, by their groups."""

    async def run(
        self,
        process: Process,
        mark: str,
        confinement: Confinement,
        on_output: Callable[[Stream, bytes], None],
        on_start: Callable[[int], None] = lambda pid: None,
    ) -> ProcessEnded:
        """
        Run a program in the folder `process.cwd` (absolute), with `process.env` and the marks as its environment.

        However it ends, and when the awaiting task is cancelled, all that it started ends with it: SIGTERM, and
        SIGKILL after the seconds of `process.grace`. StepFailed: see `launch`; sandbox_unavailable for any confinement.
        """
        _demand_unconfined(confinement)
        child = self._start(process, mark, on_output)
        on_start(child.pid)
        took = None
        try:
            try:
                took = await child.end()
            finally:
                await self._end_tree(child, process.grace, took)
            return await child.outcome()
        finally:
            child.close()
            del self._marks[child.pid]

    def _start(self, process: Process, mark: str, on_output: Callable[[Stream, bytes], None]) -> Child:
        env = {**process.env, tree.STEP: mark, tree.ENGINE: self._engine}
        try:
            self._guardian.start()
            child = Child(process, env, on_output)
        except OSError as error:
            raise _not_started(process, error) from error
        self._marks[child.pid] = mark
        self._guardian.add(child.pid)
        return child

    async def _end_tree(self, child: Child, grace: Callable[[], float], took: float | None) -> None:
        """End what is left of a process that ended after `took` seconds, or is to be stopped (None)."""
        find = self._finding(child.pid)
        later = None
        if took is not None and took < _QUICK:
            later = [pid for pid in tree.since(child.pid) if pid not in self._marks]
        if find(later):
            await _to_the_end(self._ended(child, tree.ending(find, grace)))
        else:
            self._guardian.remove(child.pid)

    def _finding(self, pid: int) -> Callable[..., list[tree.Found]]:
        """What finds a process that runs here, and what it started."""
        mark = self._marks[pid]
        shared = sum(other == mark for other in self._marks.values()) > 1
        return partial(tree.find, {pid}, None if shared else tree.mark(tree.STEP, mark))

    async def _ended(self, child: Child, pauses: Iterable[float]) -> None:
        await _pass(pauses)
        await child.reaped()
        self._guardian.remove(child.pid)

    def detach(self, process: Process, confinement: Confinement) -> int:
        """
        Start a program that neither the guardian nor a mark ties to this engine. StepFailed as `run`.

        It is reaped here as long as the event loop runs.
        """
        _demand_unconfined(confinement)
        with open(os.devnull, "r+b", buffering=0) as null:
            try:
                pid = launch(process, process.env, Descriptors(*[null.fileno()] * 3))
            except OSError as error:
                raise _not_started(process, error) from error
        watch(pid)
        return pid

    def signal(self, pid: int, number: int) -> None:
        """Send a signal to the groups of a process that runs here and of all that it started."""
        found = self._finding(pid)() if pid in self._marks else []
        for group in {process.group for process in found}:
            with suppress(ProcessLookupError, PermissionError):  # macOS: a group of zombies is not permitted
                os.killpg(group, number)

    async def end_run(self, run_id: str) -> int:
        """End what carries a mark of this run, whoever started it, within 10 seconds; how many there were."""
        groups = {pid for pid, mark in self._marks.items() if mark.startswith(f"{run_id}:")}
        find = partial(tree.find, groups, tree.mark(tree.STEP, f"{run_id}:", prefix=True))
        count = len(find())
        await _pass(tree.ending(find, lambda: _RUN_LIMIT / 2, _RUN_LIMIT / 2))
        return count

    async def close(self) -> None:
        """Let the guardian go; what still runs is ended by it."""
        await self._guardian.close()


def _demand_unconfined(confinement: Confinement) -> None:
    if confinement.tier != "none":
        message = f"the sandbox tier {confinement.tier!r} is not available"
        raise StepFailed(Failure.SANDBOX_UNAVAILABLE, message)


def _not_started(process: Process, error: OSError) -> StepFailed:
    return StepFailed(Failure.LIMIT, f"`{process.argv[0]}` cannot be started: {error.strerror}")


async def _pass(pauses: Iterable[float]) -> None:
    for pause in pauses:
        await asyncio.sleep(pause)


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Do work that cancellation must not cut short; a cancellation meanwhile is raised afterwards."""
    task = asyncio.ensure_future(work)
    cancelled = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        raise cancelled
