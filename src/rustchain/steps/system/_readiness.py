"""When a process that was started is ready."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context, Service
from rustchain.stepkit import Url, doc
from rustchain.steps.system import _probes
from rustchain.steps.system._request import check_url

_PAUSE = 0.1
"""Seconds before a port or URL is asked again."""
_ANSWER = 5.0
"""Seconds that one answer may take."""
HERE = "127.0.0.1"


class WaitFor(Struct, kw_only=True, forbid_unknown_fields=True):
    """What must hold before a process counts as started; of several, all."""

    port: Annotated[
        Annotated[int, Meta(ge=1, le=65535)] | UnsetType,
        doc("A TCP port of 127.0.0.1 that takes connections."),
    ] = UNSET
    http: Annotated[Url | UnsetType, doc("A URL that is answered with a status of 200 to 299.")] = UNSET
    log: Annotated[
        Annotated[str, Meta(min_length=1)] | UnsetType, doc("A text in a line that the process writes.")
    ] = UNSET
    seconds: Annotated[
        Annotated[float, Meta(gt=0)],
        doc("How long it is waited for the others; alone, how long the process must have lived."),
    ] = 30.0

    def __post_init__(self) -> None:
        if not isinstance(self.http, UnsetType):
            check_url(self.http)


class Listener:
    """Hears the lines of a process, and waits for a text in one of them; an empty text is in none."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.heard = asyncio.Event()

    def line(self, line: str) -> None:
        """Hear a line."""
        if self._text and self._text in line:
            self.heard.set()


async def ready(wait: WaitFor, service: Service, listener: Listener, ctx: Context) -> None:
    """
    Wait until a service is ready.

    StepFailed: exit_code where it ends before, timeout where it takes too long.
    """
    waiting = asyncio.ensure_future(_all(wait, listener, ctx))
    try:
        either: list[asyncio.Future[Any]] = [waiting, service.ended]
        await asyncio.wait(either, timeout=wait.seconds, return_when=asyncio.FIRST_COMPLETED)
        if service.ended.done():
            code = (await service.ended).exit_code
            raise StepFailed(
                Failure.EXIT_CODE, f"it ended with exit code {code} before it was ready", code=code
            )
        if waiting.done():
            await waiting
        elif not _alone(wait):
            raise StepFailed(Failure.TIMEOUT, f"it was not ready within {wait.seconds:g} seconds")
    finally:
        waiting.cancel()


def _alone(wait: WaitFor) -> bool:
    return wait.port is UNSET and wait.http is UNSET and wait.log is UNSET


async def _all(wait: WaitFor, listener: Listener, ctx: Context) -> None:
    if _alone(wait):
        await asyncio.sleep(wait.seconds)
    if wait.log is not UNSET:
        await listener.heard.wait()
    if not isinstance(wait.port, UnsetType):
        port = wait.port
        await _until(lambda: _probes.port(HERE, port, _ANSWER))
    if not isinstance(wait.http, UnsetType):
        url = wait.http
        await _until(lambda: _probes.web(url, _probes.Expect(), _ANSWER, ctx))


async def _until(probe: Callable[[], Awaitable[str | None]]) -> None:
    while True:
        if await probe() is None:
            return
        await asyncio.sleep(_PAUSE)
