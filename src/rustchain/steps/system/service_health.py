"""Ask whether a service is healthy."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from rustchain.model.effects import Action, Effect
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.ports import Context, Process
from rustchain.stepkit import (
    UNSET,
    Argv,
    Output,
    Parameters,
    Program,
    Requirement,
    Unknown,
    UnsetType,
    Url,
    doc,
    effect,
    step,
)
from rustchain.steps.system import _probes
from rustchain.steps.system._probes import Expect
from rustchain.steps.system._request import check_url, endpoint


class ServiceHealth(Parameters):
    """
    Ask whether a service is healthy, again and again until it is or the retries are used up.

    It answers a URL, takes connections on a TCP port, or satisfies a program. Where it is not healthy the step fails.

    Example:
        step_type: service_health
        parameters:
          url: "http://127.0.0.1:8080/health"
          retries: 10
          interval_seconds: 0.5
          expect: {status: 200, body: "true"}
    """

    url: Annotated[Url | UnsetType, doc("A URL to get.")] = UNSET
    host: Annotated[
        Annotated[str, Meta(min_length=1)] | UnsetType,
        doc("A host whose TCP port to connect to.", also=("service",)),
    ] = UNSET
    port: Annotated[Annotated[int, Meta(ge=1, le=65535)], doc("The port of `host`.")] = 80
    command: Annotated[Program | UnsetType, doc("A program that judges; exit code 0 means healthy.")] = UNSET
    args: Annotated[Argv, doc("The program's arguments.")] = []
    retries: Annotated[Annotated[int, Meta(ge=0)], doc("How often to ask again.")] = 0
    interval_seconds: Annotated[
        Annotated[float, Meta(ge=0.01)], doc("Seconds to wait before asking again.")
    ] = 1.0
    timeout: Annotated[Annotated[float, Meta(gt=0)], doc("Seconds that one answer may take.")] = 10.0
    expect: Annotated[Expect, doc("What a healthy answer is.")] = Expect()

    def __post_init__(self) -> None:
        ways = [way for way in (self.url, self.host, self.command) if way is not UNSET]
        if len(ways) != 1:
            raise ValueError("give one of `url`, `host` and `command`")
        if not isinstance(self.url, UnsetType):
            check_url(self.url)
        if self.host is not UNSET and self.expect != Expect():
            raise ValueError("a connection has no status and no body: `expect` is for `url` and `command`")


class Check(Struct):
    """One question."""

    at: Annotated[int, doc("When it was asked: milliseconds since 1970, UTC.")]
    healthy: Annotated[bool, doc("Whether the answer was good.")]
    latency_ms: Annotated[int, doc("Milliseconds until the answer.")]
    reason: Annotated[str, doc("What was wrong; empty where nothing was.")]


class ServiceHealthOutput(Output):
    """How the service is."""

    healthy: Annotated[bool, doc("Whether the last answer was good.")]
    latency_ms: Annotated[int, doc("Milliseconds until the last answer.")]
    checks: Annotated[list[Check], doc("Each question.")]


def _effects(parameters: Mapping[str, Any]) -> Iterable[Effect]:
    url, host, command = (parameters.get(name, UNSET) for name in ("url", "host", "command"))
    if url is not UNSET:
        yield effect(Action.NET, url if isinstance(url, Unknown) else endpoint(url))
    if host is not UNSET:
        yield _connection(host, parameters.get("port", 80))
    if command is not UNSET:
        yield effect(Action.EXEC, command)


def _connection(host: Any, port: Any) -> Effect:
    known = not isinstance(host, Unknown) and not isinstance(port, Unknown)
    shown = [part.source if isinstance(part, Unknown) else str(part) for part in (host, port)]
    place = f"[{shown[0]}]" if known and ":" in shown[0] else shown[0]
    return Effect(Action.NET, f"{place}:{shown[1]}", known)


@step(
    idempotent=True,
    effects=_effects,
    actions=[Action.NET, Action.EXEC],
    needs=(Requirement(package="aiohttp", extra="http"),),
)
async def service_health(p: ServiceHealth, ctx: Context) -> ServiceHealthOutput:
    """Ask until the answer is good, or often enough."""
    checks = [await _check(p, ctx)]
    while not checks[-1].healthy and len(checks) <= p.retries:
        await asyncio.sleep(p.interval_seconds)
        checks.append(await _check(p, ctx))
    last = checks[-1]
    output = ServiceHealthOutput(healthy=last.healthy, latency_ms=last.latency_ms, checks=checks)
    if not last.healthy:
        raise StepFailed(Failure.CONNECTION, f"{_asked(p)} is not healthy: {last.reason}", output=output)
    return output


async def _check(p: ServiceHealth, ctx: Context) -> Check:
    at, begin = ctx.clock.now(), ctx.clock.monotonic()
    reason = await _probe(p, ctx)
    ms = round((ctx.clock.monotonic() - begin) * 1000)
    return Check(at=at, healthy=reason is None, latency_ms=ms, reason=reason or "")


async def _probe(p: ServiceHealth, ctx: Context) -> str | None:
    if not isinstance(p.url, UnsetType):
        return await _probes.web(p.url, p.expect, p.timeout, ctx)
    if not isinstance(p.host, UnsetType):
        return await _probes.port(p.host, p.port, p.timeout)
    return await _probes.program(Process((str(p.command), *p.args)), p.expect, p.timeout, ctx)


def _asked(p: ServiceHealth) -> str:
    if not isinstance(p.url, UnsetType):
        return p.url.partition("?")[0]
    return f"`{p.command}`" if isinstance(p.host, UnsetType) else f"port {p.port} of {p.host}"
