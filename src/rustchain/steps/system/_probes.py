"""Ask once whether a service is there: each probe returns None where it is, else why not."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import closing
from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from rustchain.logic.guards.addresses import AddressRefused, judge_address, judge_target, parse_url
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context, HttpRequest, HttpResponse, Process
from rustchain.stepkit import doc
from rustchain.steps.system._answer import phrase

_HOPELESS = {Failure.POLICY_DENIED, Failure.MISSING_DEPENDENCY, Failure.INVALID_PARAMETERS}
"""Failures that asking again does not change."""
_BODY = 1 << 20
"""Bytes of an answer that are looked through."""


class Expect(Struct, frozen=True, forbid_unknown_fields=True):
    """What a healthy answer is."""

    status: Annotated[
        int | list[int] | UnsetType,
        doc("The HTTP status or exit code, or several; without it 200 to 299, or 0."),
    ] = UNSET
    body: Annotated[str | UnsetType, doc("A text that the answer, or the program's output, holds.")] = UNSET

    def missed(self, status: int, usual: range, shown: str, body: str) -> str | None:
        """What is not as expected of an answer; None where all is."""
        expected: Sequence[int] = usual
        if not isinstance(self.status, UnsetType):
            expected = [self.status] if isinstance(self.status, int) else self.status
        if status not in expected:
            return shown
        if not isinstance(self.body, UnsetType) and self.body not in body:
            return f"{shown} without the text {self.body!r}"
        return None


async def web(url: str, expect: Expect, seconds: float, ctx: Context) -> str | None:
    """Get a URL. StepFailed where it may not be reached at all."""
    try:
        async with ctx.http.send(HttpRequest("GET", url, timeout=seconds)) as answer:
            shown = f"answered {phrase(answer.status)}"
            body = "" if expect.body is UNSET else await _beginning(answer)
            return expect.missed(answer.status, range(200, 300), shown, body)
    except StepFailed as failed:
        if failed.kind in _HOPELESS:
            raise
        return failed.message


async def _beginning(answer: HttpResponse) -> str:
    body = bytearray()
    async for chunk in answer.chunks():
        body += chunk
        if len(body) >= _BODY:
            break
    return body[:_BODY].decode("utf-8", "replace")


async def program(process: Process, expect: Expect, seconds: float, ctx: Context) -> str | None:
    """Run a program. StepFailed where it cannot be started."""
    try:
        async with asyncio.timeout(seconds):
            ended = await ctx.shell.run(process)
    except TimeoutError:
        return f"took longer than {seconds:g} seconds"
    shown = f"ended with exit code {ended.exit_code}"
    return expect.missed(ended.exit_code, range(1), shown, ended.stdout.decode("utf-8", "replace"))


async def port(host: str, number: int, seconds: float) -> str | None:
    """
    Connect to a TCP port.

    The name is resolved once, every address of it judged, and those very addresses connected to until one answers.
    StepFailed(policy_denied) where one of them may not be reached.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _connect(host, number)
    except TimeoutError:
        return f"no connection within {seconds:g} seconds"


async def _connect(host: str, number: int) -> str | None:
    name = target_of(host, number)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(name, number, type=socket.SOCK_STREAM)
    except OSError:
        return f"the host {host!r} is not known"
    addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
    for address in addresses:
        _refuse(judge_address(address, name))
    reason = ""
    for address in addresses:
        try:
            _, writer = await asyncio.open_connection(address, number)
        except OSError as error:
            reason = f"{address}: {error.strerror or error}"
        else:
            with closing(writer):
                return None
    return reason


def target_of(host: str, number: int) -> str:
    """A host as it is looked up; StepFailed(policy_denied) where its spelling or its name is refused."""
    try:
        target = parse_url(f"http://{f'[{host}]' if ':' in host else host}:{number}")
    except AddressRefused as error:
        raise StepFailed(Failure.POLICY_DENIED, error.reason) from error
    _refuse(judge_target(target))
    return target.host


def _refuse(reason: str | None) -> None:
    if reason:
        raise StepFailed(Failure.POLICY_DENIED, reason)
