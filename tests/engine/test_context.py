"""What a step's function can reach, and what its attempt leaves behind."""

import hashlib
import threading
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest

from harness.runs import Place
from rustchain.app.wiring import Engine
from rustchain.model import events as ev
from rustchain.model.errors import StorageFailed
from rustchain.model.events import Status
from rustchain.model.paths import idempotency_key
from rustchain.model.run import MissionResult
from rustchain.ports import Context, HttpRequest
from rustchain.stepkit import Parameters, doc, step


class Looks(Parameters):
    """Look around."""

    url: Annotated[str, doc("Where to ask.")] = ""


@step(idempotent=True)
async def looks(p: Looks, ctx: Context) -> Any:
    """Tell all that can be seen."""
    status = None
    if p.url:
        async with ctx.http.send(HttpRequest("GET", p.url)) as response:
            status = response.status
    return {
        "run": ctx.run_id,
        "path": ctx.path,
        "attempt": ctx.attempt,
        "key": ctx.idempotency_key,
        "sum": ctx.evaluate("a + 1", {"a": 2}),
        "thread": await ctx.in_thread(lambda n: n * 2, 21),
        "now": ctx.clock.now(),
        "status": status,
    }


class Works(Parameters):
    """Work in a thread until it is told to stop."""


LONGEST_LINE = 64 * 1024
"""What goes on without a line's end is logged in pieces of at most about this many bytes."""
BEGAN, STOPPED = threading.Event(), threading.Event()


@step(idempotent=True)
def works(p: Works, ctx: Context) -> Any:
    """Loop, and look whether to go on."""
    BEGAN.set()
    try:
        while True:
            ctx.check()
            STOPPED.wait(0.01)
    finally:
        STOPPED.set()


class Logs(Parameters):
    """Write to the log."""


@step(idempotent=True, instant=True)
def logs(p: Logs, ctx: Context) -> Any:
    """Log two lines, one of them long."""
    ctx.log("one")
    ctx.log("two")


class Astray(Parameters):
    """Run a child mission that is not there."""


@step(idempotent=True)
async def astray(p: Astray, ctx: Context) -> Any:
    """Ask for it."""
    return await ctx.run_graph({})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, types=[looks, works, logs, astray])


def log_of(place: Place, path: str, attempt: int = 1) -> Path:
    run_id = place.read().run_id

    async def where(engine: Engine) -> Path:
        return Path(engine.services.store.log_path(run_id, path, attempt))

    return place.within(where)


def digest(place: Place, path: str) -> str:
    return next(
        e.log for e in place.seen.events if isinstance(e, ev.StepSucceeded | ev.StepErred) and e.path == path
    )


def test_a_step_knows_its_run_its_path_and_a_key_of_its_own(place: Place) -> None:
    result = place.run(
        "steps: [{id: each, step_type: looks, foreach: [1, 2], repeat: {until: 'output.attempt == 1', max: 2}}]"
    )
    first, second = result.step_results["each"].output
    assert (first["path"], second["path"]) == ("each[0]", "each[1]")
    assert first["key"] == idempotency_key(result.run_id, "each[0]") != second["key"]
    assert (first["run"], first["attempt"], first["sum"], first["thread"]) == (result.run_id, 1, 3, 42)
    assert first["now"] >= place.read().replayed.history.started_at


def test_a_step_may_send_requests_but_not_to_the_machines_own_addresses(place: Place) -> None:
    result = place.run("steps: [{id: a, step_type: looks, parameters: {url: 'http://169.254.169.254/'}}]")
    assert result.step_results["a"].error_kind == "policy_denied"


def test_a_thread_that_asks_is_told_to_stop(place: Place) -> None:
    BEGAN.clear()
    STOPPED.clear()
    result = place.run("steps: [{id: a, step_type: works, timeout_seconds: 0.1}]")
    assert result.step_results["a"].error_kind == "timeout"
    assert BEGAN.is_set()
    assert STOPPED.is_set(), "its thread has ended before the step has"


def test_a_step_that_holds_no_child_mission_can_run_none(place: Place) -> None:
    result = place.run(
        "config: {fail_fast: false}\nsteps: [{id: a, step_type: astray}, {id: b, step_type: noop}]"
    )
    assert (result.step_results["a"].error_kind, result.step_results["b"].status) == ("internal", "Success")
    assert "holds no child mission" in (result.step_results["a"].error or "")


