"""HTTP with real servers on loopback."""

import asyncio
import builtins
import json
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from harness.web import client, echo, fetched, raw, served
from rustchain._version import VERSION
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import HttpRequest


def answer_to(method: str = "GET", path: str = "/", **more: Any) -> dict[str, Any]:
    """What a server that tells what it was asked was asked."""

    async def main() -> Any:
        async with served(echo) as url, client() as http:
            return json.loads((await fetched(http, method, url + path, **more))[1])

    return asyncio.run(main())


def failure_of(answer: bytes, **more: Any) -> StepFailed:
    """How a request to a server that sends these bytes fails."""

    async def main() -> None:
        async with raw(answer) as url, client() as http:
            await fetched(http, "GET", url, **more)

    with pytest.raises(StepFailed) as failed:
        asyncio.run(main())
    return failed.value


def failure_at(url: str, **more: Any) -> StepFailed:
    """How a request to a URL fails."""

    async def main() -> None:
        async with client() as http:
            await fetched(http, "GET", url, **more)

    with pytest.raises(StepFailed) as failed:
        asyncio.run(main())
    return failed.value


def test_a_request_arrives_as_it_was_sent() -> None:
    asked = answer_to("PATCH", "/a%20b?q=1&q=%C3%A4", headers={"X-One": "1"}, body=b"body")
    assert (asked["method"], asked["path"], asked["body"]) == ("PATCH", "/a%20b?q=1&q=%C3%A4", "body")
    assert asked["headers"]["X-One"] == "1"
    assert asked["headers"]["User-Agent"] == f"rustchain/{VERSION}"


def test_an_answer_has_status_url_and_headers_in_lower_case() -> None:
    async def handler(request: web.Request) -> web.Response:
        response = web.Response(status=418, headers={"X-Mixed-Case": "a"})
        response.headers.add("X-Mixed-Case", "b")
        return response

    async def main() -> None:
        async with (
            served(handler) as url,
            client() as http,
            http.send(HttpRequest("GET", f"{url}/x")) as answer,
        ):
            assert (answer.status, answer.url) == (418, f"{url}/x")
            assert answer.headers["x-mixed-case"] == "a, b"

    asyncio.run(main())


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert answer_to()["method"] == "GET"


def test_cookies_are_not_kept() -> None:
    async def handler(request: web.Request) -> web.Response:
        response = web.Response(text=request.headers.get("Cookie", "none"))
        response.set_cookie("session", "1")
        return response

    async def main() -> None:
        async with served(handler) as url, client() as http:
            assert [(await fetched(http, "GET", url))[1] for _ in range(2)] == [b"none", b"none"]

    asyncio.run(main())


def test_connections_are_used_again_and_two_hundred_at_once_work() -> None:
    peers = set()

    async def handler(request: web.Request) -> web.Response:
        peers.add(request.transport.get_extra_info("peername") if request.transport else None)
        return web.Response(text=request.query["n"])

    async def main() -> None:
        async with served(handler) as url, client() as http:
            for n in range(20):
                await fetched(http, "GET", f"{url}/?n={n}")
            assert len(peers) == 1
            answers = await asyncio.gather(*(fetched(http, "GET", f"{url}/?n={n}") for n in range(200)))
            assert [int(body) for _, body in answers] == list(range(200))

    asyncio.run(main())


def test_a_file_is_streamed_in_bounded_memory_and_stays_open(tmp_path: Path) -> None:
    size = 64 << 20
    (tmp_path / "big").write_bytes(b"x" * size)

    async def handler(request: web.Request) -> web.Response:
        read = 0
        async for chunk in request.content.iter_chunked(1 << 16):
            read += len(chunk)
        return web.json_response([read, request.content_length])

    async def main() -> None:
        async with served(handler) as url, client() as http:
            tracemalloc.start()
            _, body = await fetched(http, "PUT", url, body=file)
            assert tracemalloc.get_traced_memory()[1] < 8 << 20
            assert json.loads(body) == [size - 1, size - 1]
            assert not file.closed

    with open(tmp_path / "big", "rb") as file:
        file.seek(1)
        try:
            asyncio.run(main())
        finally:
            tracemalloc.stop()


