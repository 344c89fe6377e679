"""What may be connected to is judged at the moment of connecting."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web

from harness.web import client, echo, fetched, served
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure

METADATA = "169.254.169.254"


def refusal(url: str, **settings: Any) -> StepFailed:
    """How a request is refused; BASE in its URL is a server that redirects to the parameter `to`."""
    reached = []

    async def handler(request: web.Request) -> web.StreamResponse:
        if "to" in request.query:
            return web.Response(status=302, headers={"Location": request.query["to"]})
        reached.append(request.path)
        return await echo(request)

    async def main() -> None:
        async with served(handler) as base, client(**settings) as http:
            await fetched(http, "GET", url.replace("BASE", base))

    with pytest.raises(StepFailed) as failed:
        asyncio.run(main())
    assert failed.value.kind is Failure.POLICY_DENIED
    assert not reached
    return failed.value


def resolving(*answers: list[str]) -> Callable[[str, int], Awaitable[list[str]]]:
    """A resolver that gives these answers, one after the other."""
    left = list(answers)

    async def resolve(host: str, port: int) -> list[str]:
        return left.pop(0)

    return resolve


@pytest.mark.parametrize(
    "url",
    [
        f"http://{METADATA}/latest/meta-data/", "http://[fd00:ec2::254]/", f"http://[::ffff:{METADATA}]/",
        "http://metadata.google.internal/", "http://2852039166/", "http://0xa9fea9fe/", "http://0.0.0.0/",
        "http://a@127.0.0.1/", "http://127.0.0.1\\@other/", "file:///etc/passwd", "http://127.1/", "http://ⓛocal/",
        "http://", "http://a:0/", "http://[fe80::1%25lo]/",
    ],
)  # fmt: skip
def test_a_url_that_leads_where_nobody_may_go_is_refused(url: str) -> None:
    refusal(url)


@pytest.mark.parametrize(
    "location",
    [
        f"http://{METADATA}/",
        f"//{METADATA}/",
        "//metadata.google.internal/",
        "http://2130706433/",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_is_judged_like_any_url(location: str) -> None:
    refusal(f"BASE/?to={quote(location)}")


def test_a_redirect_of_a_redirect_is_judged_too() -> None:
    refusal(f"BASE/?to={quote('/?to=' + quote(f'http://{METADATA}/'))}")


def test_a_name_is_refused_for_any_of_its_addresses() -> None:
    failed = refusal("http://inside.test/", resolve=resolving(["127.0.0.1", METADATA]))
    assert failed.message == f"inside.test ({METADATA}) gives out the machine's cloud credentials"


def test_a_stricter_judge_may_be_given() -> None:
    asked = []

    def judge(host: str, addresses: Sequence[str]) -> None:
        asked.append((host, list(addresses)))
        if "10.0.0.1" in addresses:
            raise StepFailed(Failure.POLICY_DENIED, "private")

    refusal("http://inside.test/", judge=judge, resolve=resolving(["10.0.0.1"]))
    assert asked[0] == ("inside.test", [])  # before anybody is asked for its addresses
    assert asked[-1] == ("inside.test", ["10.0.0.1"])


def test_what_was_judged_is_what_is_connected_to() -> None:
    """A name that changes its address between the judgement and the connection (rebinding) gains nothing."""

    async def main() -> None:
        answers = resolving(["127.0.0.1"], [METADATA])
        async with served(echo) as base, client(resolve=answers) as http:
            url = base.replace("127.0.0.1", "rebinding.test")
            assert (await fetched(http, "GET", url))[0] == 200  # asked once: the second answer is not used
            assert (await fetched(http, "GET", url))[0] == 200  # the same connection
            with pytest.raises(StepFailed) as failed:
                await asyncio.gather(
                    *(fetched(http, "GET", url) for _ in range(2))
                )  # one needs a new connection
            assert failed.value.kind is Failure.POLICY_DENIED

    asyncio.run(main())
