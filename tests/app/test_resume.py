"""Going on with a run whose process died, wherever it was."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from harness import warm
from harness.processes import eventually, soon
from harness.runs import DIES, HEAD, Place, started
from rustchain.app.cancel import cancel
from rustchain.app.reopen import reopen
from rustchain.app.resume import Verdict, leave, resume
from rustchain.app.run import Watch
from rustchain.app.wiring import Engine
from rustchain.engine.runner import Runner
from rustchain.engine.states import State
from rustchain.model import events as ev
from rustchain.model.errors import InvalidMission, InvalidUse, MissingSecret, StorageFailed
from rustchain.model.events import Decision, Status
from rustchain.model.run import MissionResult

STEP = 'step_type: command, parameters: {{command: sh, args: ["-c", "echo {said} >> log{then}"]}}'


def says(said: str, then: str = "") -> str:
    """A step that writes a word to the log."""
    return STEP.format(said=said, then=f"; {then}" if then else "")


DYING = says("x", DIES) + ", idempotent: true"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_was_completed_does_not_run_again(place: Place) -> None:
    place.dies(f"""
steps:
  - {{id: a, {says("a")}}}
  - {{id: b, depends_on: [a], {DYING}}}
  - {{id: c, depends_on: [b], {says("c")}}}
outputs: {{code: "{{{{ a.output.exit_code }}}}"}}
""")
    result = place.resume()
    assert (result.status, result.outputs) == (Status.COMPLETED, {"code": 0})
    assert place.lines("log") == ["a", "x", "x", "c"]
    assert result.step_results["b"].attempts == 1, "the attempt that was interrupted did not end"


def test_an_interrupted_attempt_has_the_same_key_when_it_is_made_again(place: Place) -> None:
    place.dies(f"steps: [{{id: a, {DYING}}}]")
    place.resume()
    events = [event for event in place.seen.events if isinstance(event, ev.StepStarted)]
    fact = place.read().replayed.history.fact("a")
    assert fact.shown is not None
    assert len({event.key for event in events}) == 1


def test_a_run_that_died_in_a_foreach_goes_on_with_the_items_that_are_left(place: Place) -> None:
    place.dies(f"""
steps:
  - id: each
    step_type: command
    foreach: [1, 2, 3]
    max_parallel: 1
    idempotent: true
    parameters: {{command: sh, args: ["-c", "echo {{{{ item }}}} >> log; test {{{{ item }}}} != 2 || {{ {DIES}; }}"]}}
""")
    result = place.resume()
    assert [i["status"] for i in result.step_results["each"].items or []] == ["Success"] * 3
    assert place.lines("log") == ["1", "2", "2", "3"]


def test_a_run_that_died_in_a_child_mission_goes_on_in_it(place: Place) -> None:
    (place.folder / "child.yaml").write_text(f"""
name: child
version: "1.0"
inputs: {{who: {{type: string}}}}
steps:
  - {{id: a, {says("{{ inputs.who }}")}}}
  - {{id: b, depends_on: [a], {DYING}}}
  - {{id: c, depends_on: [b], {says("{{ inputs.who }}")}}}
outputs: {{done: "{{{{ c.status }}}}"}}
""")
    place.dies("""
steps:
  - {id: outer, step_type: mission, parameters: {inputs: {who: you}, steps: [
      {id: inner, step_type: mission, parameters: {file: child.yaml, inputs: {who: "{{ inputs.who }}"}}}]}}
""")
    (place.folder / "child.yaml").unlink()
    result = place.resume()
    assert result.step_results["outer"].output == {"inner": {"done": "Success"}}
    assert place.lines("log") == ["you", "x", "x", "you"]


def test_a_run_that_died_in_a_repeat_goes_on_with_its_round(place: Place) -> None:
    place.dies(f"""
