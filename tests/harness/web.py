"""Real web servers on loopback, and a client to speak with them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiohttp import web

from rustchain.adapters.http import AiohttpClient
from rustchain.ports import HttpRequest

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
T = TypeVar("T")


@asynccontextmanager
async def served(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The base URL of a server that answers every request by a function."""
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw(answer: bytes) -> AsyncIterator[str]:
    """The base URL of a server that sends these bytes once something was asked, and closes."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1 << 16)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def client(**settings: Any) -> AsyncIterator[AiohttpClient]:
    """A client that is closed afterwards."""
    opened = AiohttpClient(**settings)
    try:
        yield opened
    finally:
        await opened.close()


async def fetched(http: AiohttpClient, method: str, url: str, **more: Any) -> tuple[int, bytes]:
    """Status and body of one exchange."""
    async with http.send(HttpRequest(method, url, **more)) as answer:
        return answer.status, b"".join([chunk async for chunk in answer.chunks()])


async def echo(request: web.Request) -> web.Response:
    """Tell what was asked."""
    body = (await request.read()).decode()
    return web.json_response(
        {"method": request.method, "path": request.path_qs, "body": body, "headers": dict(request.headers)}
    )
