"""
aiohttp, kept in one place: connections to judged addresses only.

Imported when the first request is sent: to import aiohttp costs more than a small mission takes to run.
"""

import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import BinaryIO

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.payload import IOBasePayload
from yarl import URL

from rustchain._version import VERSION
from rustchain.adapters.network.failures import failing
from rustchain.adapters.network.guard import Judge, demand_plain, written_address
from rustchain.adapters.network.redirects import Hop

_CHUNK = 1 << 16
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From host and port to addresses; OSError where the host is not known."""


class Session:
    """Pooled connections of one event loop, to what `judge` lets pass."""

    def __init__(self, judge: Judge, resolve: Resolve) -> None:
        self._judge = judge
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=_JudgedResolver(judge, resolve),
                use_dns_cache=False,  # an address is judged for the connection that is made to it
                limit=0,  # the engine's slots are the limit
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            headers={"User-Agent": f"rustchain/{VERSION}"},
        )

    def body(self, content: bytes | BinaryIO | None) -> "Body":
        """A body that can be sent again after a redirect: a file is read from where it stands, and stays open."""
        return content if content is None or isinstance(content, bytes) else _OpenFile(content)

    async def send(self, hop: Hop, body: "Body", *, verify_tls: bool) -> "Answer":
        """Send one request, follow no redirect; StepFailed where there is no answer."""
        demand_plain(hop.url)
        with failing(hop):
            url = URL(hop.url)
            host = url.host or ""
            self._judge(host, written_address(host))  # aiohttp resolves names only
            answer = await self._client.request(
                hop.method,
                url,
                headers=hop.headers,
                data=body if hop.with_body else None,
                allow_redirects=False,
                ssl=self._tls if verify_tls and url.scheme == "https" else verify_tls,
            )
        return Answer(hop, answer)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Trusts the certificates of the system, or of SSL_CERT_FILE."""
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        return context

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()


class _OpenFile(IOBasePayload):
    """A blocking file, read in threads as it is sent."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, filename=None)

    async def close(self) -> None:
        """Leave the file to the one who opened it."""


Body = bytes | _OpenFile | None


class Answer:
    """The port `HttpResponse`; names of headers are in lower case, values of the same name joined."""

    def __init__(self, hop: Hop, answer: aiohttp.ClientResponse) -> None:
        self._hop = hop
        self._answer = answer
        self.status = answer.status
        self.url = hop.url
        names = dict.fromkeys(name.lower() for name in answer.headers)
        self.headers: Mapping[str, str] = {name: ", ".join(answer.headers.getall(name)) for name in names}

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, decompressed, in pieces of up to 64 KiB."""
        pieces = self._answer.content.iter_chunked(_CHUNK)
        while True:
            with failing(self._hop):
                piece = await anext(pieces, b"")
            if not piece:
                return
            yield piece

    def release(self) -> None:
        """Give the connection back; it is closed where the body was not read to its end."""
        self._answer.release()


class _JudgedResolver(AbstractResolver):
    """Resolves a name once for a connection, and has every address of it judged."""

    def __init__(self, judge: Judge, resolve: Resolve) -> None:
        self._judge = judge
        self._resolve = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a host; StepFailed where one of them is refused."""
        addresses = await self._resolve(host, port)
        self._judge(host, addresses)
        return [_resolved(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Nothing to close."""


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    return {
        "hostname": host,
        "host": address,
        "port": port,
        "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
        "proto": 0,
        "flags": socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    }