steps:
  - id: poll
    step_type: command
    idempotent: true
    repeat: {{until: "output.stdout == '3\\n'", max: 5}}
    parameters: {{command: sh, args: ["-c", "echo {{{{ previous.stdout | trim if previous else 'first' }}}} >> log; test $(wc -l < log) != 2 || {{ {DIES}; }}; sort -u log | wc -l"]}}
""")
    result = place.resume()
    assert result.status is Status.COMPLETED
    assert place.lines("log") == ["first", "1", "1", "2"]


def test_a_run_that_died_between_two_attempts_makes_the_next_one(place: Place) -> None:
    place.dies(f"""
steps:
  - {{id: flaky, step_type: read_file, retry: {{attempts: 1, delay_ms: 400}}, parameters: {{path: log}}}}
  - {{id: die, step_type: command, idempotent: true, parameters: {{command: sh, args: ["-c", "sleep 0.2; echo x >> log; {DIES}"]}}}}
""")
    assert place.read().replayed.history.fact("flaky").error is not None
    result = place.resume()
    assert (result.status, result.step_results["flaky"].attempts) == (Status.COMPLETED, 2)


def test_the_missions_deadline_stands_still_while_nobody_drives_it(place: Place) -> None:
    place.dies(
        f"config: {{timeout_seconds: 2}}\nsteps: [{{id: a, {DYING}}}, {{id: b, step_type: wait, depends_on: [a], parameters: {{seconds: 0.1}}}}]"
    )
    assert place.resume().status is Status.COMPLETED


@pytest.mark.parametrize(
    ("decision", "status", "lines"),
    [
        (Decision.DONE, Status.COMPLETED, ["x", "y"]),
        (Decision.AGAIN, Status.COMPLETED, ["x", "x", "y"]),
        (Decision.FAILED, Status.FAILED, ["x"]),
    ],
)
def test_a_person_decides_what_must_not_be_repeated(
    place: Place, decision: Decision, status: Status, lines: list[str]
) -> None:
    place.dies(f"steps: [{{id: a, {says('x', DIES)}}}, {{id: b, depends_on: [a], {says('y')}}}]")
    waiting = place.resume()
    assert (waiting.status, waiting.exit_code) == (Status.RUNNING, 5)
    result = place.resume(Verdict("a", decision, {"stdout": "given"} if decision is Decision.DONE else None))
    assert (result.status, place.lines("log")) == (status, lines)
    if decision is Decision.DONE:
        assert result.step_results["a"].output == {"stdout": "given"}
    if decision is Decision.FAILED:
        step = result.step_results["a"]
        assert (step.error_kind, step.error) == (
            "unknown_outcome",
            "its outcome was unknown, and a person decided that it failed",
        )
        assert result.exit_code == 1


def test_a_verdict_may_come_at_once(place: Place) -> None:
    place.dies(f"steps: [{{id: a, {says('x', DIES)}}}]")
    assert place.resume(Verdict("a", Decision.DONE)).status is Status.COMPLETED
    assert place.read().replayed.history.fact("a").output is None


@pytest.mark.parametrize("path", ["b", "nowhere"])
def test_a_verdict_must_speak_of_an_unknown_outcome(place: Place, path: str) -> None:
    place.dies(f"steps: [{{id: a, {says('x', DIES)}}}, {{id: b, step_type: noop, depends_on: [a]}}]")
    with pytest.raises(InvalidUse, match=f"'{path}' has no unknown outcome") as caught:
        place.resume(Verdict(path, Decision.DONE))
    assert caught.value.help == "steps with an unknown outcome: a"


def test_an_outcome_is_known_where_the_step_says_that_it_may_be_repeated(place: Place) -> None:
    place.dies(f"steps: [{{id: a, {DYING}}}, {{id: b, depends_on: [a], {says('y')}}}]")
    place.resume()
    with pytest.raises(InvalidUse, match="no step") as caught:
        place.retry(from_step="c")
    assert caught.value.help == "steps: a, b"


def test_what_has_ended_gives_its_result_again(place: Place) -> None:
    first = place.run(f"steps: [{{id: a, {says('a')}}}]")
    assert place.resume() == first
    assert place.lines("log") == ["a"]


def test_a_run_that_another_process_drives_is_not_taken_over(place: Place) -> None:
    (place.folder / "m.yaml").write_text(HEAD + f"steps: [{{id: a, {says('a', 'sleep 30')}}}]")
    call = warm.start(place.folder, "run", "m.yaml", **place.env)
    assert eventually((place.folder / "log").exists)
    with pytest.raises(StorageFailed, match="driven by"):
        place.resume()
    assert place.cancel() is None, "its driver will see to it"
    assert call.wait().code == 1
    assert place.read().replayed.history.status is Status.CANCELLED
    with pytest.raises(InvalidUse, match="has ended: Cancelled"):
        place.cancel()


SECRETIVE = f"""
inputs: {{pin: {{type: string, secret: true, minLength: 4}}, who: {{type: string, default: me, personal: true}}}}
secrets: {{tok: {{from: "env:TOK"}}}}
steps:
  - {{id: die, {DYING}}}
  - id: use
    step_type: command
    depends_on: [die]
    env: {{PIN: "{{{{ inputs.pin }}}}", TOK: "{{{{ secrets.tok }}}}", PLACE: "{{{{ env.PLACE }}}}", NEW: "{{{{ env.NEW | default('unset') }}}}", KEY: "{{{{ env.API_KEY }}}}"}}
    parameters: {{command: sh, args: ["-c", "printf '%s ' $PLACE $NEW $KEY > shown; printf '%s ' $PIN $TOK | md5sum | cut -c 1-32 >> shown"]}}
