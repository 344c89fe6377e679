"""service_health asks real servers, ports and programs."""

import asyncio
import socket
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from harness.steps import StepContext, run_step, typed
from harness.web import raw, served
from rustchain.adapters.http import AiohttpClient
from rustchain.catalogue import Catalogue
from rustchain.model.effects import Action, Effect
from rustchain.model.errors import StepFailed
from rustchain.model.failures import Failure
from rustchain.stepkit import Unknown
from rustchain.steps.system.service_health import ServiceHealth, ServiceHealthOutput

TYPE = Catalogue()["service_health"]
FAST = {"interval_seconds": 0.01}


async def asked(folder: Path, **parameters: Any) -> ServiceHealthOutput:
    context = StepContext("service_health", folder)
    try:
        output = await TYPE.run(typed(TYPE, {**FAST, **parameters}), context)
    finally:
        await context.close()
    assert isinstance(output, ServiceHealthOutput)
    return output


async def unhealthy(folder: Path, **parameters: Any) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        await asked(folder, **parameters)
    return caught.value


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


class Service:
    """Answers 503 a number of times before it is ready."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures

    async def answer(self, request: web.Request) -> web.Response:
        if self.failures:
            self.failures -= 1
            return web.Response(status=503)
        return web.Response(text="all is well")


async def silent(request: web.Request) -> web.Response:
    await asyncio.sleep(60)
    return web.Response()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


def test_a_service_that_becomes_ready_is_waited_for(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(Service(failures=2).answer) as url:
            output = await asked(tmp_path, url=f"{url}/health", retries=5)
        assert (output.healthy, len(output.checks)) == (True, 3)
        assert [check.healthy for check in output.checks] == [False, False, True]
        assert output.checks[0].reason == "answered 503 Service Unavailable"
        assert output.checks[2].reason == ""
        assert output.latency_ms == output.checks[2].latency_ms < 5000

    run(main())


def test_one_that_stays_unready_fails_and_keeps_what_was_asked(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(Service(failures=9).answer) as url:
            failed = await unhealthy(tmp_path, url=f"{url}/health?token=x", retries=2)
        assert failed.kind is Failure.CONNECTION
        assert failed.message == f"{url}/health is not healthy: answered 503 Service Unavailable"
        assert (failed.output.healthy, len(failed.output.checks)) == (False, 3)

    run(main())


@pytest.mark.parametrize(
    ("expect", "reason"),
    [
        ({"status": 200}, None),
        ({"status": [204, 200]}, None),
        ({"body": "is well"}, None),
        ({"status": 204}, "answered 200 OK"),
        ({"body": "ill"}, "answered 200 OK without the text 'ill'"),
    ],
)
def test_what_a_good_answer_is_can_be_said(
    tmp_path: Path, expect: dict[str, Any], reason: str | None
) -> None:
    async def main() -> None:
        async with served(Service().answer) as url:
            if reason is None:
                assert (await asked(tmp_path, url=url, expect=expect)).healthy
            else:
                failed = await unhealthy(tmp_path, url=url, expect=expect)
                assert failed.output.checks[0].reason == reason

    run(main())


def test_garbage_silence_and_nobody_are_unhealthy(tmp_path: Path) -> None:
    async def main() -> None:
        async with raw(b"garbage\r\n\r\n") as url:
            assert (await unhealthy(tmp_path, url=url)).kind is Failure.CONNECTION
        async with served(silent) as url:
            slow = await unhealthy(tmp_path, url=url, timeout=0.1)
            assert "took longer than 0.1 seconds" in slow.message
        assert (await unhealthy(tmp_path, url=f"http://127.0.0.1:{free_port()}/")).kind is Failure.CONNECTION

    run(main())


@pytest.mark.parametrize("name", ["host", "service"])
def test_a_port_that_takes_connections_is_healthy(tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        output = run_step("service_health", {name: "localhost", "port": server.getsockname()[1]}, tmp_path)
    assert output["healthy"] is True


def test_a_port_is_waited_for(tmp_path: Path) -> None:
    async def main() -> None:
        port = free_port()
        asking = asyncio.ensure_future(asked(tmp_path, host="127.0.0.1", port=port, retries=500))
        await asyncio.sleep(0.05)
        async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port):
            output = await asking
        assert output.healthy
        assert len(output.checks) > 1

    run(main())


@pytest.mark.parametrize(
    ("host", "reason"),
    [("127.0.0.1", "127.0.0.1: "), ("no-such-host.invalid", "'no-such-host.invalid' is not known")],
)
def test_a_port_where_nobody_is_says_why(tmp_path: Path, host: str, reason: str) -> None:
    port = free_port()
    failed = asyncio.run(unhealthy(tmp_path, host=host, port=port))
    assert failed.kind is Failure.CONNECTION
    assert failed.message.startswith(f"port {port} of {host} is not healthy: ")
    assert reason in failed.message


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "metadata.google.internal", "0x7f.1", "0.1.2.3", "::ffff:169.254.169.254", "a b"],
)
def test_a_host_that_no_step_may_reach_is_refused_at_once(tmp_path: Path, host: str) -> None:
    begin = time.monotonic()
    failed = asyncio.run(unhealthy(tmp_path, host=host, retries=50, interval_seconds=10))
    assert failed.kind is Failure.POLICY_DENIED
    assert time.monotonic() - begin < 5


def test_a_url_that_no_step_may_reach_is_refused_at_once(tmp_path: Path) -> None:
    class Guarded(StepContext):
        http = AiohttpClient()

    async def main() -> None:
        parameters = ServiceHealth(url="http://169.254.169.254/", retries=50, interval_seconds=10)
        with pytest.raises(StepFailed) as caught:
            await TYPE.run(parameters, Guarded("service_health", tmp_path))
        await Guarded.http.close()
        assert caught.value.kind is Failure.POLICY_DENIED

    run(main())


def test_a_program_judges(tmp_path: Path) -> None:
    check = {"command": "sh", "args": ["-c", "echo up; exit $(cat code)"]}
    (tmp_path / "code").write_text("0")
    assert asyncio.run(asked(tmp_path, **check, expect={"body": "up"})).healthy
    (tmp_path / "code").write_text("3")
    assert asyncio.run(asked(tmp_path, **check, expect={"status": [0, 3]})).healthy
    failed = asyncio.run(unhealthy(tmp_path, **check, retries=1))
    assert failed.message == "`sh` is not healthy: ended with exit code 3"


def test_a_program_that_hangs_is_unhealthy_and_one_that_is_missing_fails(tmp_path: Path) -> None:
    slow = asyncio.run(unhealthy(tmp_path, command="sleep", args=["60"], timeout=0.1))
    assert slow.message == "`sleep` is not healthy: took longer than 0.1 seconds"
    missing = asyncio.run(unhealthy(tmp_path, command="no-such-program", retries=50, interval_seconds=10))
    assert missing.kind is Failure.NOT_FOUND


def test_waiting_does_not_keep_the_processor_busy(tmp_path: Path) -> None:
    before = time.process_time()
    asyncio.run(unhealthy(tmp_path, host="127.0.0.1", port=free_port(), retries=4, interval_seconds=0.1))
    assert time.process_time() - before < 0.2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({}, "give one of"),
        ({"url": "http://a/", "host": "a"}, "give one of"),
        ({"url": "ftp://a/"}, "no http"),
        ({"host": "a", "expect": {"status": 200}}, "`expect` is for"),
        ({"host": "a", "port": 0}, "port"),
        ({"host": "a", "retries": -1}, "retries"),
    ],
)
def test_wrong_parameters_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(wrong, ServiceHealth)


@pytest.mark.parametrize(
    ("parameters", "effect"),
    [
        ({"url": "https://a.example/x"}, Effect(Action.NET, "a.example:443")),
        ({"host": "a.example"}, Effect(Action.NET, "a.example:80")),
        ({"host": "::1", "port": 5432}, Effect(Action.NET, "[::1]:5432")),
        ({"host": "a", "port": Unknown("{{ p }}")}, Effect(Action.NET, "a:{{ p }}", known=False)),
        ({"url": Unknown("{{ u }}")}, Effect(Action.NET, "{{ u }}", known=False)),
        ({"command": "pg_isready"}, Effect(Action.EXEC, "pg_isready")),
    ],
)
def test_effects_are_what_is_asked(parameters: dict[str, Any], effect: Effect) -> None:
    assert list(TYPE.effects(parameters)) == [effect]
