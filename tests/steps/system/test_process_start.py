"""A program that process_start starts is there for later steps, and gone with the mission, however that ends."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.processes import HOLD, alive, eventually, held, soon
from harness.program import called, spawn
from harness.runs import HEAD, Place, statuses
from rustchain.catalogue import Catalogue
from rustchain.engine.runner import Runner
from rustchain.model.effects import Action, Effect
from rustchain.model.run import MissionResult
from rustchain.stepkit import Unknown
from rustchain.steps.system.process_start import ProcessStart

TREE = f"setsid -f {HOLD}; {HOLD} & echo up; trap '' HUP; {HOLD}"
"""Three processes, one of which has left the group."""
SERVER = """
import http.server, sys
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Path]:
    hold = held(tmp_path)
    yield hold
    for pid in alive(hold):
        os.kill(pid, signal.SIGKILL)


def start(script: str, hold: Path | None = None, **more: Any) -> dict[str, Any]:
    env = {"HOLD": str(hold)} if hold else {}
    parameters = {"command": "sh", "args": ["-c", script], "env": env, "wait_for": {"log": "up"}, **more}
    return {"id": "server", "step_type": "process_start", "parameters": parameters}


def then(script: str, **more: Any) -> dict[str, Any]:
    parameters = {"command": "sh", "args": ["-c", script]}
    return {"id": "after", "step_type": "command", "depends_on": ["server"], "parameters": parameters, **more}


def counting(hold: Path) -> str:
    """A shell command that counts the processes of a tree, as a later step sees them."""
    return f"pgrep -fc {hold.name}"


def text(*steps: dict[str, Any], **more: Any) -> str:
    """A mission without its head, in YAML."""
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in {"steps": steps, **more}.items())


def run(place: Place, *steps: dict[str, Any], **more: Any) -> MissionResult:
    return place.run(text(*steps, **more))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_it_runs_beside_later_steps_and_is_gone_after_the_mission(place: Place, hold: Path) -> None:
    result = run(place, start(TREE, hold), then("kill -0 {{ server.output.pid }}"))
    assert statuses(result) == {"server": "Success", "after": "Success"}
    output = result.step_results["server"].output
    assert output["started"] is True
    assert alive(hold) == []


def test_what_it_writes_is_in_its_log_with_secrets_masked(tmp_path: Path) -> None:
    place = Place(tmp_path, TOKEN="s3cret-token")
    server = start("echo up; echo $TOKEN; printf end; sleep 60", env={"TOKEN": "{{ secrets.token }}"})
    result = run(place, server, then("sleep 0.3"), secrets={"token": {"from": "env:TOKEN"}})
    log = Path(result.step_results["server"].output["log_path"]).read_text()
    assert log.splitlines()[0] == "up"
    assert "s3cret-token" not in log
    assert log.splitlines()[2] == "end"


@pytest.mark.parametrize("way", ["port", "http"])
def test_later_steps_find_a_server_ready(place: Place, way: str) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    server = start("", command=sys.executable, args=["-c", SERVER, str(port)])
    server["parameters"]["wait_for"] = {way: port if way == "port" else url}
    ask = {"id": "ask", "step_type": "http", "depends_on": ["server"], "parameters": {"url": url}}
    assert statuses(run(place, server, ask)) == {"server": "Success", "ask": "Success"}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_it_is_gone_when_a_later_step_fails_and_there_for_what_tidies_up(place: Place, hold: Path) -> None:
    tidy = {
        "id": "tidy",
        "step_type": "command",
        "parameters": {"command": "sh", "args": ["-c", counting(hold)]},
    }
    result = run(place, start(TREE, hold), then("exit 1"), **{"finally": [tidy]})
    assert statuses(result) == {"server": "Success", "after": "Failed", "tidy": "Success"}
    assert alive(hold) == []


def test_it_is_gone_when_the_run_is_cancelled(place: Place, hold: Path) -> None:
    cancelling: list[asyncio.Task[None]] = []

    async def cancel(runner: Runner) -> None:
        assert await soon(lambda: (place.folder / "begun").exists())
        runner.cancel()

    def watch(runner: Runner) -> None:
        cancelling.append(asyncio.get_running_loop().create_task(cancel(runner)))

    steps = (start(TREE, hold), then("touch begun; sleep 60"))
    result = place.within(lambda engine: place.start(engine, text(*steps), hold=watch))
    assert result.status == "Cancelled"
    assert alive(hold) == []


