"""The step `http`, with a real server."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from harness.steps import StepContext
from harness.web import Handler, echo, served
from rustchain.catalogue import Catalogue
from rustchain.model.effects import Action, Effect
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.stepkit import Role, Unknown, roles
from rustchain.steps.system.http import Http, HttpOutput


def call(workdir: Path, handler: Handler = echo, path: str = "/", **parameters: Any) -> HttpOutput:
    """The output of the step for a server that answers by `handler`."""

    async def main() -> HttpOutput:
        async with served(handler) as url:
            return await ran(workdir, url=url + path, **parameters)

    return asyncio.run(main())


async def ran(workdir: Path, **parameters: Any) -> HttpOutput:
    context = StepContext("http", workdir)
    try:
        return await Catalogue()["http"].run(msgspec.convert(parameters, Http), context)
    finally:
        await context.close()


def failure(workdir: Path, handler: Handler = echo, path: str = "/", **parameters: Any) -> StepFailed:
    with pytest.raises(StepFailed) as failed:
        call(workdir, handler, path, **parameters)
    return failed.value


def always(**answer: Any) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(**answer)

    return handler


def test_an_answer_in_json_is_data(tmp_path: Path) -> None:
    output = call(tmp_path, path="/a?b=1")
    assert (output.status, output.response["method"], output.response["path"]) == (200, "GET", "/a?b=1")
    assert output.url.endswith("/a?b=1")
    assert output.headers["content-type"] == "application/json; charset=utf-8"
    assert output.size > 50
    assert 0 <= output.duration_ms < 5000
    msgspec.json.encode(output)


@pytest.mark.parametrize(
    ("type", "body", "response"),
    [
        ("application/problem+json", b'{"a": 1}', {"a": 1}),
        ("application/json", b"", None),
        ("text/plain", b"", ""),
        ("text/plain; charset=latin-1", b"\xe4", "ä"),
        ("text/plain; charset=no-such", "ä".encode(), "ä"),
        ("text/plain; charset=idna", b"a", "a"),
        ("text/html", b"\xff", "\ufffd"),
        ("application/octet-stream", b'{"a": 1}', '{"a": 1}'),
    ],
)
def test_a_body_is_read_as_its_content_type_says(
    tmp_path: Path, type: str, body: bytes, response: object
) -> None:
    assert call(tmp_path, always(body=body, headers={"Content-Type": type})).response == response


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000])
def test_what_is_not_the_json_that_it_says_it_is_fails(tmp_path: Path, body: bytes) -> None:
    failed = failure(tmp_path, always(body=body, headers={"Content-Type": "application/json"}))
    assert failed.kind is Failure.INVALID_DATA
    assert failed.output["response"] == body.decode()


def test_query_parameters_are_added_to_those_of_the_url(tmp_path: Path) -> None:
    query = {"q": "a b&c", "n": 1, "yes": True, "list": ["x", 2]}
    assert (
        call(tmp_path, path="/?p=1", query=query).response["path"]
        == "/?p=1&q=a+b%26c&n=1&yes=true&list=x&list=2"
    )
    assert call(tmp_path, query={"p": 1.5}).response["path"] == "/?p=1.5"


def test_a_text_is_sent_as_it_is_and_data_as_json(tmp_path: Path) -> None:
    asked = call(tmp_path, method="put", body="ä").response
    assert (asked["method"], asked["body"], asked["headers"]["Content-Type"]) == (
        "PUT",
        "ä",
        "text/plain; charset=utf-8",
    )
    asked = call(tmp_path, method="PUT", body={"a": [1]}).response
    assert (json.loads(asked["body"]), asked["headers"]["Content-Type"]) == ({"a": [1]}, "application/json")
    asked = call(tmp_path, method="PUT", body=[1], headers={"content-type": "text/x"}).response
    assert (asked["body"], asked["headers"]["Content-Type"]) == ("[1]", "text/x")


def test_a_file_is_sent(tmp_path: Path) -> None:
    (tmp_path / "body.bin").write_bytes(b"from the file")
    asked = call(tmp_path, method="PUT", body_file="body.bin").response
    assert (asked["body"], asked["headers"]["Content-Length"]) == ("from the file", "13")


def test_a_file_follows_a_redirect_that_keeps_the_method(tmp_path: Path) -> None:
    (tmp_path / "body").write_text("again")

    async def handler(request: web.Request) -> web.Response:
        if request.path == "/":
            await request.read()
            raise web.HTTPTemporaryRedirect("/then")
        return await echo(request)

    asked = call(tmp_path, handler, method="POST", body_file="body").response
    assert (asked["method"], asked["path"], asked["body"]) == ("POST", "/then", "again")


def test_redirects_may_be_left_alone(tmp_path: Path) -> None:
    handler = always(status=302, headers={"Location": "/then"})
    output = call(tmp_path, handler, follow_redirects=False, expected_status=302)
    assert (output.status, output.headers["location"]) == (302, "/then")
    assert failure(tmp_path, handler, follow_redirects=False).kind is Failure.INVALID_DATA


def test_endless_redirects_end(tmp_path: Path) -> None:
    asked: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPFound(f"/{len(asked)}")

    failed = failure(tmp_path, handler)
    assert failed.kind is Failure.LIMIT
    assert failed.message.endswith("redirects more than 10 times")
    assert len(asked) == 11


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ({"type": "basic", "username": "u", "password": "pä:"}, "Basic dTpww6Q6"),
        ({"type": "bearer", "token": "t"}, "Bearer t"),
    ],
)
def test_credentials_become_a_header(tmp_path: Path, auth: dict[str, str], header: str) -> None:
    assert call(tmp_path, auth=auth).response["headers"]["Authorization"] == header


def test_credentials_do_not_follow_to_another_origin(tmp_path: Path) -> None:
    async def main() -> HttpOutput:
        async def handler(request: web.Request) -> web.Response:
            raise web.HTTPFound(other)

        headers = {"X-Api-Key": "k", "X-Whatever": "1", "Accept-Language": "de"}
        async with served(echo) as other, served(handler) as url:
            return await ran(tmp_path, url=url, auth={"type": "bearer", "token": "t"}, headers=headers)

    headers = asyncio.run(main()).response["headers"]
    assert headers["Accept-Language"] == "de"
    assert not {"Authorization", "X-Api-Key", "X-Whatever"} & headers.keys()


@pytest.mark.parametrize("method", ["POST", "patch"])
def test_what_may_not_be_repeated_carries_the_key_of_its_step(tmp_path: Path, method: str) -> None:
    assert call(tmp_path, method=method).response["headers"]["Idempotency-Key"] == "key"
    own = call(tmp_path, method=method, headers={"idempotency-key": "mine"}).response["headers"]
    assert [value for name, value in own.items() if name.lower() == "idempotency-key"] == ["mine"]


def test_what_may_be_repeated_carries_no_key(tmp_path: Path) -> None:
    assert "Idempotency-Key" not in call(tmp_path, method="PUT").response["headers"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Failure.INVALID_DATA), (401, Failure.AUTHENTICATION), (403, Failure.AUTHENTICATION),
        (404, Failure.NOT_FOUND), (408, Failure.TIMEOUT), (409, Failure.CONFLICT), (410, Failure.NOT_FOUND),
        (412, Failure.CONFLICT), (418, Failure.INVALID_DATA), (429, Failure.LIMIT), (500, Failure.CONNECTION),
        (503, Failure.CONNECTION), (504, Failure.TIMEOUT), (599, Failure.CONNECTION), (300, Failure.INVALID_DATA),
    ],
)  # fmt: skip
def test_an_unexpected_status_fails_as_it_means(tmp_path: Path, status: int, kind: Failure) -> None:
    failed = failure(tmp_path, always(status=status, text="why"))
    assert (failed.kind, failed.code, failed.answered) == (kind, status, True)
    assert (failed.output.status, failed.output.response) == (status, "why")


def test_a_failure_names_method_place_and_status(tmp_path: Path) -> None:
    message = failure(tmp_path, always(status=404), "/a?token=1", method="delete").message
    assert message.startswith("DELETE http://127.0.0.1:")
    assert message.endswith("/a answered 404 Not Found")


def test_a_failure_that_says_json_and_is_not_is_text(tmp_path: Path) -> None:
    handler = always(status=500, body=b"<html>", headers={"Content-Type": "application/json"})
    assert failure(tmp_path, handler).output.response == "<html>"


@pytest.mark.parametrize(("expected", "status"), [(404, 404), ([200, 404], 404), ([204], 204)])
def test_an_expected_status_succeeds(tmp_path: Path, expected: int | list[int], status: int) -> None:
    assert call(tmp_path, always(status=status), expected_status=expected).status == status


def test_another_status_than_the_expected_one_fails(tmp_path: Path) -> None:
    assert failure(tmp_path, always(status=200), expected_status=[201, 404]).code == 200


@pytest.mark.parametrize("status", [200, 500])
def test_a_large_answer_is_not_kept_in_memory(tmp_path: Path, status: int) -> None:
    handler = always(status=status, body=b"x" * (11 << 20))
    failed = failure(tmp_path, handler)
    if status == 200:
        assert failed.kind is Failure.LIMIT
        assert "save_to" in failed.message
    else:
        assert failed.code == 500
        assert len(failed.output.response) == 10 << 20


def test_an_answer_of_any_size_is_saved(tmp_path: Path) -> None:
    output = call(tmp_path, always(body=b"x" * (11 << 20)), save_to="sub/file.bin")
    assert (output.response, output.size) == (None, 11 << 20)
    assert (tmp_path / "sub/file.bin").stat().st_size == 11 << 20


def test_an_answer_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "5000000"})
        await response.prepare(request)
        await response.write(b"x" * 3_000_000)
        assert request.transport
        request.transport.close()
        return response

    assert failure(tmp_path, handler, save_to="file").kind is Failure.CONNECTION
    assert [path.name for path in tmp_path.iterdir()] == [".rustchain"]


def test_an_unexpected_answer_is_not_saved(tmp_path: Path) -> None:
    failed = failure(tmp_path, always(status=404, text="gone"), save_to="file")
    assert failed.output.response == "gone"
    assert not (tmp_path / "file").exists()


def test_its_timeout_holds(tmp_path: Path) -> None:
    async def handler(request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    failed = failure(tmp_path, handler, timeout=0.1)
    assert (failed.kind, failed.answered) == (Failure.TIMEOUT, False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://a/"}, {"url": "a.test/"}, {"url": "http://"}, {"url": "http://u:p@a.test/"},
        {"url": "http://u@a.test/"}, {"url": "http://[/"}, {"method": "GET /"}, {"timeout": 0}, {"body": 1},
        {"body": "a", "body_file": "b"}, {"auth": {"type": "digest"}}, {"auth": {"type": "bearer"}},
        {"auth": {"type": "bearer", "token": "t"}, "headers": {"authorization": "x"}},
        {"expected_status": "200"}, {"headers": {"A": 1}}, {"retries": 1},
    ],
)  # fmt: skip
def test_wrong_parameters_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"url": "http://a.test/", **wrong}, Http)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://a.test/x?y", "a.test:80"), ("https://A.test/", "a.test:443"), ("https://a.test:8443/", "a.test:8443"),
        ("http://[::1]:80/", "[::1]:80"), ("http://a:port/", "http://a:port/"),
    ],
)  # fmt: skip
def test_it_reaches_the_host_and_port_of_its_url(url: str, target: str) -> None:
    assert list(Catalogue()["http"].effects({"url": url})) == [Effect(Action.NET, target)]


def test_its_files_are_effects_and_unknown_values_stay_unknown() -> None:
    parameters = {"url": Unknown("http://{{ h }}/"), "body_file": "in", "save_to": Unknown("{{ f }}")}
    assert list(Catalogue()["http"].effects(parameters)) == [
        Effect(Action.NET, "http://{{ h }}/", known=False),
        Effect(Action.FS_READ, "in"),
        Effect(Action.FS_WRITE, "{{ f }}", known=False),
    ]


@pytest.mark.parametrize(
    ("method", "repeatable"),
    [("get", True), ("HEAD", True), ("OPTIONS", True), ("PUT", True), ("POST", False), ("DELETE", False), ("PATCH", False)],
)  # fmt: skip
def test_whether_it_may_be_repeated_follows_from_the_method(method: str, repeatable: bool) -> None:
    idempotent = Catalogue()["http"].idempotent
    assert isinstance(idempotent, Callable)
    assert idempotent({"url": "http://a.test/", "method": method}) is repeatable
    assert idempotent({"url": "http://a.test/"}) is True
    assert idempotent({"url": "http://a.test/", "method": Unknown("{{ m }}")}) is None


def test_secrets_may_stand_where_they_are_not_seen() -> None:
    places = {name for name, field in roles(Http).items() if field.role is Role.SECRET}
    assert places == {"headers", "body", "auth"}