"""


def secretive(tmp_path: Path) -> Place:
    env = {"TOK": "hunter2-hunter2", "PLACE": "Ulm", "API_KEY": "first-secret-key"}
    place = Place(tmp_path)
    place.env = {**place.env, **env}
    place.dies(SECRETIVE, "-i", "pin=1234-5678", **env)
    return place


def test_secrets_and_secret_inputs_are_read_again_and_variables_are_those_of_the_start(
    tmp_path: Path,
) -> None:
    place = secretive(tmp_path)
    place.env = {
        **place.env,
        "TOK": "another-token",
        "PLACE": "Bonn",
        "NEW": "set",
        "API_KEY": "second-secret-key",
    }
    result = place.resume(secret_inputs={"pin": "8765-4321"})
    assert result.status is Status.COMPLETED
    digest = hashlib.md5(b"8765-4321 another-token ", usedforsecurity=False).hexdigest()
    assert (tmp_path / "shown").read_text() == f"Ulm unset second-secret-key {digest}\n"
    kept = [f.read_bytes() for f in (tmp_path / ".state").rglob("*") if f.is_file()]
    assert not any(
        secret in data
        for data in kept
        for secret in (b"8765-4321", b"1234-5678", b"hunter2", b"another-token", b"secret-key")
    )


def test_a_secret_input_must_be_given_again(tmp_path: Path) -> None:
    place = secretive(tmp_path)
    with pytest.raises(MissingSecret, match="'pin' is not stored"):
        place.resume()
    with pytest.raises(InvalidMission, match="pin"):
        place.resume(secret_inputs={"pin": "1"})
    assert place.resume(secret_inputs={"pin": "1234-5678"}).status is Status.COMPLETED


def test_secrets_in_a_verdicts_output_are_masked_before_they_are_stored(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.env = {**place.env, "TOK": "hunter2-hunter2"}
    place.dies(f"""
secrets: {{tok: {{from: "env:TOK"}}}}
steps:
  - {{id: a, idempotent: false, {says("a", DIES)}}}