def test_lines_are_logged_shown_and_hashed(place: Place) -> None:
    place.run("steps: [{id: a, step_type: logs}, {id: quiet, step_type: noop}]")
    assert place.seen.lines == [("a", "one"), ("a", "two")]
    assert log_of(place, "a").read_text() == "one\ntwo\n"
    assert digest(place, "a") == hashlib.sha256(b"one\ntwo\n").hexdigest()
    assert digest(place, "quiet") == ""


def test_a_log_belongs_to_an_attempt(place: Place) -> None:
    place.run("""
steps:
  - id: a
    step_type: command
    retry: {attempts: 1, delay_ms: 1}
    parameters: {command: sh, args: ["-c", "echo said; test -e there || { touch there; false; }"]}
""")
    assert [log_of(place, "a", n).read_text() for n in (1, 2)] == ["said\n", "said\n"]


def test_output_is_logged_line_by_line_and_what_has_no_end_in_pieces(place: Place) -> None:
    script = (
        f"printf 'one\\ntw'; printf 'o\\nthree'; head -c {LONGEST_LINE + 10} /dev/zero | tr '\\\\0' x >&2"
    )
    place.run(
        f'steps: [{{id: a, step_type: command, parameters: {{command: sh, args: ["-c", "{script}"]}}}}]'.replace(
            "\\n", "\\\\n"
        )
    )
    lines = [line for _, line in place.seen.lines]
    assert [line for line in lines if not line.startswith("x")] == ["one", "two", "three"]
    assert sum(len(line) for line in lines if line.startswith("x")) == LONGEST_LINE + 10


def test_a_secret_that_a_piece_of_a_long_line_cuts_is_masked(tmp_path: Path) -> None:
    place = Place(tmp_path, TOK="hunter2-hunter2", types=[])
    script = f"head -c {LONGEST_LINE - 7} /dev/zero | tr '\\\\0' x; printf %.8s $TOK; sleep 0.1; printf %s ${{TOK#????????}}; echo"
    place.run(f"""
secrets: {{tok: {{from: "env:TOK"}}}}
steps: [{{id: a, step_type: command, env: {{TOK: "{{{{ secrets.tok }}}}"}}, parameters: {{command: bash, args: ["-c", "{script}"]}}}}]
""")
    seen = "".join(line for _, line in place.seen.lines)
    logged = log_of(place, "a").read_text().replace("\n", "")
    assert seen == logged == "x" * (LONGEST_LINE - 7) + "[secret:tok]"


def test_a_program_starts_in_its_folder_with_what_the_mission_gives_it(tmp_path: Path) -> None:
    place = Place(tmp_path, LANG="C", HIDDEN="no")
    (tmp_path / "sub").mkdir()
    result = place.run("""
steps:
  - id: a
    step_type: command
    env: {N: "{{ 1 + 1 }}", L: "{{ [1] }}"}
    parameters: {command: sh, args: ["-c", "pwd; echo $N $L $OWN $LANG $HIDDEN."], working_dir: sub, env: {OWN: own}}
""")
    assert result.step_results["a"].output["stdout"].splitlines() == [str(tmp_path / "sub"), "2 [1] own C ."]


class Full:
    """A log on a disk without room."""

    def __init__(self, path: str, masking: object) -> None:
        pass

    def write(self, line: str) -> None:
        raise StorageFailed("no room")

    def close(self) -> str:
        return ""


@pytest.mark.parametrize(
    "step",
    [
        "logs",
        "command, parameters: {command: echo, args: [x]}",
        "command, parameters: {command: printf, args: [x]}",
    ],
)
def test_a_log_without_room_stops_the_run_which_stays_open(place: Place, step: str) -> None:
    async def run(engine: Engine) -> MissionResult:
        cramped = replace(engine, services=replace(engine.services, log=Full))
        return await place.start(cramped, f"steps: [{{id: a, step_type: {step}}}]")

    with pytest.raises(StorageFailed, match="no room"):
        place.within(run)
    assert place.read().replayed.history.status is Status.RUNNING


def test_a_bug_whose_traceback_finds_no_room_is_told_all_the_same(place: Place) -> None:
    broken = replace(logs, run=lambda p, ctx: 1 / 0)
    place.types = [broken]

    async def run(engine: Engine) -> MissionResult:
        return await place.start(
            replace(engine, services=replace(engine.services, log=Full)), "steps: [{id: a, step_type: logs}]"
        )

    result = place.within(run)
    assert (result.step_results["a"].error_kind, result.exit_code) == ("internal", 7)
    assert "ZeroDivisionError" in (result.step_results["a"].error or "")
