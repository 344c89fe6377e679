"""HTTP through pooled connections to judged addresses."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from rustchain.adapters.network.guard import Judge, judge_host
from rustchain.adapters.network.redirects import LIMIT, Hop, following, place
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import HttpRequest

if TYPE_CHECKING:
    from rustchain.adapters.network.session import Answer, Resolve, Session


class AiohttpClient:
    """
    The port `Http` over aiohttp, for one event loop.

    Every URL, of redirects too, is read strictly, and `judge` asked before its host is resolved and again with the
    addresses that are then connected to; `resolve` tells them. Proxies of the environment are not used.
    """

    def __init__(self, judge: Judge = judge_host, resolve: "Resolve | None" = None) -> None:
        self._judge = judge
        self._resolve = resolve or _system_resolve
        self._opened: Session | None = None

    @asynccontextmanager
    async def send(self, request: HttpRequest) -> "AsyncIterator[Answer]":
        """Send, and follow redirects where wanted; the block that reads the answer is within the timeout, too."""
        async with _within(request):
            answer = await self._exchange(request)
            try:
                yield answer
            finally:
                answer.release()

    async def _exchange(self, request: HttpRequest) -> "Answer":
        session = self._session()
        body = session.body(request.body)
        hop = Hop(request.method, request.url, request.headers)
        for _ in range(LIMIT + 1):
            answer = await session.send(hop, body, verify_tls=request.verify_tls)
            further = _further(hop, answer) if request.follow_redirects else None
            if further is None:
                return answer
            answer.release()
            hop = further
        raise StepFailed(Failure.LIMIT, f"{place(request.url)} redirects more than {LIMIT} times")

    def _session(self) -> "Session":
        if self._opened is None:
            try:
                from rustchain.adapters.network.session import Session  # needs an extra, and takes long
            except ImportError as error:
                message = f"HTTP needs a package that is not installed ({error.name}): pip install 'rustchain[http]'"
                raise StepFailed(Failure.MISSING_DEPENDENCY, message) from error
            self._opened = Session(self._judge, self._resolve)
        return self._opened

    async def close(self) -> None:
        """Close all connections."""
        if self._opened is not None:
            await self._opened.close()
            self._opened = None


def _further(hop: Hop, answer: "Answer") -> Hop | None:
    location = answer.headers.get("location")
    try:
        return following(hop, answer.status, location)
    except ValueError as error:
        message = f"{place(hop.url)} redirects to {location!r}, which is no URL"
        raise StepFailed(Failure.INVALID_DATA, message) from error


@asynccontextmanager
async def _within(request: HttpRequest) -> AsyncIterator[None]:
    limit = asyncio.timeout(request.timeout)
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        message = f"{request.method} {place(request.url)} took longer than {request.timeout:g} seconds"
        raise StepFailed(Failure.TIMEOUT, message) from error


async def _system_resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