def test_an_answer_is_streamed_in_bounded_memory() -> None:
    pieces = 1000

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(pieces):
            await response.write(b"x" * 65536)
        return response

    async def main() -> None:
        async with served(handler) as url, client() as http, http.send(HttpRequest("GET", url)) as answer:
            tracemalloc.start()
            read = 0
            async for chunk in answer.chunks():
                read += len(chunk)
            assert read == pieces * 65536
            assert tracemalloc.get_traced_memory()[1] < 8 << 20

    try:
        asyncio.run(main())
    finally:
        tracemalloc.stop()


def test_an_answer_may_be_left_unread() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * (8 << 20))

    async def main() -> None:
        async with served(handler) as url, client() as http:
            for _ in range(3):
                async with http.send(HttpRequest("GET", url)) as answer:
                    assert answer.status == 200

    asyncio.run(main())


def test_who_does_not_listen_cannot_be_reached() -> None:
    failed = failure_at("http://127.0.0.1:1/path?secret=1")
    assert failed.kind is Failure.CONNECTION
    assert failed.message == "cannot connect to 127.0.0.1:1: Connection refused"
    assert not failed.answered


def test_a_host_that_is_not_known_is_named() -> None:
    failed = failure_at("http://no-such-host.invalid/")
    assert failed.kind is Failure.CONNECTION
    assert failed.message.startswith("the host no-such-host.invalid is not known: ")


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (b"", Failure.CONNECTION, "closed the connection without an answer"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
            Failure.CONNECTION,
            "lost in the middle of the answer",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            Failure.INVALID_DATA,
            "does not answer in HTTP: Invalid character in chunk size",
        ),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Failure.INVALID_DATA, "does not answer in HTTP"),
    ],
)
def test_a_server_that_breaks_off_or_speaks_otherwise_fails(answer: bytes, kind: Failure, words: str) -> None:
    failed = failure_of(answer)
    assert failed.kind is kind
    assert words in failed.message


@pytest.mark.parametrize(
    "more", [{"headers": {"X-A": "b\r\nX-C: d"}}, {"headers": {"X\r\nA": "b"}}, {"method": "G T"}]
)
def test_what_cannot_be_sent_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(StepFailed) as failed:
        answer_to(**more)
    assert failed.value.kind is Failure.INVALID_PARAMETERS


@pytest.mark.parametrize("early", [True, False])
def test_slow_bytes_do_not_outlast_the_timeout(early: bool) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if early:
            await response.prepare(request)
        for _ in range(1000):
            await asyncio.sleep(0.02)
            if early:
                await response.write(b"x")
        return response

    async def main() -> None:
        async with served(handler) as url, client() as http:
            await fetched(http, "GET", f"{url}/slow?secret=1", timeout=0.2)

    begin = time.monotonic()
    with pytest.raises(StepFailed) as failed:
        asyncio.run(main())
    assert time.monotonic() - begin < 5
    assert failed.value.kind is Failure.TIMEOUT
    assert failed.value.message.endswith("/slow took longer than 0.2 seconds")


def test_errors_of_the_one_who_reads_pass_unchanged() -> None:
    async def main(error: Exception) -> None:
        async with served(echo) as url, client() as http, http.send(HttpRequest("GET", url)):
            raise error

    for error in (TimeoutError("mine"), OSError("mine"), ValueError("mine")):
        with pytest.raises(type(error), match="mine"):
            asyncio.run(main(error))


def test_without_its_package_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "rustchain.adapters.network.session")
    imported = builtins.__import__

    def without_aiohttp(name: str, *args: Any) -> Any:
        if name.partition(".")[0] == "aiohttp":
            raise ModuleNotFoundError(name, name="aiohttp")
        return imported(name, *args)

    monkeypatch.setattr(builtins, "__import__", without_aiohttp)
    failed = failure_at("http://127.0.0.1:1/")
    assert failed.kind is Failure.MISSING_DEPENDENCY
    assert failed.message.endswith("(aiohttp): pip install 'rustchain[http]'")
