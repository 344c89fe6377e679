"""Call an HTTP server."""

from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from typing import Annotated, Any, BinaryIO

from msgspec import Meta, json

from rustchain.model.effects import Action, Effect
from rustchain.model.errors import StepFailed
from rustchain.ports import Context, HttpRequest
from rustchain.stepkit import (
    UNSET,
    Output,
    Parameters,
    ReadPath,
    Requirement,
    Role,
    SecretText,
    Unknown,
    UnsetType,
    Url,
    WritePath,
    doc,
    effect,
    step,
)
from rustchain.steps.system import _answer
from rustchain.steps.system._request import (
    Basic,
    Bearer,
    Scalar,
    check_url,
    endpoint,
    with_defaults,
    with_query,
)

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT"})
_KEYED = frozenset({"POST", "PATCH"})
_SECRET = Meta(extra={"role": Role.SECRET})


class Http(Parameters):
    """
    Call an HTTP server, and fail unless its answer is the one expected.

    Addresses are judged when they are connected to, after redirects too. An answer in JSON is given as data.

    Example:
        step_type: http
        parameters:
          url: "http://127.0.0.1:8080/orders"
          method: POST
          headers: {X-Client: rustchain}
          body: {item: pen, count: 2}
          expected_status: 201
    """

    url: Annotated[Url, doc("The URL, http or https, without credentials.")]
    method: Annotated[Annotated[str, Meta(pattern="^[A-Za-z]+$")], doc("The method.")] = "GET"
    headers: Annotated[dict[str, SecretText], doc("Headers of the request.")] = {}
    query: Annotated[
        dict[str, Scalar | list[Scalar]], doc("Parameters added to the URL's query; a list repeats its name.")
    ] = {}
    body: Annotated[
        SecretText | dict[str, Any] | list[Any] | UnsetType, doc("A text, or data that is sent as JSON.")
    ] = UNSET
    body_file: Annotated[ReadPath | UnsetType, doc("A file to send as the body.")] = UNSET
    timeout: Annotated[Annotated[float, Meta(gt=0)], doc("Seconds for all of it.")] = 30.0
    expected_status: Annotated[
        int | list[int] | UnsetType, doc("The status, or several, that mean success; without it 200 to 299.")
    ] = UNSET
    auth: Annotated[
        Basic | Bearer | UnsetType,
        _SECRET,
        doc("Who we are: `{type: basic, username, password}` or `{type: bearer, token}`."),
    ] = UNSET
    follow_redirects: Annotated[bool, doc("Whether redirects are followed, up to 10.")] = True
    save_to: Annotated[
        WritePath | UnsetType, doc("A file to write the answer to, of any size; `response` is then null.")
    ] = UNSET
    verify_tls: Annotated[bool, doc("Whether the server's certificate must be a trusted one.")] = True

    def __post_init__(self) -> None:
        check_url(self.url)
        if self.body is not UNSET and self.body_file is not UNSET:
            raise ValueError("give either `body` or `body_file`")
        if self.auth is not UNSET and any(name.lower() == "authorization" for name in self.headers):
            raise ValueError("give either `auth` or the header Authorization")


class HttpOutput(Output):
    """The answer."""

    status: Annotated[int, doc("Its status.")]
    headers: Annotated[dict[str, str], doc("Its headers, with names in lower case.")]
    response: Annotated[Any, doc("Its body: data where it is JSON, else text.")]
    url: Annotated[str, doc("The URL that answered, after redirects.")]
    duration_ms: Annotated[int, doc("Milliseconds from the request to the end of the answer.")]
    size: Annotated[int, doc("Bytes of the body.")]


def _effects(parameters: Mapping[str, Any]) -> Iterable[Effect]:
    url = parameters["url"]
    yield effect(Action.NET, url if isinstance(url, Unknown) else endpoint(url))
    for name, action in (("body_file", Action.FS_READ), ("save_to", Action.FS_WRITE)):
        if parameters.get(name, UNSET) is not UNSET:
            yield effect(action, parameters[name])


def _idempotent(parameters: Mapping[str, Any]) -> bool | None:
    method = parameters.get("method", "GET")
    return None if isinstance(method, Unknown) else method.upper() in _REPEATABLE


@step(
    idempotent=_idempotent,
    effects=_effects,
    actions=[Action.NET, Action.FS_READ, Action.FS_WRITE],
    needs=(Requirement(package="aiohttp", extra="http"),),
)
async def http(p: Http, ctx: Context) -> HttpOutput:
    """Send the request, judge the status, read or save the body."""
    begin = ctx.clock.monotonic()
    async with AsyncExitStack() as opened:
        request = _request(p, ctx.idempotency_key, await _body(p, ctx, opened))
        answer = await opened.enter_async_context(ctx.http.send(request))
        expected = _expected(p, answer.status)
        if expected and not isinstance(p.save_to, UnsetType):
            response, size = None, await _answer.save(answer, p.save_to, ctx)
        else:
            response, size = await _answer.read(answer, strict=expected)
    output = HttpOutput(
        status=answer.status,
        headers=dict(answer.headers),
        response=response,
        url=answer.url,
        duration_ms=round((ctx.clock.monotonic() - begin) * 1000),
        size=size,
    )
    if not expected:
        message = f"{request.method} {p.url.partition('?')[0]} answered {_answer.phrase(answer.status)}"
        kind = _answer.kind(answer.status)
        raise StepFailed(kind, message, code=answer.status, output=output, answered=True)
    return output


async def _body(p: Http, ctx: Context, opened: AsyncExitStack) -> bytes | BinaryIO | None:
    if not isinstance(p.body_file, UnsetType):
        file: BinaryIO = await ctx.in_thread(ctx.files.open, p.body_file)
        opened.callback(file.close)
        return file
    if isinstance(p.body, UnsetType):
        return None
    return p.body.encode() if isinstance(p.body, str) else json.encode(p.body)


def _request(p: Http, key: str, body: bytes | BinaryIO | None) -> HttpRequest:
    method = p.method.upper()
    defaults = {}
    if not isinstance(p.body, UnsetType):
        plain = isinstance(p.body, str)
        defaults["Content-Type"] = "text/plain; charset=utf-8" if plain else "application/json"
    if not isinstance(p.auth, UnsetType):
        defaults["Authorization"] = p.auth.header()
    if method in _KEYED:
        defaults["Idempotency-Key"] = key
    return HttpRequest(
        method=method,
        url=with_query(p.url, p.query),
        headers=with_defaults(p.headers, defaults),
        body=body,
        timeout=p.timeout,
        follow_redirects=p.follow_redirects,
        verify_tls=p.verify_tls,
    )


def _expected(p: Http, status: int) -> bool:
    if isinstance(p.expected_status, UnsetType):
        return 200 <= status <= 299
    return status == p.expected_status or (
        isinstance(p.expected_status, list) and status in p.expected_status
    )
