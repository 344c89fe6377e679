"""Tells an observer what happened, once it is durable. One that raises is told nothing more, and the run goes on."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from rustchain.engine.services import Observer
from rustchain.model.events import Event

_warn = logging.getLogger(__name__).warning


class Publisher:
    """Holds what happened until the journal has it on disk. Costs nothing without an observer."""

    def __init__(self, durable: Callable[[], Awaitable[None]], observer: Observer | None) -> None:
        self._durable = durable
        self._observer = observer
        self._held: list[tuple[Event, int] | str] = []
        self._news = asyncio.Event()
        self._finished = False

    def event(self, event: Event, at: int) -> None:
        """An event was appended."""
        if self._observer is not None:
            self._held.append((event, at))
            self._news.set()

    def end(self, path: str) -> None:
        """Work ended without an event of its own."""
        if self._observer is not None:
            self._held.append(path)
            self._news.set()

    def log(self, path: str, line: str) -> None:
        """A line was logged; it is told at once."""
        observer = self._observer  # a worker thread may call, while another has it dropped
        if observer is not None:
            self._told(observer.on_log, path, line)

    async def run(self) -> None:
        """Tell the observer, batch by batch, until finished."""
        while not self._finished:
            await self._news.wait()
            self._news.clear()
            await self._tell()

    async def finish(self, running: "asyncio.Task[None]") -> None:
        """Tell what is left."""
        self._finished = True
        self._news.set()
        await running
        await self._tell()  # a quick run is over before `run` has its first turn

    async def _tell(self) -> None:
        held, self._held = self._held, []
        if not held or self._observer is None:
            return
        await self._durable()
        for one in held:
            if self._observer is None:
                return
            if isinstance(one, str):
                self._told(self._observer.on_end, one)
            else:
                self._told(self._observer.on_event, *one)

    def _told(self, tell: Callable[..., None], *what: object) -> None:
        try:
            tell(*what)
        except Exception as error:  # noqa: BLE001 - whatever it is, it says nothing of the run
            self._observer = None
            _warn("warning: the observer of the run failed and is told nothing more: %r", error)