def test_cancelled_before_it_is_ready_it_is_gone(place: Place, hold: Path) -> None:
    server = {**start(HOLD, hold), "timeout_seconds": 0.3}
    assert statuses(run(place, server)) == {"server": "Failed"}
    assert alive(hold) == []


def test_who_ignores_the_polite_signal_is_killed(place: Place, hold: Path) -> None:
    stubborn = start(f"trap '' TERM; echo up; {HOLD}", hold)
    kill = {"id": "kill", "step_type": "process_kill", "depends_on": ["server"]}
    kill["parameters"] = {"step": "server", "grace_seconds": 0.1}
    assert statuses(run(place, stubborn, kill)) == {"server": "Success", "kill": "Success"}
    assert alive(hold) == []


def test_it_is_gone_when_the_engine_is_killed(tmp_path: Path, hold: Path) -> None:
    steps = (start(TREE, hold), then("kill -9 $PPID; sleep 60"))
    (tmp_path / "m.yaml").write_text(HEAD + text(*steps))
    assert called(tmp_path, "run", "m.yaml").code == -signal.SIGKILL
    assert eventually(lambda: alive(hold) == [])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 1)])
def test_it_is_gone_when_the_engine_is_asked_to_end(
    tmp_path: Path, hold: Path, number: int, code: int
) -> None:
    steps = (start(TREE, hold), then("touch begun; sleep 60"))
    (tmp_path / "m.yaml").write_text(HEAD + text(*steps))
    with spawn(tmp_path, "run", "m.yaml") as process:
        begun = eventually(lambda: (tmp_path / "begun").exists())
        running = len(alive(hold))
        process.send_signal(number)
        process.communicate(timeout=20)
    assert (begun, running, process.returncode) == (True, 3, code)
    assert alive(hold) == []


def test_detached_it_outlives_the_mission_and_the_engine(tmp_path: Path, hold: Path) -> None:
    server = start(f"exec {HOLD}", hold, detach=True)
    del server["parameters"]["wait_for"]
    (tmp_path / "m.yaml").write_text(HEAD + text(server))
    done = called(tmp_path, "run", "m.yaml", "--json")
    output = done.json["step_results"]["server"]["output"]
    assert (done.code, output["log_path"]) == (0, None)
    assert output["pid"] in alive(hold)


@pytest.mark.parametrize(
    ("script", "seconds", "kind", "words"),
    [
        ("echo no; exit 3", 20, "exit_code", "it ended with exit code 3 before it was ready"),
        ("echo no; sleep 60", 0.2, "timeout", "it was not ready within 0.2 seconds"),
    ],
)
def test_one_that_does_not_become_ready_fails_and_is_gone(
    place: Place, hold: Path, script: str, seconds: float, kind: str, words: str
) -> None:
    server = start(f": $HOLD; {script}", hold, wait_for={"log": "up", "seconds": seconds})
    failed = run(place, server).step_results["server"]
    assert (failed.status, failed.error_kind) == ("Failed", kind)
    assert failed.error == f"`sh` was started, but {words}"
    assert alive(hold) == []


def test_alone_seconds_are_how_long_it_must_live(place: Place) -> None:
    assert statuses(run(place, start("sleep 60", wait_for={"seconds": 0.2}))) == {"server": "Success"}
    assert statuses(run(place, start("exit 0", wait_for={"seconds": 20}))) == {"server": "Failed"}


def test_a_program_that_is_not_there_fails(place: Place) -> None:
    failed = run(place, start("", command="no-such-program")).step_results["server"]
    assert failed.error_kind == "not_found"


@pytest.mark.parametrize(
    "wrong",
    [
        {"detach": True, "wait_for": {"log": "up"}},
        {"wait_for": {"port": 0}},
        {"wait_for": {"seconds": 0}},
        {"wait_for": {"http": "ftp://a/"}},
        {"wait_for": {"prt": 1}},
    ],
)
def test_wrong_parameters_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"command": "sh", **wrong}, ProcessStart)


def test_effects_are_the_program_and_what_is_asked_of_it() -> None:
    effects = Catalogue()["process_start"].effects
    program = Effect(Action.EXEC, "sh")
    assert list(effects({"command": "sh"})) == [program]
    wait = {"port": 5432, "http": "http://a.example/x"}
    asked = [Effect(Action.NET, "127.0.0.1:5432"), Effect(Action.NET, "a.example:80")]
    assert list(effects({"command": "sh", "wait_for": wait})) == [program, *asked]
    unknown = Effect(Action.NET, "{{ w }}", known=False)
    assert list(effects({"command": "sh", "wait_for": Unknown("{{ w }}")})) == [program, unknown]