""")
    place.resume(Verdict("a", Decision.DONE, {"stdout": "said hunter2-hunter2"}))
    kept = [f.read_bytes() for f in (tmp_path / ".state").rglob("*") if f.is_file()]
    assert any(b"said [secret:tok]" in data for data in kept)
    assert not any(b"hunter2" in data for data in kept)


def test_a_secret_that_is_gone_leaves_the_run_open(tmp_path: Path) -> None:
    place = secretive(tmp_path)
    place.env = {name: value for name, value in place.env.items() if name != "TOK"}
    with pytest.raises(MissingSecret, match="TOK"):
        place.resume(secret_inputs={"pin": "1234-5678"})
    place.env = {**place.env, "TOK": "hunter2-hunter2"}
    assert place.resume(secret_inputs={"pin": "1234-5678"}).status is Status.COMPLETED


def test_an_interrupted_run_goes_on_with_what_may_be_repeated(place: Place) -> None:
    def hold(runner: Runner) -> None:
        asyncio.get_running_loop().call_later(0.2, runner.interrupt, 15)

    text = f"steps: [{{id: a, {says('a', 'sleep 1')}, idempotent: true}}, {{id: b, depends_on: [a], {says('b')}}}]"
    assert place.within(lambda engine: place.start(engine, text, hold=hold)).status is Status.RUNNING
    assert place.resume().status is Status.COMPLETED
    assert place.lines("log") == ["a", "a", "b"]
    assert started(place.seen)[-1] == "b"


HALF = f"""
config: {{fail_fast: false}}
steps:
  - {{id: a, {says("x", f"touch begun; {DIES}")}}}
  - {{id: b, step_type: wait, parameters: {{seconds: 30}}}}
  - {{id: c, depends_on: [a], {says("y")}}}
"""


def stuck(engine: Engine) -> bool:
    """Whether the last run has found out that the outcome of `a` is unknown."""
    store = engine.services.store
    tasks = reopen(store, engine.catalogue, store.find("@last")).replayed.machine.tasks
    return tasks["a"].state is State.UNKNOWN


def test_a_verdict_is_taken_by_the_process_that_drives_the_run(place: Place) -> None:
    place.dies(HALF)

    async def main(engine: Engine) -> MissionResult:
        store, run_id = engine.services.store, engine.services.store.find("@last")
        assert leave(engine, run_id, (Verdict("a", Decision.DONE),)) == "", "nobody drives it"
        driving = asyncio.ensure_future(resume(engine, run_id, watch=Watch(observer=place.seen)))
        assert await soon(lambda: stuck(engine))
        with pytest.raises(InvalidUse, match="'b' has no unknown outcome"):
            leave(engine, run_id, (Verdict("b", Decision.DONE),))
        for path in ("b", "nowhere", "a"):  # the first two as from one that knew the run as it was before
            body = {"path": path, "decision": "done", "output": {"stdout": path}}
            store.ask(run_id, "decide", body)
        store.ask(run_id, "decide", {"path": "a", "decision": "perhaps"})
        assert await soon(lambda: (place.folder / "log").read_text() == "x\ny\n")
        store.ask(run_id, "cancel", {})
        return await driving

    result = place.within(main)
    assert {name: (step.status, step.attempts) for name, step in result.step_results.items()} == {
        "a": ("Success", 1),
        "b": ("Failed", 1),
        "c": ("Success", 1),
    }
    assert result.step_results["a"].output == {"stdout": "a"}
    again = place.resume()
    assert again.step_results == result.step_results, "replayed, it is the same"


def test_a_verdict_may_be_left_with_an_output(place: Place) -> None:
    place.dies(HALF)

    async def main(engine: Engine) -> MissionResult:
        run_id = engine.services.store.find("@last")
        driving = asyncio.ensure_future(resume(engine, run_id))
        assert await soon(lambda: stuck(engine))
        assert leave(engine, run_id, (Verdict("a", Decision.DONE, {"stdout": "given"}),)) == run_id
        assert await soon(lambda: (place.folder / "log").read_text() == "x\ny\n")
        await cancel(engine, run_id)
        return await driving

    assert place.within(main).step_results["a"].output == {"stdout": "given"}
